"""Signing something with a borrower's passkey: a sign-in's challenge, or the digest of a consent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import Borrower, Passkey
from exchange.identity.passkeys import (
    VerifiedAssertion,
    assertion_options,
    credential_id_of,
    relying_party,
    verify_assertion,
)
from exchange.journeys.services import Services
from exchange.store.sign_in import count_passkey_use, find_passkey, list_passkeys


def options_to_sign(services: Services, borrower: Borrower, challenge: bytes) -> dict[str, Any]:
    """What the page needs so that one of the borrower's passkeys signs `challenge`. Raises BadRequest: has none."""
    with services.connection() as connection:
        passkeys = list_passkeys(connection, borrower.subject_key)
    if not passkeys:
        raise BadRequest("Add a passkey first: this is signed with it.", "PASSKEY_NEEDED")
    return assertion_options(relying_party(services.settings), challenge, passkeys)


def assert_passkey(
    services: Services,
    connection: Connection,
    subject_key: UUID | None,
    challenge: bytes,
    response: Mapping[str, Any],
) -> tuple[Passkey, VerifiedAssertion]:
    """The passkey that signed `challenge`, and what it signed; its use is counted in the caller's transaction.

    `subject_key`: whose it must be; None: anybody's, for signing in. Raises BadRequest PASSKEY_NOT_VALID.
    """
    passkey = find_passkey(connection, credential_id_of(response))
    if passkey is None or subject_key not in (None, passkey.subject_key):
        raise _unknown()
    signed = verify_assertion(relying_party(services.settings), passkey, challenge, response)
    if not count_passkey_use(connection, passkey.credential_id, signed.sign_count, services.clock.now()):
        raise _unknown()
    return passkey, signed


def _unknown() -> BadRequest:
    return BadRequest("We do not know this passkey. It may have been removed; use another one.", "PASSKEY_NOT_VALID")
