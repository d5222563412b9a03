"""Openings: what officers of the authority asked to open, the second person's decision with a passkey, the history."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys import open_event as journeys
from exchange.journeys.open_event import Opening
from exchange.journeys.services import Services
from exchange.web.borrower.ceremony import response_of_form
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from schema.vocabulary.opening import OpeningState
from schema.vocabulary.scope import Scope

DONE = {
    "asked": to_translate("Asked for. Another officer of your authority must agree with a passkey."),
    "agreed": to_translate("You agreed. Officers of your authority may now see all fields of this event."),
    "refused": to_translate("You refused. The event stays closed."),
}
"""What a page says after an act, by the word in its address."""


def opening_pages(services: Services) -> Blueprint:
    """What waits for a second person, and what was decided."""
    pages = audit_blueprint("audit_openings", __name__)

    @pages.get("/audit/openings")
    @officer_page(Scope.AUDIT_READ)
    def openings() -> Response:
        asked = journeys.openings(services, current_officer())
        waiting = [opening for opening in asked if opening.state is OpeningState.WAITING]
        decided = [opening for opening in asked if opening.state is not OpeningState.WAITING]
        return page("regulator/openings.html", waiting=waiting, decided=decided)

    @pages.get("/audit/openings/<uuid:request_id>")
    @officer_page(Scope.AUDIT_READ)
    def opening(request_id: UUID) -> Response:
        return _show(services, request_id)

    @pages.post("/audit/openings/<uuid:request_id>")
    @officer_page(Scope.AUDIT_OPEN)
    def decide(request_id: UUID) -> AnyResponse:
        agrees = request.form.get("decision") == "agree"
        try:
            assertion = response_of_form() if agrees else None
            journeys.decide_opening(services, current_officer(), request_id, agrees, assertion)
        except BadRequest as fault:
            if fault.stable_code.endswith("_NOT_FOUND"):
                raise
            return _show(services, request_id, _(fault.sentence))
        return redirect(f"/audit/openings/{request_id}?done={'agreed' if agrees else 'refused'}", 303)

    return pages


def _show(services: Services, request_id: UUID, fault: str = "") -> Response:
    officer = current_officer()
    opening = _find(services, request_id)
    own, may_open = opening.asked_by == officer.officer_id, Scope.AUDIT_OPEN in officer.scopes
    decides = opening.state is OpeningState.WAITING and may_open and not own
    options = journeys.opening_options(services, officer, request_id) if decides else None
    return page(
        "regulator/opening.html",
        400 if fault else 200,
        opening=opening,
        own=own,
        may_open=may_open,
        options=options,
        fault=fault,
        done=DONE.get(request.args.get("done", "")),
    )


def _find(services: Services, request_id: UUID) -> Opening:
    """Raises BadRequest OPENING_NOT_FOUND, also for another authority's."""
    asked = journeys.openings(services, current_officer())
    found = next((opening for opening in asked if opening.request_id == request_id), None)
    if found is None:
        raise BadRequest("Your authority has asked for no such opening.", "OPENING_NOT_FOUND")
    return found
