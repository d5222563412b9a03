"""What waits for the institution, at a glance."""

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.member_desk import member_overview
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.pages import page, page_blueprint

OVERVIEW = "/member/home"


def home_pages(services: Services) -> Blueprint:
    """The overview."""
    pages = page_blueprint("member_home", __name__)

    @pages.get("/member")
    @officer_page()
    def start() -> AnyResponse:
        return redirect(OVERVIEW, 303)

    @pages.get(OVERVIEW)
    @officer_page()
    def overview() -> Response:
        officer = current_officer()
        return page("member/home.html", overview=member_overview(services, officer), officer=officer)

    return pages
