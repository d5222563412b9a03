"""The files that the institution handed in, and their faults."""

from uuid import UUID

from flask import Blueprint, Response, request

from exchange.journeys.services import Services
from exchange.journeys.view_submissions import faults_as_csv, page_faults, page_submissions, view_submission
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import current_language
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.scope import Scope

SUBMISSIONS_PER_PAGE = 25
FAULTS_PER_PAGE = 50


def submission_pages(services: Services) -> Blueprint:
    """The list, one file with its faults, and the faults as CSV."""
    pages = page_blueprint("member_submissions", __name__)

    @pages.get("/member/submissions")
    @officer_page(Scope.RECORDS_WRITE)
    def submissions() -> Response:
        after = request.args.get("after", type=UUID)
        found = page_submissions(services, current_officer().authority, SUBMISSIONS_PER_PAGE, after)
        return page("member/submissions.html", found=found)

    @pages.get("/member/submissions/<uuid:submission_id>")
    @officer_page(Scope.RECORDS_WRITE)
    def submission(submission_id: UUID) -> Response:
        found = view_submission(services, submission_id, current_officer().authority)
        faults = page_faults(services, submission_id, FAULTS_PER_PAGE, request.args.get("after", 0, type=int))
        return page("member/submission.html", submission=found, faults=faults, language=current_language())

    @pages.get("/member/submissions/<uuid:submission_id>/faults.csv")
    @officer_page(Scope.RECORDS_WRITE)
    def faults(submission_id: UUID) -> Response:
        view_submission(services, submission_id, current_officer().authority)
        headers = {"Content-Disposition": f'attachment; filename="faults-{submission_id}.csv"'}
        lines = faults_as_csv(services, submission_id, current_language())
        return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)

    return pages
