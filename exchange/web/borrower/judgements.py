"""Judgements about the borrower's ability to repay: explained, and looked at by a person when they ask."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.own_judgements import ask_review, find_judgement, list_judgements, rules_about_judgements
from exchange.journeys.own_words import STATEMENT_CHARACTERS_MAX, SensitiveWords
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.review import ReviewOutcome

OUTCOMES = {
    ReviewOutcome.STANDS: to_translate("A person looked at it: it stands."),
    ReviewOutcome.CHANGED: to_translate("A person looked at it and changed it."),
    ReviewOutcome.TAKEN_BACK: to_translate("A person looked at it and took it back."),
}


def judgement_pages(services: Services) -> Blueprint:
    """The list, and the form that asks for a person."""
    pages = page_blueprint("judgements", __name__)

    @pages.get("/judgements")
    @signed_in
    def show() -> Response:
        return page(
            "judgements.html",
            judgements=list_judgements(services, current_borrower()),
            rules=rules_about_judgements(services),
            outcomes=OUTCOMES,
            asked=request.args.get("done") == "asked",
        )

    @pages.get("/judgements/<uuid:assessment_id>/ask")
    @signed_in
    def write(assessment_id: UUID) -> Response:
        return _form(services, assessment_id)

    @pages.post("/judgements/<uuid:assessment_id>/ask")
    @signed_in
    def ask(assessment_id: UUID) -> AnyResponse:
        words, keep = request.form.get("words", ""), request.form.get("keep_words") == "yes"
        try:
            ask_review(services, current_borrower(), assessment_id, words, keep)
        except SensitiveWords as fault:
            return _form(services, assessment_id, words, fault, fault.found)
        except BadRequest as fault:
            if fault.stable_code != "STATEMENT_TOO_LONG":
                raise
            return _form(services, assessment_id, words, fault)
        return redirect("/judgements?done=asked", 303)

    return pages


def _form(
    services: Services,
    assessment_id: UUID,
    words: str = "",
    fault: BadRequest | None = None,
    sensitive: tuple[str, ...] = (),
) -> Response:
    return page(
        "judgement_ask.html",
        status=400 if fault else 200,
        judgement=find_judgement(services, current_borrower(), assessment_id),
        words=words,
        error=_(fault.sentence) if fault else None,
        sensitive=sensitive,
        characters_max=STATEMENT_CHARACTERS_MAX,
    )
