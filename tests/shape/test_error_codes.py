"""Every error code that the source can raise stands in `docs/errors.md`, and no other."""

import re
from collections import Counter

import pytest
from error_codes import ROOT, documented_elsewhere, raised

from consent.contact_reasons import CONTACT_CODES
from consent.reasons import CODES
from exchange.intake.fault_codes import SENTENCES

ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| (.*) \|$", re.MULTILINE)
PAGE = ROOT / "docs" / "errors.md"
TWICE = {"CODE_UNKNOWN", "ID_NUMBER_NOT_VALID"}
"""Codes that are also faults of records."""


def documented() -> dict[str, list[str]]:
    """The cells of each code's row."""
    return {code: cells.split(" | ") for code, cells in ROW.findall(PAGE.read_text())}


def test_every_code_that_can_be_raised_is_documented() -> None:
    missing = {code: place for code, place in raised().items() if code not in documented()}
    assert missing == {}


def test_every_code_that_is_documented_can_be_raised() -> None:
    assert set(documented()) - set(raised()) - documented_elsewhere() == set()


def test_no_code_stands_twice() -> None:
    counted = Counter(code for code, _ in ROW.findall(PAGE.read_text()))
    assert {code for code, times in counted.items() if times > 1} <= TWICE


@pytest.mark.parametrize(("code", "meaning"), sorted((CODES | CONTACT_CODES).items()))
def test_a_reason_of_a_decision_means_what_the_decision_says(code: str, meaning: str) -> None:
    assert documented()[code][1] == meaning


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_fault_of_a_record_means_what_intake_says(code: str) -> None:
    assert documented()[code][0] == SENTENCES[code].replace("{detail}", "...")


def test_the_search_finds_codes_in_every_way_they_are_written() -> None:
    found = set(raised())
    assert {
        "BAD_USER_INPUT", "PROOF_REPLAYED", "ASSERTION_NOT_VALID", "ASSERTION_EXPIRED", "INTERNAL", "SUBJECT_UNKNOWN",
        "NOTICE_NOT_FOUND", "STATEMENT_SENSITIVE", "GROUND_ID_NOT_VALID", "QUERY_TOO_DEEP",
    } <= found  # fmt: skip
