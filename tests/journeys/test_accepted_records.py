"""What was accepted is read back equal, in whatever order it came, and only what a correction explains changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from factories import Exchange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from exchange.handover import WrappedKey
from exchange.intake.account_content import account_of_row, delinquency_content
from exchange.intake.check_record import Rules, check_record
from exchange.intake.contribution import Contribution, History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.journeys.apply_records import Applied, RecordApplier
from exchange.journeys.contributed_rows import Provenance, held_delinquency
from exchange.store.tables.account import account, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import subject, subject_key
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.account import AccountState
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from tests.unit.intake.intake_cases import account as account_of
from tests.unit.intake.intake_cases import contribution as contribution_of
from tests.unit.intake.sound_records import NEWEST, TODAY, contributions

Stored = dict[str, tuple[Any, ...]]


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    return exchange


def apply(exchange: Exchange, *records: Contribution) -> Applied:
    """One submission; the next one is a day later."""
    origin = Provenance("lender", "cn.cir.13", "cn", "test", exchange.clock.now())
    checked = [check_record(record, Rules(TODAY)) for record in records]
    assert [each.faults for each in checked] == [()] * len(checked)
    with exchange.services.transaction() as connection:
        outcome = RecordApplier(connection, exchange.services.keys, origin).apply(checked)
    exchange.clock.instant += timedelta(days=1)
    return outcome


def rows(exchange: Exchange, table: Any, *order: str) -> Sequence[Mapping[str, Any]]:
    with exchange.engine.connect() as connection:
        found = connection.execute(select(table).order_by(*(table.c[name] for name in order))).mappings()
        return [dict(row) for row in found]


def ciphers(exchange: Exchange) -> dict[UUID, SubjectCipher]:
    opened = {}
    for row in rows(exchange, subject_key):
        names = ("subject_key", "key_no", "kek_ref", "kek_version", "suite", "wrapped")
        opened[row["subject_key"]] = exchange.services.keys.open(WrappedKey(*(row[name] for name in names)))
    return opened


def stored(exchange: Exchange) -> Stored:
    """Everything that is current, opened, by the account's reference: borrower, account, delinquencies."""
    keys = ciphers(exchange)
    people = {row["subject_key"]: _person(keys[row["subject_key"]], row) for row in rows(exchange, subject)}
    late: dict[UUID, list[Any]] = {}
    for row in rows(exchange, delinquency, "first_delinquent_on"):
        if row["superseded_at"] is None:
            late.setdefault(row["account_key"], []).append(delinquency_content(held_delinquency(row).record))
    found = {}
    for row in rows(exchange, account):
        cipher = keys[row["subject_key"]]
        reference = cipher.unseal("account", "account_ref", row["account_key"].bytes, row["account_ref"]).decode()
        record = account_of_row(row, reference)
        found[reference] = people[row["subject_key"]], record, tuple(late.get(row["account_key"], ()))
    return found


def _person(cipher: SubjectCipher, row: Mapping[str, Any]) -> tuple[Any, ...]:
    key = row["subject_key"].bytes

    def opened(column: str) -> bytes | None:
        return None if row[column] is None else cipher.unseal("subject", column, key, row[column])

    lists = [tuple(orjson.loads(opened(column) or b"[]")) for column in ("names", "phones", "addresses", "emails")]
    return row["id_type"], row["country"], (opened("id_number") or b"").decode(), opened("birth_date"), *lists


def expected(*records: Contribution) -> Stored:
    """The same as the records say it."""
    return {
        record.account.reference: (
            _furnished(record),
            replace(record.account, correction=None),
            tuple(delinquency_content(late) for late in record.delinquencies),
        )
        for record in records
    }


def _furnished(record: Contribution) -> tuple[Any, ...]:
    person = record.subject
    born = person.birth_date.isoformat().encode() if person.birth_date else None
    lists = (person.names, person.phones, person.addresses, person.emails)
    return person.id_type.value, person.country, person.id_number, born, *lists


many = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
"""Each example is a list of records, in one database: every list has numbers of its own."""
_numbers = iter(range(1, 10**6))


@st.composite
def files(draw: st.DrawFn) -> list[Contribution]:
    """Records of different borrowers, never seen before."""
    return [draw(contributions(next(_numbers), months_max=12)) for _ in range(draw(st.integers(1, 4)))]


@many
@given(records=files())
def test_every_accepted_record_is_read_back_equal(lender: Exchange, records: list[Contribution]) -> None:
    assert apply(lender, *records).changed == len(records)
    found = stored(lender)
    assert {reference: found[reference] for reference in expected(*records)} == expected(*records)
    again = apply(lender, *reversed(records))
    assert (again.changed, again.unchanged, again.faults) == (0, len(records), [])


@many
@given(records=files(), data=st.data())
def test_the_order_of_records_does_not_matter(
    lender: Exchange, records: list[Contribution], data: st.DataObject
) -> None:
    for record in data.draw(st.permutations(records)):
        assert apply(lender, record).changed == 1
    found = stored(lender)
    assert {reference: found[reference] for reference in expected(*records)} == expected(*records)


