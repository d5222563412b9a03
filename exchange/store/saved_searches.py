"""Searches that officers keep, in SQL. Every statement belongs to the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from exchange.store.tables.officer import saved_search


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that an officer keeps. `query` is its address, after the question mark."""

    search_id: UUID
    name: str
    query: str
    saved_at: datetime


def keep_search(connection: Connection, officer_id: UUID, kept: SavedSearch) -> None:
    """Keeps a search, in place of the officer's earlier one of this name."""
    theirs = saved_search.c.officer_id == officer_id, saved_search.c.name == kept.name
    connection.execute(delete(saved_search).where(*theirs))
    row = {
        "search_id": kept.search_id,
        "officer_id": officer_id,
        "name": kept.name,
        "query": kept.query,
        "saved_at": kept.saved_at,
    }
    connection.execute(insert(saved_search).values(row).on_conflict_do_nothing())


def list_searches(connection: Connection, officer_id: UUID) -> list[SavedSearch]:
    """The searches that an officer keeps, by name."""
    columns = saved_search.c
    theirs = select(columns.search_id, columns.name, columns.query, columns.saved_at)
    theirs = theirs.where(columns.officer_id == officer_id).order_by(columns.name)
    return [SavedSearch(*row) for row in connection.execute(theirs)]


def drop_search(connection: Connection, officer_id: UUID, search_id: UUID) -> bool:
    """False: the officer keeps no such search."""
    theirs = saved_search.c.officer_id == officer_id, saved_search.c.search_id == search_id
    return connection.execute(delete(saved_search).where(*theirs)).rowcount == 1
