"""Rows of members, for tables that refer to them."""

from datetime import UTC, datetime

from sqlalchemy import Engine, insert

from exchange.store.tables.member import member


def insert_members(engine: Engine, *member_ids: str) -> None:
    """Members of these ids, about whom nothing else is of interest."""
    rows = [
        {
            "member_id": member_id,
            "name": member_id,
            "member_class": "BANK",
            "licence": "L",
            "status": "ACTIVE",
            "contribution_level": "FULL",
            "scopes": [],
            "jwks": {},
            "redirect_uris": [],
            "contact": "",
            "registered_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for member_id in member_ids
    ]
    with engine.begin() as connection:
        connection.execute(insert(member), rows)
