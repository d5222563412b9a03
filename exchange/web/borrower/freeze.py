"""Freezing the file: while it is frozen nobody may look under a consent."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.own_words import is_frozen, set_freeze
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.pages import page, page_blueprint


def freeze_pages(services: Services) -> Blueprint:
    """What a freeze does, and the switch."""
    pages = page_blueprint("freeze", __name__)

    @pages.get("/freeze")
    @signed_in
    def freeze() -> Response:
        frozen = is_frozen(services, current_borrower())
        return page("freeze.html", frozen=frozen, changed=request.args.get("done") == "changed")

    @pages.post("/freeze")
    @signed_in
    def change() -> AnyResponse:
        set_freeze(services, current_borrower(), request.form.get("freeze") == "on")
        return redirect("/freeze?done=changed", 303)

    return pages
