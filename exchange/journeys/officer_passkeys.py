"""An officer's passkeys: adding, renaming and removing them. Each that comes or goes is in the log.

An officer always keeps at least one. Whoever lost all is invited again by the operator.
"""

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.passkey import thumbprint
from exchange.errors import BadRequest
from exchange.handover import Officer, Passkey
from exchange.identity.cose_key import jwk_of
from exchange.identity.passkeys import (
    CHALLENGE_BYTES,
    NewPasskey,
    registration_options,
    relying_party,
    verify_registration,
)
from exchange.journeys.officers import log_officer
from exchange.journeys.services import Services
from exchange.journeys.sign_in_methods import no_such_passkey, passkey_name
from exchange.store.officers import lock_officer
from exchange.store.passkeys import OFFICERS


def list_officer_passkeys(services: Services, officer: Officer) -> list[Passkey]:
    """Their passkeys, oldest first."""
    with services.connection() as connection:
        return OFFICERS.list(connection, officer.officer_id)


def start_officer_passkey(services: Services, officer: Officer) -> tuple[bytes, dict[str, Any]]:
    """A fresh challenge, to be kept in the session, and what the browser needs to make another passkey."""
    challenge, held = os.urandom(CHALLENGE_BYTES), list_officer_passkeys(services, officer)
    party = relying_party(services.settings)
    return challenge, registration_options(party, officer.officer_id, officer.name, challenge, held)


def finish_officer_passkey(
    services: Services, officer: Officer, challenge: bytes, response: Mapping[str, Any], name: str
) -> None:
    """Adds a passkey. Raises BadRequest PASSKEY_NOT_VALID, also where it is held already."""
    made = verify_registration(relying_party(services.settings), challenge, response)
    with services.transaction() as connection:
        keep_officer_passkey(services, connection, officer.authority, officer.officer_id, made, name)


def rename_officer_passkey(services: Services, officer: Officer, credential_id: bytes, name: str) -> None:
    """Gives a passkey another name. Raises BadRequest PASSKEY_NOT_FOUND."""
    with services.connection() as connection:
        if not OFFICERS.rename(connection, officer.officer_id, credential_id, passkey_name(name)):
            raise no_such_passkey()


def remove_officer_passkey(services: Services, officer: Officer, credential_id: bytes) -> None:
    """Removes a passkey. Raises BadRequest PASSKEY_NOT_FOUND, LAST_WAY_IN."""
    with services.transaction() as connection:
        lock_officer(connection, officer.officer_id)  # Two removals at once cannot pass each other.
        removed = OFFICERS.find(connection, credential_id)
        if removed is None or not OFFICERS.remove(connection, officer.officer_id, credential_id):
            raise no_such_passkey()
        if not OFFICERS.list(connection, officer.officer_id):
            raise BadRequest("This is your last passkey. Add another one first.", "LAST_WAY_IN")
        fields = {"act": "officer_passkey_removed", "key": thumbprint(jwk_of(removed.public_key)), "actor": "officer"}
        log_officer(services, connection, officer.authority, officer.officer_id, fields)


def keep_officer_passkey(
    services: Services, connection: Connection, authority: str, officer_id: UUID, made: NewPasskey, name: str
) -> None:
    """Keeps a passkey that was just made, with the log entry about it. Raises BadRequest PASSKEY_NOT_VALID."""
    # What an officer signs with it counts only if its key was registered in the log.
    fields = {"act": "officer_passkey_added", "key": thumbprint(jwk_of(made.public_key)), "actor": "officer"}
    entry = log_officer(services, connection, authority, officer_id, fields)
    passkey = Passkey(
        made.credential_id, officer_id, made.public_key, made.sign_count, passkey_name(name), made.transports,
        services.clock.now(), entry_id=entry.entry_id,
    )  # fmt: skip
    if not OFFICERS.add(connection, passkey):
        raise BadRequest("This passkey is known to us already.", "PASSKEY_NOT_VALID")
