"""Retention on real tables: what goes, what is hidden, what is kept, and what the log then says."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from factories import BOB, Exchange
from sqlalchemy import Table, func, insert, select, update
from traces import Entry, entries

from consent.policy.load import read_pack
from exchange.cli.retention import retain_command
from exchange.clock import FixedClock, new_id
from exchange.errors import BadRequest, IntegrityError
from exchange.handover import NOBODY
from exchange.intake.account_content import content_bytes, content_of_row
from exchange.intake.reading import Reading
from exchange.journeys.retain import RetentionOutcome, is_due, keep_daily, retain
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from exchange.settings import Settings
from exchange.store.tables import metadata
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.collection import collection_action
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.retention import retention_run
from exchange.store.tables.subject import subject_key, subject_sequence
from exchange.web.language import LANGUAGE_COOKIE
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.submission import FileFormat

LONG_AGO = date(2021, 5, 1)
RECENT = date(2025, 5, 1)
TOO_MUCH_TO_REPAIR = 50_000_00
RECORDED = datetime(2021, 6, 1, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(home=settings.home, retention_batch=1)


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    exchange.bank("finance", member_class=MemberClass.CONSUMER_FINANCE)
    return exchange


def rows(exchange: Exchange, table: Table) -> Sequence[Any]:
    with exchange.engine.connect() as connection:
        return connection.execute(select(table).order_by(*table.primary_key.columns)).all()


def everything(exchange: Exchange) -> dict[str, Sequence[Any]]:
    return {table.name: rows(exchange, table) for table in metadata.sorted_tables}


def add(exchange: Exchange, table: Table, **values: Any) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(insert(table).values(values))


def run(exchange: Exchange, on: date | None = None) -> RetentionOutcome:
    return retain(exchange.services, "operator", on)


def account_with(exchange: Exchange, borrower: UUID, codes: str, newest: date, **changes: Any) -> UUID:
    late = [TOO_MUCH_TO_REPAIR if code in "1234567" else 0 for code in codes]
    return exchange.account(
        borrower, "lender", history_codes=codes, history_month=newest, opened_on=date(2015, 1, 1),
        history_days_past_due=[15 if code == "1" else 0 for code in codes],
        **{"history_past_due_minor": late, **changes},
    )  # fmt: skip


def keep_version(exchange: Exchange, borrower: UUID, account_key: UUID, version: int, **record: Any) -> None:
    """An earlier version: the account as it stands, with these differences."""
    with exchange.engine.begin() as connection:
        stood = connection.execute(
            select(func.to_jsonb(account.table_valued())).where(account.c.account_key == account_key)
        ).scalar_one()
        connection.execute(
            insert(account_version).values(
                subject_key=borrower, account_key=account_key, version=version, recorded_at=RECORDED,
                superseded_at=RECORDED + timedelta(days=30), reason="UPDATE", record=stood | record,
            )
        )  # fmt: skip


def late_on(exchange: Exchange, borrower: UUID, account_key: UUID, **changes: Any) -> None:
    exchange.delinquency(borrower, account_key, "lender", **changes)


def applied(exchange: Exchange) -> list[Entry]:
    return [entry for entry in entries(exchange) if entry.fields["act"] == "retention_applied"]


def contributed(contributor: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "contributor": contributor, "version": version, "valid_from": date(2020, 1, 1), "recorded_at": RECORDED,
        "basis": "cn.cir.13", "jurisdiction": "cn", "pack_version": "1", "commitment": b"c" * 32, "reason": "NEW",
        "reference": b"sealed", "reference_token": b"t" * 32, **changes,
    }  # fmt: skip


def contact(
    exchange: Exchange, borrower: UUID, key: UUID, started_at: datetime, contributor: str, **changes: Any
) -> None:
    add(
        exchange, collection_action, subject_key=borrower, action_key=key, started_at=started_at, account_keys=[],
        agent="a-1", stage="PHONE", channel="VOICE_HUMAN", direction="OUTBOUND", target="DEBTOR", result="NO_ANSWER",
        disclosed=[], **contributed(contributor, **changes),
    )  # fmt: skip


def test_a_delinquency_goes_with_all_its_versions_the_day_after_its_period(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N", date(2026, 5, 1))
    old = {"first_delinquent_on": date(2021, 2, 1)}
    late_on(lender, alice, held, **old, ended_on=None, cured_on=None, superseded_at=RECORDED)
    late_on(lender, alice, held, **old, version=2, ended_on=LONG_AGO, cured_on=LONG_AGO)
    late_on(lender, alice, held, first_delinquent_on=date(2025, 3, 1), ended_on=RECENT)
    assert run(lender, date(2026, 5, 1)).counts == {}
    assert len(rows(lender, delinquency)) == 3
    outcome = run(lender, date(2026, 5, 2))
    assert (outcome.subjects, outcome.counts) == (1, {"delete DELINQUENCIES cn.cir.16": 1})
    assert [row.ended_on for row in rows(lender, delinquency)] == [RECENT]


def test_a_delinquency_that_was_corrected_away_goes_when_its_period_is_over(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N", date(2026, 5, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2020, 1, 1), ended_on=None, superseded_at=RECORDED)
    assert run(lender, date(2026, 6, 1)).counts == {}
    lender.clock.instant += timedelta(days=1)
    assert run(lender).counts == {"delete DELINQUENCIES cn.cir.16": 1}
    assert rows(lender, delinquency) == []


def test_one_that_goes_on_stays_however_old(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "7777", date(2016, 5, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2016, 2, 1), ended_on=None, cured_on=None)
    before = rows(lender, account), rows(lender, delinquency)
    assert run(lender).subjects == 0
    assert (rows(lender, account), rows(lender, delinquency)) == before


@pytest.mark.parametrize(
    ("ended_on", "last"),
    [
        (date(2020, 2, 29), date(2025, 2, 28)),
        (date(2019, 2, 28), date(2024, 2, 28)),
        (date(2020, 12, 31), date(2025, 12, 31)),
        (date(2021, 4, 30), date(2026, 4, 30)),
    ],
)
def test_the_last_day_of_display_is_written_and_the_next_day_it_goes(
    lender: Exchange, ended_on: date, last: date
) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N", date(2026, 5, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2019, 1, 1), ended_on=ended_on)
    late_on(lender, alice, held, first_delinquent_on=date(2026, 1, 1), ended_on=None)
    run(lender, last)
    assert {row.display_until for row in rows(lender, delinquency)} == {last, None}
    run(lender, last + timedelta(days=1))
    assert [row.display_until for row in rows(lender, delinquency)] == [None]


def test_late_months_become_unknown_in_the_account_and_in_its_earlier_versions(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "NN1NN1N", date(2021, 7, 1), state="NORMAL", reported_on=date(2021, 7, 31))
    late_on(lender, alice, held, first_delinquent_on=date(2021, 2, 1), ended_on=date(2021, 3, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2021, 5, 1), ended_on=date(2021, 6, 1))
    keep_version(lender, alice, held, 1, history_codes="1NN1N", history_month="2021-05-01", reported_on="2021-06-30",
                 history_past_due_minor=[TOO_MUCH_TO_REPAIR, 0, 0, 7, 0], history_days_past_due=None)  # fmt: skip
    outcome = run(lender)  # on 1 June 2026: the second may be kept for one day more
    assert outcome.counts == {"delete DELINQUENCIES cn.cir.16": 1, "delete PAYMENT_HISTORY cn.cir.16": 1}
    (row,), (version,) = rows(lender, account), rows(lender, account_version)
    assert row.history_codes == "NN1NN#N"
    assert row.history_past_due_minor == [0, 0, TOO_MUCH_TO_REPAIR, 0, 0, None, 0]
    assert row.history_days_past_due == [0, 0, 15, 0, 0, None, 0]
    assert (row.version, row.recorded_at) == (1, lender.clock.now())
    assert version.record["history_codes"] == "1NN#N"
    assert version.record["history_past_due_minor"] == [TOO_MUCH_TO_REPAIR, 0, 0, None, 0]
    lender.clock.instant += timedelta(days=1)
    assert run(lender).counts == {"delete DELINQUENCIES cn.cir.16": 1, "delete PAYMENT_HISTORY cn.cir.16": 1}
    (row,), (version,) = rows(lender, account), rows(lender, account_version)
    assert (row.history_codes, version.record["history_codes"]) == ("NN#NN#N", "#NN#N")
    assert rows(lender, delinquency) == []


def test_what_was_masked_is_committed_to_anew(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N1N", date(2021, 4, 1))
    keep_version(lender, alice, held, 1, reported_on="2021-04-30")
    run(lender)
    (row,), (version,) = rows(lender, account), rows(lender, account_version)
    cipher = lender.ciphers[alice]
    content = content_of_row(row._mapping)
    assert row.commitment == cipher.commit(content_bytes("account", "R-1", content))
    said = version.record["commitment"]
    expected = cipher.commit(content_bytes("account", "R-1", content_of_row(version.record)))
    assert bytes.fromhex(said.removeprefix("\\x")) == expected
    assert said != "\\x" + (b"c" * 32).hex()


def test_a_version_whose_own_standing_was_late_goes_whole(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "NNNN", date(2021, 6, 1), version=5)
    standing: list[Mapping[str, Any]] = [
        {"state": "OVERDUE", "reported_on": "2021-02-28"},
        {"days_past_due": 20, "reported_on": "2021-03-31"},
        {"past_due_minor": 700, "reported_on": "2021-04-30"},
        {"reported_on": "2021-05-31"},
        {"state": "OVERDUE", "reported_on": "2021-06-30"},
    ]
    for number, record in enumerate(standing, 1):
        keep_version(lender, alice, held, number, **record)
    assert run(lender).counts == {"delete PAYMENT_HISTORY cn.cir.16": 3}
    assert [row.version for row in rows(lender, account_version)] == [4, 5]
    (row,) = rows(lender, account)
    assert row.history_codes == "NNNN"


def test_an_account_that_was_closed_badly_goes_with_all_that_hangs_on_it(lender: Exchange) -> None:
    alice = lender.borrower()
    closed = account_with(lender, alice, "B7", date(2021, 5, 1), state="WRITTEN_OFF", closed_on=date(2021, 5, 31))
    other = account_with(lender, alice, "N", date(2026, 5, 1), reference="R-2")
    ((index_key_id, token), *_) = lender.services.keys.lookup_tokens().account_candidates("lender", "R-1")
    for key, bidx in ((closed, token), (other, b"o" * 32)):
        add(lender, account_identifier, bidx=bidx, index_key_id=index_key_id, subject_key=alice, account_key=key)
        keep_version(lender, alice, key, 1)
        add(
            lender,
            statement,
            subject_key=alice,
            statement_id=new_id(RECORDED),
            about=key,
            words=b"w",
            stated_at=RECORDED,
        )
        late_on(lender, alice, key, first_delinquent_on=date(2021, 4, 1), ended_on=None)
    add(lender, statement, subject_key=alice, statement_id=new_id(RECORDED), about=None, words=b"w", stated_at=RECORDED)
    assert run(lender, date(2026, 5, 31)).counts == {}
    assert run(lender).counts == {"delete ACCOUNTS cn.cir.16": 1}
    for table in (account, account_version, account_identifier, delinquency):
        assert [row.account_key for row in rows(lender, table)] == [other]
    assert {row.about for row in rows(lender, statement)} == {other, None}


def test_a_bad_end_that_was_followed_by_a_later_payment_counts_from_that(lender: Exchange) -> None:
    alice = lender.borrower()
    closed = account_with(lender, alice, "B", date(2021, 5, 1), state="WRITTEN_OFF", closed_on=date(2020, 5, 31))
    late_on(lender, alice, closed, first_delinquent_on=date(2020, 4, 1), ended_on=date(2023, 1, 1))
    assert run(lender).subjects == 0
    assert [row.account_key for row in rows(lender, account)] == [closed]


def test_the_repair_hides_small_repaid_arrears_and_keeps_them(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(
        lender, alice, "NN1NN2N", date(2025, 9, 1), history_past_due_minor=[0, 0, 10_000_00, 0, 0, 10_000_01, 0]
    )
    keep_version(lender, alice, held, 1, history_codes="1NN2N", history_month="2025-07-01", reported_on="2025-07-31",
                 history_past_due_minor=[10_000_00, 0, 0, 10_000_01, 0])  # fmt: skip
    spring = {"first_delinquent_on": date(2025, 4, 5), "cured_on": date(2025, 5, 1), "ended_on": date(2025, 5, 1)}
    summer = {"first_delinquent_on": date(2025, 7, 5), "cured_on": date(2025, 8, 1), "ended_on": date(2025, 8, 1)}
    late_on(lender, alice, held, **spring)
    late_on(lender, alice, held, **summer, superseded_at=RECORDED)
    late_on(lender, alice, held, **summer, version=2)
    assert run(lender, date(2025, 12, 31)).counts == {}
    outcome = run(lender)
    repair = "suppress_display {} cn.pboc.repair.2025"
    assert outcome.counts == {repair.format("DELINQUENCIES"): 1, repair.format("PAYMENT_HISTORY"): 1}
    (row,), (version,) = rows(lender, account), rows(lender, account_version)
    assert row.hidden_months == [date(2025, 7, 1)]
    assert version.record["hidden_months"] == ["2025-07-01"]
    assert (row.history_codes, row.history_past_due_minor[2]) == ("NN1NN2N", 10_000_00)
    hidden = {(row.first_delinquent_on.month, row.version): row.suppressed_by for row in rows(lender, delinquency)}
    assert hidden == {(4, 1): None, (7, 1): "cn.pboc.repair.2025", (7, 2): "cn.pboc.repair.2025"}
    assert run(lender).counts == {}


@pytest.mark.parametrize(
    "change",
    [
        {"cured_on": None, "ended_on": None},
        {"cured_on": date(2026, 4, 1), "ended_on": date(2026, 4, 1)},
        {"first_delinquent_on": date(2019, 12, 31)},
        {"charge_off_minor": 2_000_000},
        {"currency": "USD"},
    ],
)
def test_the_repair_does_not_hide_what_it_does_not_cover(lender: Exchange, change: dict[str, Any]) -> None:
    alice = lender.borrower()
    codes = "1" * 59 + "N"
    held = account_with(lender, alice, codes, date(2024, 11, 1), currency=change.get("currency", "CNY"))
    values = {"first_delinquent_on": date(2020, 1, 5), "cured_on": date(2024, 12, 1), "ended_on": date(2024, 12, 1)}
    late_on(lender, alice, held, **(values | change))
    run(lender)
    assert [row.suppressed_by for row in rows(lender, delinquency)] == [None]


def test_public_records_and_plans_go_when_what_they_tell_ended_long_ago(lender: Exchange) -> None:
    alice = lender.borrower()
    ends = [LONG_AGO, RECENT, None]
    keys = [new_id(RECORDED + timedelta(days=number)) for number in range(3)]
    for key, ended_on in zip(keys, ends, strict=True):
        record = {"subject_key": alice, "ended_on": ended_on}
        add(lender, public_record, record_key=key, kind="JUDGMENT", authority="A court", status="OPEN",
            filed_on=date(2019, 1, 1), **record, **contributed("lender", version=2))  # fmt: skip
        add(lender, public_record, record_key=key, kind="JUDGMENT", authority="A court", status="OPEN",
            filed_on=date(2019, 1, 1), subject_key=alice, **contributed("lender", superseded_at=RECORDED))  # fmt: skip
        add(lender, repayment_plan, plan_key=key, account_keys=[], plan_type="DEFERRAL", state="COMPLETED",
            currency="CNY", options=[], schedule=[], reporting_treatment="KEEP_STATUS",
            proposed_on=date(2019, 1, 1), **record, **contributed("lender"))  # fmt: skip
    assert run(lender).counts == {"delete PUBLIC_RECORDS cn.cir.16": 1, "delete PLANS cn.cir.16": 1}
    assert {row.record_key for row in rows(lender, public_record)} == set(keys[1:])
    assert len(rows(lender, public_record)) == 4
    assert [row.plan_key for row in rows(lender, repayment_plan)] == keys[1:]


def test_contacts_that_were_taken_back_are_kept_for_as_long_as_the_longest_floor_of_their_furnisher(
    lender: Exchange,
) -> None:
    alice = lender.borrower()
    days = {"two": datetime(2024, 6, 1, 4, tzinfo=UTC), "almost": datetime(2024, 6, 2, 4, tzinfo=UTC),
            "five": datetime(2021, 5, 31, 4, tzinfo=UTC), "just": datetime(2021, 6, 1, 4, tzinfo=UTC)}  # fmt: skip
    keys = {name: new_id(at) for name, at in days.items()}
    for name, at in days.items():
        contact(lender, alice, keys[name], at, "finance" if name in ("five", "just") else "lender", withdrawn=True)
    stays = new_id(RECORDED)
    contact(lender, alice, stays, days["two"], "lender")
    lender.clock.instant += timedelta(days=1)  # 2 June 2026
    outcome = run(lender)
    kept = {row.action_key for row in rows(lender, collection_action)}
    assert kept == {keys["almost"], stays}
    assert outcome.counts == {"delete COLLECTIONS cn.cir.16": 2, "delete COLLECTIONS cn.gbt45251.records": 1}


def test_a_contact_of_a_consumer_finance_company_is_not_deleted_before_its_five_years(lender: Exchange) -> None:
    alice = lender.borrower()
    contact(lender, alice, new_id(RECORDED), datetime(2021, 6, 1, 4, tzinfo=UTC), "finance", withdrawn=True)
    assert run(lender).counts == {}
    # In China it is already the next day when this contact is made: the later day counts.
    contact(lender, alice, new_id(RECORDED), datetime(2021, 5, 31, 20, tzinfo=UTC), "finance")
    assert run(lender).counts == {}
    assert len(rows(lender, collection_action)) == 2


def test_each_borrower_reads_in_the_log_what_was_done_and_by_which_rule(lender: Exchange) -> None:
    alice, bob = lender.borrower(), lender.borrower(BOB, "李明")
    for borrower in (alice, bob):
        held = account_with(lender, borrower, "N1N", date(2021, 4, 1))
        late_on(lender, borrower, held, first_delinquent_on=date(2021, 3, 1), ended_on=date(2021, 4, 1))
    outcome = run(lender)
    done = applied(lender)
    assert sorted((entry.subject_key, entry.sequence) for entry in done) == sorted([(alice, 1), (bob, 1)])
    for entry in done:
        assert entry.fields == {
            "act": "retention_applied", "actor": "operator", "run": str(outcome.run_id), "rules": ["cn.cir.16"],
            "retained": ["delete DELINQUENCIES cn.cir.16 1", "delete PAYMENT_HISTORY cn.cir.16 1"],
            "pack": lender.services.pack.version, "subject": str(entry.subject_key), "sequence": 1,
        }  # fmt: skip
    (last,) = [entry for entry in entries(lender) if entry.fields["act"] == "retention_run"]
    assert last.subject_key == NOBODY
    assert (last.fields["subjects"], last.fields["ran_for"]) == (2, "2026-06-01")
    assert last.fields["retained"] == ["delete DELINQUENCIES cn.cir.16 2", "delete PAYMENT_HISTORY cn.cir.16 2"]
    (kept,) = rows(lender, retention_run)
    assert (kept.run_id, kept.subjects, kept.finished_at) == (outcome.run_id, 2, lender.clock.now())


def a_file_with_much_to_do(exchange: Exchange) -> None:
    for borrower in (exchange.borrower(), exchange.borrower(BOB, "李明")):
        held = account_with(exchange, borrower, "NN1N2N", date(2021, 4, 1))
        late_on(exchange, borrower, held, first_delinquent_on=date(2021, 2, 1), ended_on=date(2021, 3, 1))
        contact(exchange, borrower, new_id(RECORDED), datetime(2020, 1, 1, tzinfo=UTC), "lender")


def test_a_dry_run_tells_the_same_and_changes_nothing(lender: Exchange) -> None:
    a_file_with_much_to_do(lender)
    before = everything(lender)
    foretold = retain(lender.services, "operator", dry_run=True)
    assert everything(lender) == before
    assert foretold.run_id is None
    done = run(lender)
    assert (foretold.subjects, foretold.counts) == (done.subjects, done.counts) == (2, done.counts)
    assert sum(done.counts.values()) == 8


def test_a_second_run_finds_nothing_to_do(lender: Exchange) -> None:
    a_file_with_much_to_do(lender)
    run(lender)
    before = everything(lender)
    again = run(lender)
    assert (again.subjects, again.counts) == (0, {})
    after = everything(lender)
    for table in (account, account_version, delinquency, collection_action, subject_sequence):
        assert after[table.name] == before[table.name]
    assert len(applied(lender)) == 2


def test_a_run_that_broke_off_goes_on_behind_its_last_batch(lender: Exchange) -> None:
    a_file_with_much_to_do(lender)
    first, second = (row.subject_key for row in rows(lender, subject_key))
    (good,) = [row.wrapped for row in rows(lender, subject_key) if row.subject_key == second]
    with lender.engine.begin() as connection:
        connection.execute(
            update(subject_key).where(subject_key.c.subject_key == second).values(wrapped=bytes(len(good)))
        )
    with pytest.raises(IntegrityError):
        run(lender)
    (broken,) = rows(lender, retention_run)
    assert (broken.last_subject_key, broken.subjects, broken.finished_at) == (first, 1, None)
    assert {row.subject_key for row in rows(lender, delinquency)} == {second}
    assert [entry.subject_key for entry in applied(lender)] == [first]
    with lender.engine.begin() as connection:
        connection.execute(update(subject_key).where(subject_key.c.subject_key == second).values(wrapped=good))
    outcome = run(lender)
    assert (outcome.run_id, outcome.subjects) == (broken.run_id, 2)
    assert sum(outcome.counts.values()) == 8
    assert [entry.subject_key for entry in applied(lender)] == [first, second]
    assert rows(lender, delinquency) == []


def test_a_day_to_come_is_only_looked_at(lender: Exchange) -> None:
    a_file_with_much_to_do(lender)
    before = everything(lender)
    with pytest.raises(BadRequest) as refused:
        run(lender, date(2026, 6, 2))
    assert refused.value.stable_code == "RETENTION_IN_FUTURE"
    assert sum(retain(lender.services, "operator", date(2030, 1, 1), dry_run=True).counts.values()) == 8
    assert everything(lender) == before


def test_the_daily_process_runs_once_a_day_from_its_hour_on(lender: Exchange, clock: FixedClock) -> None:
    pauses: list[float] = []

    def an_hour_later(seconds: float) -> bool:
        pauses.append(seconds)
        clock.instant += timedelta(hours=1)
        return len(pauses) == 48

    assert not is_due(lender.services)  # 8 in the morning
    keep_daily(lender.services, "operator", an_hour_later)
    assert [row.ran_for for row in rows(lender, retention_run)] == [date(2026, 6, 1), date(2026, 6, 2)]
    assert [row.started_at.hour for row in rows(lender, retention_run)] == [19, 19]
    assert set(pauses) == {60.0}


def test_the_daily_process_outlives_a_run_that_failed(lender: Exchange, clock: FixedClock) -> None:
    a_file_with_much_to_do(lender)
    kept = rows(lender, subject_key)

    def break_or_mend(seconds: float) -> bool:
        clock.instant += timedelta(hours=12)
        for row in kept:
            wrapped = bytes(len(row.wrapped)) if clock.instant.day == 1 else row.wrapped
            with lender.engine.begin() as connection:
                these = subject_key.c.subject_key == row.subject_key
                connection.execute(update(subject_key).where(these).values(wrapped=wrapped))
        return clock.instant.day == 3

    keep_daily(lender.services, "operator", break_or_mend)
    finished = [row.ran_for for row in rows(lender, retention_run) if row.finished_at]
    assert finished == [date(2026, 6, 2)]
    assert len(applied(lender)) == 2


def test_the_command_tells_what_would_be_done(lender: Exchange, database_url: str) -> None:
    a_file_with_much_to_do(lender)
    environment = {
        "OPENBUREAU_HOME": str(lender.settings.home),
        "OPENBUREAU_DATABASE_URL": database_url,
        "OPENBUREAU_RESIDENCY": "CN",
    }
    before = everything(lender)
    for options in (["--dry-run"], ["--dry-run", "--json"]):
        told = CliRunner().invoke(retain_command, ["--on", "2026-06-01", *options], env=environment)
        assert told.exit_code == 0, told.output
        assert "delete COLLECTIONS cn.cir.16" in told.output
    assert json.loads(told.output)["subjects"] == 2
    refused = CliRunner().invoke(retain_command, ["--daily", "--dry-run"], env=environment)
    assert refused.exit_code == 2
    assert everything(lender) == before


def test_the_borrower_reads_on_a_page_what_was_done_and_why(lender: Exchange) -> None:
    alice = lender.borrower()
    client = lender.borrower_signed_in(alice).client
    client.set_cookie(LANGUAGE_COOKIE, "en")
    assert "Nothing of your file was deleted" in client.get("/looks/retention").text
    held = account_with(lender, alice, "N1N", date(2021, 4, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2021, 3, 1), ended_on=date(2021, 4, 1))
    run(lender)
    page = client.get("/looks/retention").text
    assert "Deleted: Late payments (1)" in page
    assert "Deleted: Your payments, month by month (1)" in page
    assert "Negative information is deleted 5 years after it ended." in page
    assert "Shown to nobody" not in page
    assert "/looks/retention" in client.get("/looks").text


def hand_in(exchange: Exchange, *statuses: str) -> SubmissionOutcome:
    """A file of one account with these months, the newest first, the first of them May 2021."""
    reading = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2021, 5, 1), synthesise_identities=True)
    lines = [f"5001,{-number},{status}" for number, status in enumerate(statuses)]
    file = io.BytesIO("\n".join(["ID,MONTHS_BALANCE,STATUS", *lines]).encode())
    return submit_file(exchange.services, file, SubmissionOrder("lender", reading, notices_attested=True))


def test_what_was_deleted_does_not_come_back_with_the_next_file(lender: Exchange, clock: FixedClock) -> None:
    clock.instant = datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert hand_in(lender, "X", "1", "X").applied == 1
    (before,) = rows(lender, account)
    assert (before.history_codes[1] in "1234567", len(rows(lender, delinquency))) == (True, 1)
    assert run(lender).subjects == 0
    clock.instant += timedelta(days=1)
    assert run(lender).subjects == 1
    (after,) = rows(lender, account)
    assert (after.history_codes[1], rows(lender, delinquency)) == ("#", [])
    outcome = hand_in(lender, "X", "1", "X", "X")
    assert (outcome.applied, outcome.notes.get("RETENTION_EXPIRED")) == (1, 1)
    (again,) = rows(lender, account)
    assert (again.history_codes[1], len(again.history_codes), rows(lender, delinquency)) == ("#", 4, [])
    assert run(lender).subjects == 0


def under(exchange: Exchange, *rules: str) -> Exchange:
    """The same exchange under a pack of these rules."""
    pack = read_pack('jurisdiction = "cn"\nversion = "test-1"\n' + "".join(rules))
    return replace(exchange, services=replace(exchange.services, pack=pack))


def a_rule(id: str, nouns: Sequence[str], action: str, years: int, more: str = "", furnishers: str = "[]") -> str:
    return f"""
