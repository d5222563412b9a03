"""What a look leaves behind, read back from the database: entries of the log, inquiries, uses, and rows read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from factories import Exchange
from sqlalchemy import Row, func, select, text
from werkzeug.test import TestResponse

from exchange.audit.entry import open_fields, verify_opening
from exchange.audit.merkle import leaf_hash
from exchange.handover import NOBODY
from exchange.store.tables.consent import consent
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.log import log_opening, log_pending


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log with all its fields opened, after they were checked against its leaf."""

    subject_key: UUID
    sequence: int | None
    leaf: bytes
    leaf_hash: bytes
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marks:
    """How much of everything there is."""

    entries: int
    waiting: int
    inquiries: int
    uses: int
    account_scans: int


def entries(exchange: Exchange) -> list[Entry]:
    """Every entry, in the order they were written."""
    with exchange.engine.connect() as connection:
        rows = connection.execute(select(log_opening).order_by(text("ctid"))).all()
    return [_opened(exchange, row) for row in rows]


def looks(exchange: Exchange) -> list[Entry]:
    """The entries of looks."""
    return [entry for entry in entries(exchange) if entry.fields["act"] == "look"]


def marks(exchange: Exchange) -> Marks:
    """Counts everything now."""
    with exchange.engine.begin() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with exchange.engine.connect() as connection:
        counts = [connection.scalar(select(func.count()).select_from(t)) for t in (log_opening, log_pending, inquiry)]
        uses = connection.scalar(select(func.coalesce(func.sum(consent.c.uses), 0)))
        return Marks(*counts, int(uses), _scans(connection))


def inquiries(exchange: Exchange) -> list[Row[Any]]:
    """The inquiries in all files, in their order."""
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(inquiry).order_by(inquiry.c.subject_key, inquiry.c.sequence)))


def error_of(answer: TestResponse) -> Mapping[str, Any]:
    """The one error of an answer."""
    (error,) = answer.get_json()["errors"]
    return error


def assert_only_refused(
    exchange: Exchange, answer: TestResponse, before: Marks, *codes: str, known: bool = True
) -> None:
    """The answer says `codes` and nothing of the file; one refusal was logged; nothing was read or counted."""
    error = error_of(answer)
    assert answer.get_json()["data"] == {"creditReport": None}
    assert [reason["code"] for reason in error["extensions"]["reasons"]] == list(codes)
    assert error["extensions"]["code"] == codes[0]
    assert_only_logged(exchange, before, known=known)
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["granted"], fields["released"]) == ("look", False, [])
    assert fields["reasons"] == list(dict.fromkeys(codes))
    if known:
        last = inquiries(exchange)[-1]
        assert (last.granted, last.released, last.reasons) == (False, [], fields["reasons"])


def assert_only_logged(exchange: Exchange, before: Marks, *, known: bool = False, entries: int = 1) -> None:
    """Entries were logged, and an inquiry where a known borrower's file is meant; nothing was read or counted."""
    after = marks(exchange)
    assert after.entries == before.entries + entries
    assert after.waiting == before.waiting + entries
    assert after.inquiries == before.inquiries + known
    assert after.uses == before.uses
    assert after.account_scans == before.account_scans


def _opened(exchange: Exchange, row: Row[Any]) -> Entry:
    openings = [exchange.services.keys.log_cipher().unseal_opening(row.entry_id, row.service_opening)]
    if row.subject_key != NOBODY:
        openings.append(exchange.ciphers[row.subject_key].unseal_opening(row.entry_id, row.subject_opening))
    names = {name for opening in openings for name in _names(opening)}
    fields = verify_opening(row.leaf, open_fields(names, *openings))
    assert leaf_hash(row.leaf) == row.leaf_hash
    return Entry(row.subject_key, row.sequence, row.leaf, row.leaf_hash, fields)


def _names(opening: bytes) -> list[str]:
    return list(orjson.loads(opening)["fields"])


def _scans(connection: Any) -> int:
    counted = text(
        "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'account'"
    )
    return int(connection.scalar(counted))
