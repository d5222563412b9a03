"""Collection actions: each rule broken by one change, and kept by the change next to it."""

from datetime import timedelta
from typing import Any

import pytest

from exchange.intake.check_collection import check_collection
from exchange.intake.noun_records import Acting
from schema.vocabulary.collection import ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass
from tests.unit.intake.noun_cases import MANDATE_ID, NOW, acting, agency, codes, collection, held_mandate

YESTERDAY = (NOW - timedelta(days=1)).date()
PROMISE = {"promised_minor": 100, "promised_currency": "CNY", "promised_on": YESTERDAY}
DEBT_TOLD = {"disclosed": ("balance",)}


def faults(by: Acting | None = None, **changes: Any) -> set[tuple[str, str]]:
    return codes(check_collection(collection(**changes), by or acting()))


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"reference": " "}, {"reference": "C"}, ("reference", "FIELD_MISSING")),
        ({"reference": "C" * 65}, {"reference": "C" * 64}, ("reference", "TEXT_TOO_LONG")),
        ({"agent": ""}, {"agent": "a"}, ("agent", "FIELD_MISSING")),
        ({"account_references": ()}, {"account_references": ("R-1",)}, ("account_references", "ACCOUNT_MISSING")),
        (
            {"account_references": ("R-1", "R-1")},
            {"account_references": ("R-1", "R-2")},
            ("account_references", "ACCOUNT_TWICE"),
        ),
        (
            {"account_references": tuple(map(str, range(101)))},
            {"account_references": tuple(map(str, range(100)))},
            ("account_references", "LIST_TOO_LONG"),
        ),
        ({"started_at": NOW + timedelta(seconds=1)}, {"started_at": NOW}, ("started_at", "DATE_IN_FUTURE")),
        ({"duration_seconds": -1}, {"duration_seconds": 0}, ("duration_seconds", "DURATION_NOT_VALID")),
        ({"duration_seconds": 604_801}, {"duration_seconds": 604_800}, ("duration_seconds", "DURATION_NOT_VALID")),
        ({"recording_digest": b"r" * 31}, {"recording_digest": b"r" * 32}, ("recording_digest", "DIGEST_NOT_VALID")),
        (
            {"target": ContactTarget.THIRD_RELATED, **DEBT_TOLD},
            {"target": ContactTarget.THIRD_RELATED},
            ("disclosed", "DISCLOSED_TO_THIRD_PERSON"),
        ),
        (
            {"target": ContactTarget.THIRD_UNRELATED, **DEBT_TOLD},
            {"target": ContactTarget.GUARANTOR, **DEBT_TOLD},
            ("disclosed", "DISCLOSED_TO_THIRD_PERSON"),
        ),
        (
            {"template": "You said that you were diagnosed with hepatitis."},
            {"template": "Please pay by Friday."},
            ("template", "FREE_TEXT_SENSITIVE"),
        ),
        ({"disclosed": ("religion",)}, {"disclosed": ("past due",)}, ("disclosed", "FREE_TEXT_SENSITIVE")),
        (
            {"result": ContactResult.PROMISE_TO_PAY},
            {"result": ContactResult.PROMISE_TO_PAY, **PROMISE},
            ("promised_on", "PROMISE_INCOMPLETE"),
        ),
        ({**PROMISE, "promised_currency": None}, PROMISE, ("promised_on", "PROMISE_INCOMPLETE")),
        ({"promise_kept": True}, {"promise_kept": True, **PROMISE}, ("promised_on", "PROMISE_INCOMPLETE")),
        ({**PROMISE, "promised_minor": -1}, {**PROMISE, "promised_minor": 0}, ("promised", "AMOUNT_NEGATIVE")),
        (
            {**PROMISE, "promised_minor": 10**15 + 1},
            {**PROMISE, "promised_minor": 10**15},
            ("promised", "NUMBER_TOO_LARGE"),
        ),
        ({**PROMISE, "promised_currency": "XXX"}, PROMISE, ("promised_currency", "CURRENCY_UNKNOWN")),
        (
            {**PROMISE, "promised_on": YESTERDAY - timedelta(days=1)},
            PROMISE,
            ("promised_on", "DATES_OUT_OF_ORDER"),
        ),
        ({"mandate_id": MANDATE_ID}, {"mandate_id": None}, ("mandate_id", "MANDATE_NOT_WANTED")),
    ],
)
def test_a_rule_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(**broken) == {fault}
    assert faults(**kept) == set()


def test_an_agency_needs_a_mandate() -> None:
    assert faults(agency(None)) == {("mandate_id", "MANDATE_MISSING")}
    assert faults(agency(held_mandate()), mandate_id=MANDATE_ID) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"agency": "agency-b"},
        {"state": MandateState.ENDED},
        {"starts_on": YESTERDAY + timedelta(days=1)},
        {"ends_on": YESTERDAY - timedelta(days=1)},
    ],
)
def test_a_mandate_must_be_the_agencys_and_in_force_on_the_day(changes: dict[str, Any]) -> None:
    found = faults(agency(held_mandate(**changes)), mandate_id=MANDATE_ID)
    assert found == {("mandate_id", "MANDATE_NOT_IN_FORCE")}
    on_the_day = held_mandate(starts_on=YESTERDAY, ends_on=YESTERDAY)
    assert faults(agency(on_the_day), mandate_id=MANDATE_ID) == set()


def test_a_mandate_that_is_not_held_lets_nobody_act() -> None:
    assert faults(agency(None), mandate_id=MANDATE_ID) == {("mandate_id", "MANDATE_NOT_IN_FORCE")}


def test_an_agency_keeps_to_the_channels_of_its_mandate() -> None:
    by, told = agency(held_mandate()), {"mandate_id": MANDATE_ID}
    assert faults(by, **told, channel=ContactChannel.VISIT) == {("channel", "CHANNEL_NOT_MANDATED")}
    assert faults(by, **told, channel=ContactChannel.SMS) == set()
    assert faults(acting(member_class=MemberClass.BANK), channel=ContactChannel.VISIT) == set()


def test_every_fault_is_told_at_once() -> None:
    found = faults(
        reference="",
        account_references=(),
        started_at=NOW + timedelta(days=1),
        duration_seconds=-5,
        target=ContactTarget.THIRD_RELATED,
        result=ContactResult.PROMISE_TO_PAY,
        **DEBT_TOLD,
    )
    assert found == {
        ("reference", "FIELD_MISSING"),
        ("account_references", "ACCOUNT_MISSING"),
        ("started_at", "DATE_IN_FUTURE"),
        ("duration_seconds", "DURATION_NOT_VALID"),
        ("disclosed", "DISCLOSED_TO_THIRD_PERSON"),
        ("promised_on", "PROMISE_INCOMPLETE"),
    }
