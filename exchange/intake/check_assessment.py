"""The rules of an assessment of a borrower's ability to repay. All faults at once."""

from dataclasses import replace
from datetime import datetime

from exchange.intake.contribution import Fault
from exchange.intake.denylist import check_field_names
from exchange.intake.noun_checks import (
    LIST_MAX,
    THE_RECORD,
    check_name,
    check_optional,
    check_reference,
    check_words,
    faults_of,
)
from exchange.intake.noun_records import AssessmentRecord

SCORE_MAX = 1_000_000


def check_assessment(record: AssessmentRecord, now: datetime, consented: bool = False) -> tuple[Fault, ...]:
    """Every rule that an assessment breaks, judged at `now`. `consented`: the borrower allowed income and the like as
    inputs, after a warning (Regulation on the Credit Reporting Industry, art. 14).

    Who is judged by a machine alone is told why (Personal Information Protection Law of China, art. 24).
    """
    codes, contested, said = record.reason_codes, record.contested_at, (record.explanation or "").strip()
    broken = (
        ("reason_codes", "REASON_CODES_MISSING", not any(code.strip() for code in codes)),
        ("reason_codes", "LIST_TOO_LONG", len(codes) > LIST_MAX),
        ("explanation", "EXPLANATION_MISSING", record.solely_automated and not said),
        ("reviewer", "REVIEWER_NOT_EXPECTED", record.solely_automated and record.reviewer is not None),
        ("score", "NUMBER_OUT_OF_RANGE", record.score is not None and abs(record.score) > SCORE_MAX),
        ("assessed_at", "DATE_IN_FUTURE", record.assessed_at > now),
        ("contested_at", "DATE_IN_FUTURE", contested is not None and contested > now),
        ("contested_at", "DATES_OUT_OF_ORDER", contested is not None and contested < record.assessed_at),
        ("inputs", "INPUTS_MISSING", not record.inputs),
        ("inputs", "LIST_TOO_LONG", len(record.inputs) > LIST_MAX),
        ("inputs", "ENTRY_TWICE", len({name for name, _ in record.inputs}) < len(record.inputs)),
    )
    return (
        *check_reference(record.reference),
        *check_name("scorecard", record.scorecard),
        *check_optional("reviewer", record.reviewer),
        *check_words("explanation", record.explanation),
        *(found for code in codes for found in check_words("reason_codes", code)),
        *faults_of(broken),
        *_check_inputs(record, consented),
    )


def _check_inputs(record: AssessmentRecord, consented: bool) -> list[Fault]:
    """What the law forbids to collect judges nobody: neither by the name of an input, nor in its value."""
    denied = check_field_names(THE_RECORD, [name for name, _ in record.inputs], consented)
    faults = [replace(found, field="inputs") for found in denied]
    for name, value in record.inputs:
        faults += check_name("inputs", name) + check_optional("inputs", value) + check_words("inputs", value)
    return faults
