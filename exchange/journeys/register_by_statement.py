"""A member registers itself (RFC 7591): by a statement of somebody whom the operator trusts, and by nothing else."""

from collections.abc import Callable, Mapping

from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.identity.member_keys import MemberKeys
from exchange.identity.member_request import OAuthRefused
from exchange.identity.software_statement import read_software_statement
from exchange.journeys.manage_members import register_member
from exchange.journeys.services import Services

Register = Callable[[str], Member]
"""Registers the member that a statement describes. Raises OAuthRefused."""


def registration(services: Services, trusted: Mapping[str, MemberKeys]) -> Register | None:
    """How members register themselves; None where the operator trusts nobody's statements."""
    return (lambda statement: register_by_statement(services, trusted, statement)) if trusted else None


def register_by_statement(services: Services, trusted: Mapping[str, MemberKeys], statement: str) -> Member:
    """The new member, active from here on; the log names who vouched for it.

    A statement works once: its member's id is then taken for good. Raises OAuthRefused.
    """
    member, issuer = read_software_statement(statement, trusted, services.settings.issuer, services.clock.now())
    try:
        register_member(services, member, f"statement of {issuer}")
    except BadRequest as fault:
        raise OAuthRefused("invalid_client_metadata", fault.stable_code, fault.sentence) from None
    return member