def late_record(codes: str, days: tuple[int | None, ...] | None = None, **changes: Any) -> Contribution:
    """One account whose months are these, newest first, and what they show."""
    state = AccountState.OVERDUE if codes[0].isdigit() else AccountState.NORMAL
    values = {"state": state, "history": History(NEWEST, codes, days_past_due=days)} | changes
    record = account_of(codes, **values)
    return contribution_of(
        account=record, delinquencies=derive_delinquencies(record.history or History(NEWEST, ""), record.reported_on)
    )


def versions(exchange: Exchange) -> list[tuple[int, str, str | None]]:
    return [(row["version"], row["reason"], row["correction"]) for row in rows(exchange, account_version, "version")]


def test_a_backdated_repost_of_days_past_due_is_a_version_with_its_reason_and_moves_what_was_derived(
    lender: Exchange,
) -> None:
    apply(lender, late_record("321NNN", (61, 31, 1, 0, 0, 0)))
    april = History(date(2026, 4, 1), "4321", days_past_due=(91, 61, 31, 1))
    corrected = late_record("4", reported_on=date(2026, 4, 30), history=april, correction=CorrectionReason.LATE_FEED)
    assert apply(lender, corrected).faults == []
    assert versions(lender) == [(1, "BACKDATED", "LATE_FEED")]
    _, held, late = stored(lender)["A-1"]
    assert held.history == History(NEWEST, "34321N", days_past_due=(61, 91, 61, 31, 1, 0))
    assert held.reported_on == date(2026, 5, 31)
    assert [(one[0], one[1]) for one in late] == [(date(2026, 1, 1), 91)]


def test_late_months_rewritten_without_a_reason_change_nothing(lender: Exchange) -> None:
    apply(lender, late_record("N" + "4" * 11 + "321N"))
    before = stored(lender)
    outcome = apply(lender, late_record("N" * 16))
    assert [found.code for found in outcome.faults] == ["HISTORY_REWRITTEN"] and outcome.changed == 0
    assert stored(lender) == before and versions(lender) == []
    explained = apply(lender, late_record("N" * 16, correction=CorrectionReason.COURT))
    assert explained.changed == 1 and stored(lender)["A-1"][2] == ()
    assert versions(lender) == [(1, "BACKDATED", "COURT")]


def test_a_deleted_account_may_come_back_and_one_of_fraud_only_with_a_reason(lender: Exchange) -> None:
    whole = late_record("21NN")
    taken_back = replace(whole, account=replace(whole.account, withdrawal=Withdrawal.DELETED), delinquencies=())
    fraud = replace(taken_back, account=replace(taken_back.account, withdrawal=Withdrawal.FRAUD))
    apply(lender, whole)
    apply(lender, taken_back)
    assert stored(lender)["A-1"][2] == () and rows(lender, account)[0]["superseded_at"] is not None
    assert apply(lender, whole).changed == 1
    assert rows(lender, account)[0]["superseded_at"] is None
    assert stored(lender) == expected(whole)
    apply(lender, fraud)
    assert [found.code for found in apply(lender, whole).faults] == ["FRAUD_DELETED"]
    assert rows(lender, account)[0]["superseded_at"] is not None
    lifted = replace(whole, account=replace(whole.account, correction=CorrectionReason.COURT))
    assert apply(lender, lifted).changed == 1
    assert stored(lender) == expected(whole)
    assert [reason for _, reason, _ in versions(lender)] == ["WITHDRAWN", "CORRECTION", "WITHDRAWN", "CORRECTION"]


def test_hidden_months_stay_hidden_when_a_new_month_comes(lender: Exchange) -> None:
    apply(lender, late_record("N1NN"))
    hidden = [date(2026, 4, 1)]
    with lender.engine.begin() as connection:
        connection.execute(update(account).values(hidden_months=hidden))
    june = History(date(2026, 6, 1), "NN1NN")
    newer = replace(late_record("NN1NN"), account=account_of("N", history=june, reported_on=TODAY))
    assert apply(lender, newer).changed == 1
    (row,) = rows(lender, account)
    assert row["history_codes"] == "NN1NN" and row["hidden_months"] == hidden and row["version"] == 2


def test_a_hidden_delinquency_stays_hidden_when_it_is_reported_on(lender: Exchange) -> None:
    apply(lender, late_record("21NN", state=AccountState.OVERDUE))
    with lender.engine.begin() as connection:
        connection.execute(update(delinquency).values(suppressed_by="cn.repair", annotated_by="cn.note"))
    june = History(date(2026, 6, 1), "321NN")
    assert apply(lender, late_record("321NN", history=june, reported_on=TODAY, state=AccountState.OVERDUE)).changed == 1
    told = [
        (row["superseded_at"] is None, row["suppressed_by"], row["annotated_by"]) for row in rows(lender, delinquency)
    ]
    assert sorted(told) == [(False, "cn.repair", "cn.note"), (True, "cn.repair", "cn.note")]


def test_a_furnisher_that_reports_single_months_cannot_jump(lender: Exchange) -> None:
    apply(lender, late_record("NN"))
    later = History(date(2026, 6, 1), "3")
    outcome = apply(lender, late_record("3", history=later, reported_on=TODAY, state=AccountState.OVERDUE))
    assert [found.code for found in outcome.faults] == ["HISTORY_JUMP"] and outcome.changed == 0
    assert stored(lender)["A-1"][1].history == History(NEWEST, "NN")
