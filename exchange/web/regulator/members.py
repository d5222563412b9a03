"""Members over a period: how much they looked, what was refused and why, their records, and the clocks they missed."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from exchange.disclosure.charts_svg import Bar, bar_chart_svg, row_chart_svg
from exchange.errors import BadRequest
from exchange.journeys.member_conduct import MemberConduct, conduct
from exchange.journeys.openable import auditor_of
from exchange.journeys.plain_words import rule_in_words
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.language import show_day
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.period import UNTIL, Period, read_whole_period
from schema.vocabulary.scope import Scope


def member_pages(services: Services) -> Blueprint:
    """All members beside each other, and one of them."""
    pages = audit_blueprint("audit_members", __name__)

    @pages.get("/audit/members")
    @officer_page(Scope.AUDIT_READ)
    def members() -> Response:
        period = _period(services)
        found = _conduct(services, period, None)
        return page("regulator/members.html", 400 if period.faults else 200, period=period, members=found)

    @pages.get("/audit/members/<member_id>")
    @officer_page(Scope.AUDIT_READ)
    def member(member_id: str) -> Response:
        period = _period(services)
        found = next(iter(_conduct(services, period, member_id)), None)
        return page(
            "regulator/member.html",
            400 if period.faults else 200,
            period=period,
            member=found,
            member_id=member_id,
            pictures=found and Pictures.of(found),
            clause_of=lambda rule: _clause(services, rule),
        )

    return pages


@dataclass(frozen=True, slots=True)
class Pictures:
    """A member's charts; each stands beside a table that says the same, and is empty where there is nothing to show."""

    per_day: Markup
    by_rule: Markup
    by_reason: Markup

    @classmethod
    def of(cls, member: MemberConduct) -> "Pictures":
        """The charts of one member."""
        by_rule = _rows("rules", _("Refusals by rule"), member.refused_by_rule)
        by_reason = _rows("reasons", _("Refusals by reason"), member.refused_by_reason)
        return cls(_per_day(member), by_rule, by_reason)


def _per_day(member: MemberConduct) -> Markup:
    if not member.looks:
        return Markup()
    days = [Bar(show_day(each.day), (each.granted, each.refused)) for each in member.per_day]
    legend = (_("Granted"), _("Refused"))
    title, said = _("Looks by day"), _("How many looks were granted and how many were refused on each day.")
    return Markup(bar_chart_svg(days, legend, title, said, "days"))  # noqa: S704 - escaped by bar_chart_svg


def _rows(name: str, title: str, counts: Mapping[str, int]) -> Markup:
    if not counts:
        return Markup()
    rows = [Bar(key, (number,)) for key, number in counts.items()]
    said = _("One bar for each, with the number of refused looks; a look may be refused for several.")
    return Markup(row_chart_svg(rows, title, said, name))  # noqa: S704 - escaped by row_chart_svg


def _period(services: Services) -> Period:
    return read_whole_period(request.args, services.settings.time_zone, services.clock.now())


def _conduct(services: Services, period: Period, member_id: str | None) -> tuple[MemberConduct, ...]:
    """What the members did; nothing, with the fault noted in the period, where it is none."""
    if period.from_time is None or period.until_time is None:
        return ()
    try:
        return conduct(services, auditor_of(current_officer()), period.from_time, period.until_time, member_id)
    except BadRequest as fault:
        if fault.stable_code == "MEMBER_UNKNOWN":
            raise NotFound from fault
        period.faults[UNTIL] = _(fault.sentence)
        return ()


def _clause(services: Services, rule: str) -> str:
    found = rule_in_words(services.pack, rule)
    return found.article if found.title else ""
