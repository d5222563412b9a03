"""The rules of a whole record: borrower, account, history, delinquencies. All faults of a record at once."""

from dataclasses import dataclass
from datetime import date

from exchange.intake.check_history import CODES, check_history, days_fit, past_due_fits
from exchange.intake.contribution import (
    AccountRecord,
    Checks,
    Contribution,
    DelinquencyRecord,
    Fault,
    SubjectRecord,
)
from exchange.intake.fault_codes import fault, weigh
from exchange.intake.months import last_day
from schema.vocabulary.account import AccountState
from schema.vocabulary.identifiers import IdNumberNotValid, normalise_id_number
from schema.vocabulary.money import MINOR_DIGITS

BIRTH_DATE_MIN = date(1870, 1, 1)
AMOUNT_MAX = 10**15
COUNT_MAX = 32_767
REFERENCE_LENGTH_MAX = 64

_AMOUNTS = (
    "original_amount_minor",
    "credit_limit_minor",
    "highest_balance_minor",
    "past_due_minor",
    "scheduled_payment_minor",
    "last_payment_minor",
)
"""Never below zero. A balance may be: the borrower is in credit."""
_COUNTS = ("days_past_due", "term_count")
_LARGEST = tuple((field, AMOUNT_MAX) for field in _AMOUNTS) + tuple((field, COUNT_MAX) for field in _COUNTS)

_COLLECTOR_STATES = frozenset({AccountState.IN_RECOVERY, AccountState.SETTLED})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a record is judged by. `prior_notice`: negative information needs an earlier notice (Regulation on the
    Credit Reporting Industry, art. 15); `third_party_collector`: the member collects for others.
    """

    today: date
    checks: Checks = Checks.OWN_CODES
    prior_notice: bool = False
    third_party_collector: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A record with everything found about it, and its id number in the one spelling (empty where that is a fault)."""

    contribution: Contribution
    id_number: str
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def check_record(contribution: Contribution, rules: Rules) -> Checked:
    """Every rule that one record breaks, as faults or notes; the reader's own notes come first."""
    record_no, account = contribution.record_no, contribution.account
    id_number, findings = check_subject(record_no, contribution.subject, rules.today)
    findings += [
        *check_account(record_no, account, rules),
        *check_history(record_no, account, rules.today, rules.checks),
    ]
    if rules.third_party_collector and not _open_to_collectors(contribution):
        findings.append(fault(record_no, "state", "COLLECTOR_STATE"))
    for delinquency in contribution.delinquencies:
        findings += check_delinquency(record_no, delinquency, account)
        if rules.prior_notice:
            findings += check_prior_notice(record_no, delinquency, account)
    faults, notes = weigh(findings, rules.checks)
    return Checked(contribution, id_number, faults, contribution.notes + notes)


def check_subject(record_no: int, subject: SubjectRecord, today: date) -> tuple[str, list[Fault]]:
    """The borrower's id number in the one spelling, and what is wrong with it or with the birth date."""
    id_number, faults = "", []
    if not subject.id_number.strip() or not any(name.strip() for name in subject.names):
        faults.append(fault(record_no, "subject", "IDENTITY_MISSING"))
    else:
        try:
            id_number = normalise_id_number(subject.id_type, subject.id_number)
        except IdNumberNotValid as reason:
            faults.append(fault(record_no, "subject.id_number", "ID_NUMBER_NOT_VALID", str(reason)))
    if subject.birth_date is not None and not BIRTH_DATE_MIN <= subject.birth_date <= today:
        faults.append(fault(record_no, "subject.birth_date", "BIRTH_DATE_NOT_VALID"))
    return id_number, faults


def check_account(record_no: int, account: AccountRecord, rules: Rules) -> list[Fault]:
    """Reference, currency, dates, amounts and state of an account."""
    balance, past_due = account.balance_minor, account.past_due_minor
    broken = (
        ("reference", "FIELD_MISSING", not account.reference),
        ("reference", "NUMBER_TOO_LARGE", len(account.reference) > REFERENCE_LENGTH_MAX),
        ("currency", "CURRENCY_UNKNOWN", account.currency not in MINOR_DIGITS),
        ("opened_on", "OPENED_IN_FUTURE", account.opened_on > account.reported_on),
        ("reported_on", "REPORTED_IN_FUTURE", account.reported_on > rules.today),
        ("closed_on", "CLOSED_BEFORE_OPENING", account.closed_on is not None and account.closed_on < account.opened_on),
        ("last_payment_on", "LAST_PAYMENT_OUT_OF_RANGE", _last_payment_out_of_range(account)),
        ("balance", "NUMBER_TOO_LARGE", balance is not None and abs(balance) > AMOUNT_MAX),
        ("balance", "SETTLED_WITH_BALANCE", account.state is AccountState.SETTLED and bool(balance or past_due)),
        ("days_past_due", "DAYS_DO_NOT_FIT_CODE", _days_do_not_fit(account)),
        ("past_due", "PAST_DUE_DOES_NOT_FIT_CODE", _past_due_does_not_fit(account)),
    )
    faults = [fault(record_no, field, code) for field, code, is_broken in broken if is_broken]
    return faults + _check_amounts(record_no, account)


def check_delinquency(record_no: int, delinquency: DelinquencyRecord, account: AccountRecord) -> list[Fault]:
    """The date of first delinquency against the report, the opening, and the first late month of its own run."""
    first = delinquency.first_delinquent_on
    broken = (
        ("FIRST_DELINQUENCY_IN_FUTURE", first > account.reported_on),
        ("FIRST_DELINQUENCY_TOO_LATE", delinquency.stated and first > last_day(delinquency.first_late_month)),
        ("FIRST_DELINQUENCY_BEFORE_OPENING", first < account.opened_on),
    )
    return [fault(record_no, "first_delinquent_on", code) for code, is_broken in broken if is_broken]


def check_prior_notice(record_no: int, delinquency: DelinquencyRecord, account: AccountRecord) -> list[Fault]:
    """Negative information needs a notice that is earlier than the report."""
    sent = delinquency.prior_notice_sent_at
    if sent is None:
        return [fault(record_no, "prior_notice", "PRIOR_NOTICE_MISSING")]
    if sent.date() > account.reported_on:
        return [fault(record_no, "prior_notice", "PRIOR_NOTICE_TOO_LATE")]
    return []


def _check_amounts(record_no: int, account: AccountRecord) -> list[Fault]:
    faults = []
    for field, largest in _LARGEST:
        amount = getattr(account, field)
        if amount is not None and not 0 <= amount <= largest:
            code = "AMOUNT_NEGATIVE" if amount < 0 else "NUMBER_TOO_LARGE"
            faults.append(fault(record_no, field.removesuffix("_minor"), code))
    return faults


def _last_payment_out_of_range(account: AccountRecord) -> bool:
    paid_on = account.last_payment_on
    return paid_on is not None and not account.opened_on <= paid_on <= account.reported_on


def _open_to_collectors(contribution: Contribution) -> bool:
    if contribution.open_to_collectors is not None:
        return contribution.open_to_collectors
    return contribution.account.withdrawn or contribution.account.state in _COLLECTOR_STATES


def _newest_code(account: AccountRecord) -> str:
    code = account.history.codes[:1] if account.history else ""
    return code if code in CODES else "#"


def _days_do_not_fit(account: AccountRecord) -> bool:
    return account.days_past_due is not None and not days_fit(_newest_code(account), account.days_past_due)


def _past_due_does_not_fit(account: AccountRecord) -> bool:
    return account.past_due_minor is not None and not past_due_fits(_newest_code(account), account.past_due_minor)
