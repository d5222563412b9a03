"""Signing with a passkey: a sign-in's challenge, the digest of a consent, or of a request to open an event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import Borrower, Officer, Passkey
from exchange.identity.passkeys import (
    VerifiedAssertion,
    assertion_options,
    credential_id_of,
    relying_party,
    verify_assertion,
)
from exchange.journeys.services import Services
from exchange.store.passkeys import BORROWERS, OFFICERS, PasskeyTable


def options_to_sign(services: Services, signer: Borrower | Officer, challenge: bytes) -> dict[str, Any]:
    """What the page needs so that one of the signer's passkeys signs `challenge`. Raises BadRequest: has none."""
    with services.connection() as connection:
        if isinstance(signer, Officer):
            passkeys = OFFICERS.list(connection, signer.officer_id)
        else:
            passkeys = BORROWERS.list(connection, signer.subject_key)
    if not passkeys:
        raise BadRequest("Add a passkey first: this is signed with it.", "PASSKEY_NEEDED")
    return assertion_options(relying_party(services.settings), challenge, passkeys)


def assert_passkey(
    services: Services,
    connection: Connection,
    kept: PasskeyTable,
    holder: UUID | None,
    challenge: bytes,
    response: Mapping[str, Any],
) -> tuple[Passkey, VerifiedAssertion]:
    """The passkey that signed `challenge`, and what it signed; its use is counted in the caller's transaction.

    `kept`: borrowers' or officers'. `holder`: whose it must be; None: anybody's of these, for signing in.
    Raises BadRequest PASSKEY_NOT_VALID.
    """
    passkey = kept.find(connection, credential_id_of(response))
    if passkey is None or holder not in (None, passkey.user_handle):
        raise _unknown()
    signed = verify_assertion(relying_party(services.settings), passkey, challenge, response)
    if not kept.count_use(connection, passkey.credential_id, signed.sign_count, services.clock.now()):
        raise _unknown()
    return passkey, signed


def _unknown() -> BadRequest:
    return BadRequest("We do not know this passkey. It may have been removed; use another one.", "PASSKEY_NOT_VALID")
