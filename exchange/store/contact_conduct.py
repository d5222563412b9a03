"""How members asked for leave to contact borrowers, and broke the rules, in a period: counted by who acted."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from exchange.store.conduct import Counted
from exchange.store.tables.contact import contact_breach, contact_clearance


def clearances_asked(connection: Connection, counted: Counted) -> dict[str, tuple[int, int]]:
    """Clearances that were granted, and that were denied, by who asked."""
    columns = contact_clearance.c
    granted = func.count().filter(columns.granted), func.count().filter(columns.granted.is_(False))
    asked = select(columns.actor, *granted).where(*counted.of(columns.asked_at, columns.actor))
    return {row[0]: (row[1], row[2]) for row in connection.execute(asked.group_by(columns.actor))}


def breaches_made(connection: Connection, counted: Counted) -> Mapping[str, Mapping[str, int]]:
    """Contacts that broke the rules, by who made them and how; one contact may break them in several ways."""
    columns = contact_breach.c
    broken = select(columns.actor, columns.kind, func.count()).where(*counted.of(columns.happened_at, columns.actor))
    found: dict[str, dict[str, int]] = {}
    for actor, kind, times in connection.execute(broken.group_by(columns.actor, columns.kind)):
        found.setdefault(actor, {})[kind] = times
    return found
