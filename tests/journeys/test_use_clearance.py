"""A contact that is recorded uses its clearance up; one without leave is kept, noted and written down as a breach."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from clearing import CLEARING, breaches, clear, clearances, clearer, reasons, wait
from factories import Bank, Exchange
from noun_rows import add_noun
from reporting import MANDATE, agency, codes, entry_count, payload, report, report_account, send, versions
from sqlalchemy import select
from traces import entries

from exchange.handover import NOBODY
from exchange.store.contact_wishes import standing_wishes
from exchange.store.tables.collection import collection_action
from exchange.store.tables.notice import notice
from schema.vocabulary.contact import WishKind
from schema.vocabulary.record_kind import RecordKind

ACTION = RecordKind.COLLECTION_ACTION


@pytest.fixture
def alice(exchange: Exchange) -> Any:
    """Alice's file."""
    return exchange.borrower()


@pytest.fixture
def bank(exchange: Exchange, alice: Any) -> Bank:
    """A bank with two accounts of Alice's that are late; she was reminded."""
    bank = clearer(exchange)
    report_account(bank)
    report_account(bank, reference="R-2")
    with exchange.engine.begin() as connection:
        keys = list(connection.exec_driver_sql("UPDATE account SET days_past_due = 45 RETURNING account_key").scalars())
    add_noun(exchange, collection_action, alice, bank.member_id, account_keys=keys, stage="REMINDER", channel="SMS",
             result="NO_ANSWER", contact=None, contact_token=None)  # fmt: skip
    return bank


def record(exchange: Exchange, bank: Bank, clearance: str | None, **changes: Any) -> Mapping[str, Any]:
    """What is answered to the record of a call that begins now."""
    values = {"startedAt": exchange.clock.now().isoformat(), "clearanceId": clearance, **changes}
    told = report(bank, ACTION, **values)
    assert told["userErrors"] == [], told
    return told


def noted(told: Mapping[str, Any]) -> set[str]:
    assert all(note["path"] == ["action", "clearanceId"] for note in told["notes"])
    return {note["code"] for note in told["notes"]}


def test_a_contact_uses_its_clearance_up(exchange: Exchange, bank: Bank) -> None:
    leave = clear(bank)
    wait(exchange, bank, minutes=3)
    told = record(exchange, bank, leave["id"])
    assert (told["changed"], told["notes"]) == (True, [])
    (row,) = clearances(exchange)
    assert (row["used_at"], str(row["action_key"])) == (exchange.clock.now(), told["recordId"])
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["clearance"]) == ("record_reported", leave["id"])
    assert "breaches" not in fields
    assert breaches(exchange) == []


def test_a_contact_without_a_clearance_is_kept_and_is_a_breach(exchange: Exchange, bank: Bank) -> None:
    told = record(exchange, bank, None)
    assert told["changed"]
    assert noted(told) == {"CLEARANCE_MISSING"}
    (row,) = breaches(exchange)
    assert (str(row["action_key"]), row["kind"], row["actor"], row["lender"], row["rules"]) == (
        told["recordId"], "NO_CLEARANCE", bank.member_id, bank.member_id, [],
    )  # fmt: skip
    assert row["happened_at"] == row["recorded_at"] == exchange.clock.now()
    assert entries(exchange)[-1].fields["breaches"] == ["NO_CLEARANCE"]
    assert len(versions(exchange, ACTION)) == 2  # with the reminder


def test_a_breach_names_the_rules_that_spoke_against_the_contact_when_it_was_made(
    exchange: Exchange, bank: Bank
) -> None:
    night = exchange.clock.now() + timedelta(hours=7)
    wait(exchange, bank, hours=18)
    told = record(exchange, bank, None, startedAt=night.isoformat())
    (row,) = breaches(exchange)
    assert set(row["rules"]) == {"cn.gbt45251.hours", "cn.cba.hours"}
    assert (row["happened_at"], row["recorded_at"]) == (night, exchange.clock.now())
    assert told["notes"][0]["rule"] in row["rules"]
    assert set(entries(exchange)[-1].fields["rules"]) == set(row["rules"])


