"""DEMONSTRATION ONLY: takes everybody for whom they say they are. It proves nothing.

It cannot be made in production: it wants both the setting and an issuer on this very machine without TLS, and what it
says opens the files of made-up people only.
"""

import hmac
import logging
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from exchange.errors import ExchangeError
from exchange.identity.proofing import ProofedIdentity, proofing_not_valid
from exchange.settings import Settings
from schema.vocabulary.identifiers import IdType

log = logging.getLogger(__name__)

PAGE_PATH = "/enrol/demonstration"
PROVIDER = "DEMONSTRATION"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class DemonstrationNotAllowed(ExchangeError):
    """Somebody tried to let a real service take everybody for whom they say they are."""

    code = "DEMONSTRATION_NOT_ALLOWED"


def is_loopback_http(issuer: str) -> bool:
    """Whether an address is on this machine and without TLS, as no real service's is."""
    parts = urlsplit(issuer)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


class DemonstrationProofing:
    """Asks for an id number on a page of our own, and believes it."""

    def __init__(self, settings: Settings) -> None:
        """Raises DemonstrationNotAllowed unless the settings ask for it and the issuer is loopback http."""
        if not (settings.demonstration and is_loopback_http(settings.issuer)):
            raise DemonstrationNotAllowed(
                "The demonstration's identity proofing believes anybody. It needs OPENBUREAU_DEMONSTRATION=1 and an "
                "issuer on http://localhost; a real service sets OPENBUREAU_PROOFING_FILE instead."
            )
        log.warning("DEMONSTRATION: identities are NOT proved; anybody may sign in as any made-up borrower")

    def begin(self, return_url: str, state: str) -> str:
        """Our own page, which asks who one would like to be."""
        return f"{PAGE_PATH}?{urlencode({'state': state, 'return': urlsplit(return_url).path})}"

    def finish(self, return_url: str, state: str, params: Mapping[str, str]) -> ProofedIdentity:
        """Whoever they said they are. Raises BadRequest."""
        if not hmac.compare_digest(params.get("state", "").encode(), state.encode()):
            raise proofing_not_valid()
        try:
            id_type = IdType(params.get("id_type", ""))
        except ValueError:
            raise proofing_not_valid() from None
        return ProofedIdentity(
            id_type=id_type,
            country=params.get("country", "CN"),
            id_number=params.get("id_number", ""),
            names=(),
            birth_date=None,
            provider=PROVIDER,
            evidence={"proved": False, "provider": PROVIDER},
            synthetic=True,
        )
