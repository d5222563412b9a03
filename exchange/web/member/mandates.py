"""The mandates that the institution gave or was given, as they stand."""

from uuid import UUID

from flask import Blueprint, Response, request

from exchange.journeys.mandates import fetch_mandates
from exchange.journeys.members_to_choose import names_of_members
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.member.asking import request_of_staff
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.scope import Scope

MANDATES_PER_PAGE = 25


def mandate_pages(services: Services) -> Blueprint:
    """The list."""
    pages = page_blueprint("member_mandates", __name__)

    @pages.get("/member/mandates")
    @officer_page(Scope.COLLECTION_WRITE)
    def mandates() -> Response:
        after = request.args.get("after", type=UUID)
        found = fetch_mandates(services, request_of_staff(), MANDATES_PER_PAGE, after)
        return page(
            "member/mandates.html",
            found=found,
            names=names_of_members(services),
            member_id=current_officer().authority,
            today=services.clock.now().date(),
            ContactChannel=ContactChannel,
            MandateState=MandateState,
        )

    return pages