def test_a_breach_is_judged_without_what_came_after_the_contact(exchange: Exchange, bank: Bank) -> None:
    first = exchange.clock.now()
    wait(exchange, bank, hours=1)
    for number in range(3):
        record(exchange, bank, None, reference=f"C-{number}", result="EFFECTIVE")
    record(exchange, bank, None, reference="C-9", startedAt=first.isoformat())
    assert breaches(exchange)[0]["rules"] == []
    wait(exchange, bank, minutes=1)
    record(exchange, bank, None, reference="C-10")
    assert breaches(exchange)[-1]["rules"] == ["cn.gbt45251.interactive"]


def test_a_clearance_is_good_for_one_contact(exchange: Exchange, bank: Bank) -> None:
    leave = clear(bank)
    first = record(exchange, bank, leave["id"])
    second = record(exchange, bank, leave["id"], reference="C-2")
    assert (first["notes"], noted(second)) == ([], {"CLEARANCE_USED"})
    (row,) = clearances(exchange)
    assert str(row["action_key"]) == first["recordId"]
    assert [each["kind"] for each in breaches(exchange)] == ["CLEARANCE_USED"]


@pytest.mark.parametrize(("minutes", "breach"), [(0, False), (14, False), (15, False), (16, True)])
def test_a_contact_begins_in_the_time_of_its_clearance_whenever_it_is_recorded(
    exchange: Exchange, bank: Bank, minutes: int, breach: bool
) -> None:
    leave = clear(bank)
    began = exchange.clock.now() + timedelta(minutes=minutes)
    wait(exchange, bank, minutes=70)
    told = record(exchange, bank, leave["id"], startedAt=began.isoformat())
    assert noted(told) == ({"CLEARANCE_EXPIRED"} if breach else set())
    assert (clearances(exchange)[0]["used_at"] is None) is breach


@pytest.mark.parametrize(("seconds", "breach"), [(10, False), (11, True)])
def test_a_contact_does_not_begin_before_leave_was_asked_but_for_a_clock_that_is_late(
    exchange: Exchange, bank: Bank, seconds: int, breach: bool
) -> None:
    leave = clear(bank)
    began = exchange.clock.now() - timedelta(seconds=seconds)
    assert noted(record(exchange, bank, leave["id"], startedAt=began.isoformat())) == (
        {"CLEARANCE_EXPIRED"} if breach else set()
    )


@pytest.mark.parametrize(
    "other",
    [
        {"channel": "SMS"}, {"target": "GUARANTOR"}, {"contact": "+8613900139000"},
        {"accountReferences": ["R-1", "R-2"]}, {"accountReferences": ["R-2"]}, {"stage": "PRE_LEGAL"},
    ],
)  # fmt: skip
def test_a_clearance_is_for_the_contact_that_was_asked_about(
    exchange: Exchange, bank: Bank, other: dict[str, Any]
) -> None:
    leave = clear(bank)
    assert noted(record(exchange, bank, leave["id"], **other)) == {"CLEARANCE_FOR_ANOTHER"}
    assert clearances(exchange)[0]["used_at"] is None
    assert noted(record(exchange, bank, leave["id"], reference="C-2")) == set()


def test_a_contact_of_a_gentler_stage_than_was_asked_about_is_no_other(exchange: Exchange, bank: Bank) -> None:
    assert noted(record(exchange, bank, clear(bank)["id"], stage="REMINDER")) == set()


def test_fewer_debts_and_a_number_that_is_not_told_are_no_other_contact(exchange: Exchange, bank: Bank) -> None:
    leave = clear(bank, accountReferences=["R-1", "R-2"])
    assert (
        noted(record(exchange, bank, leave["id"], accountReferences=["R-2"], contact=None, result="NO_ANSWER")) == set()
    )
    attempts = {count["rule"]: count["counted"] for count in clear(bank)["counts"]}
    assert attempts["cn.cba.attempts"] == 1  # the number is known from the clearance
    attempts = {count["rule"]: count["counted"] for count in clear(bank, contact="+8613900139000")["counts"]}
    assert attempts["cn.cba.attempts"] == 0


