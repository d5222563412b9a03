"""One event: what was logged, by which rules, its place in the public log with the proof, and what is still closed."""

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.inspect_log import EventDetail, view_event
from exchange.journeys.open_event import REASON_CHARACTERS_MAX, ask_opening, opened_event
from exchange.journeys.openable import auditor_of
from exchange.journeys.plain_words import rule_in_words
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.pages import download, page
from exchange.web.regulator.blueprint import audit_blueprint
from schema.vocabulary.scope import Scope

SHOWN_ABOVE = frozenset({"act", "member", "purpose", "basis", "granted", "reasons", "rules"})
"""Fields that the page shows in words of their own."""


def event_pages(services: Services) -> Blueprint:
    """The event, its proof, the request to open it, and all its fields once two persons agreed."""
    pages = audit_blueprint("audit_event", __name__)

    @pages.get("/audit/events/<event_id>")
    @officer_page(Scope.AUDIT_READ)
    def event(event_id: str) -> Response:
        return _show(services, event_id)

    @pages.get("/audit/events/<event_id>/proof.txt")
    @officer_page(Scope.AUDIT_READ)
    def proof(event_id: str) -> Response:
        detail = _view(services, event_id)
        if detail.proof is None:
            raise NotFound
        return download(detail.proof.encode(), f"event-{detail.index}.proof.txt", "text/plain; charset=utf-8")

    @pages.post("/audit/events/<event_id>")
    @officer_page(Scope.AUDIT_OPEN)
    def ask(event_id: str) -> AnyResponse:
        reason = request.form.get("reason", "").strip()
        try:
            request_id = ask_opening(services, current_officer(), event_id, reason)
        except BadRequest as fault:
            if fault.stable_code.endswith("_NOT_FOUND"):
                raise
            return _show(services, event_id, reason, _(fault.sentence))
        return redirect(f"/audit/openings/{request_id}?done=asked", 303)

    @pages.get("/audit/events/<event_id>/opened")
    @officer_page(Scope.AUDIT_OPEN)
    def opened(event_id: str) -> Response:
        auditor = auditor_of(current_officer())
        fields = opened_event(services, auditor, event_id)
        return page("regulator/opened.html", event_id=event_id, fields=fields)

    return pages


def _view(services: Services, event_id: str) -> EventDetail:
    return view_event(services, auditor_of(current_officer()), event_id)


def _show(services: Services, event_id: str, reason: str = "", fault: str = "") -> Response:
    detail = _view(services, event_id)
    return page(
        "regulator/event.html",
        400 if fault else 200,
        detail=detail,
        event=detail.event,
        rules=[rule_in_words(services.pack, rule) for rule in detail.event.rules],
        more={name: value for name, value in detail.fields.items() if name not in SHOWN_ABOVE},
        may_open=Scope.AUDIT_OPEN in current_officer().scopes,
        reason=reason,
        fault=fault,
        characters_max=REASON_CHARACTERS_MAX,
    )
