"""Assessments: each rule broken by one change, and kept by the change next to it."""

from datetime import timedelta
from typing import Any

import pytest

from exchange.intake.check_assessment import check_assessment
from tests.unit.intake.noun_cases import NOW, assessment, codes

EXPLAINED = {"solely_automated": True, "explanation": "You were late twice in the last year."}
MANY = tuple((f"input_{n}", "1") for n in range(101))


def faults(consented: bool = False, **changes: Any) -> set[tuple[str, str]]:
    return codes(check_assessment(assessment(**changes), NOW, consented))


@pytest.mark.parametrize(
    ("broken", "kept", "fault"),
    [
        ({"reference": ""}, {}, ("reference", "FIELD_MISSING")),
        ({"scorecard": ""}, {}, ("scorecard", "FIELD_MISSING")),
        ({"reason_codes": ()}, {}, ("reason_codes", "REASON_CODES_MISSING")),
        ({"reason_codes": (" ",)}, {}, ("reason_codes", "REASON_CODES_MISSING")),
        ({"reason_codes": ("R",) * 101}, {"reason_codes": ("R",) * 100}, ("reason_codes", "LIST_TOO_LONG")),
        ({"solely_automated": True}, EXPLAINED, ("explanation", "EXPLANATION_MISSING")),
        ({**EXPLAINED, "explanation": " "}, EXPLAINED, ("explanation", "EXPLANATION_MISSING")),
        ({**EXPLAINED, "explanation": "w" * 4_001}, {**EXPLAINED, "explanation": "w" * 4_000},
         ("explanation", "TEXT_TOO_LONG")),
        ({**EXPLAINED, "reviewer": "Li Na"}, {"reviewer": "Li Na"}, ("reviewer", "REVIEWER_NOT_EXPECTED")),
        ({"score": 1_000_001}, {"score": 1_000_000}, ("score", "NUMBER_OUT_OF_RANGE")),
        ({"assessed_at": NOW + timedelta(seconds=1)}, {"assessed_at": NOW}, ("assessed_at", "DATE_IN_FUTURE")),
        ({"contested_at": NOW + timedelta(seconds=1)}, {"contested_at": NOW}, ("contested_at", "DATE_IN_FUTURE")),
        (
            {"contested_at": NOW - timedelta(hours=2)},
            {"contested_at": NOW - timedelta(hours=1)},
            ("contested_at", "DATES_OUT_OF_ORDER"),
        ),
        ({"inputs": ()}, {}, ("inputs", "INPUTS_MISSING")),
        ({"inputs": MANY}, {"inputs": MANY[:100]}, ("inputs", "LIST_TOO_LONG")),
        ({"inputs": (("late", "1"), ("late", "2"))}, {"inputs": (("late", "1"),)}, ("inputs", "ENTRY_TWICE")),
        ({"inputs": (("", "1"),)}, {"inputs": (("late", ""),)}, ("inputs", "FIELD_MISSING")),
        ({"inputs": (("religion", "none"),)}, {"inputs": (("region", "north"),)}, ("inputs", "FIELD_DENIED")),
        ({"inputs": (("血型", "A"),)}, {"inputs": (("型号", "A"),)}, ("inputs", "FIELD_DENIED")),
        ({"inputs": (("note", "has diabetes"),)}, {"inputs": (("note", "paid"),)}, ("inputs", "FREE_TEXT_SENSITIVE")),
        (
            {**EXPLAINED, "explanation": "患有糖尿病"},
            {**EXPLAINED, "explanation": "逾期两次"},
            ("explanation", "FREE_TEXT_SENSITIVE"),
        ),
        ({"reason_codes": ("PREGNANCY",)}, {"reason_codes": ("LATE",)}, ("reason_codes", "FREE_TEXT_SENSITIVE")),
    ],
)  # fmt: skip
def test_a_rule_is_broken_here_and_kept_next_to_it(
    broken: dict[str, Any], kept: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(**broken) == {fault}
    assert faults(**kept) == set()


def test_income_needs_a_consent_of_its_own_and_religion_none_can_allow() -> None:
    assert faults(inputs=(("income", "5000"),)) == {("inputs", "FIELD_NEEDS_CONSENT")}
    assert faults(consented=True, inputs=(("income", "5000"),)) == set()
    assert faults(consented=True, inputs=(("religion", "x"),)) == {("inputs", "FIELD_DENIED")}


def test_what_is_forbidden_names_its_rule() -> None:
    (found,) = check_assessment(assessment(inputs=(("religion", "x"),)), NOW)
    assert (found.code, found.rule) == ("FIELD_DENIED", "cn.cir.14")


def test_every_fault_is_told_at_once() -> None:
    assert faults(scorecard="", reason_codes=(), solely_automated=True, inputs=(("genes", "x"),)) == {
        ("scorecard", "FIELD_MISSING"),
        ("reason_codes", "REASON_CODES_MISSING"),
        ("explanation", "EXPLANATION_MISSING"),
        ("inputs", "FIELD_DENIED"),
    }
