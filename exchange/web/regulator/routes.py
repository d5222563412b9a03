"""Every page of auditors, in one list."""

from flask import Blueprint

from exchange.journeys.services import Services
from exchange.web.desks.desk import AUDIT
from exchange.web.desks.security import officer_security_pages
from exchange.web.desks.sign_in import officer_sign_in_pages
from exchange.web.regulator.clocks import clock_pages
from exchange.web.regulator.complaints import audit_complaint_pages
from exchange.web.regulator.consents import consent_pages
from exchange.web.regulator.contacts import contact_pages
from exchange.web.regulator.event import event_pages
from exchange.web.regulator.exports import export_pages
from exchange.web.regulator.health import health_pages
from exchange.web.regulator.members import member_pages
from exchange.web.regulator.openings import opening_pages
from exchange.web.regulator.replay import replay_pages
from exchange.web.regulator.search import search_pages


def regulator_blueprints(services: Services) -> list[Blueprint]:
    """The blueprints that the application registers."""
    return [
        officer_sign_in_pages(services, AUDIT),
        officer_security_pages(services, AUDIT),
        search_pages(services),
        event_pages(services),
        opening_pages(services),
        consent_pages(services),
        member_pages(services),
        contact_pages(services),
        replay_pages(services),
        audit_complaint_pages(services),
        clock_pages(services),
        health_pages(services),
        export_pages(services),
    ]
