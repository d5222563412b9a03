"""One entry of the log, found by the hash of its leaf."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from exchange.store.tables.log import log_leaf, log_opening, log_pending


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """A log entry whose service fields are sealed."""

    entry_id: UUID
    leaf: bytes
    leaf_hash: bytes
    service_opening: bytes


def find_logged_entry(connection: Connection, leaf_hash: bytes) -> LoggedEntry | None:
    """The entry, whether or not it has its place yet; None where there is none with this hash."""
    columns = log_opening.c.entry_id, log_opening.c.leaf, log_opening.c.leaf_hash, log_opening.c.service_opening
    for place in (log_leaf, log_pending):
        named = select(place.c.entry_id).where(place.c.leaf_hash == leaf_hash).limit(1).scalar_subquery()
        row = connection.execute(select(*columns).where(log_opening.c.entry_id == named)).one_or_none()
        if row is not None:
            return LoggedEntry(*row)
    return None
