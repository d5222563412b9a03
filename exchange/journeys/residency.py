"""Where the data lies, held against the law that says where it must: asked before anything is stored or shown."""

import logging
from datetime import date

from consent.policy.resolve import residency_breached
from consent.policy.rules import Pack
from exchange.errors import Unavailable
from exchange.settings import Settings

logger = logging.getLogger(__name__)


def must_be_kept_here(settings: Settings, pack: Pack, on: date) -> None:
    """Raises Unavailable where the pack says that data is kept in another country than `residency` names."""
    breached = residency_breached(pack, settings.residency.upper(), on)
    if breached is not None and settings.residency:
        raise Unavailable(
            f"By {breached.id} this data may not be kept in {settings.residency.upper()}, where OPENBUREAU_RESIDENCY "
            "says that it lies.",
            "RESIDENCY_BREACHED",
        )


def tell_if_not_stated(settings: Settings, pack: Pack, on: date) -> None:
    """Tells on standard error that the law asks for a country, and the deployment does not state its own."""
    asked = residency_breached(pack, "", on)
    if asked is not None and not settings.residency:
        logger.warning("residency.not_stated rule=%s: set OPENBUREAU_RESIDENCY", asked.id)
