"""What is due for one borrower, held against a model that goes through the months one by one."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from consent.decision import Grant, decide
from consent.policy.retention import retention_rules
from exchange.disclosure.minimise import minimise
from exchange.handover import OpenRows, Plan, SectionName
from exchange.intake.contribution import DelinquencyRecord, History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.months import month_number, month_of_number
from exchange.journeys.retention_work import Judge, work_for
from exchange.store.retention import HeldRecords
from tests.unit.consent.consent_cases import NOW, PACK, a_consent, a_question

NEWEST = date(2025, 9, 1)
ACCOUNT = UUID(int=1)
RECORDED = datetime(2025, 10, 1, tzinfo=UTC)
REPAIR = "cn.pboc.repair.2025"


def judge(today: date) -> Judge:
    return Judge(retention_rules(PACK, today), today, ZoneInfo("Asia/Shanghai"))


def an_account(codes: str, amounts: list[int | None], **changes: Any) -> dict[str, Any]:
    return {
        "account_key": ACCOUNT, "furnisher_class": "BANK", "state": "NORMAL", "closed_on": None, "currency": "CNY",
        "recorded_at": RECORDED, "history_month": NEWEST, "history_codes": codes, "history_past_due_minor": amounts,
        "hidden_months": None, "annotated_by": None, **changes,
    }  # fmt: skip


def a_delinquency(number: int, late: DelinquencyRecord) -> dict[str, Any]:
    return {
        "account_key": ACCOUNT, "delinquency_key": UUID(int=100 + number), "version": 1, "superseded_at": None,
        "furnisher_class": "BANK", "currency": "CNY", "recorded_at": RECORDED, "charge_off_minor": None,
        "first_delinquent_on": late.first_delinquent_on, "peak_days_past_due": late.peak_days_past_due,
        "cured_on": late.cured_on, "ended_on": late.ended_on, "suppressed_by": None, "annotated_by": None,
    }  # fmt: skip


def five_years_over(ended_on: date | None, today: date) -> bool:
    if ended_on is None:
        return False
    year = ended_on.year + 5
    return today > date(year, ended_on.month, min(ended_on.day, monthrange(year, ended_on.month)[1]))


def repaired(begins: date, cured_on: date | None, amount: int | None, today: date) -> bool:
    in_time = date(2020, 1, 1) <= begins <= date(2025, 12, 31)
    small = bool(amount) and (amount or 0) <= 1_000_000
    paid = cured_on is not None and cured_on <= date(2026, 3, 31) and today > cured_on
    return today >= date(2026, 1, 1) and in_time and small and paid


histories = st.lists(
    st.tuples(st.sampled_from("NNN1234*#AB"), st.sampled_from([None, 0, 500, 1_000_000, 1_000_001])),
    min_size=1,
    max_size=60,
)
todays = st.dates(date(2025, 10, 1), date(2032, 1, 1))


@given(histories, todays)
def test_what_is_due_is_what_a_walk_through_the_months_finds(
    history: list[tuple[str, int | None]], today: date
) -> None:
    codes, amounts = "".join(code for code, _ in history), [amount for _, amount in history]
    late = derive_delinquencies(History(NEWEST, codes), date(2025, 9, 30))
    held = HeldRecords(
        accounts=[an_account(codes, amounts)],
        delinquencies=[a_delinquency(number, record) for number, record in enumerate(late)],
    )
    work = work_for(held, judge(today))

    masked, hidden = set(), set()
    for position, code in enumerate(codes):
        month = month_of_number(month_number(NEWEST) - position)
        if code in "1234B":
            (run,) = [each for each in late if each.first_late_month <= month <= each.last_late_month]
            if five_years_over(run.ended_on, today):
                masked.add(position)
            elif repaired(month, run.cured_on, amounts[position], today):
                hidden.add(month)
    assert ({*work.accounts[0].masked} if work.accounts else set()) == masked
    assert ({*work.accounts[0].hidden_months} if work.accounts else set()) == hidden

    deleted, marked = set(), set()
    for number, record in enumerate(late):
        owed = [
            amounts[position]
            for position, code in enumerate(codes)
            if code in "1234B"
            and record.first_late_month <= month_of_number(month_number(NEWEST) - position) <= record.last_late_month
        ]
        most = max(amount for amount in owed if amount) if all(owed) else None
        if five_years_over(record.ended_on, today):
            deleted.add(UUID(int=100 + number))
        elif repaired(record.first_delinquent_on, record.cured_on, most, today):
            marked.add(UUID(int=100 + number))
    assert set(work.records_deleted.get("delinquencies", [])) == deleted
    assert {key for key, mark in work.marks} == marked
    assert all(mark == {"suppressed_by": REPAIR} for _, mark in work.marks)
    assert sum(work.counts.values()) == len(masked) + len(hidden) + len(deleted) + len(marked)


@given(histories, todays)
def test_once_it_is_done_nothing_more_is_due(history: list[tuple[str, int | None]], today: date) -> None:
    codes, amounts = "".join(code for code, _ in history), [amount for _, amount in history]
    late = derive_delinquencies(History(NEWEST, codes), date(2025, 9, 30))
    held = HeldRecords(
        accounts=[an_account(codes, amounts)],
        delinquencies=[a_delinquency(number, record) for number, record in enumerate(late)],
    )
    work = work_for(held, judge(today))
    assert work_for(done(held, work), judge(today)).counts == {}


def done(held: HeldRecords, work: Any) -> HeldRecords:
    """The records after the work, as tables would hold them."""
    gone = work.records_deleted.get("delinquencies", [])
    marks = dict(work.marks)
    accounts: list[Mapping[str, Any]] = list(held.accounts)
    for change in work.accounts:
        codes = "".join("#" if n in change.masked else code for n, code in enumerate(change.row["history_codes"]))
        accounts = [{**change.row, "history_codes": codes, "hidden_months": list(change.hidden_months)}]
    kept = [row for row in held.delinquencies if row["delinquency_key"] not in gone]
    return HeldRecords(accounts, [], [{**row, **marks.get(row["delinquency_key"], {})} for row in kept])


def test_a_hidden_month_stays_hidden_only_while_it_is_late() -> None:
    months = [date(2025, 9, 1), date(2025, 8, 1), date(2025, 7, 1)]
    (change,) = work_for(
        HeldRecords([an_account("N1#", [0, 0, 0], hidden_months=months)]), judge(RECORDED.date())
    ).accounts
    assert change.hidden_months == (date(2025, 8, 1),)
    assert change.masked == frozenset()


def test_a_debt_of_which_the_history_does_not_tell_every_month_is_not_hidden() -> None:
    today = date(2026, 1, 1)
    record = DelinquencyRecord(date(2025, 7, 5), 20, NEWEST, NEWEST, date(2025, 9, 1), date(2025, 9, 1))
    row = a_delinquency(0, record)
    for account, hides in (
        (an_account("N11N", [0, 500, 500, 0]), True),
        (an_account("N11N", [0, 500, None, 0]), False),
        (an_account("N1", [0, 500]), False),
        (an_account("N11N", [0, 500, 500, 0], history_past_due_minor=None), False),
    ):
        assert bool(work_for(HeldRecords([account], [], [row]), judge(today)).marks) is hides
    assert work_for(HeldRecords([], [], [row]), judge(today)).marks == []


@given(histories, todays, st.integers(0, 40))
def test_what_is_deleted_was_no_longer_shown(history: list[tuple[str, int | None]], today: date, days: int) -> None:
    codes, amounts = "".join(code for code, _ in history), [amount for _, amount in history]
    late = derive_delinquencies(History(NEWEST, codes), date(2025, 9, 30))
    # A furnisher may state any day of the month as the end.
    ends = [replace(each, ended_on=each.ended_on and each.ended_on - timedelta(days=days)) for each in late]
    account = an_account(codes, amounts)
    delinquencies = [a_delinquency(number, record) for number, record in enumerate(ends)]
    work = work_for(HeldRecords([account], [], delinquencies), judge(today))
    granted = decide(a_question(), a_consent(data_from=date(1990, 1, 1)), PACK, NOW)
    assert isinstance(granted, Grant)
    given_rows = {SectionName.ACCOUNT: [account], SectionName.DELINQUENCY: delinquencies}
    shown = minimise(OpenRows(Plan(granted, UUID(int=9), (), 60), given_rows), today).rows
    masked = work.accounts[0].masked if work.accounts else frozenset()
    assert all(shown[SectionName.ACCOUNT][0]["history_codes"][position] == "#" for position in masked)
    still_shown = {row["delinquency_key"] for row in shown[SectionName.DELINQUENCY]}
    assert not still_shown & set(work.records_deleted.get("delinquencies", []))
