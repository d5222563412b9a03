"""Consents against looks: every look of a period has a basis, and the page's figures are signed."""

from base64 import b64encode

from flask import Blueprint, Response, request

from exchange.journeys.members_to_choose import members_to_search
from exchange.journeys.openable import auditor_of
from exchange.journeys.reconcile_consents import Reconciliation, reconcile
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.period import Period, read_whole_period
from schema.vocabulary.reconciliation import UnmatchedCode
from schema.vocabulary.scope import Scope


def consent_pages(services: Services) -> Blueprint:
    """The comparison over a period, and the signed statement of exactly what is shown."""
    pages = audit_blueprint("audit_consents", __name__)

    @pages.get("/audit/consents")
    @officer_page(Scope.AUDIT_READ)
    def consents() -> Response:
        period = read_whole_period(request.args, services.settings.time_zone, services.clock.now())
        found = None if period.faults else _reconcile(services, period)
        return page(
            "regulator/consents.html",
            400 if period.faults else 200,
            period=period,
            found=found,
            names={member.member_id: member.name for member in members_to_search(services)},
            why=_why,
            statement=b64encode(found.statement.encode()).decode() if found else "",
        )

    return pages


def _why(code: str) -> str:
    return _(UnmatchedCode(code).phrase)


def _reconcile(services: Services, period: Period) -> Reconciliation:
    assert period.from_time is not None
    assert period.until_time is not None
    return reconcile(services, auditor_of(current_officer()), period.from_time, period.until_time)
