"""Registering members, and suspending, removing or readmitting them. Each act is in the log with its transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import THE_BORROWER, Member
from exchange.identity.member_keys import check_jwks
from exchange.identity.redirect_uri import check_redirect_uris
from exchange.identity.registered_client import is_member_id
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store.budgets import change_budget
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import change_member, insert_member, registered_member
from schema.vocabulary.member_class import MemberStatus


def register_member(services: Services, member: Member, actor: str) -> None:
    """Takes a new member in. Raises BadRequest: its id cannot be one or is taken, its keys or addresses are faulty."""
    if not is_member_id(member.member_id) or member.member_id == THE_BORROWER:
        raise BadRequest(
            "A member id has 1 to 64 letters, digits and . _ : -, starts with a letter or digit, and is not `self`.",
            "MEMBER_ID_NOT_VALID",
        )
    check_jwks(member.jwks)
    check_redirect_uris(member.redirect_uris)
    with services.transaction() as connection:
        insert_member(connection, member, services.clock.now())
        _log(services, connection, member.member_id, {"act": "member_registered", "actor": actor})


def change_member_status(services: Services, member_id: str, status: MemberStatus, actor: str) -> None:
    """Suspends, removes or readmits; holds from the member's next request. Raises BadRequest: no such member."""
    with services.transaction() as connection:
        change_member(connection, member_id, {"status": status}, "STATUS", services.clock.now())
        _log(services, connection, member_id, {"act": "member_status", "state": status.value, "actor": actor})


def replace_member_keys(services: Services, member_id: str, jwks: Mapping[str, Any], actor: str) -> None:
    """Replaces a member's key set. Raises BadRequest with every fault of it, or where there is no such member."""
    check_jwks(jwks)
    with services.transaction() as connection:
        change_member(connection, member_id, {"jwks": dict(jwks)}, "KEYS", services.clock.now())
        _log(services, connection, member_id, {"act": "member_keys", "actor": actor})


def change_member_budget(services: Services, member_id: str, points: int | None, actor: str) -> None:
    """Gives a member a budget of its own, or (None) the usual one. Raises BadRequest: no such member."""
    with services.transaction() as connection:
        registered_member(connection, member_id)
        change_budget(connection, member_id, points)
        _log(services, connection, member_id, {"act": "member_budget", "points": points, "actor": actor})


def _log(services: Services, connection: Connection, member_id: str, fields: dict[str, FieldValue]) -> None:
    entry = entry_about_nobody(services, services.clock.now(), fields | {"member": member_id})
    append_log_entry(connection, entry)
