"""Words for what the log holds: none is forgotten."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from consent.reasons import CODES
from exchange.handover import THE_BORROWER
from exchange.journeys.openable import CLOSED_UNTIL_TWO_AGREE, OPENABLE_WITHOUT_SECOND_PERSON
from exchange.web.language import register_translations
from exchange.web.regulator import words

JOURNEYS = Path(__file__).resolve().parents[4] / "exchange" / "journeys"


@pytest.fixture(autouse=True)
def request_in_english() -> Iterator[None]:
    app = Flask(__name__)
    register_translations(app.extensions, "Asia/Shanghai")
    with app.test_request_context("/?lang=en"):
        yield


def test_every_act_that_journeys_log_has_words() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in JOURNEYS.glob("*.py"))
    logged = set(re.findall(r'"act": "([a-z_]+)"', source))
    assert len(logged) > 15
    assert logged - words.ACTS.keys() == set()


def test_every_field_that_can_be_opened_has_words() -> None:
    assert (OPENABLE_WITHOUT_SECOND_PERSON | CLOSED_UNTIL_TWO_AGREE) - words.FIELDS.keys() == set()


def test_what_has_no_words_is_shown_by_its_name() -> None:
    assert words.act_in_words("new_act") == "new_act"
    assert words.field_in_words("new_field") == "new_field"
    assert words.purpose_in_words("NEW") == "NEW"
    assert words.reason_for_officers("NEW") == ""
    assert words.member_in_words("gone-bank", None) == "gone-bank"


def test_borrowers_who_look_at_their_own_file_are_no_member() -> None:
    assert words.member_in_words(THE_BORROWER, None) == "The borrowers themselves"
    assert words.purpose_in_words("SELF") == words.basis_in_words("SELF") == "The borrower's own look"


def test_what_a_look_rests_on_is_told() -> None:
    assert words.basis_in_words("CONSENT") == "Consent of the borrower"
    assert words.basis_in_words("COURT") == "The order of a court"
    assert words.basis_in_words(None) == "None"


def test_reasons_are_told_without_speaking_to_a_borrower() -> None:
    said = [words.reason_for_officers(code) for code in CODES]
    assert all(said)
    assert [sentence for sentence in said if re.search(r"\byour?\b", sentence, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("granted", True, "Yes"),
        ("granted", False, "No"),
        ("consent", None, "–"),
        ("released", [], "–"),
        ("requested", ["ACCOUNTS", "IDENTITY"], "Loans and cards · Identity"),
        ("staff", ["s-17", "Wang Fang"], "s-17 · Wang Fang"),
        ("basis", "CONSENT", "Consent of the borrower"),
        ("consent_use", 3, "3"),
        ("act", "look", "Look at a file"),
    ],
)
def test_a_value_is_one_line_of_text(name: str, value: object, shown: str) -> None:
    assert words.value_in_words(name, value) == shown
