"""A consent counts only if the exchange's own signature over it does. What was checked once is remembered."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.artefact import ConsentArtefact
from consent.register import HeldConsent
from consent.signature import ConsentSignatureDoesNotMatch, Signatures, verify
from exchange.errors import IntegrityError

REMEMBERED = 20_000


def consent_check(exchange_keys: Mapping[str, Ed25519PublicKey]) -> Callable[[HeldConsent], None]:
    """A check of held consents against the exchange's public keys, by id. It raises IntegrityError."""

    @lru_cache(maxsize=REMEMBERED)
    def check(artefact: ConsentArtefact, borrower: tuple[tuple[str, str], ...], key_id: str, signature: bytes) -> None:
        verify(artefact.to_canonical(), Signatures(dict(borrower), key_id, signature), exchange_keys)

    def check_held(held: HeldConsent) -> None:
        signed = held.signatures
        borrower = tuple(sorted(signed.borrower.items()))
        try:
            check(held.artefact, borrower, signed.exchange_key_id, signed.exchange_signature)
        except ConsentSignatureDoesNotMatch as fault:
            raise IntegrityError("This consent does not match its signature; nothing was opened under it.") from fault

    return check_held
