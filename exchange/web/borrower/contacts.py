"""Who contacted me about a debt: the list, one contact, and what the borrower says to it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.own_contacts import own_contact, own_contacts, reply_to_contact
from exchange.journeys.services import Services
from exchange.store.own_contacts import Place
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.pages import page, page_blueprint
from exchange.web.words_of_contacts import OTHERWISE_DENIED, PRESSURE, WHY_DENIED
from schema.vocabulary.collection import BorrowerSays

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def contact_pages(services: Services) -> Blueprint:
    """The list with how hard one is pressed, one contact, and the borrower's word."""
    pages = page_blueprint("contacts", __name__)

    @pages.get("/contacts")
    @signed_in
    def contacts() -> Response:
        before = _place_of(request.args.get("before", ""))
        seen = own_contacts(services, current_borrower(), before)
        return page(
            "contacts.html",
            seen=seen,
            first=before is None,
            older=_text_of(seen.older) if seen.older else None,
            pressure_words=PRESSURE[seen.pressure.band],
            why=lambda code: WHY_DENIED.get(code, OTHERWISE_DENIED),
        )

    @pages.get("/contacts/<uuid:action_key>")
    @signed_in
    def contact(action_key: UUID) -> Response:
        detail = own_contact(services, current_borrower(), action_key)
        told = request.args.get("done") == "told"
        return page("contact.html", detail=detail, contact=detail.contact, says=BorrowerSays, told=told)

    @pages.post("/contacts/<uuid:action_key>/reply")
    @signed_in
    def reply(action_key: UUID) -> AnyResponse:
        reply_to_contact(services, current_borrower(), action_key, _says())
        return redirect(f"/contacts/{action_key}?done=told", 303)

    return pages


def _says() -> BorrowerSays:
    try:
        return BorrowerSays(request.form.get("says", ""))
    except ValueError:
        raise BadRequest from None


def _text_of(place: Place) -> str:
    at, key = place
    return f"{(at - _EPOCH) // _MICROSECOND}.{key}"


def _place_of(text: str) -> Place | None:
    """The place that an address names; None: the beginning of the list, also where it names none."""
    microseconds, _, key = text.partition(".")
    try:
        return _EPOCH + int(microseconds) * _MICROSECOND, UUID(key)
    except (ValueError, OverflowError):
        return None
