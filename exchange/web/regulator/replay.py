"""A changed policy pack over the decisions of a period: the text of the pack to change, and what would differ."""

from flask import Blueprint, Response, request

from consent.policy.load import PackNotValid, read_pack
from exchange.errors import BadRequest
from exchange.journeys.members_to_choose import members_to_search
from exchange.journeys.openable import auditor_of
from exchange.journeys.pack_in_force import pack_text_in_force
from exchange.journeys.replay_decisions import Replay, replay_for_auditor
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.period import UNTIL, Period, read_whole_period
from schema.vocabulary.scope import Scope

PACK = "pack"
SHOWN = 100


def replay_pages(services: Services) -> Blueprint:
    """The form, and what comes of it."""
    pages = audit_blueprint("audit_replay", __name__)

    def show(period: Period, text: str, pack_faults: list[str], found: Replay | None = None) -> Response:
        return page(
            "regulator/replay.html",
            400 if period.faults or pack_faults else 200,
            period=period,
            text=text,
            pack_faults=pack_faults,
            found=found,
            shown=SHOWN,
            names={member.member_id: member.name for member in members_to_search(services)} if found else {},
        )

    @pages.get("/audit/replay")
    @officer_page(Scope.AUDIT_READ)
    def form() -> Response:
        return show(_period(services), pack_text_in_force(services.settings), [])

    @pages.post("/audit/replay")
    @officer_page(Scope.AUDIT_READ)
    def run() -> Response:
        period, text = _period(services), request.form.get(PACK, "")
        try:
            changed = read_pack(text)
        except PackNotValid as fault:
            return show(period, text, fault.faults)
        if period.from_time is None or period.until_time is None:
            return show(period, text, [])
        try:
            auditor = auditor_of(current_officer())
            found = replay_for_auditor(services, auditor, changed, period.from_time, period.until_time)
        except BadRequest as fault:
            period.faults[UNTIL] = _(fault.sentence)
            return show(period, text, [])
        return show(period, text, [], found)

    return pages


def _period(services: Services) -> Period:
    return read_whole_period(request.values, services.settings.time_zone, services.clock.now())
