"""Looking into the log is itself logged: an entry about nobody for each view, written before anything is shown."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from consent.reasons import Reason
from exchange.audit.entry import FieldValue
from exchange.errors import NotAuthenticated, Refused
from exchange.handover import Caller, EventFilter
from exchange.journeys.log_act import entry_about_nobody, log_refused_caller
from exchange.journeys.openable import Auditor
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import admitted_member
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.scope import Scope


def admit_auditor(services: Services, caller: Caller) -> Auditor:
    """The authority behind a token, with the scopes that both hold.

    Raises NotAuthenticated with a revoked token, Refused where the member is no active regulator; both are logged.
    """
    with services.connection() as connection:
        member = admitted_member(connection, caller)
    if member is None:
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=caller.member_id)
    if member.status is not MemberStatus.ACTIVE:
        raise _refused(services, caller.member_id, "MEMBER_NOT_ACTIVE", "Your membership is not active.")
    if member.member_class is not MemberClass.REGULATOR:
        raise _refused(services, caller.member_id, "NOT_A_REGULATOR", "Only a regulator may look into the log.")
    return Auditor(member.member_id, None, caller.scopes & member.scopes)


def require_scope(services: Services, auditor: Auditor, scope: Scope) -> None:
    """Raises Refused, and logs that, where the auditor does not hold the scope."""
    if scope not in auditor.scopes:
        raise _refused(services, auditor.authority, "SCOPE_MISSING", f"You need the scope {scope} for this.")


def log_view(
    services: Services, connection: Connection, auditor: Auditor, act: str, said: Mapping[str, FieldValue]
) -> None:
    """Writes in the caller's transaction that somebody looked into the log; commit before anything is shown."""
    officer = str(auditor.officer_id) if auditor.officer_id else None
    who: dict[str, FieldValue] = {"act": act, "member": auditor.authority, "officer": officer}
    append_log_entry(connection, entry_about_nobody(services, services.clock.now(), {**who, **said}))


def wanted_in_words(wanted: EventFilter) -> list[str]:
    """What was looked for, as the log says it: `name=value` for each part of the filter that was given."""
    given = ((part.name, getattr(wanted, part.name)) for part in fields(wanted))
    return [f"{name}={_in_words(value)}" for name, value in given if value is not None]


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str) else str(value.isoformat())


def _refused(services: Services, member_id: str, code: str, sentence: str) -> Refused:
    log_refused_caller(services, code, member_id)
    return Refused([Reason(code, sentence)])
