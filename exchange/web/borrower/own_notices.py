"""Notices: what the borrower was told, in plain words, with the way to where each is dealt with."""

from uuid import UUID

from flask import Blueprint, Response, request

from exchange.journeys.own_notices import read_inbox
from exchange.journeys.services import Services
from exchange.web import words_of_notices
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.pages import page, page_blueprint


def own_notice_pages(services: Services) -> Blueprint:
    """The inbox."""
    pages = page_blueprint("own_notices", __name__)

    @pages.get("/notices")
    @signed_in
    def notices() -> Response:
        newest = request.args.get("newest", type=UUID)
        inbox = read_inbox(services, current_borrower(), newest)
        return page("notices.html", inbox=inbox, newest=newest, words=words_of_notices)

    return pages
