"""Every page of borrowers, in one list."""

from flask import Blueprint

from exchange.identity.proofing import IdentityProofing
from exchange.journeys.services import Services
from exchange.web.borrower.acting import acting_pages
from exchange.web.borrower.consent_request import consent_request_pages
from exchange.web.borrower.consents import consent_pages
from exchange.web.borrower.freeze import freeze_pages
from exchange.web.borrower.front import front_pages
from exchange.web.borrower.give_consent import give_consent_pages
from exchange.web.borrower.home import home_pages
from exchange.web.borrower.looks import look_pages
from exchange.web.borrower.report import report_pages
from exchange.web.borrower.security import security_pages
from exchange.web.borrower.sign_in import sign_in_pages


def borrower_blueprints(services: Services, proofing: IdentityProofing | None) -> list[Blueprint]:
    """The blueprints that the application registers."""
    return [
        front_pages(services.settings),
        sign_in_pages(services, proofing),
        security_pages(services),
        home_pages(services),
        consent_request_pages(services),
        give_consent_pages(services),
        consent_pages(services),
        acting_pages(services),
        look_pages(services),
        report_pages(services),
        freeze_pages(services),
    ]
