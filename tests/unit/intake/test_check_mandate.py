"""Mandates: each rule broken by one change, and kept by the change next to it."""

from datetime import date
from typing import Any

import pytest

from exchange.intake.check_mandate import check_mandate
from exchange.intake.noun_records import Party
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.member_class import MemberClass, MemberStatus
from tests.unit.intake.noun_cases import codes, mandate

BANK = Party("harbour-bank", MemberClass.BANK, MemberStatus.ACTIVE)
AGENCY = Party("agency-a", MemberClass.COLLECTION_AGENCY, MemberStatus.ACTIVE)
NAMED = {"portfolio": None, "account_references": ("R-1", "R-2")}


def faults(lender: Party = BANK, agency: Party | None = AGENCY, **changes: Any) -> set[tuple[str, str]]:
    return codes(check_mandate(mandate(**changes), lender, agency))


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"reference": ""}, {}, ("reference", "FIELD_MISSING")),
        ({"channels": ()}, {}, ("channels", "CHANNELS_MISSING")),
        (
            {"channels": (ContactChannel.SMS, ContactChannel.SMS)},
            {"channels": (ContactChannel.SMS, ContactChannel.EMAIL)},
            ("channels", "ENTRY_TWICE"),
        ),
        ({"ends_on": date(2025, 12, 31)}, {"ends_on": date(2026, 1, 1)}, ("ends_on", "DATES_OUT_OF_ORDER")),
        (
            {"evaluation_due_on": date(2025, 12, 31)},
            {"evaluation_due_on": date(2026, 1, 1)},
            ("evaluation_due_on", "DATES_OUT_OF_ORDER"),
        ),
        (
            {"evaluation_due_on": date(2027, 1, 2)},
            {"evaluation_due_on": date(2027, 1, 1)},
            ("evaluation_due_on", "EVALUATION_TOO_LATE"),
        ),
        ({"portfolio": None}, NAMED, ("portfolio", "MANDATE_COVERAGE")),
        ({**NAMED, "portfolio": "cards"}, {"portfolio": "cards"}, ("portfolio", "MANDATE_COVERAGE")),
        ({"portfolio": "p" * 201}, {"portfolio": "p" * 200}, ("portfolio", "TEXT_TOO_LONG")),
        ({**NAMED, "account_references": ("R-1", "R-1")}, NAMED, ("account_references", "ACCOUNT_TWICE")),
        (
            {**NAMED, "account_references": tuple(map(str, range(1_001)))},
            {**NAMED, "account_references": tuple(map(str, range(1_000)))},
            ("account_references", "LIST_TOO_LONG"),
        ),
    ],
)
def test_a_rule_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(**broken) == {fault}
    assert faults(**kept) == set()


@pytest.mark.parametrize(
    "agency",
    [
        None,
        Party("agency-a", MemberClass.BANK, MemberStatus.ACTIVE),
        Party("agency-a", MemberClass.COLLECTION_AGENCY, MemberStatus.SUSPENDED),
    ],
    ids=["nobody", "a bank", "suspended"],
)
def test_only_an_active_agency_is_given_a_mandate(agency: Party | None) -> None:
    assert faults(agency=agency) == {("agency", "AGENCY_NOT_A_COLLECTOR")}


@pytest.mark.parametrize("member_class", MemberClass)
def test_an_agency_passes_no_mandate_on(member_class: MemberClass) -> None:
    found = faults(lender=Party("x", member_class, MemberStatus.ACTIVE))
    refused = member_class in (MemberClass.COLLECTION_AGENCY, MemberClass.REGULATOR)
    assert found == ({("agency", "LENDER_MAY_NOT_MANDATE")} if refused else set())


def test_every_fault_is_told_at_once() -> None:
    assert faults(agency=None, reference="", channels=(), ends_on=date(2025, 1, 1)) == {
        ("agency", "AGENCY_NOT_A_COLLECTOR"),
        ("reference", "FIELD_MISSING"),
        ("channels", "CHANNELS_MISSING"),
        ("ends_on", "DATES_OUT_OF_ORDER"),
    }
