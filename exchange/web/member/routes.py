"""Every page of members' staff, in one list."""

from flask import Blueprint

from exchange.journeys.services import Services
from exchange.web.desks.desk import MEMBER
from exchange.web.desks.security import officer_security_pages
from exchange.web.desks.sign_in import officer_sign_in_pages
from exchange.web.member.complaints import complaint_pages
from exchange.web.member.disputes import dispute_pages
from exchange.web.member.home import home_pages
from exchange.web.member.mandates import mandate_pages
from exchange.web.member.notices import notice_pages
from exchange.web.member.plans import plan_pages
from exchange.web.member.submissions import submission_pages


def member_blueprints(services: Services) -> list[Blueprint]:
    """The blueprints that the application registers."""
    return [
        officer_sign_in_pages(services, MEMBER),
        officer_security_pages(services, MEMBER),
        home_pages(services),
        dispute_pages(services),
        complaint_pages(services),
        plan_pages(services),
        mandate_pages(services),
        submission_pages(services),
        notice_pages(services),
    ]
