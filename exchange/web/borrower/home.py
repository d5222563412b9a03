"""Home: what needs the borrower's eye first."""

from flask import Blueprint, Response

from consent.lifecycle import ConsentState
from exchange.journeys.borrower_consents import list_consents
from exchange.journeys.own_notices import count_unseen
from exchange.journeys.own_words import is_frozen
from exchange.journeys.services import Services
from exchange.journeys.who_looked import who_looked
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.pages import page, page_blueprint

LOOKS_SHOWN = 3
_OPEN = (ConsentState.ACTIVE, ConsentState.PAUSED)


def home_pages(services: Services) -> Blueprint:
    """Consents that stand, the last looks, and what is new since the last visit; ways to everything else."""
    pages = page_blueprint("home", __name__)

    @pages.get("/home")
    @signed_in
    def home() -> Response:
        borrower = current_borrower()
        seen = who_looked(services, borrower)
        consents = list_consents(services, borrower)
        return page(
            "home.html",
            seen=seen,
            looks=seen.looks[:LOOKS_SHOWN],
            consents=[consent for consent in consents if consent.state in _OPEN],
            frozen=is_frozen(services, borrower),
            unseen=count_unseen(services, borrower),
        )

    return pages
