"""What the borrower wishes of those who collect: to be left alone, or that other hours suit them too.

Making a wish takes a recent sign-in: whoever sits at somebody else's screen must not silence a lender for them.
"""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.contact_wishes import list_wishes, take_back, wish
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, require_recent_sign_in, signed_in
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.contact import WishKind

DONE = {
    "made": to_translate("Noted, and told to those whom it is for. It holds from this moment."),
    "stood": to_translate("You had said so already. It still holds."),
    "ended": to_translate("You have taken it back."),
}


def wish_pages(services: Services) -> Blueprint:
    """The wishes that stand, a new one with what follows from it, and taking one back."""
    pages = page_blueprint("wishes", __name__)

    @pages.get("/contacts/wishes")
    @signed_in
    def wishes() -> Response:
        held = list_wishes(services, current_borrower())
        return page("contact_wishes.html", held=held, kinds=WishKind, done=DONE.get(request.args.get("done", "")))

    @pages.get("/contacts/wishes/new")
    def new() -> Response:
        held = list_wishes(services, require_recent_sign_in())
        kind, member_id = _kind(request.args.get("kind")), request.args.get("lender") or None
        if member_id is not None and member_id not in held.lenders:
            raise BadRequest
        name = held.lenders[member_id] if member_id else None
        return page("contact_wish.html", kind=kind, kinds=WishKind, member_id=member_id, name=name)

    @pages.post("/contacts/wishes/new")
    def make() -> AnyResponse:
        borrower = require_recent_sign_in()
        made = wish(services, borrower, _kind(request.form.get("kind")), request.form.get("lender") or None)
        return redirect(f"/contacts/wishes?done={'made' if made else 'stood'}", 303)

    @pages.post("/contacts/wishes/<uuid:wish_id>/end")
    @signed_in
    def end(wish_id: UUID) -> AnyResponse:
        take_back(services, current_borrower(), wish_id)
        return redirect("/contacts/wishes?done=ended", 303)

    return pages


def _kind(text: str | None) -> WishKind:
    try:
        return WishKind(text or "")
    except ValueError:
        raise BadRequest from None
