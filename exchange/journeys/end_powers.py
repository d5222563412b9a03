"""Ends all that opens a borrower's file: consents, lawful grounds, representatives, and the ways of signing in.

For files that are joined or divided: who gave what to whom is no longer clear there, so it is asked for anew. For files
that are erased: nobody may open what is to go.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from consent.lifecycle import ConsentState
from exchange.audit.entry import FieldValue
from exchange.journeys.consent_file import STANDING, open_consent_file
from exchange.journeys.log_act import log_in_file
from exchange.journeys.services import Services
from exchange.store.file_powers import end_sign_in, standing_authorities, standing_grounds
from exchange.store.lawful_grounds import end_ground
from exchange.store.representatives import end_authority
from exchange.store.subject_file import SubjectFile, subject_file


def end_powers(services: Services, connection: Connection, file: SubjectFile, who: Mapping[str, FieldValue]) -> int:
    """Ends them all in the caller's transaction, which holds the file and those that `represented_by` names.

    Each leaves its log entry; the recipients of consents are told, as at a withdrawal. Returns how many consents ended.
    """
    ended = end_consents(services, connection, file, who)
    now = services.clock.now()
    for ground_id in standing_grounds(connection, file.subject_key, now):
        end_ground(connection, file.subject_key, ground_id, now)
        log_about(services, connection, file, {"act": "ground_ended", "ground": str(ground_id), **who})
    for represented, acting in standing_authorities(connection, file.subject_key, now):
        end_authority(connection, represented, acting, now)
        theirs = subject_file(connection, represented)
        log_about(services, connection, theirs, {"act": "representative_ended", "representative": str(acting), **who})
    if end_sign_in(connection, file.subject_key):
        log_about(services, connection, file, {"act": "sign_in_method", "change": "ALL_REMOVED", **who})
    return ended


def log_about(services: Services, connection: Connection, file: SubjectFile, fields: Mapping[str, FieldValue]) -> None:
    """Writes the log entry of an operator's act about a borrower."""
    cipher = services.keys.open(file.wrapped_key)
    log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, fields)


def end_consents(services: Services, connection: Connection, file: SubjectFile, who: Mapping[str, FieldValue]) -> int:
    """Ends all consents of a file; their recipients are told, as at a withdrawal. Returns how many ended."""
    consents = open_consent_file(services, connection, file.subject_key, who)
    standing = [held for held in consents.register.list_for(file.subject_key) if held.state in STANDING]
    now = services.clock.now()
    for held in standing:
        consent_id = held.artefact.consent_id
        if held.artefact.expires_at <= now:
            consents.move(consent_id, ConsentState.EXPIRED)
        else:
            consents.withdraw(consent_id)
    return len(standing)
