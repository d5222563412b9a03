"""Every code that intake can report, with its sentence. One place; a test holds that no other code is used.

Sentences never repeat what a record says about a person.
"""

from collections.abc import Iterable

from exchange.intake.contribution import Checks, Fault

SENTENCES = {
    # The file and its records
    "RECORD_NOT_READABLE": "This line is not a record of the format: {detail}.",
    "RECORD_LENGTH_DIFFERS": "The length that the record states is not the length it has.",
    "RECORD_TWICE": "This account was already reported earlier in the same file.",
    "ROW_ORDER": "The rows of an account must run from its newest month to its oldest.",
    "MONTH_TWICE": "This month of the account was already reported.",
    "MONTH_MISSING": "A month of the account is missing between this row and the one before.",
    "TRAILER_DIFFERS": "The number of records that the trailer states is not the number in the file.",
    "SEGMENT_NOT_APPLIED": "The {detail} segment was read and checked; the exchange does not store it.",
    # Single fields
    "FIELD_MISSING": "This field is needed and is empty.",
    "DATE_NOT_VALID": "This is not a date of the calendar.",
    "NUMBER_NOT_VALID": "This is not a whole number in the form the format asks for.",
    "NUMBER_NEGATIVE": "A negative amount is reported as zero here; it was read as zero.",
    "CODE_UNKNOWN": "This code is not in the list of the format.",
    "CURRENCY_UNKNOWN": "This currency is not taken by the exchange.",
    "NUMBER_TOO_LARGE": "This number is larger than any the exchange takes.",
    # The borrower
    "IDENTITY_MISSING": "The record names no borrower: an id number and a name are needed.",
    "ID_NUMBER_NOT_VALID": "{detail}",
    "BIRTH_DATE_NOT_VALID": "The birth date lies in the future or before 1870.",
    # The account
    "OPENED_IN_FUTURE": "The account was opened after the day it was reported.",
    "REPORTED_IN_FUTURE": "The record was reported for a day that has not come yet.",
    "CLOSED_BEFORE_OPENING": "The account was closed before it was opened.",
    "LAST_PAYMENT_OUT_OF_RANGE": "The last payment lies before the opening or after the day of the report.",
    "AMOUNT_NEGATIVE": "This amount cannot be below zero.",
    "SETTLED_WITH_BALANCE": "A settled account has no balance, and nothing past due.",
    "COLLECTOR_STATE": "A third-party collector may report only accounts in collection, paid, or taken back.",
    "NOTHING_TO_WITHDRAW": "The record takes back an account that was never reported.",
    "ACCOUNT_OF_ANOTHER_BORROWER": "The exchange holds this account under another borrower.",
    # The history
    "HISTORY_EMPTY": "A history has at least one month.",
    "HISTORY_TOO_LONG": "A history has at most 60 months; older ones were left out.",
    "HISTORY_CODE_UNKNOWN": "The history holds a code that is not a payment status.",
    "HISTORY_LENGTHS_DIFFER": "The amounts of the history are not as many as its months.",
    "HISTORY_IN_FUTURE": "The history holds a month that has not come yet.",
    "HISTORY_BEFORE_OPENING": "The history holds a month before the account was opened.",
    "HISTORY_AFTER_END": "The history goes on after the code that ends it.",
    "HISTORY_JUMP": "The delinquency code rises by more than one from one month to the next.",
    "DAYS_DO_NOT_FIT_CODE": "The days past due do not lie in the range of the month's code.",
    "PAST_DUE_DOES_NOT_FIT_CODE": "The amount past due must be zero exactly where the code says nothing is overdue.",
    # Delinquencies
    "FIRST_DELINQUENCY_TOO_LATE": "The first delinquency lies after the first late month of the history.",
    "FIRST_DELINQUENCY_IN_FUTURE": "The first delinquency lies after the day of the report.",
    "FIRST_DELINQUENCY_BEFORE_OPENING": "The first delinquency lies before the account was opened.",
    "FIRST_DELINQUENCY_MISSING": "This status needs the date of first delinquency.",
    "FIRST_DELINQUENCY_WITHOUT_ARREARS": "A date of first delinquency is given, and no month shows arrears.",
    "FIRST_DELINQUENCY_MOVED": "The date of first delinquency was reported before and must never move.",
    "PRIOR_NOTICE_MISSING": "Negative information needs an earlier notice to the borrower.",
    "PRIOR_NOTICE_TOO_LATE": "The notice to the borrower is not earlier than the report.",
    # Metro 2
    "RATING_MISSING": "This account status needs a payment rating.",
    "RATING_NOT_EXPECTED": "This account status takes no payment rating.",
    "CLOSED_DATE_MISSING": "A paid or closed account needs its closing date.",
    "PROFILE_EMBEDDED_B": "The profile code B may stand only at the old end of the profile.",
}

NOTED_WHEN_TRANSLATED = frozenset(
    {
        "HISTORY_JUMP",
        "HISTORY_AFTER_END",
        "PAST_DUE_DOES_NOT_FIT_CODE",
        "SETTLED_WITH_BALANCE",
        "FIRST_DELINQUENCY_TOO_LATE",
        "LAST_PAYMENT_OUT_OF_RANGE",
    }
)
"""Faults of a history in our own codes, but only notes where the codes were translated from another format.

Another format has other steps (Metro 2 has none below 30 days; a spreadsheet's "5" means "150 days or written off") and
its own rules for what may stand together, so a contradiction can be the translation's. The borrower must be able to
see and contest what was furnished; a record that vanished cannot be contested. What cannot be stored truthfully (a
date that is none, a month in the future, a missing borrower, a moved first delinquency) is a fault in every format.
"""

ALWAYS_NOTES = frozenset(
    {
        "RECORD_LENGTH_DIFFERS",
        "TRAILER_DIFFERS",
        "SEGMENT_NOT_APPLIED",
        "NUMBER_NEGATIVE",
        "HISTORY_TOO_LONG",
        "FIRST_DELINQUENCY_BEFORE_OPENING",
        "FIRST_DELINQUENCY_WITHOUT_ARREARS",
        "RATING_NOT_EXPECTED",
        "PROFILE_EMBEDDED_B",
    }
)
"""Worth telling the furnisher, never a reason to refuse the record."""


def fault(record_no: int, field: str, code: str, detail: str = "") -> Fault:
    """A fault, or note, with its sentence."""
    return Fault(record_no, field, code, SENTENCES[code].format(detail=detail))


def weigh(findings: Iterable[Fault], checks: Checks) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """(faults, notes): what refuses the record, and what is only told."""
    noted = ALWAYS_NOTES if checks is Checks.OWN_CODES else ALWAYS_NOTES | NOTED_WHEN_TRANSLATED
    faults: list[Fault] = []
    notes: list[Fault] = []
    for finding in findings:
        (notes if finding.code in noted else faults).append(finding)
    return tuple(faults), tuple(notes)
