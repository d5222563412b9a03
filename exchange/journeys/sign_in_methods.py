"""The borrower changes how they sign in: passkeys, authenticator app, recovery codes. Each change is in the log.

A borrower always keeps at least one passkey or an authenticator app, once they have one.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.passkey import thumbprint
from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import Borrower, LogEntry, Passkey
from exchange.identity.cose_key import jwk_of
from exchange.identity.passkeys import CHALLENGE_BYTES, registration_options, relying_party, verify_registration
from exchange.identity.recovery_codes import RecoveryCodes
from exchange.identity.totp import matching_step, new_secret, provisioning_uri
from exchange.journeys.log_act import log_in_file
from exchange.journeys.services import Services
from exchange.store.passkeys import BORROWERS
from exchange.store.sign_in import (
    count_recovery_codes,
    find_totp,
    know_person,
    put_totp,
    remove_totp,
    replace_recovery_codes,
)
from exchange.store.subject_file import subject_file

NAME_MAX = 60
SHOWN_OF_ID_NUMBER = 4


@dataclass(frozen=True, slots=True)
class SignInMethods:
    """How a borrower can sign in."""

    passkeys: tuple[Passkey, ...]
    has_totp: bool
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class TotpSetUp:
    """An authenticator app that is being set up. `secret` is base32, `uri` what the QR code says."""

    secret: str
    uri: str


def list_methods(services: Services, borrower: Borrower) -> SignInMethods:
    """How the borrower can sign in."""
    key = borrower.subject_key
    with services.connection() as connection:
        has_totp = find_totp(connection, key) is not None
        return SignInMethods(tuple(BORROWERS.list(connection, key)), has_totp, count_recovery_codes(connection, key))


def start_passkey(services: Services, borrower: Borrower) -> tuple[bytes, dict[str, Any]]:
    """A fresh challenge, to be kept in the session, and what the browser needs to make a passkey."""
    challenge = os.urandom(CHALLENGE_BYTES)
    with services.connection() as connection:
        held = BORROWERS.list(connection, borrower.subject_key)
        label = _label(services, connection, borrower.subject_key)
    party = relying_party(services.settings)
    return challenge, registration_options(party, borrower.subject_key, label, challenge, held)


def finish_passkey(
    services: Services, borrower: Borrower, challenge: bytes, response: Mapping[str, Any], name: str
) -> None:
    """Adds a passkey. Raises BadRequest PASSKEY_NOT_VALID, also where it is held already."""
    made = verify_registration(relying_party(services.settings), challenge, response)
    now, key = services.clock.now(), borrower.subject_key
    with services.transaction() as connection:
        # A consent counts only if the key that signed it was registered in the log.
        registered = {"act": "passkey_added", "key": thumbprint(jwk_of(made.public_key))}
        entry = _log(services, connection, key, registered)
        passkey = Passkey(
            made.credential_id, key, made.public_key, made.sign_count, passkey_name(name), made.transports, now,
            entry_id=entry.entry_id,
        )  # fmt: skip
        if not BORROWERS.add(connection, passkey):
            raise BadRequest("This passkey is known to us already.", "PASSKEY_NOT_VALID")


def rename(services: Services, borrower: Borrower, credential_id: bytes, name: str) -> None:
    """Gives a passkey another name. Raises BadRequest PASSKEY_NOT_FOUND."""
    with services.connection() as connection:
        if not BORROWERS.rename(connection, borrower.subject_key, credential_id, passkey_name(name)):
            raise no_such_passkey()


def remove(services: Services, borrower: Borrower, credential_id: bytes) -> None:
    """Removes a passkey. Raises BadRequest PASSKEY_NOT_FOUND, LAST_WAY_IN."""
    key = borrower.subject_key
    with services.transaction() as connection:
        log_change(services, connection, key, "PASSKEY_REMOVED")  # Locks the borrower's row first: see _keep_a_way_in.
        if not BORROWERS.remove(connection, key, credential_id):
            raise no_such_passkey()
        _keep_a_way_in(connection, key)


def start_totp(services: Services, borrower: Borrower) -> str:
    """A new secret, sealed, to be kept in the session until its first code was right."""
    with services.connection() as connection:
        cipher = services.keys.open(subject_file(connection, borrower.subject_key).wrapped_key)
    sealed = cipher.seal("totp", "secret", borrower.subject_key.bytes, new_secret().encode())
    return b64encode(sealed).decode()


def show_totp(services: Services, borrower: Borrower, sealed: str) -> TotpSetUp:
    """The secret that is being set up, to be shown to the borrower."""
    with services.connection() as connection:
        label = _label(services, connection, borrower.subject_key)
        secret = _unseal_secret(services, connection, borrower.subject_key, b64decode(sealed))
    return TotpSetUp(secret, provisioning_uri(secret, label))


def finish_totp(services: Services, borrower: Borrower, sealed: str, code: str) -> None:
    """Sets up the app, in place of an earlier one, once its first code is right. Raises BadRequest TOTP_NOT_VALID."""
    now, key, blob = services.clock.now(), borrower.subject_key, b64decode(sealed)
    with services.transaction() as connection:
        step = matching_step(_unseal_secret(services, connection, key, blob), code, now, last_step=0)
        if step is None:
            raise BadRequest("This code is not right. Wait for the next one and try again.", "TOTP_NOT_VALID")
        log_change(services, connection, key, "TOTP_SET_UP")
        put_totp(connection, key, blob, step, now)


def end_totp(services: Services, borrower: Borrower) -> None:
    """Removes the authenticator app. Raises BadRequest TOTP_NOT_VALID, LAST_WAY_IN."""
    key = borrower.subject_key
    with services.transaction() as connection:
        log_change(services, connection, key, "TOTP_REMOVED")
        if not remove_totp(connection, key):
            raise BadRequest("No authenticator app is set up.", "TOTP_NOT_VALID")
        _keep_a_way_in(connection, key)


def make_recovery_codes(services: Services, borrower: Borrower) -> list[str]:
    """Ten new codes in place of all earlier ones; they are shown this once."""
    made = RecoveryCodes(services.settings).create()
    with services.transaction() as connection:
        log_change(services, connection, borrower.subject_key, "RECOVERY_CODES_MADE")
        replace_recovery_codes(connection, borrower.subject_key, [code_hash for _, code_hash in made])
    return [code for code, _ in made]


def log_change(services: Services, connection: Connection, subject_key: UUID, change: str) -> None:
    """Logs, in the caller's transaction, that a borrower's ways of signing in changed."""
    _log(services, connection, subject_key, {"act": "sign_in_method", "change": change})


def _log(services: Services, connection: Connection, subject_key: UUID, fields: Mapping[str, FieldValue]) -> LogEntry:
    cipher = services.keys.open(subject_file(connection, subject_key).wrapped_key)
    said = {**fields, "actor": "borrower"}
    return log_in_file(services, connection, services.clock.now(), subject_key, cipher, said)


def _keep_a_way_in(connection: Connection, subject_key: UUID) -> None:
    """Two removals at once cannot pass each other: the log's count of the borrower is locked by the first."""
    if not BORROWERS.list(connection, subject_key) and find_totp(connection, subject_key) is None:
        raise BadRequest("This is your last way of signing in. Add another one first.", "LAST_WAY_IN")


def _unseal_secret(services: Services, connection: Connection, subject_key: UUID, sealed: bytes) -> str:
    cipher = services.keys.open(subject_file(connection, subject_key).wrapped_key)
    return cipher.unseal("totp", "secret", subject_key.bytes, sealed).decode()


def _label(services: Services, connection: Connection, subject_key: UUID) -> str:
    """How the borrower tells this entry in a list of passkeys: the end of their id number."""
    sealed = know_person(connection, subject_key).id_number
    cipher = services.keys.open(subject_file(connection, subject_key).wrapped_key)
    number = cipher.unseal("subject", "id_number", subject_key.bytes, sealed).decode()
    return f"•••• {number[-SHOWN_OF_ID_NUMBER:]}"


def passkey_name(name: str) -> str:
    """What somebody calls a passkey, made short and tidy."""
    words = " ".join(name.split())[:NAME_MAX]
    return words or "Passkey"


def no_such_passkey() -> BadRequest:
    """To be raised where somebody names a passkey that is not theirs."""
    return BadRequest("You have no such passkey.", "PASSKEY_NOT_FOUND")
