"""Rows of single records: what was sealed opens again, and the commitment knows the content and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from exchange.errors import IntegrityError
from exchange.intake.noun_records import NounRecord
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.noun_contents import content_of, kind_of
from exchange.journeys.record_rows import (
    SEALED,
    RecordPlace,
    RecordReason,
    opened_content,
    record_commitment,
    record_row,
)
from exchange.store.records import content_columns, key_column, table_of
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.record_kind import RecordKind
from tests.unit.intake.noun_cases import active_plan, assessment, collection, public_record

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ORIGIN = Provenance("harbour-bank", "cn.cir.13", "cn", "cn-2026.1", NOW)
CIPHER = SubjectCipher(bytes(32), UUID(int=1), 1)
OTHER = SubjectCipher(bytes(range(32)), UUID(int=1), 1)
PLACE = RecordPlace(UUID(int=2), b"t" * 32, 1, RecordReason.NEW)
ACCOUNTS = [UUID(int=9), UUID(int=8)]
RECORDS: list[NounRecord] = [
    collection(agent_name="Zhao Lei", contact="13800138000", recording_digest=b"r" * 32),
    active_plan(),
    public_record(amount_minor=5, currency="CNY"),
    assessment(explanation="Late twice.", reviewer="Li Na"),
]
EACH = pytest.mark.parametrize("record", RECORDS, ids=[kind_of(record).value for record in RECORDS])


def row_of(record: NounRecord, place: RecordPlace = PLACE) -> dict[str, Any]:
    return record_row(kind_of(record), content_of(record, ACCOUNTS), place, CIPHER, ORIGIN)


@EACH
def test_a_row_has_every_column_but_those_the_database_or_the_journey_fills(record: NounRecord) -> None:
    filled = {"superseded_at", "dispute_mark", "contact_token"}
    assert set(row_of(record)) == {column.name for column in table_of(kind_of(record)).c} - filled


@EACH
def test_what_was_sealed_opens_to_what_was_reported(record: NounRecord) -> None:
    kind = kind_of(record)
    row, content = row_of(record), content_of(record, ACCOUNTS)
    assert opened_content(kind, row, CIPHER) == content
    for column in SEALED[kind]:
        assert content[column] is None or row[column] != content[column]


@EACH
def test_a_sealed_value_opens_only_in_its_own_record_and_for_its_own_borrower(record: NounRecord) -> None:
    kind = kind_of(record)
    row = row_of(record)
    with pytest.raises(IntegrityError):
        opened_content(kind, row | {key_column(kind): UUID(int=3)}, CIPHER)
    with pytest.raises(IntegrityError):
        opened_content(kind, row, OTHER)


@EACH
def test_the_commitment_changes_with_any_value_and_with_nothing_else(record: NounRecord) -> None:
    kind = kind_of(record)
    content = content_of(record, ACCOUNTS)
    commitment = record_commitment(CIPHER, kind, content)
    again = row_of(record, replace(PLACE, version=7, reason=RecordReason.CORRECTION))
    assert again["commitment"] == commitment == row_of(record)["commitment"]
    assert record_commitment(OTHER, kind, content) != commitment
    for column in content_columns(kind):
        assert record_commitment(CIPHER, kind, content | {column: "another"}) != commitment, column


def test_the_same_instant_and_the_same_object_in_another_spelling_are_the_same() -> None:
    at_eight = collection().started_at.astimezone(timezone(timedelta(hours=8)))
    one, other = (content_of(collection(started_at=when), ACCOUNTS) for when in (collection().started_at, at_eight))
    kind = RecordKind.COLLECTION_ACTION
    assert record_commitment(CIPHER, kind, one) == record_commitment(CIPHER, kind, other)
    plan = content_of(active_plan(), ACCOUNTS)
    turned = plan | {"options": [dict(reversed(option.items())) for option in plan["options"]]}
    kind = RecordKind.REPAYMENT_PLAN
    assert record_commitment(CIPHER, kind, plan) == record_commitment(CIPHER, kind, turned)


def test_accounts_are_kept_in_one_order() -> None:
    assert content_of(collection(), ACCOUNTS) == content_of(collection(), ACCOUNTS[::-1])


def test_a_withdrawal_says_so() -> None:
    row = row_of(public_record(), replace(PLACE, version=2, reason=RecordReason.WITHDRAWAL))
    assert (row["withdrawn"], row["reason"], row["version"]) == (True, "WITHDRAWAL", 2)
