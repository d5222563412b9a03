"""Every code that intake can report, with its sentence. One place; a test holds that no other code is used.

Sentences never repeat what a record says about a person. English stands here; the other languages in
`fault_sentences/`, with the phrases that a sentence may take in (`[details]`).
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from exchange.intake.contribution import Checks, Fault

SENTENCES = {
    # The file and its records
    "RECORD_NOT_READABLE": "This line is not a record of the format: {detail}.",
    "SEGMENT_UNKNOWN": "No segment of the format begins at position {detail}.",
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
    "TEXT_TOO_LONG": "This text is longer than the exchange takes.",
    "TEXT_NOT_PRINTABLE": "This text holds characters that cannot be seen.",
    "LIST_TOO_LONG": "This list has more entries than the exchange takes.",
    "FIELD_UNKNOWN": "The exchange has no field of this name.",
    "VALUE_OF_ANOTHER_KIND": "This value is not of the kind that the field takes.",
    "FIELD_DENIED": "This field must never be collected about a person.",
    "FIELD_NEEDS_CONSENT": "This field needs the borrower's separate consent, after a warning of what may follow.",
    "FREE_TEXT_SENSITIVE": "This text may tell what must never be collected about a person.",
    # The borrower
    "IDENTITY_MISSING": "The record names no borrower: an id number and a name are needed.",
    "ID_NUMBER_NOT_VALID": "{detail}",
    "ID_TYPE_DOES_NOT_FIT_COUNTRY": "This country does not issue documents of this kind.",
    "COUNTRY_UNKNOWN": "A country is written with two capital letters (ISO 3166-1).",
    "TIME_ZONE_UNKNOWN": "This is not a time zone of the IANA database, such as Asia/Shanghai.",
    "LANGUAGE_UNKNOWN": "This is not a language tag, such as zh-Hans or en.",
    "BIRTH_DATE_NOT_VALID": "The birth date lies in the future or before 1870.",
    "BIRTH_DATE_DIFFERS": "The birth date is not the one inside the resident id.",
    "PHONE_NOT_VALID": "This does not look like a phone number.",
    "EMAIL_NOT_VALID": "This does not look like an e-mail address.",
    "IDENTITY_CONFLICT": "The exchange knows this document with another birth date; the record waits for a review.",
    "NAME_DIFFERS": "The exchange knows this document with another name; the name waits for a review.",
    "IDS_DISAGREE": "The documents of this record belong to different borrowers; the record waits for a review.",
    # The account
    "OPENED_IN_FUTURE": "The account was opened after the day it was reported.",
    "REPORTED_IN_FUTURE": "The record was reported for a day that has not come yet.",
    "OPENED_BEFORE_BIRTH": "The account was opened before the borrower was born.",
    "MATURES_BEFORE_OPENING": "The account matures before it was opened.",
    "CLOSED_BEFORE_OPENING": "The account was closed before it was opened.",
    "CLOSED_IN_FUTURE": "The account was closed after the day it was reported.",
    "CLOSED_DOES_NOT_FIT_STATE": "An account that has a closing date cannot stand as open.",
    "CLOSED_ON_UNKNOWN": "A settled or ended account should name its closing date.",
    "LAST_PAYMENT_OUT_OF_RANGE": "The last payment lies before the opening or after the day of the report.",
    "AMOUNT_NEGATIVE": "This amount cannot be below zero.",
    "SETTLED_WITH_BALANCE": "A settled account has no balance, and nothing past due.",
    "HIGHEST_BELOW_BALANCE": "The highest balance is lower than the balance.",
    "PAST_DUE_ABOVE_BALANCE": "More is past due than is owed.",
    "BALANCE_ABOVE_LIMIT": "More is owed than the limit allows.",
    "LIMIT_DOES_NOT_FIT_PORTFOLIO": "An account that is lent as one sum has an original amount, not a limit.",
    "PRODUCT_DOES_NOT_FIT_PORTFOLIO": "A card is a revolving account, not one that is lent as one sum.",
    "COLLATERAL_DOES_NOT_FIT_PORTFOLIO": "A mortgage cannot be unsecured.",
    "TERM_DOES_NOT_FIT_FREQUENCY": "A single payment has a term of one.",
    "SCHEDULED_PAYMENT_DOES_NOT_FIT_TERM": "One of several payments is larger than the amount that was lent.",
    "RATE_OUT_OF_RANGE": "A yearly rate lies between 0 and 100,000 basis points.",
    "RATE_DOES_NOT_FIT_TYPE": "An account without interest has no rate.",
    "SHARE_OUT_OF_RANGE": "A share lies between 0 and 10,000 basis points.",
    "STATE_DOES_NOT_FIT_ARREARS": "The state of the account contradicts its arrears in the month of the report.",
    "FIVE_CLASS_BELOW_DAYS": "The risk class is better than so many days past due allow.",
    "COLLECTOR_STATE": "A third-party collector may report only accounts in collection, paid, or taken back.",
    "NOTHING_TO_WITHDRAW": "The record takes back an account that was never reported.",
    "ACCOUNT_OF_ANOTHER_BORROWER": "The exchange holds this account under another borrower.",
    "FRAUD_DELETED": "This account was taken back as fraud; only a correction by a court or of an error lifts that.",
    "CURRENCY_CHANGED": "The exchange holds this account in another currency.",
    "BASIS_UNKNOWN": "The basis is neither a rule in force nor a consent of this borrower.",
    # The history
    "HISTORY_EMPTY": "A history has at least one month.",
    "HISTORY_TOO_LONG": "A history has at most 60 months; older ones were left out.",
    "HISTORY_CODE_UNKNOWN": "The history holds a code that is not a payment status.",
    "HISTORY_LENGTHS_DIFFER": "The amounts of the history are not as many as its months.",
    "HISTORY_IN_FUTURE": "The history holds a month that has not come yet.",
    "HISTORY_AFTER_REPORT": "The history holds a month after the day of the report.",
    "HISTORY_BEFORE_OPENING": "The history holds a month before the account was opened.",
    "HISTORY_AFTER_END": "The history goes on after the code that ends it.",
    "HISTORY_JUMP": "The delinquency code rises by more than one from one month to the next.",
    "HISTORY_REWRITTEN": "A month that was reported before now reads otherwise: a correction needs its reason.",
    "SETTLED_MONTH_WITH_BALANCE": "A month whose code says settled has no balance.",
    "DAYS_DO_NOT_FIT_CODE": "The days past due do not lie in the range of the month's code.",
    "PAST_DUE_DOES_NOT_FIT_CODE": "The amount past due must be zero exactly where the code says nothing is overdue.",
    # Delinquencies
    "FIRST_DELINQUENCY_TOO_LATE": "The first delinquency lies after the first late month of the history.",
    "FIRST_DELINQUENCY_IN_FUTURE": "The first delinquency lies after the day of the report.",
    "FIRST_DELINQUENCY_BEFORE_OPENING": "The first delinquency lies before the account was opened.",
    "FIRST_DELINQUENCY_MISSING": "This status needs the date of first delinquency.",
    "FIRST_DELINQUENCY_WITHOUT_ARREARS": "A date of first delinquency is given, and no month shows arrears.",
    "FIRST_DELINQUENCY_MOVED": "The date of first delinquency was reported before and must never move.",
    "DELINQUENCY_ENDS_TOO_EARLY": "The delinquency ended before it began.",
    "DELINQUENCY_ENDS_IN_FUTURE": "The delinquency ended after the day of the report.",
    "DELINQUENCIES_OVERLAP": "A delinquency of the account begins before the one before it has ended.",
    "CHARGE_OFF_OUT_OF_RANGE": "The charge-off lies before the first delinquency or after the day of the report.",
    "PRIOR_NOTICE_MISSING": "Negative information needs an earlier notice to the borrower.",
    "PRIOR_NOTICE_TOO_LATE": "The notice to the borrower is not earlier than the report.",
    "PRIOR_NOTICE_NOT_VALID": "The notice was delivered before it was sent.",
    # What may not be kept any more
    "RETENTION_EXPIRED": "Late months that are older than the law lets us keep were left out.",
    "ACCOUNT_EXPIRED": "This account was closed badly so long ago that the law no longer lets us keep it.",
    # Metro 2
    "RATING_MISSING": "This account status needs a payment rating.",
    "RATING_NOT_EXPECTED": "This account status takes no payment rating.",
    "CLOSED_DATE_MISSING": "A paid or closed account needs its closing date.",
    "CO_BORROWER_UNNAMED": "This segment names no borrower: it was left out, and the rest of the record was read.",
    "VALUE_NOT_STORED": "This value was read and checked; the exchange does not store it with the account.",
    "PROFILE_EMBEDDED_B": "The profile code B may stand only at the old end of the profile.",
    # Single records
    "ACCOUNT_MISSING": "Name at least one account.",
    "ACCOUNT_TWICE": "An account is named more than once.",
    "ACCOUNT_NOT_YOURS": "An account is not one of this borrower that you report, or that your mandate covers.",
    "MANDATE_MISSING": "A collection agency names the lender's mandate.",
    "MANDATE_NOT_IN_FORCE": "No mandate of this id lets you act on this day.",
    "MANDATE_NOT_WANTED": "Only a collection agency acts under a mandate.",
    "CHANNEL_NOT_MANDATED": "The mandate does not allow this channel.",
    "NUMBER_NOT_INTERNATIONAL": "A telephone number is written with its country's code, such as +86.",
    "CLEARANCE_MISSING": "The contact was made without a clearance; it is kept, and noted as a breach.",
    "CLEARANCE_DENIED": "The contact was made although its clearance was denied; it is noted as a breach.",
    "CLEARANCE_USED": "Another contact had used this clearance before; this one is noted as a breach.",
    "CLEARANCE_EXPIRED": "The contact was not made in the time of its clearance; it is noted as a breach.",
    "CONTACT_RECORDED_LATE": "The contact was recorded too late: its clearance counted no more; it is a breach.",
    "CLEARANCE_FOR_ANOTHER": "The clearance was given for another contact than this one, which is noted as a breach.",
    "DATE_IN_FUTURE": "This day has not come yet.",
    "DATES_OUT_OF_ORDER": "This day lies before one that it must follow.",
    "DURATION_NOT_VALID": "A contact lasts from nothing to seven days.",
    "DISCLOSED_TO_THIRD_PERSON": "Somebody who owes nothing is told nothing of the debt.",
    "DIGEST_NOT_VALID": "A SHA-256 digest has 64 hexadecimal digits.",
    "PROMISE_INCOMPLETE": "A promise to pay has an amount, a currency and a day.",
    "PLAN_STATE_MOVE": "A plan cannot come into this state from the one it was last reported in.",
    "NUMBER_OUT_OF_RANGE": "This number lies outside the range that is taken.",
    "OPTIONS_TOO_FEW": "A plan offers at least two options to choose from.",
    "OPTION_NOT_CONSISTENT": "The instalments of an option do not add up to its total.",
    "CHOSEN_OPTION_MISSING": "A plan that was accepted names the option chosen.",
    "CHOSEN_OPTION_UNKNOWN": "The option chosen was not offered.",
    "CHOSEN_TOO_EARLY": "No option is chosen before a plan is accepted.",
    "SCHEDULE_MISSING": "A plan that was accepted has a schedule.",
    "SCHEDULE_OUT_OF_ORDER": "The days of a schedule follow each other, from the proposal on.",
    "SCHEDULE_SUM_DIFFERS": "The schedule does not add up to the total of the option chosen.",
    "DAY_DOES_NOT_FIT_STATE": "This day must be given exactly where the state says that it has come.",
    "DAYS_BEFORE_MISSING": "A plan that freezes the status says how many days past due the accounts were before it.",
    "PLAN_AGREED": "The borrower accepted this plan here: this part of it changes only for a dispute or a court.",
    "STATUS_FROZEN": "A plan that runs keeps this account from being reported as later than before the plan.",
    "STOP_AFTER_END": "A plan that has ended stops no collection any longer.",
    "CURRENCY_MISSING": "An amount and its currency are given together.",
    "REASON_CODES_MISSING": "An assessment gives at least one reason.",
    "EXPLANATION_MISSING": "Who is judged by a machine alone is told why.",
    "REVIEWER_NOT_EXPECTED": "What a person reviewed was not judged by a machine alone.",
    "INPUTS_MISSING": "An assessment names what it was made from.",
    "ENTRY_TWICE": "An entry of this list is there more than once.",
    "AGENCY_NOT_A_COLLECTOR": "The agency is not an active member of the class COLLECTION_AGENCY.",
    "LENDER_MAY_NOT_MANDATE": "Only a lender gives mandates: an agency passes none on.",
    "CHANNELS_MISSING": "A mandate allows at least one channel.",
    "EVALUATION_TOO_LATE": "An agency is evaluated within twelve months of the beginning.",
    "MANDATE_COVERAGE": "A mandate names a portfolio or accounts, and not both.",
    "RECORD_UNKNOWN": "You have reported no record under this reference.",
}

NOTED_WHEN_TRANSLATED = frozenset(
    {
        "HISTORY_JUMP",
        "HISTORY_AFTER_END",
        "PAST_DUE_DOES_NOT_FIT_CODE",
        "SETTLED_WITH_BALANCE",
        "FIRST_DELINQUENCY_TOO_LATE",
        "LAST_PAYMENT_OUT_OF_RANGE",
        "MATURES_BEFORE_OPENING",
        "CLOSED_IN_FUTURE",
        "CLOSED_DOES_NOT_FIT_STATE",
        "HIGHEST_BELOW_BALANCE",
        "PRODUCT_DOES_NOT_FIT_PORTFOLIO",
        "COLLATERAL_DOES_NOT_FIT_PORTFOLIO",
        "TERM_DOES_NOT_FIT_FREQUENCY",
        "RATE_DOES_NOT_FIT_TYPE",
        "STATE_DOES_NOT_FIT_ARREARS",
        "SETTLED_MONTH_WITH_BALANCE",
        "DELINQUENCIES_OVERLAP",
        "CHARGE_OFF_OUT_OF_RANGE",
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
        "CO_BORROWER_UNNAMED",
        "VALUE_NOT_STORED",
        "PROFILE_EMBEDDED_B",
        "PHONE_NOT_VALID",
        "EMAIL_NOT_VALID",
        "NAME_DIFFERS",
        "FREE_TEXT_SENSITIVE",
        "CLOSED_ON_UNKNOWN",
        "BALANCE_ABOVE_LIMIT",
        "PAST_DUE_ABOVE_BALANCE",
        "LIMIT_DOES_NOT_FIT_PORTFOLIO",
        "SCHEDULED_PAYMENT_DOES_NOT_FIT_TERM",
        "FIVE_CLASS_BELOW_DAYS",
        "RETENTION_EXPIRED",
    }
)
"""Worth telling the furnisher, never a reason to refuse the record."""


TRANSLATED_INTO = ("zh-Hans", "zh-Hant")
_TRANSLATIONS = Path(__file__).parent / "fault_sentences"


def fault(record_no: int, field: str, code: str, detail: str = "", rule: str | None = None) -> Fault:
    """A fault, or note, with its sentence."""
    return Fault(record_no, field, code, SENTENCES[code].format(detail=detail), rule, detail)


def sentence_in(code: str, language: str, detail: str = "") -> str:
    """The sentence of a fault in `language` (BCP 47); in English where the language is not spoken here."""
    if language not in TRANSLATED_INTO:
        return SENTENCES[code].format(detail=detail)
    translations = translations_in(language)
    details: Mapping[str, str] = translations["details"]
    sentence: str = translations[code]
    return sentence.format(detail=details.get(detail, detail))


@cache
def translations_in(language: str) -> Mapping[str, Any]:
    """The sentences by code, and under `details` the phrases by their English. Read once in a process."""
    path = _TRANSLATIONS / f"{language.replace('-', '_')}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def weigh(findings: Iterable[Fault], checks: Checks) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """(faults, notes): what refuses the record, and what is only told."""
    noted = ALWAYS_NOTES if checks is Checks.OWN_CODES else ALWAYS_NOTES | NOTED_WHEN_TRANSLATED
    faults: list[Fault] = []
    notes: list[Fault] = []
    for finding in findings:
        (notes if finding.code in noted else faults).append(finding)
    return tuple(faults), tuple(notes)
