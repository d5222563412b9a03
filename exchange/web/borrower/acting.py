"""Acting for somebody else: as their guardian or delegate, in their consents, under one's own sign-in and passkey."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.representatives import acting_for
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint

_NAME = "acting_for"


def acted_for() -> UUID | None:
    """For whom the borrower acts in consents; None: for themselves. Whether they may is decided at every act."""
    chosen: str | None = session.get(_NAME)
    return UUID(chosen) if chosen else None


def acting_pages(services: Services) -> Blueprint:
    """For whom one may act, and the choice."""
    pages = page_blueprint("acting", __name__)

    @pages.get("/acting")
    @signed_in
    def show() -> Response:
        return page("acting.html", people=acting_for(services, current_borrower()), chosen=acted_for())

    @pages.post("/acting")
    @signed_in
    def choose() -> AnyResponse:
        wanted = request.form.get("person", "")
        if wanted and wanted not in {str(person.subject_key) for person in acting_for(services, current_borrower())}:
            raise BadRequest(to_translate("You may not act for this person, or not any more."), "NOT_REPRESENTATIVE")
        session[_NAME] = wanted
        return redirect("/consents", 303)

    return pages
