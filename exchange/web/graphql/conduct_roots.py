"""The root fields about conduct: from GraphQL's arguments to the journey, and back to the contract's shapes."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from exchange.journeys.log_view import admit_auditor
from exchange.journeys.member_conduct import MemberConduct, conduct
from exchange.journeys.reconcile_consents import Unmatched, reconcile
from exchange.journeys.services import Services
from exchange.web.graphql.connections import connection_by_name, name_before
from exchange.web.graphql.context import Context


def consent_reconciliation_root(context: Context, from_: datetime, until: datetime) -> Any:
    """Consents held against accesses."""
    services: Services = context.services
    auditor = admit_auditor(services, context.request.caller)
    found = reconcile(services, auditor, from_, until)
    by_basis = [{"basis": basis, "looks": looks} for basis, looks in found.by_basis.items()]
    return asdict(found) | {
        "from": found.from_time,
        "until": found.until_time,
        "by_basis": by_basis,
        "by_fault": _counts(found.by_fault),
        "faults": [_shown(each) for each in found.faults],
        "checkpoint": found.note,
    }


def member_conduct_root(
    context: Context,
    from_: datetime,
    until: datetime,
    first: int,
    after: str | None = None,
    member_id: str | None = None,
) -> Any:
    """Members' conduct, or one member's, as a connection."""
    start = name_before(first, after)
    services: Services = context.services
    auditor = admit_auditor(services, context.request.caller)
    found = conduct(services, auditor, from_, until, member_id)
    return connection_by_name({each.member_id: _conduct(each) for each in found}, first, start)


def _shown(unmatched: Unmatched) -> dict[str, Any]:
    return asdict(unmatched) | {"leaf_hash": b64encode(unmatched.leaf_hash).decode()}


def _conduct(member: MemberConduct) -> dict[str, Any]:
    return asdict(member) | {
        "refused_by_rule": _counts(member.refused_by_rule),
        "refused_by_reason": _counts(member.refused_by_reason),
    }


def _counts(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"code": code, "times": times} for code, times in counts.items()]
