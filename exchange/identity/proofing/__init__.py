"""Who a borrower is, as somebody trusted has found out: the provider behind one Protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from exchange.errors import BadRequest
from schema.vocabulary.identifiers import IdType


@dataclass(frozen=True, slots=True)
class ProofedIdentity:
    """One person's identity document and what else the provider vouches for.

    `synthetic`: the person is made up; such an identity must never open a real person's file. `evidence` is what the
    provider said, to be sealed and kept.
    """

    id_type: IdType
    country: str
    id_number: str
    names: tuple[str, ...]
    birth_date: date | None
    provider: str
    evidence: Mapping[str, Any]
    synthetic: bool = False


class IdentityProofing(Protocol):
    """A provider that finds out who somebody is, in their browser."""

    def begin(self, return_url: str, state: str) -> str:
        """Where to send the browser. `state` is secret, fresh, and kept in the session. Raises Unavailable."""

    def finish(self, return_url: str, state: str, params: Mapping[str, str]) -> ProofedIdentity:
        """Who it was, from what came back to `return_url`. Raises BadRequest PROOFING_NOT_VALID, Unavailable."""


def proofing_not_valid() -> BadRequest:
    """What is said of an identity that was not proved, whatever the reason."""
    return BadRequest("Your identity was not confirmed. Nothing was changed; please start again.", "PROOFING_NOT_VALID")