def test_a_clearance_that_was_denied_is_of_another_or_is_none_gives_no_leave(exchange: Exchange, bank: Bank) -> None:
    given = {**MANDATE, "portfolio": "all"}
    told = payload(send(bank, "recordMandate", mandate=("MandateInput!", given)))
    collector = agency(exchange, scopes=CLEARING)
    told = payload(send(bank, "recordMandate", mandate=("MandateInput!", given)))
    of_agency = clear(collector, mandateId=told["recordId"])
    denied = clear(bank, stage="LEGAL")
    assert not denied["granted"]
    assert noted(record(exchange, bank, denied["id"], reference="C-1")) == {"CLEARANCE_DENIED"}
    assert noted(record(exchange, bank, of_agency["id"], reference="C-2")) == {"CLEARANCE_FOR_ANOTHER"}
    for unknown in (str(NOBODY), "no id at all"):
        assert noted(record(exchange, bank, unknown, reference=unknown)) == {"CLEARANCE_MISSING"}
    assert all(row["used_at"] is None for row in clearances(exchange))
    told = record(exchange, collector, of_agency["id"], mandateId=told["recordId"])
    assert noted(told) == set()


def test_everything_wrong_with_a_clearance_is_a_breach_of_its_own(exchange: Exchange, bank: Bank) -> None:
    leave = clear(bank)
    record(exchange, bank, leave["id"])
    wait(exchange, bank, hours=1)
    told = record(exchange, bank, leave["id"], reference="C-2", channel="SMS")
    assert noted(told) == {"CLEARANCE_USED", "CLEARANCE_EXPIRED", "CLEARANCE_FOR_ANOTHER"}
    assert {row["kind"] for row in breaches(exchange)} == {"CLEARANCE_USED", "CLEARANCE_EXPIRED", "OTHER_CONTACT"}


def test_a_clearance_that_ran_out_unused_counts_while_its_contact_may_still_be_recorded(
    exchange: Exchange, bank: Bank
) -> None:
    clear(bank)
    wait(exchange, bank, minutes=20)
    assert {each["counted"] for each in clear(bank)["counts"]} == {1}
    wait(exchange, bank, minutes=80)
    assert {each["counted"] for each in clear(bank)["counts"]} == {0}


def test_a_contact_in_time_that_is_recorded_too_late_is_a_breach(exchange: Exchange, bank: Bank) -> None:
    leave, began = clear(bank), exchange.clock.now().isoformat()
    wait(exchange, bank, minutes=76)
    told = record(exchange, bank, leave["id"], startedAt=began)
    assert noted(told) == {"CONTACT_RECORDED_LATE"}
    assert {row["kind"] for row in breaches(exchange)} == {"RECORDED_LATE"}


def test_later_versions_keep_the_clearance_and_the_breaches(exchange: Exchange, bank: Bank) -> None:
    leave = clear(bank)
    record(exchange, bank, leave["id"], result="NO_ANSWER")
    bad = record(exchange, bank, None, reference="C-2", result="NO_ANSWER")
    used, noted_first = clearances(exchange), breaches(exchange)
    for reference, notes in (("C-1", []), ("C-2", bad["notes"])):
        for change in ({"result": "CONNECTED"}, {"result": "CONNECTED"}, {"result": "EFFECTIVE", "channel": "SMS"}):
            told = record(exchange, bank, leave["id"] if notes == [] else None, reference=reference, **change)
            assert told["notes"] == notes
        assert report(bank, ACTION, reference=reference, correction="FURNISHER_ERROR")["notes"] == notes
    assert clearances(exchange) == used
    assert breaches(exchange) == noted_first


