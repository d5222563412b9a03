"""The borrower's consents: the list, one of them with its history, pausing, and withdrawing."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from consent.lifecycle import ConsentState
from exchange.journeys import borrower_consents as journeys
from exchange.journeys.services import Services
from exchange.web.borrower.acting import acted_for
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import to_translate
from exchange.web.pages import download, page, page_blueprint

STANDING = (ConsentState.ACTIVE, ConsentState.PAUSED)

DONE = {
    "given": to_translate("Your consent was signed and is active from now."),
    "paused": to_translate("The consent is paused. Nobody can use it until you resume it."),
    "resumed": to_translate("The consent is active again."),
}
"""What a page says after an act, by the word in its address."""


def consent_pages(services: Services) -> Blueprint:
    """What the borrower allowed, and the way to end it: as easy as giving it was."""
    pages = page_blueprint("consents", __name__)

    @pages.get("/consents")
    @signed_in
    def consents() -> Response:
        views = journeys.list_consents(services, current_borrower(), acted_for())
        standing = [view for view in views if view.state in STANDING]
        ended = [view for view in views if view.state not in STANDING]
        return page("consents.html", standing=standing, ended=ended, acted_for=acted_for())

    @pages.get("/consents/<uuid:consent_id>")
    @signed_in
    def consent(consent_id: UUID) -> Response:
        view = journeys.consent_detail(services, current_borrower(), consent_id, acted_for())
        done = DONE.get(request.args.get("done", ""))
        return page("consent.html", consent=view, done=done, acted_for=acted_for())

    @pages.post("/consents/<uuid:consent_id>/pause")
    @signed_in
    def pause(consent_id: UUID) -> AnyResponse:
        journeys.pause(services, current_borrower(), consent_id, acted_for())
        return redirect(f"/consents/{consent_id}?done=paused", 303)

    @pages.post("/consents/<uuid:consent_id>/resume")
    @signed_in
    def resume(consent_id: UUID) -> AnyResponse:
        journeys.resume(services, current_borrower(), consent_id, acted_for())
        return redirect(f"/consents/{consent_id}?done=resumed", 303)

    @pages.get("/consents/<uuid:consent_id>/withdraw")
    @signed_in
    def ask_to_withdraw(consent_id: UUID) -> Response:
        view = journeys.consent_detail(services, current_borrower(), consent_id, acted_for())
        return page("withdraw.html", consent=view, acted_for=acted_for())

    @pages.post("/consents/<uuid:consent_id>/withdraw")
    @signed_in
    def withdraw(consent_id: UUID) -> AnyResponse:
        journeys.withdraw(services, current_borrower(), consent_id, acted_for())
        return redirect(f"/consents/{consent_id}/withdrawn", 303)

    @pages.get("/consents/<uuid:consent_id>/withdrawn")
    @signed_in
    def withdrawn(consent_id: UUID) -> Response:
        view = journeys.consent_detail(services, current_borrower(), consent_id, acted_for())
        return page("withdrawn.html", consent=view)

    @pages.get("/consents/<uuid:consent_id>/receipt.json")
    @signed_in
    def receipt(consent_id: UUID) -> Response:
        content = journeys.consent_receipt(services, current_borrower(), consent_id, acted_for())
        return download(content, f"consent-{consent_id}.json", "application/json")

    return pages
