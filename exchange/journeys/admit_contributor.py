"""Who may report: an active member whose token, and whose registration, hold the scope to write."""

from sqlalchemy import Connection

from consent.reasons import Reason
from exchange.errors import NotAuthenticated, Refused
from exchange.handover import Caller, Member
from exchange.journeys.log_act import log_refused_caller
from exchange.journeys.services import Services
from exchange.store.member_register import admitted_member
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope


def admit_contributor(services: Services, caller: Caller, scope: Scope = Scope.RECORDS_WRITE) -> Member:
    """The member behind a token that holds `scope`. Each refusal leaves an entry in the log.

    Raises NotAuthenticated with a revoked token; Refused, with every reason, where the member is not active or the
    scope is missing.
    """
    with services.connection() as connection:
        member = admitted_member(connection, caller)
    if member is None:
        log_refused_caller(services, "TOKEN_REVOKED", caller.member_id)
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=caller.member_id)
    reasons = []
    if member.status is not MemberStatus.ACTIVE:
        reasons.append(Reason("MEMBER_NOT_ACTIVE", "Your membership is not active."))
    if scope not in caller.scopes & member.scopes:
        reasons.append(Reason("SCOPE_MISSING", f"Your token needs the scope {scope} for this."))
    if reasons:
        log_refused_caller(services, reasons[0].code, member.member_id)
        raise Refused(reasons)
    return member


def is_active(connection: Connection, caller: Caller) -> bool:
    """Whether the token stands, and its member is active."""
    member = admitted_member(connection, caller)
    return member is not None and member.status is MemberStatus.ACTIVE
