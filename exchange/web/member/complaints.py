"""Complaints against the institution: the borrower's words, and the answer."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.answer_complaint import answer_complaint, fetch_complaints
from exchange.journeys.services import Services
from exchange.web.desks.current import officer_page
from exchange.web.language import gettext as _
from exchange.web.member.asking import request_of_staff
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.scope import Scope

COMPLAINTS_PER_PAGE = 10


def complaint_pages(services: Services) -> Blueprint:
    """The list with the answers' forms."""
    pages = page_blueprint("member_complaints", __name__)

    def show(wrong_in: UUID | None = None, faults: list[str] | None = None) -> Response:
        open_only, after = request.args.get("all") is None, request.args.get("after", type=UUID)
        return page(
            "member/complaints.html",
            400 if faults else 200,
            found=fetch_complaints(services, request_of_staff(), COMPLAINTS_PER_PAGE, after, open_only),
            open_only=open_only,
            wrong_in=wrong_in,
            faults=faults or [],
            typed=request.form,
            done=request.args.get("done") == "answered",
        )

    @pages.get("/member/complaints")
    @officer_page(Scope.DISPUTE_ANSWER)
    def complaints() -> Response:
        return show()

    @pages.post("/member/complaints/<uuid:complaint_id>/answer")
    @officer_page(Scope.DISPUTE_ANSWER)
    def answer(complaint_id: UUID) -> AnyResponse:
        answered = answer_complaint(services, request_of_staff(), complaint_id, request.form.get("words", ""))
        if answered.wrong:
            return show(complaint_id, [_(sentence) for _argument, _code, sentence in answered.wrong])
        return redirect("/member/complaints?done=answered", 303)

    return pages
