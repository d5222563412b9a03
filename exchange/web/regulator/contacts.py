"""Contacts about debts over a period: who made how many, with what leave, against which rules, and who is pressed."""

from flask import Blueprint, Response, request

from exchange.errors import BadRequest
from exchange.journeys.contact_conduct import ContactConduct, contact_conduct
from exchange.journeys.openable import auditor_of
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.period import UNTIL, Period, read_whole_period
from schema.vocabulary.contact import BreachKind
from schema.vocabulary.pressure import PressureBand
from schema.vocabulary.scope import Scope


def contact_pages(services: Services) -> Blueprint:
    """All members that collect, beside each other."""
    pages = audit_blueprint("audit_contacts", __name__)

    @pages.get("/audit/contacts")
    @officer_page(Scope.AUDIT_READ)
    def contacts() -> Response:
        period = read_whole_period(request.args, services.settings.time_zone, services.clock.now())
        found = _conduct(services, period)
        return page(
            "regulator/contacts.html",
            400 if period.faults else 200,
            period=period,
            members=[each for each in found if each.contacts or each.clearances_asked],
            breach_kinds=tuple(BreachKind),
            bands=tuple(PressureBand),
        )

    return pages


def _conduct(services: Services, period: Period) -> tuple[ContactConduct, ...]:
    """Nothing, with the fault noted in the period, where it is none."""
    if period.from_time is None or period.until_time is None:
        return ()
    try:
        return contact_conduct(services, auditor_of(current_officer()), period.from_time, period.until_time)
    except BadRequest as fault:
        period.faults[UNTIL] = _(fault.sentence)
        return ()
