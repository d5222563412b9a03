"""The rules of an account as it stands on the day of a report."""

from datetime import date

from exchange.intake.check_history import AMOUNT_MAX, CODES, DAYS_MAX, days_fit, past_due_fits
from exchange.intake.check_texts import NAME_LENGTH_MAX, REFERENCE_LENGTH_MAX, check_text
from exchange.intake.contribution import AccountRecord, Fault
from exchange.intake.denylist import check_free_text
from exchange.intake.fault_codes import fault
from exchange.intake.joint_account import furnished_reference
from exchange.intake.months import first_day
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    FiveClass,
    Portfolio,
    Product,
    RateType,
    TermFrequency,
)
from schema.vocabulary.money import MINOR_DIGITS
from schema.vocabulary.payment_status import NEGATIVE, OVERDUE

COUNT_MAX = DAYS_MAX
RATE_MAX_BASIS_POINTS = 100_000
WHOLE_BASIS_POINTS = 10_000

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
_PARTIES = ("original_creditor", "sold_to", "purchased_from")

_OPEN = frozenset({AccountState.NORMAL, AccountState.OVERDUE, AccountState.FROZEN})
_OVER = frozenset({AccountState.SETTLED, AccountState.ENDED})
LENT_AS_A_SUM = frozenset({Portfolio.INSTALMENT, Portfolio.MORTGAGE, Portfolio.LEASE})
_CARDS = frozenset({Product.CREDIT_CARD, Product.QUASI_CARD})
_GOOD = frozenset("N*")
_CODES_AGAINST = {
    AccountState.NORMAL: NEGATIVE | frozenset("CG"),
    AccountState.OVERDUE: frozenset("N*MCG/"),
    AccountState.FROZEN: frozenset("CG"),
    AccountState.SETTLED: OVERDUE,
    AccountState.ENDED: OVERDUE,
    AccountState.BAD_DEBT: _GOOD,
    AccountState.WRITTEN_OFF: _GOOD,
}
"""Codes of the month of the report that contradict the state of the account."""

_CLASSES = tuple(FiveClass)
_WORST_BY_DAYS = ((360, FiveClass.LOSS), (270, FiveClass.DOUBTFUL), (90, FiveClass.SUBSTANDARD),
                  (7, FiveClass.SPECIAL_MENTION))  # fmt: skip
"""More days past due than these make a class at least so bad (Measures for the Risk Classification of Financial Assets
of Commercial Banks, 2023, articles 10 to 13; a short technical delay is let pass).
"""


def check_account(record_no: int, account: AccountRecord, today: date) -> list[Fault]:
    """Everything wrong with an account but its history."""
    return [
        *_check_texts(record_no, account),
        *_check_numbers(record_no, account),
        *(fault(record_no, field, code) for field, code, is_broken in _dates(account, today) if is_broken),
        *(fault(record_no, field, code) for field, code, is_broken in _terms(account) if is_broken),
        *(fault(record_no, field, code) for field, code, is_broken in _standing(account) if is_broken),
    ]


def worst_class(days_past_due: int) -> FiveClass:
    """The best class that so many days past due allow."""
    return next((risk for days, risk in _WORST_BY_DAYS if days_past_due > days), FiveClass.NORMAL)


_Rules = tuple[tuple[str, str, bool], ...]


def _dates(account: AccountRecord, today: date) -> _Rules:
    opened, closed, matures = account.opened_on, account.closed_on, account.matures_on
    paid = account.last_payment_on
    return (
        ("opened_on", "OPENED_IN_FUTURE", opened > account.reported_on),
        ("reported_on", "REPORTED_IN_FUTURE", account.reported_on > today),
        ("matures_on", "MATURES_BEFORE_OPENING", matures is not None and matures < opened),
        ("closed_on", "CLOSED_BEFORE_OPENING", closed is not None and closed < opened),
        ("closed_on", "CLOSED_IN_FUTURE", closed is not None and closed > account.reported_on),
        ("closed_on", "CLOSED_DOES_NOT_FIT_STATE", closed is not None and account.state in _OPEN),
        ("closed_on", "CLOSED_ON_UNKNOWN", closed is None and account.state in _OVER and not account.withdrawn),
        ("last_payment_on", "LAST_PAYMENT_OUT_OF_RANGE",
         paid is not None and not opened <= paid <= account.reported_on),
    )  # fmt: skip


