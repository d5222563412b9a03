"""Searching the log: a form that is its own address, the events found, and the searches that an officer keeps."""

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from consent.reasons import CODES
from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.journeys import inspect_log as journeys
from exchange.journeys.inspect_log import EventPage
from exchange.journeys.members_to_choose import members_to_search
from exchange.journeys.openable import auditor_of
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.filter_form import NAMES, OUTCOMES, FilterForm, read_filter
from exchange.web.regulator.words import ACTS, act_in_words, member_in_words, purpose_in_words
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import Scope

EVENTS_PER_PAGE = 25
DONE = {
    "saved": to_translate("The search is kept. You find it on the search page."),
    "forgotten": to_translate("The search is no longer kept."),
}
"""What a page says after an act, by the word in its address."""

_OUTCOME_WORDS = {"granted": to_translate("Granted"), "refused": to_translate("Refused")}


def search_pages(services: Services) -> Blueprint:
    """The form, what it finds, and the searches kept by name."""
    pages = audit_blueprint("audit_search", __name__)

    @pages.get("/audit")
    @officer_page(Scope.AUDIT_READ)
    def home() -> Response:
        return _show(services, _read(services, {}))

    @pages.get("/audit/events")
    @officer_page(Scope.AUDIT_READ)
    def events() -> Response:
        form = _read(services, request.args)
        if form.faults:
            return _show(services, form)
        return _show(services, form, _search(services, form, request.args.get("after")))

    @pages.post("/audit/events")
    @officer_page(Scope.AUDIT_READ)
    def save() -> AnyResponse:
        form = _read(services, request.args)
        name = request.form.get("name", "")
        if form.faults:
            return _show(services, form)
        try:
            journeys.save_search(services, current_officer(), name, form.query)
        except BadRequest as fault:
            return _show(services, form, _search(services, form, None), name=name, name_fault=_(fault.sentence))
        return redirect("/audit?done=saved", 303)

    @pages.post("/audit/searches/<uuid:search_id>/forget")
    @officer_page(Scope.AUDIT_READ)
    def forget(search_id: UUID) -> AnyResponse:
        journeys.forget_search(services, current_officer(), search_id)
        return redirect("/audit?done=forgotten", 303)

    return pages


def chips_of(form: FilterForm, members: list[Member]) -> list[tuple[str, str, str]]:
    """Each condition of a search in words: what it is about, its value, and the address without it."""
    names = {member.member_id: member.name for member in members}
    shown: dict[str, Callable[[str], str]] = {
        "member": lambda text: member_in_words(text, names.get(text)),
        "act": act_in_words,
        "purpose": purpose_in_words,
        "outcome": lambda text: _(_OUTCOME_WORDS[text]) if text in _OUTCOME_WORDS else text,
    }
    given = [(name, form.typed[name]) for name in NAMES if form.typed[name]]
    return [(_(LABELS[name]), shown.get(name, str)(text), form.without(name)) for name, text in given]


LABELS: Mapping[str, str] = {
    "member": to_translate("Member"),
    "act": to_translate("Act"),
    "purpose": to_translate("Purpose"),
    "outcome": to_translate("Outcome"),
    "reason": to_translate("Reason"),
    "rule": to_translate("Rule"),
    "from": to_translate("First day"),
    "until": to_translate("Last day"),
}
"""What each condition is called."""


def _read(services: Services, given: Mapping[str, str]) -> FilterForm:
    return read_filter(given, services.settings.time_zone)


def _search(services: Services, form: FilterForm, after: str | None) -> EventPage:
    return journeys.search(services, auditor_of(current_officer()), form.wanted, EVENTS_PER_PAGE, after or None)


def _show(
    services: Services, form: FilterForm, found: EventPage | None = None, name: str = "", name_fault: str = ""
) -> Response:
    members = members_to_search(services)
    return page(
        "regulator/search.html",
        400 if form.faults or name_fault else 200,
        form=form,
        found=found,
        members=members,
        chips=chips_of(form, members),
        kept=journeys.saved_searches(services, current_officer()),
        acts=tuple(ACTS),
        purposes=tuple(Purpose),
        outcomes=tuple(OUTCOMES),
        codes=tuple(CODES),
        rules=tuple(rule.id for rule in services.pack.rules),
        name=name,
        name_fault=name_fault,
        done=DONE.get(request.args.get("done", "")),
        newest="after" not in request.args,
    )
