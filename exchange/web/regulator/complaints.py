"""Complaints for the authority: the list, one with its evidence and the finding, conduct by member, groups alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest, ParametersNotValid
from exchange.identity.registered_client import is_member_id
from exchange.journeys import find_complaint as journeys
from exchange.journeys.complaint_conduct import complaint_conduct, complaints_alike
from exchange.journeys.members_to_choose import members_to_search, names_of_members
from exchange.journeys.openable import Auditor, auditor_of
from exchange.journeys.services import Services
from exchange.journeys.written_words import WORDS_CHARACTERS_MAX
from exchange.store.complaints import ComplaintFilter
from exchange.web.desks.current import current_officer, officer_page, require_recent_officer
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.period import UNTIL, Period, read_whole_period
from exchange.web.words_of_complaints import attached
from schema.vocabulary.complaint import ComplaintCategory, ComplaintState, Finding
from schema.vocabulary.scope import Scope

COMPLAINTS_PER_PAGE = 25
Found = TypeVar("Found")
NAMES = ("member", "category", "state", "overdue")
DONE = {"found": to_translate("Your finding was kept. The borrower and the member are told.")}


@dataclass(slots=True)
class ComplaintForm:
    """What was chosen, by name; what is wrong with it; and the filter, which is whole where nothing is."""

    typed: Mapping[str, str]
    wanted: ComplaintFilter = field(default_factory=ComplaintFilter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What stands after the question mark of the list's address."""
        return urlencode({name: value for name, value in self.typed.items() if value})


def audit_complaint_pages(services: Services) -> Blueprint:
    """The pages under /audit/complaints."""
    pages = audit_blueprint("audit_complaints", __name__)

    @pages.get("/audit/complaints")
    @officer_page(Scope.AUDIT_READ)
    def complaints() -> Response:
        form, before = _read_form(request.args), request.args.get("before", type=UUID)
        found = journeys.list_complaints(services, _auditor(), form.wanted, COMPLAINTS_PER_PAGE, before)
        return page(
            "regulator/complaints.html",
            400 if form.faults else 200,
            form=form,
            found=found,
            newest=before is None,
            members=members_to_search(services),
            categories=list(ComplaintCategory),
            states=list(ComplaintState),
        )

    @pages.get("/audit/complaints/conduct")
    @officer_page(Scope.AUDIT_READ)
    def of_members() -> Response:
        period = read_whole_period(request.args, services.settings.time_zone, services.clock.now())
        found = _in_period(period, lambda first, end: complaint_conduct(services, _auditor(), first, end))
        complained = [each for each in found or () if each.complaints or each.overdue]
        return page(
            "regulator/complaint_conduct.html", 400 if period.faults else 200, period=period, members=complained
        )

    @pages.get("/audit/complaints/alike")
    @officer_page(Scope.AUDIT_READ)
    def alike() -> Response:
        period = read_whole_period(request.args, services.settings.time_zone, services.clock.now())
        found = _in_period(period, lambda first, end: complaints_alike(services, _auditor(), first, end))
        shown = {"period": period, "found": found, "names": names_of_members(services)}
        return page("regulator/complaints_alike.html", 400 if period.faults else 200, **shown)

    @pages.get("/audit/complaints/<uuid:complaint_id>")
    @officer_page(Scope.AUDIT_READ)
    def complaint(complaint_id: UUID) -> Response:
        return _show(services, complaint_id)

    @pages.post("/audit/complaints/<uuid:complaint_id>")
    @officer_page(Scope.AUDIT_OPEN)
    def decide(complaint_id: UUID) -> AnyResponse:
        chosen, words = request.form.get("finding", ""), request.form.get("words", "")
        finding = Finding(chosen) if chosen in set(Finding) else None
        try:
            journeys.decide_complaint(services, require_recent_officer(), complaint_id, finding, words)
        except ParametersNotValid as fault:
            faults = {name: _(sentence) for name, _code, sentence in fault.faults}
            return _show(services, complaint_id, chosen, words, faults)
        return redirect(f"/audit/complaints/{complaint_id}?done=found", 303)

    return pages


def _show(
    services: Services, complaint_id: UUID, chosen: str = "", words: str = "", faults: dict[str, str] | None = None
) -> Response:
    detail = journeys.view_complaint(services, _auditor(), complaint_id)
    zone = ZoneInfo(detail.time_zone)
    return page(
        "regulator/complaint.html",
        400 if faults else 200,
        detail=detail,
        complaint=detail.complaint,
        items=[(each, attached(services, each.evidence, zone)) for each in detail.evidence],
        may_find=Scope.AUDIT_OPEN in current_officer().scopes,
        names=names_of_members(services),
        findings=list(Finding),
        chosen=chosen,
        words=words,
        faults=faults or {},
        characters_max=WORDS_CHARACTERS_MAX,
        done=DONE.get(request.args.get("done", "")),
    )


def _in_period(period: Period, find: Callable[[datetime, datetime], Found]) -> Found | None:
    """What is found of the period; None, with the fault noted in it, where it is none."""
    if period.from_time is None or period.until_time is None:
        return None
    try:
        return find(period.from_time, period.until_time)
    except BadRequest as fault:
        period.faults[UNTIL] = _(fault.sentence)
        return None


def _auditor() -> Auditor:
    return auditor_of(current_officer())


def _read_form(given: Mapping[str, str]) -> ComplaintForm:
    form = ComplaintForm({name: given.get(name, "").strip() for name in NAMES})
    typed = form.typed
    checks = (
        ("member", is_member_id, to_translate("Choose the member from the list")),
        ("category", set(ComplaintCategory).__contains__, to_translate("Choose what it is about from the list")),
        ("state", set(ComplaintState).__contains__, to_translate("Choose the state from the list")),
    )
    form.faults = {name: _(fault) for name, holds, fault in checks if typed[name] and not holds(typed[name])}
    if not form.faults:
        form.wanted = ComplaintFilter(
            member_id=typed["member"] or None,
            category=ComplaintCategory(typed["category"]) if typed["category"] else None,
            state=ComplaintState(typed["state"]) if typed["state"] else None,
            overdue=typed["overdue"] == "yes",
        )
    return form