[[rules]]
id = "{id}"
force = "MUST"
kind = "retention"
effective_from = "2020-01-01"
source = {{ title = "A law", clause = "1", language = "en", verified = "to_verify" }}
applies = {{ act = "KEEP", field_classes = {list(nouns)}, member_classes = {furnishers} }}
terms = {{ action = "{action}", years = {years}{more} }}
vectors = [{{ given = {{}}, expect = "SHOWN" }}]
"""


def test_a_rule_can_have_readers_told_something(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N1N", date(2024, 4, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2024, 3, 1), ended_on=date(2024, 4, 1))
    note = a_rule("note", ["DELINQUENCIES", "PAYMENT_HISTORY"], "annotate", 2)
    noting = under(lender, note, a_rule("gone", ["PLANS"], "delete", 1))
    assert run(noting, date(2026, 4, 1)).counts == {}
    assert run(noting).counts == {"annotate DELINQUENCIES note": 1, "annotate ACCOUNTS note": 1}
    (row,), (late,) = rows(lender, account), rows(lender, delinquency)
    assert (row.annotated_by, late.annotated_by, late.suppressed_by) == ("note", "note", None)
    assert (row.history_codes, row.hidden_months) == ("N1N", None)
    assert run(noting).counts == {}


def test_what_must_be_kept_and_may_not_be_shown_is_hidden_until_its_floor_is_over(lender: Exchange) -> None:
    alice = lender.borrower()
    held = account_with(lender, alice, "N1N", date(2023, 4, 1))
    late_on(lender, alice, held, first_delinquent_on=date(2023, 3, 1), ended_on=date(2023, 4, 1),
            recorded_at=datetime(2023, 7, 1, tzinfo=UTC))  # fmt: skip
    ceiling = a_rule("ceiling", ["DELINQUENCIES"], "delete", 3)
    floor = a_rule("floor", ["DELINQUENCIES"], "keep_at_least", 3, ', counted_from = "RECORDED"', '["BANK"]')
    keeping = under(lender, ceiling, floor)
    assert run(keeping).counts == {"suppress_display DELINQUENCIES ceiling": 1}
    assert [row.suppressed_by for row in rows(lender, delinquency)] == ["ceiling"]
    lender.clock.instant = datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert run(keeping).counts == {}
    lender.clock.instant += timedelta(days=1)
    assert run(keeping).counts == {"delete DELINQUENCIES ceiling": 1}
    assert rows(lender, delinquency) == []


def test_leave_for_contacts_and_breaches_go_as_contacts_do_with_what_was_said_to_them(lender: Exchange) -> None:
    alice = lender.borrower()
    for asked_at in (datetime(2021, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)):
        key = new_id(lender.clock.now())
        clearance = {
            "clearance_id": key, "lender": "lender", "actor": "lender", "account_keys": [], "stage": "PHONE",
            "channel": "VOICE_HUMAN", "target": "DEBTOR", "granted": False, "counts": [], "reasons": [], "rules": [],
            "pack_version": "1", "facts": {}, "told": [], "asked_at": asked_at, "leaf_hash": b"l" * 32,
        }  # fmt: skip
        breach = {
            "action_key": key, "kind": "NO_CLEARANCE", "actor": "lender", "lender": "lender", "rules": [],
            "happened_at": asked_at, "recorded_at": asked_at,
        }  # fmt: skip
        add(lender, metadata.tables["contact_clearance"], subject_key=alice, **clearance)
        add(lender, metadata.tables["contact_breach"], subject_key=alice, **breach)
        said = {"action_key": key, "replied_at": asked_at, "says": "OBJECTED"}
        add(lender, metadata.tables["contact_reply"], subject_key=alice, **said)
    outcome = run(lender, date(2026, 5, 31))
    assert outcome.counts == {"delete COLLECTIONS cn.cir.16": 2}
    left = [rows(lender, metadata.tables[name]) for name in ("contact_clearance", "contact_breach", "contact_reply")]
    assert [len(found) for found in left] == [1, 1, 1]