def _terms(account: AccountRecord) -> _Rules:
    portfolio, rate, share = account.portfolio, account.rate_basis_points, account.co_lender_share_basis_points
    card_as_a_sum = account.product in _CARDS and portfolio in LENT_AS_A_SUM
    unsecured = portfolio is Portfolio.MORTGAGE and account.collateral is Collateral.UNSECURED
    terms = account.term_count or 0
    return (
        ("currency", "CURRENCY_UNKNOWN", account.currency not in MINOR_DIGITS),
        ("product", "PRODUCT_DOES_NOT_FIT_PORTFOLIO", card_as_a_sum),
        ("collateral", "COLLATERAL_DOES_NOT_FIT_PORTFOLIO", unsecured),
        ("credit_limit", "LIMIT_DOES_NOT_FIT_PORTFOLIO", bool(account.credit_limit_minor)
         and portfolio in LENT_AS_A_SUM),
        ("term_count", "TERM_DOES_NOT_FIT_FREQUENCY",
         account.term_frequency is TermFrequency.SINGLE_PAYMENT and terms > 1),
        ("scheduled_payment", "SCHEDULED_PAYMENT_DOES_NOT_FIT_TERM",
         terms > 1 and portfolio in LENT_AS_A_SUM
         and _above(account.scheduled_payment_minor, account.original_amount_minor)),
        ("rate_basis_points", "RATE_OUT_OF_RANGE", rate is not None and not 0 <= rate <= RATE_MAX_BASIS_POINTS),
        ("rate_type", "RATE_DOES_NOT_FIT_TYPE", account.rate_type is RateType.NONE and bool(rate)),
        ("co_lender_share_basis_points", "SHARE_OUT_OF_RANGE",
         share is not None and not 0 <= share <= WHOLE_BASIS_POINTS),
    )  # fmt: skip


def _standing(account: AccountRecord) -> _Rules:
    balance, past_due, days = account.balance_minor, account.past_due_minor, account.days_past_due
    code, state = newest_code(account), account.state
    return (
        ("balance", "SETTLED_WITH_BALANCE", state is AccountState.SETTLED and bool(balance or past_due)),
        ("balance", "BALANCE_ABOVE_LIMIT", account.portfolio not in LENT_AS_A_SUM
         and _above(balance, account.credit_limit_minor)),
        ("highest_balance", "HIGHEST_BELOW_BALANCE", _above(balance, account.highest_balance_minor)),
        ("past_due", "PAST_DUE_ABOVE_BALANCE", state in _OPEN and _above(past_due, balance)),
        ("state", "STATE_DOES_NOT_FIT_ARREARS", not account.withdrawn and _contradicts(account, code)),
        ("five_class", "FIVE_CLASS_BELOW_DAYS", account.five_class is not None and days is not None
         and _CLASSES.index(account.five_class) < _CLASSES.index(worst_class(days))),
        ("days_past_due", "DAYS_DO_NOT_FIT_CODE", days is not None and not days_fit(code, days)),
        ("past_due", "PAST_DUE_DOES_NOT_FIT_CODE", past_due is not None and not past_due_fits(code, past_due)),
    )  # fmt: skip


def newest_code(account: AccountRecord) -> str:
    """The code of the month of the report; `#` where the history does not reach it."""
    history = account.history
    if history is None or history.month != first_day(account.reported_on):
        return "#"
    code = history.codes[:1]
    return code if code in CODES else "#"


def _contradicts(account: AccountRecord, code: str) -> bool:
    """Whether the state contradicts the month's code; without a code, the days or the amount past due."""
    if code != "#":
        return code in _CODES_AGAINST.get(account.state, ())
    arrears = (account.days_past_due, account.past_due_minor)
    if account.state is AccountState.NORMAL:
        return any(arrears)
    return account.state is AccountState.OVERDUE and 0 in arrears


def _check_texts(record_no: int, account: AccountRecord) -> list[Fault]:
    faults = [] if account.reference.strip() else [fault(record_no, "reference", "FIELD_MISSING")]
    faults += check_text(record_no, "reference", furnished_reference(account.reference), REFERENCE_LENGTH_MAX)
    previous = account.previous_reference and furnished_reference(account.previous_reference)
    faults += check_text(record_no, "previous_reference", previous, REFERENCE_LENGTH_MAX)
    for field in _PARTIES:
        name = getattr(account, field)
        if name is not None:
            faults += check_text(record_no, field, name, NAME_LENGTH_MAX)
            faults += check_free_text(record_no, field, name)
    return faults


def _check_numbers(record_no: int, account: AccountRecord) -> list[Fault]:
    balance = account.balance_minor
    too_large = balance is not None and abs(balance) > AMOUNT_MAX
    faults = [fault(record_no, "balance", "NUMBER_TOO_LARGE")] if too_large else []
    for field, largest in _LARGEST:
        amount = getattr(account, field)
        if amount is not None and not 0 <= amount <= largest:
            code = "AMOUNT_NEGATIVE" if amount < 0 else "NUMBER_TOO_LARGE"
            faults.append(fault(record_no, field.removesuffix("_minor"), code))
    return faults


def _above(amount: int | None, bound: int | None) -> bool:
    return amount is not None and bound is not None and amount > bound
