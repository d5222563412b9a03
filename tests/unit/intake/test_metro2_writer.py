"""Writing Metro 2: what it can say comes back equal, and what it cannot is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.intake.contribution import (
    AccountRecord,
    Contribution,
    DelinquencyRecord,
    FileNote,
    History,
    SubjectRecord,
)
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.joint_account import joint_reference
from exchange.intake.metro2 import codes
from exchange.intake.metro2.layout import BASE, TRAILER, cut
from exchange.intake.metro2.reader import read_metro2
from exchange.intake.metro2.time_zones import time_zone_of
from exchange.intake.metro2.unsaid import Unsaid, UnsaidKind
from exchange.intake.metro2.writer import FileHeader, WrittenLine, write_metro2
from exchange.intake.months import first_day, month_number
from exchange.intake.reading import Reading
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.submission import FileFormat

READING = Reading(FileFormat.METRO2)
HEADER = FileHeader("SAMPLE BANK", "LENDER01", date(2019, 1, 31), date(2019, 2, 1))
ORIGINAL_AMOUNT = frozenset({Portfolio.INSTALMENT, Portfolio.MORTGAGE, Portfolio.LEASE})

PAT = SubjectRecord(
    IdType.SSN, "US", "123456789", ("PAT Q SAMPLE",), "America/Phoenix", "en", date(1980, 5, 6), ("6025550100",),
    ("1 MAIN ST, PHOENIX, AZ, 85001, US",),
)  # fmt: skip
LOAN = AccountRecord(
    reference="A-1",
    portfolio=Portfolio.INSTALMENT,
    product=Product.AUTO,
    state=AccountState.NORMAL,
    opened_on=date(2015, 3, 15),
    reported_on=date(2019, 1, 31),
    currency="USD",
    original_amount_minor=2_000_000,
    balance_minor=900_000,
    past_due_minor=0,
    scheduled_payment_minor=40_000,
    last_payment_minor=40_000,
    last_payment_on=date(2019, 1, 15),
    days_past_due=0,
    term_count=72,
    term_frequency=TermFrequency.MONTHLY,
    history=History(date(2019, 1, 1), "N" * 25),
)


def write(records: Sequence[Contribution]) -> list[WrittenLine]:
    return list(write_metro2(records, HEADER))


def lines(written: Sequence[WrittenLine]) -> list[str]:
    return [one.line.decode().removesuffix("\n") for one in written if one.line]


def read(written: Sequence[WrittenLine], reading: Reading = READING) -> list[Contribution]:
    records = list(read_metro2(iter(lines(written)), reading))
    assert not [record for record in records if isinstance(record, FileNote)]
    return [record for record in records if isinstance(record, Contribution)]


def content(records: Sequence[Contribution]) -> list[object]:
    return [(record.subject, record.account, record.delinquencies) for record in records]


def loan(**changes: Any) -> Contribution:
    account = replace(LOAN, **changes)
    late = derive_delinquencies(account.history, account.reported_on) if account.history else ()
    return Contribution(2, PAT, account, late)


def lost(record: Contribution) -> set[tuple[str, str]]:
    """What is told of a record; nothing else of it may have changed."""
    _, line, _ = write([record])
    return {(one.field, one.kind.value) for one in line.unsaid}


# What Metro 2 can say, all of it

WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=9)
NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=30)
DOLLARS = st.integers(0, 999_999_999).map(lambda dollars: dollars * 100)
DAYS = st.dates(date(2000, 1, 1), date(2026, 12, 31))
EARLIER = st.dates(date(1950, 1, 1), date(1999, 12, 31))
STREETS = st.builds("{} {} ST".format, st.integers(1, 9999), WORDS)
PLACES = st.builds("{}, {}, {}".format, WORDS, st.sampled_from(["AZ", "CA", "NY", "PR"]), st.integers(10_000, 99_999))
ADDRESSES = st.builds("{}, {}, US".format, STREETS, PLACES)
EMPLOYMENT = st.one_of(
    WORDS, st.builds("{}; {}".format, WORDS, WORDS), st.builds("{}; {}; {}".format, WORDS, WORDS, PLACES)
)


@st.composite
def subjects(draw: st.DrawFn) -> SubjectRecord:
    addresses = draw(st.lists(ADDRESSES, max_size=1))
    state = addresses[0].split(", ")[2] if addresses else ""
    return SubjectRecord(
        id_type=IdType.SSN,
        country="US",
        id_number=draw(st.integers(100_000_000, 999_999_999).map(str)),
        names=(" ".join(draw(st.lists(WORDS, min_size=1, max_size=4))),),
        time_zone=time_zone_of(state),
        language="en",
        birth_date=draw(st.none() | EARLIER),
        phones=tuple(draw(st.lists(st.integers(2_000_000_000, 9_999_999_999).map(str), max_size=1))),
        addresses=tuple(addresses),
    )


@st.composite
def accounts(draw: st.DrawFn) -> AccountRecord:
    portfolio = draw(st.sampled_from(sorted(Portfolio)))
    products = (
        set(Product) - {Product.MICRO} if portfolio is not Portfolio.LEASE else {Product.AUTO, Product.CONSUMER_LOAN}
    )
    state, code = draw(st.sampled_from(sorted(codes.FROM_STATUS)))
    opened_on, reported_on = draw(EARLIER), draw(DAYS)
    past_due = draw(DOLLARS)
    if code == "1":
        past_due = max(past_due, 100)
    if code == "N":
        past_due = 0
    original = portfolio in ORIGINAL_AMOUNT
    profile = draw(st.text(sorted(set(codes.PROFILE.values()) - {"/"}), min_size=24, max_size=24))
    months_open = month_number(reported_on) - month_number(opened_on)
    assert months_open >= 0
    withdrawal = draw(st.sampled_from([None, None, Withdrawal.DELETED, Withdrawal.FRAUD]))
    if withdrawal is not None:
        state, code = AccountState.ENDED, "G"
    history = code + codes.profile_codes(codes.profile_from_codes(profile), months_open)
    return AccountRecord(
        reference=draw(NUMBERS),
        portfolio=portfolio,
        product=draw(st.sampled_from(sorted(products))),
        state=state,
        opened_on=opened_on,
        reported_on=reported_on,
        currency="USD",
        compliance_flag=draw(st.sampled_from(sorted(set(ComplianceFlag) - {ComplianceFlag.UNVERIFIABLE}))),
        closed_on=draw(DAYS) if state is AccountState.SETTLED else draw(st.none() | DAYS),
        original_amount_minor=draw(DOLLARS) if original else None,
        credit_limit_minor=None if original else draw(DOLLARS),
        highest_balance_minor=None if original else draw(DOLLARS),
        balance_minor=draw(DOLLARS),
        past_due_minor=past_due,
        scheduled_payment_minor=draw(DOLLARS),
        last_payment_minor=draw(DOLLARS),
        last_payment_on=draw(st.none() | DAYS),
        days_past_due=0 if code in "NC" else None,
        term_count=draw(st.none() | st.integers(0, 999)),
        term_frequency=draw(st.none() | st.sampled_from(sorted(TermFrequency))),
        history=History(first_day(reported_on), history),
        previous_reference=draw(st.none() | NUMBERS),
        original_creditor=draw(st.none() | WORDS),
        rate_type=draw(st.sampled_from([None, RateType.FIXED, RateType.FLOATING])),
        withdrawal=withdrawal,
        **draw(st.sampled_from([{}, {"sold_to": "BUYER"}, {"purchased_from": "SELLER"}])),
    )


@st.composite
def contracts(draw: st.DrawFn) -> list[Contribution]:
    """An account and its borrowers, each a record, in words that Metro 2 has."""
    account, subject = draw(accounts()), draw(subjects())
    assert account.history is not None
    stated = draw(st.none() | st.just(date(1999, 5, 17)))
    needed = codes.status_of(account.state, account.history.codes[0]) in codes.FIRST_DELINQUENCY_NEEDED
    if needed:
        stated = date(1999, 5, 17)
    late = derive_delinquencies(account.history, account.reported_on, stated)
    if late:
        late = (*late[:-1], replace(late[-1], charge_off_minor=draw(st.none() | DOLLARS.filter(bool))))
    late = () if account.withdrawal else late
    employment = tuple(draw(st.lists(EMPLOYMENT, max_size=1)))
    first = Contribution(2, replace(subject, employment=employment), account, late)
    return [first, *(_joined(draw, first) for _ in range(draw(st.integers(0, 2))))]


def _joined(draw: st.DrawFn, first: Contribution) -> Contribution:
    subject = draw(subjects())
    account = first.account
    role = draw(st.sampled_from([OwnerRole.CO_BORROWER, OwnerRole.GUARANTOR, OwnerRole.AUTHORISED_USER]))
    previous = account.previous_reference and joint_reference(account.previous_reference, subject)
    reference = joint_reference(account.reference, subject)
    return replace(
        first,
        subject=subject,
        account=replace(account, reference=reference, previous_reference=previous, owner_role=role),
    )


@settings(max_examples=100)
@given(st.lists(contracts(), max_size=3))
def test_whatever_the_format_can_say_is_read_back_equal(several: list[list[Contribution]]) -> None:
    records = [record for contract in several for record in contract]
    written = write(records)
    assert [one.unsaid for one in written if one.unsaid] == []
    assert content(read(written)) == content(records)
    assert all(len(line) == 426 for line in (lines(written)[0], lines(written)[-1]))
    assert all(int(line[:4]) == len(line) for line in lines(written))


@given(contracts())
def test_writing_what_was_read_gives_the_same_line(contract: list[Contribution]) -> None:
    written = write(contract)
    assert lines(write(read(written))) == lines(written)


UNSAYABLE: dict[str, Any] = {
    "five_class": FiveClass.LOSS,
    "matures_on": date(2020, 1, 1),
    "repayment_method": RepaymentMethod.OTHER,
    "rate_basis_points": 450,
    "collateral": Collateral.PLEDGE,
    "co_lender_share_basis_points": 5_000,
    "correction": CorrectionReason.COURT,
    "credit_limit_minor": 100,
    "highest_balance_minor": 100,
}
"""What an instalment account may hold and Metro 2 has no place for."""


@pytest.mark.parametrize("field", sorted(UNSAYABLE))
def test_what_the_format_has_no_place_for_is_told_as_left_out(field: str) -> None:
    assert lost(loan()) == set()
    assert lost(loan(**{field: UNSAYABLE[field]})) == {(f"account.{field}", "LEFT_OUT")}


@pytest.mark.parametrize(
    ("state", "code", "written"),
    [
        (AccountState.FROZEN, "N", "11"),
        (AccountState.TRANSFERRED, "N", "11"),
        (AccountState.FROZEN, "3", "78"),
        (AccountState.ENDED, "G", "13"),
        (AccountState.NORMAL, "*", "11"),
        (AccountState.OVERDUE, "#", "11"),
    ],
)
def test_what_can_be_said_only_nearly_is_told_as_changed(state: AccountState, code: str, written: str) -> None:
    history = History(date(2019, 1, 1), code + "N" * 24)
    record = loan(state=state, history=history, past_due_minor=None, days_past_due=None, closed_on=date(2019, 1, 2))
    _, line, _ = write([record])
    assert cut(BASE, line.line.decode())["account_status"] == written
    assert {one.field for one in line.unsaid} & {"account.state", "account.history.codes"}


UNSAYABLE_STATES = {AccountState.ENDED, AccountState.FROZEN, AccountState.TRANSFERRED}


@pytest.mark.parametrize("state", sorted(AccountState))
def test_the_states_that_cannot_be_said_are_these(state: AccountState) -> None:
    exact = {ours for ours, _ in codes.FROM_STATUS}
    assert (state not in exact) == (state in UNSAYABLE_STATES)


@pytest.mark.parametrize(("minor", "dollars"), [(12_345, 123), (12_350, 124), (49, 0), (50, 1)])
def test_amounts_are_rounded_to_whole_dollars_and_it_is_told(minor: int, dollars: int) -> None:
    record = loan(balance_minor=minor)
    (back,) = read(write([record]))
    assert back.account.balance_minor == dollars * 100
    assert {field for field, _ in lost(record)} == {"account.balance_minor"}
    assert lost(loan(balance_minor=12_345)) == {("account.balance_minor", "ROUNDED")}


def test_arrears_of_some_cents_never_vanish() -> None:
    record = loan(
        state=AccountState.OVERDUE,
        past_due_minor=30,
        days_past_due=None,
        history=History(date(2019, 1, 1), "1" + "N" * 24),
    )
    (back,) = read(write([record]))
    assert back.account.past_due_minor == 100 and back.account.state is AccountState.OVERDUE


def test_a_balance_in_credit_and_one_that_is_not_known_are_written_as_zero_and_told() -> None:
    assert lost(loan(balance_minor=-5_000)) == {("account.balance_minor", "CHANGED")}
    assert lost(loan(balance_minor=None)) == {("account.balance_minor", "CHANGED")}
    assert lost(loan(balance_minor=10**14)) == {("account.balance_minor", "CHANGED")}


def test_months_before_the_last_two_years_and_their_amounts_are_told_as_left_out() -> None:
    history = History(date(2019, 1, 1), "N" * 40, past_due_minor=(0,) * 40)
    assert lost(loan(history=history)) == {
        ("account.history.codes", "LEFT_OUT"),
        ("account.history.past_due_minor", "LEFT_OUT"),
    }


def test_a_history_that_ends_before_the_report_is_told_as_changed() -> None:
    assert lost(loan(history=History(date(2018, 11, 1), "N" * 20))) == {("account.history.codes", "CHANGED")}


def test_notices_and_reasons_of_a_delinquency_are_told_as_left_out() -> None:
    sent = datetime(2018, 11, 1, tzinfo=UTC)
    record = loan(
        state=AccountState.OVERDUE,
        past_due_minor=100,
        days_past_due=None,
        history=History(date(2019, 1, 1), "22" + "N" * 23),
    )
    (late,) = record.delinquencies
    told = replace(late, prior_notice_sent_at=sent, reason=DelinquencyReason.DISASTER, charge_off_on=date(2019, 1, 2))
    assert lost(replace(record, delinquencies=(told,))) == {
        ("delinquencies.prior_notice_sent_at", "LEFT_OUT"),
        ("delinquencies.reason", "CHANGED"),
        ("delinquencies.charge_off_on", "LEFT_OUT"),
    }


def test_a_date_of_first_delinquency_is_written_only_where_it_was_stated_or_is_needed() -> None:
    cured = loan(history=History(date(2019, 1, 1), "NN22" + "N" * 21))
    (late,) = cured.delinquencies
    assert cut(BASE, lines(write([cured]))[1])["first_delinquency_on"] == "00000000"
    stated = replace(cured, delinquencies=(replace(late, stated=True, first_delinquent_on=date(2018, 10, 5)),))
    assert cut(BASE, lines(write([stated]))[1])["first_delinquency_on"] == "10052018"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"id_type": IdType.PASSPORT, "id_number": "E1234567", "phones": ()},
            {("subject", "LEFT_OUT")},
        ),
        ({"names": ("王芳",)}, {("subject", "LEFT_OUT"), ("subject.phones", "LEFT_OUT")}),
        ({"names": ("PAT Q SAMPLE", "PAT OTHER")}, {("subject.names", "CHANGED")}),
        ({"names": ("JOSÉ PEÑA",)}, {("subject.names", "CHANGED")}),
        ({"phones": ("+16025550100",)}, {("subject.phones", "LEFT_OUT")}),
        ({"emails": ("pat@example.org",)}, {("subject.emails", "LEFT_OUT")}),
        ({"language": "es"}, {("subject.language", "CHANGED")}),
        ({"employment": ("AN EMPLOYER WHOSE NAME IS LONGER THAN ITS FIELD",)}, {("subject.employment", "CHANGED")}),
    ],
)
def test_what_cannot_be_said_of_a_person_is_told(changes: dict[str, Any], told: set[tuple[str, str]]) -> None:
    assert lost(replace(loan(), subject=replace(PAT, **changes))) == told


@pytest.mark.parametrize(
    "address", ["SOMEWHERE", "1 MAIN ST, UNIT 5, TEMPE, AZ, 85281, US", "A, B, C, D, E", "AZ", "US"]
)
def test_an_address_comes_back_in_whichever_fields_it_was_put(address: str) -> None:
    record = replace(loan(), subject=replace(PAT, addresses=(address,)))
    _, line, _ = write([record])
    (back,) = read(write([record]))
    assert back.subject.addresses == (address,)
    assert {one.field for one in line.unsaid} <= {"subject.time_zone"}


def test_a_record_in_another_currency_is_not_written_and_not_counted() -> None:
    written = write([loan(), loan(reference="A-2", currency="CNY")])
    assert [one.unsaid for one in written if not one.line] == [
        (Unsaid("account.currency", UnsaidKind.NOT_WRITTEN),),
    ]
    assert [record.account.reference for record in read(written)] == ["A-1"]


def test_a_reference_that_has_no_place_is_not_written_as_another_one() -> None:
    written = write([loan(reference="账户一")])
    assert [one.kind for one in written[1].unsaid] == [UnsaidKind.NOT_WRITTEN] and written[1].line == b""
    assert ("account.reference", "CHANGED") in lost(loan(reference="A" * 31))


def test_a_made_up_person_is_written_as_nobody() -> None:
    stand_in = replace(PAT, id_type=IdType.OTHER, id_number="SYN00", names=("MADE UP",), synthetic=True)
    _, line, _ = write([replace(loan(), subject=stand_in)])
    assert b"MADE" not in line.line and b"SYN" not in line.line
    assert not [one for one in line.unsaid if one.field == "subject"]


def test_joint_records_without_the_first_borrower_are_written_alone_and_told() -> None:
    other = replace(PAT, id_number="223456789")
    alone = replace(loan(), subject=other)
    account = replace(alone.account, reference=joint_reference("A-1", other), owner_role=OwnerRole.CO_BORROWER)
    written = write([loan(reference="B-1"), replace(alone, account=account)])
    assert len(lines(written)) == 4
    assert [one.field for one in written[2].unsaid] == ["account.owner_role"]


def test_header_and_trailer_say_who_wrote_and_how_much() -> None:
    other = replace(PAT, id_number="223456789", phones=())
    second = replace(loan(), subject=other)
    account = replace(second.account, reference=joint_reference("A-1", other), owner_role=OwnerRole.CO_BORROWER)
    closed = loan(reference="A-2", state=AccountState.SETTLED, closed_on=date(2019, 1, 3), original_creditor="OLD",
                  history=History(date(2019, 1, 1), "C" + "N" * 24))  # fmt: skip
    first, *_, last = lines(write([loan(), replace(second, account=account), closed]))
    assert first.startswith("0426HEADER") and "SAMPLE BANK" in first and "01312019" in first and "02012019" in first
    counts = {name: text for name, text in cut(TRAILER, last).items() if text.isdigit() and int(text)}
    assert counts.pop("record_length") == "0426"
    assert {name: int(text) for name, text in counts.items()} == {
        "base_records": 2, "status_11": 1, "status_13": 1, "J1": 1, "K1": 1, "ssn": 3, "ssn_base": 2, "ssn_J1": 1,
        "born_on": 3, "born_on_base": 2, "born_on_J1": 1, "telephone": 2,
    }  # fmt: skip


def test_a_file_without_accounts_is_a_header_and_a_trailer() -> None:
    first, last = lines(write([]))
    assert first[4:10] == "HEADER" and last[4:11] == "TRAILER" and cut(TRAILER, last)["base_records"] == "0" * 9
    assert read(write([])) == []


def test_lines_are_written_as_they_are_asked_for() -> None:
    def endless() -> Any:
        while True:
            yield loan()

    written = write_metro2(endless(), HEADER)
    assert len([next(written) for _ in range(5)]) == 5


def test_delinquencies_that_are_not_told_are_none() -> None:
    late = DelinquencyRecord(date(2016, 3, 1), 40, date(2016, 3, 1), date(2016, 4, 1), date(2016, 5, 1))
    assert lost(replace(loan(), delinquencies=(late,))) == {("delinquencies", "LEFT_OUT")}
