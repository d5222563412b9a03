"""Every page of borrowers, in one list."""

from flask import Blueprint

from exchange.identity.proofing import IdentityProofing
from exchange.journeys.services import Services
from exchange.web.borrower.acting import acting_pages
from exchange.web.borrower.complaints import complaint_pages
from exchange.web.borrower.consent_request import consent_request_pages
from exchange.web.borrower.consents import consent_pages
from exchange.web.borrower.contacts import contact_pages
from exchange.web.borrower.disputes import dispute_pages
from exchange.web.borrower.erase import erase_pages
from exchange.web.borrower.freeze import freeze_pages
from exchange.web.borrower.front import front_pages
from exchange.web.borrower.give_consent import give_consent_pages
from exchange.web.borrower.home import home_pages
from exchange.web.borrower.judgements import judgement_pages
from exchange.web.borrower.looks import look_pages
from exchange.web.borrower.own_notices import own_notice_pages
from exchange.web.borrower.plans import plan_pages
from exchange.web.borrower.report import report_pages
from exchange.web.borrower.rights import rights_pages
from exchange.web.borrower.security import security_pages
from exchange.web.borrower.sign_in import sign_in_pages
from exchange.web.borrower.wishes import wish_pages


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
        own_notice_pages(services),
        report_pages(services),
        dispute_pages(services),
        freeze_pages(services),
        rights_pages(services),
        erase_pages(services),
        judgement_pages(services),
        complaint_pages(services),
        plan_pages(services),
        contact_pages(services),
        wish_pages(services),
    ]
