"""The pages that are open to everybody: what this is, and how lenders connect."""

from contextlib import suppress

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from exchange.settings import Settings
from exchange.web.borrower.current import current_borrower
from exchange.web.language import gettext as _
from exchange.web.pages import NotSignedIn, page, page_blueprint


def front_pages(settings: Settings) -> Blueprint:
    """What this is, the way to sign in, and the way for lenders. Open to everybody."""
    pages = page_blueprint("front", __name__)

    @pages.get("/")
    def front() -> AnyResponse:
        with suppress(NotSignedIn):
            current_borrower()
            return redirect("/home", 303)
        return page("front.html")

    @pages.get("/lenders")
    def lenders() -> Response:
        issuer = settings.issuer
        graphql = f"{issuer}/graphql"
        addresses = [
            (_("Questions (GraphQL)"), graphql),
            (_("Tokens and consent requests (OAuth, FAPI 2.0)"), f"{issuer}/.well-known/oauth-authorization-server"),
            (_("Signing keys"), f"{issuer}/oauth/jwks"),
            (_("The public log"), f"{issuer}/log/checkpoint"),
            (_("The log's key"), f"{issuer}/log/key"),
        ]
        return page("lenders.html", addresses=addresses, graphql=graphql)

    return pages
