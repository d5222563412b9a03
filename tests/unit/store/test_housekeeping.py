"""What has expired is cleared away, and nothing else."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select

from exchange.store.housekeeping import clear_expired
from exchange.store.tables.member import one_time, revoked_token
from exchange.store.tables.member_request import idempotent_request
from exchange.store.tables.sign_in import attempt_limit, web_session
from tests.unit.store.member_rows import insert_members

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
OLD = NOW - timedelta(days=3)
SOON = NOW + timedelta(minutes=1)


def test_expired_rows_go_and_those_still_in_use_stay(engine: Engine) -> None:
    request = {"member_id": "bank-a", "request_digest": b"r", "started_at": OLD}
    ends = ((b"o", OLD), (b"n", SOON))
    rows = (
        (one_time, [{"digest": d, "kind": "k", "expires_at": e} for d, e in ends]),
        (revoked_token, [{"token_id": t, "expires_at": e, "revoked_at": OLD} for t, e in (("o", OLD), ("n", SOON))]),
        (web_session, [{"digest": d, "opened_at": OLD, "seen_at": OLD, "ends_at": e} for d, e in ends]),
        (attempt_limit, [{"digest": d, "window_started_at": e, "attempts": 1} for d, e in ((b"o", OLD), (b"n", NOW))]),
        (idempotent_request, [request | {"key_digest": d, "expires_at": e} for d, e in ends]),
    )  # fmt: skip
    insert_members(engine, "bank-a")
    with engine.begin() as connection:
        for table, values in rows:
            connection.execute(insert(table), values)

    assert clear_expired(engine, NOW) == 5
    assert clear_expired(engine, NOW) == 0

    with engine.connect() as connection:
        for table, _ in rows:
            assert len(connection.execute(select(table)).all()) == 1, table.name