def test_whoever_is_called_back_or_calls_needs_no_leave(exchange: Exchange, bank: Bank) -> None:
    told = record(exchange, bank, None, direction="INBOUND")
    assert told["notes"] == []
    assert breaches(exchange) == []


def test_a_contact_that_is_told_as_inbound_first_needs_its_leave_once_it_is_told_as_it_was(
    exchange: Exchange, bank: Bank
) -> None:
    leave = clear(bank)
    for direction, reference, clearance in (
        ("INBOUND", "C-1", leave["id"]), ("OUTBOUND", "C-1", leave["id"]), ("INBOUND", "C-1", leave["id"]),
        ("OUTBOUND", "C-1", leave["id"]),
    ):  # fmt: skip
        assert record(exchange, bank, clearance, direction=direction, reference=reference)["notes"] == []
    for direction, notes in (("INBOUND", set()), *[("OUTBOUND", {"CLEARANCE_MISSING"})] * 2):
        assert noted(record(exchange, bank, None, direction=direction, reference="C-2")) == notes
    record(exchange, bank, None, direction="INBOUND", reference="C-2")
    record(exchange, bank, None, direction="OUTBOUND", reference="C-2")
    assert [row["kind"] for row in breaches(exchange)] == ["NO_CLEARANCE"]


def test_a_record_with_a_fault_uses_nothing_up(exchange: Exchange, bank: Bank) -> None:
    leave, before = clear(bank), entry_count(exchange)
    told = report(bank, ACTION, clearanceId=leave["id"], agent="", startedAt=exchange.clock.now().isoformat())
    assert codes(told) == {("action", "agent", "FIELD_MISSING")}
    assert clearances(exchange)[0]["used_at"] is None
    assert (breaches(exchange), entry_count(exchange)) == ([], before)


def test_a_third_person_who_was_told_of_the_debt_is_a_fault_with_leave_or_without(
    exchange: Exchange, bank: Bank
) -> None:
    for clearance in (None, clear(bank)["id"]):
        told = report(bank, ACTION, target="THIRD_RELATED", disclosed=["balance"], clearanceId=clearance)
        assert codes(told) == {("action", "disclosed", "DISCLOSED_TO_THIRD_PERSON")}
    assert breaches(exchange) == []


@pytest.mark.parametrize("direction", ["OUTBOUND", "INBOUND"])
def test_a_debtor_who_asks_to_stop_is_not_contacted_for_this_lender_again(
    exchange: Exchange, bank: Bank, alice: Any, direction: str
) -> None:
    told = record(exchange, bank, clear(bank)["id"], result="STOP_REQUESTED", direction=direction)
    assert told["changed"]
    with exchange.engine.connect() as connection:
        (wish,) = standing_wishes(connection, alice, exchange.clock.now())
    assert (wish.kind, wish.member_id) == (WishKind.STOP, bank.member_id)
    assert entries(exchange)[-1].fields["wish"] == str(wish.wish_id)
    with exchange.engine.connect() as connection:
        assert list(connection.scalars(select(notice.c.recipient))) == [bank.member_id]
    assert reasons(clear(bank, channel="LETTER")) == {("CONTACT_STANDS_STILL", "cn.exchange.standstill")}
    record(exchange, bank, None, reference="C-2", result="STOP_REQUESTED")
    assert "wish" not in entries(exchange)[-1].fields


def test_what_others_ask_is_no_stop_of_the_debtor(exchange: Exchange, bank: Bank, alice: Any) -> None:
    record(exchange, bank, None, result="STOP_REQUESTED", target="GUARANTOR", contact="+8613700137000")
    record(exchange, bank, None, reference="C-2", result="REFUSED")
    with exchange.engine.connect() as connection:
        assert not standing_wishes(connection, alice, exchange.clock.now())
    assert clear(bank)["granted"]
    told = clear(bank, target="GUARANTOR", contact="+8613700137000")
    assert ("CONTACT_NUMBER_REFUSED", None) in reasons(told)
