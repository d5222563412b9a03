"""What borrowers answered to the institution's offers of repayment plans."""

from uuid import UUID

from flask import Blueprint, Response, request

from exchange.journeys.plan_replies import fetch_plan_replies
from exchange.journeys.services import Services
from exchange.web.desks.current import officer_page
from exchange.web.member.asking import request_of_staff
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.plan import PlanState
from schema.vocabulary.scope import Scope

REPLIES_PER_PAGE = 25


def plan_pages(services: Services) -> Blueprint:
    """The list: counter-offers that wait, or every answer."""
    pages = page_blueprint("member_plans", __name__)

    @pages.get("/member/plans")
    @officer_page(Scope.COLLECTION_WRITE)
    def plans() -> Response:
        open_only, after = request.args.get("all") is None, request.args.get("after", type=UUID)
        found = fetch_plan_replies(services, request_of_staff(), REPLIES_PER_PAGE, after, open_only)
        return page("member/plans.html", found=found, open_only=open_only, PlanState=PlanState)

    return pages
