"""Disputes about the institution's records: the borrower's words, and the answer."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.answer_dispute import Answer, answer_dispute, fetch_disputes
from exchange.journeys.services import Services
from exchange.web.desks.current import officer_page
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.member.asking import request_of_staff
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.dispute import DisputeOutcome
from schema.vocabulary.scope import Scope

DISPUTES_PER_PAGE = 10

OUTCOMES = {
    DisputeOutcome.CORRECTED: (
        to_translate("It was wrong, and we have reported it anew"),
        to_translate("Report the correction first. Everybody who read the wrong record is told."),
    ),
    DisputeOutcome.MARK_REMOVED: (
        to_translate("It is right"),
        to_translate("The mark that it is contested goes. Say what shows that it is right."),
    ),
    DisputeOutcome.UNVERIFIABLE_RECORDED: (
        to_translate("We cannot tell"),
        to_translate("The record says from now on that it could not be verified."),
    ),
}
"""What each answer means, as staff choose it, and what comes of it."""


def dispute_pages(services: Services) -> Blueprint:
    """The list with the answers' forms."""
    pages = page_blueprint("member_disputes", __name__)

    def show(wrong_in: UUID | None = None, faults: list[str] | None = None) -> Response:
        open_only, after = request.args.get("all") is None, request.args.get("after", type=UUID)
        found = fetch_disputes(services, request_of_staff(), DISPUTES_PER_PAGE, after, True if open_only else None)
        return page(
            "member/disputes.html",
            400 if faults else 200,
            found=found,
            open_only=open_only,
            outcomes=OUTCOMES,
            wrong_in=wrong_in,
            faults=faults or [],
            typed=request.form,
            done=request.args.get("done") == "answered",
        )

    @pages.get("/member/disputes")
    @officer_page(Scope.DISPUTE_ANSWER)
    def disputes() -> Response:
        return show()

    @pages.post("/member/disputes/<uuid:dispute_id>/answer")
    @officer_page(Scope.DISPUTE_ANSWER)
    def answer(dispute_id: UUID) -> AnyResponse:
        chosen = request.form.get("outcome", "")
        if chosen not in set(DisputeOutcome):
            return show(dispute_id, [_("Choose an answer.")])
        given = Answer(DisputeOutcome(chosen), request.form.get("words", "").strip())
        answered = answer_dispute(services, request_of_staff(), dispute_id, given)
        if answered.wrong:
            return show(dispute_id, [_(sentence) for _argument, _code, sentence in answered.wrong])
        return redirect("/member/disputes?done=answered", 303)

    return pages
