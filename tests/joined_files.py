"""Two files of one person, and what is in them: for tests of merges, splits and identity reviews."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from factories import ALICE, BOB, Exchange
from sqlalchemy import Table, insert, select, update

from exchange.clock import new_id
from exchange.intake.contribution import SubjectRecord
from exchange.intake.match_subject import checks_of
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.raised_reviews import review_row
from exchange.journeys.record_rows import RecordPlace, RecordReason, record_row
from exchange.store.records import add_version
from exchange.store.subject_file import subject_file
from exchange.store.subject_reviews import add_reviews
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.public_record import public_record
from exchange.store.tables.subject import subject
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.subject import ReviewKind

BORN = date(1990, 1, 1)
EVIDENCE = b"e" * 32


def known_as(exchange: Exchange, key: UUID, *names: str, birth_date: date | None = BORN) -> None:
    """Keeps the commitments to who a borrower is, as an import does."""
    checks = checks_of(exchange.ciphers[key].commit, names, birth_date)
    with exchange.engine.begin() as connection:
        values = {"birth_check": checks.birth, "name_checks": list(checks.names)}
        connection.execute(update(subject).where(subject.c.subject_key == key).values(values))


def two_files(exchange: Exchange) -> tuple[UUID, UUID]:
    """One person's files: under a resident id as Wang Fang in Chinese, under a passport in Latin letters."""
    alice, bob = exchange.borrower(ALICE, "王芳"), exchange.borrower(BOB, "Wang Fang")
    known_as(exchange, alice, "王芳")
    known_as(exchange, bob, "Wang Fang")
    return alice, bob


def reported(exchange: Exchange, borrower: UUID, contributor: str, reference: str, **changes: Any) -> UUID:
    """An account that can be found by its reference, and its delinquency."""
    key = exchange.account(borrower, contributor, reference, **changes)
    exchange.delinquency(borrower, key, contributor)
    tokens = exchange.services.keys.lookup_tokens().account_candidates(contributor, reference)
    rows = [
        {"bidx": token, "index_key_id": number, "subject_key": borrower, "account_key": key} for number, token in tokens
    ]
    with exchange.engine.begin() as connection:
        connection.execute(insert(account_identifier), rows)
    return key


def said(exchange: Exchange, borrower: UUID, words: str, about: UUID | None = None) -> UUID:
    """A statement of the borrower."""
    statement_id, now = new_id(exchange.clock.now()), exchange.clock.now()
    sealed = exchange.ciphers[borrower].seal("statement", "words", statement_id.bytes, words.encode())
    row = {"subject_key": borrower, "statement_id": statement_id, "about": about, "words": sealed, "stated_at": now}
    with exchange.engine.begin() as connection:
        connection.execute(insert(statement).values(row))
    return statement_id


def judged(exchange: Exchange, borrower: UUID, contributor: str, reference: str) -> UUID:
    """A public record about the borrower."""
    key, now = new_id(exchange.clock.now()), exchange.clock.now()
    content = dict.fromkeys(public_record.c.keys()) | {
        "reference": reference, "kind": "JUDGMENT", "authority": "Court of Minhang", "status": "OPEN",
        "amount_minor": 300_000, "currency": "CNY", "filed_on": date(2025, 5, 5),
    }  # fmt: skip
    place = RecordPlace(key, b"t" * 32, 1, RecordReason.NEW)
    origin = Provenance(contributor, "cn.cir.13", "cn", "1", now)
    row = record_row(RecordKind.PUBLIC_RECORD, content, place, exchange.ciphers[borrower], origin)
    with exchange.engine.begin() as connection:
        add_version(connection, RecordKind.PUBLIC_RECORD, row)
    return key


def claimed(**changes: Any) -> SubjectRecord:
    """Alice, as a member furnishes her under another name."""
    values = {
        "id_type": ALICE.id_type, "country": "CN", "id_number": ALICE.id_number, "names": ("王小芳",),
        "time_zone": "Asia/Shanghai", "language": "zh-Hans", "birth_date": BORN,
    }  # fmt: skip
    return SubjectRecord(**(values | changes))


def raised(exchange: Exchange, kind: ReviewKind, borrower: UUID, other: UUID | None = None, **changes: Any) -> UUID:
    """A review as an import raises it."""
    cipher, now = exchange.ciphers[borrower], exchange.clock.now()
    row = review_row(kind, cipher, "harbour-bank", claimed(**changes), now, other)
    with exchange.engine.begin() as connection:
        add_reviews(connection, [row])
    return row["review_id"]


def rows_of(exchange: Exchange, table: Table, borrower: UUID) -> list[Mapping[str, Any]]:
    """A file's rows of a table."""
    with exchange.engine.connect() as connection:
        found = connection.execute(select(table).where(table.c.subject_key == borrower))
        return [dict(row) for row in found.mappings()]


def learn_cipher(exchange: Exchange, borrower: UUID) -> None:
    """Lets a test open what is sealed in a file that the exchange made itself."""
    with exchange.engine.connect() as connection:
        wrapped = subject_file(connection, borrower).wrapped_key
    exchange.ciphers[borrower] = exchange.services.keys.open(wrapped)


def content_of(exchange: Exchange, borrower: UUID) -> list[Any]:
    """What is now said in a file, opened: accounts, delinquencies and statements, without what a move changes."""
    cipher = exchange.ciphers[borrower]
    moves = {"subject_key", "version", "recorded_at", "superseded_at", "commitment", "delinquency_key", "statement_id"}

    def plain(row: Mapping[str, Any], **opened: str) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in moves} | opened

    content = []
    for row in rows_of(exchange, account, borrower):
        if row["superseded_at"] is None:
            reference = cipher.unseal("account", "account_ref", row["account_key"].bytes, row["account_ref"])
            content.append(plain(row, account_ref=reference.decode()))
    content += [plain(row) for row in rows_of(exchange, delinquency, borrower) if row["superseded_at"] is None]
    for row in rows_of(exchange, statement, borrower):
        if row["withdrawn_at"] is None:
            words = cipher.unseal("statement", "words", row["statement_id"].bytes, row["words"])
            content.append(plain(row, words=words.decode()))
    return sorted(content, key=str)


def said_on(exchange: Exchange, borrower: UUID, instant: datetime) -> list[UUID]:
    """The accounts that a file showed at an instant."""

    def then(row: Mapping[str, Any]) -> bool:
        return row["recorded_at"] <= instant and (row["superseded_at"] is None or row["superseded_at"] > instant)

    shown = rows_of(exchange, account, borrower) + rows_of(exchange, account_version, borrower)
    return sorted(row["account_key"] for row in shown if then(row))


def just_before(exchange: Exchange) -> datetime:
    """The instant before now."""
    return exchange.clock.now() - timedelta(microseconds=1)
