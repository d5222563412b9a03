"""Sound records for property tests: whatever is drawn here breaks no rule."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from exchange.intake.contribution import AccountRecord, Contribution, History, SubjectRecord
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.months import last_day, months_before
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.payment_status import PaymentStatus

TODAY = date(2026, 6, 1)
NEWEST = date(2026, 5, 1)
MONEY = st.integers(0, 10**12)
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=30)

_STATES = {
    "C": (AccountState.SETTLED,),
    "G": (AccountState.ENDED,),
    "B": (AccountState.BAD_DEBT, AccountState.WRITTEN_OFF, AccountState.IN_RECOVERY),
}
_CLOSED = frozenset({AccountState.SETTLED, AccountState.ENDED})


@st.composite
def histories(draw: st.DrawFn, months_max: int = 60) -> History:
    """A history that ends in May 2026: each month rises by one step at most, or follows one that says nothing."""
    codes: list[str] = []
    for _ in range(draw(st.integers(1, months_max))):
        codes.append(draw(st.sampled_from(_following(codes[-1] if codes else "#"))))
    newest = draw(st.sampled_from([*_following(codes[-1]), "C", "G", "B"]))
    codes[-1] = newest if len(codes) == 1 or newest in _following(codes[-2]) or newest in "CGB" else codes[-1]
    newest_first = "".join(reversed(codes))
    return History(
        NEWEST,
        newest_first,
        days_past_due=draw(_beside(newest_first, _days)),
        past_due_minor=draw(_beside(newest_first, _past_due)),
        balance_minor=draw(_beside(newest_first, lambda code: st.just(0) if code == "C" else MONEY)),
        paid_minor=draw(_beside(newest_first, lambda code: MONEY)),
    )


@st.composite
def accounts(draw: st.DrawFn, reference: str = "A-1", months_max: int = 60) -> AccountRecord:
    """A sound account with a history."""
    history = draw(histories(months_max))
    code = history.codes[0]
    oldest = months_before(NEWEST, len(history.codes) - 1)
    state = draw(st.sampled_from(_STATES.get(code, (_state_of(code),))))
    balance = 0 if state is AccountState.SETTLED else draw(st.none() | MONEY)
    changes: dict[str, Any] = {
        "past_due_minor": draw(st.none() | (st.just(0) if state is AccountState.SETTLED else _past_due(code))),
        "days_past_due": draw(st.none() | _days(code)),
        "closed_on": last_day(NEWEST) if state in _CLOSED else None,
        "balance_minor": balance,
        "highest_balance_minor": draw(st.none() | st.integers(balance or 0, 10**13)),
        **draw(_terms()),
    }
    return AccountRecord(
        reference=reference,
        state=state,
        opened_on=draw(st.dates(date(1995, 1, 1), oldest)),
        reported_on=last_day(NEWEST),
        currency=draw(st.sampled_from(["CNY", "USD", "JPY", "KWD"])),
        history=history,
        **changes,
    )


@st.composite
def contributions(draw: st.DrawFn, number: int = 1, months_max: int = 60) -> Contribution:
    """A sound record of the borrower and account of this number, with the delinquencies that its history shows."""
    account = draw(accounts(f"A-{number}", months_max))
    late = derive_delinquencies(account.history, account.reported_on) if account.history else ()
    return Contribution(number, draw(subjects(number)), account, late)


@st.composite
def subjects(draw: st.DrawFn, number: int = 1) -> SubjectRecord:
    """A sound borrower; the same number is the same person, whose document and birth date do not change."""
    return SubjectRecord(
        id_type=IdType.PASSPORT,
        country="CN",
        id_number=f"E{number:08d}",
        names=(f"借款人{number}",),
        time_zone="Asia/Shanghai",
        language="zh-Hans",
        birth_date=date(1950, 1, 1) + timedelta(days=number),
        phones=tuple(draw(st.lists(st.from_regex("1[3-9][0-9]{9}", fullmatch=True), max_size=3))),
        addresses=tuple(draw(st.lists(TEXT, max_size=3))),
        emails=tuple(draw(st.lists(st.just("a@example.org"), max_size=1))),
    )


@st.composite
def _terms(draw: st.DrawFn) -> dict[str, Any]:
    card = draw(st.booleans())
    rate_type = draw(st.none() | st.sampled_from(RateType))
    terms = draw(st.none() | st.integers(0, 600))
    single = st.just(TermFrequency.SINGLE_PAYMENT) if (terms or 0) <= 1 else st.nothing()
    frequencies = st.sampled_from([each for each in TermFrequency if each is not TermFrequency.SINGLE_PAYMENT])
    opened_last = date(2027, 1, 1)
    return {
        "portfolio": Portfolio.REVOLVING if card else draw(st.sampled_from([Portfolio.INSTALMENT, Portfolio.LEASE])),
        "product": Product.CREDIT_CARD if card else draw(st.sampled_from([Product.AUTO, Product.CONSUMER_LOAN])),
        "owner_role": draw(st.sampled_from(OwnerRole)),
        "five_class": draw(st.none() | st.just(FiveClass.LOSS)),
        "compliance_flag": draw(st.sampled_from(ComplianceFlag)),
        "matures_on": draw(st.none() | st.dates(opened_last, date(2056, 1, 1))),
        "original_amount_minor": None if card else draw(st.none() | MONEY),
        "credit_limit_minor": draw(MONEY) if card else None,
        "scheduled_payment_minor": draw(MONEY) if card else None,
        "term_count": terms,
        "term_frequency": draw(st.none() | frequencies | single),
        "repayment_method": draw(st.none() | st.sampled_from(RepaymentMethod)),
        "rate_type": rate_type,
        "rate_basis_points": None if rate_type is RateType.NONE else draw(st.none() | st.integers(0, 100_000)),
        "collateral": draw(st.none() | st.sampled_from(Collateral)),
        "co_lender_share_basis_points": draw(st.none() | st.integers(0, 10_000)),
        "original_creditor": draw(st.none() | TEXT),
        "sold_to": draw(st.none() | TEXT),
        "purchased_from": draw(st.none() | TEXT),
    }


def _following(code: str) -> str:
    """The codes that may come a month after this one."""
    if code in "N*M":
        return "NNNN1*#MA"
    return "N*#MA" + "1234567"[: min(int(code) + 1, 7)] if code.isdigit() else "N*#A1234567"


def _state_of(code: str) -> AccountState:
    return AccountState.OVERDUE if code.isdigit() else AccountState.NORMAL


def _days(code: str) -> st.SearchStrategy[Any]:
    days = PaymentStatus(code).days_past_due
    if days is None:
        return st.none()
    return st.integers(days[0], 2_000 if days[1] is None else days[1])


def _past_due(code: str) -> st.SearchStrategy[Any]:
    if code in "N*C":
        return st.just(0)
    return st.integers(1, 10**12) if code.isdigit() else st.none()


def _beside(codes: str, values: Any) -> st.SearchStrategy[Any]:
    """None, or a value or nothing for each month."""
    return st.none() | st.tuples(*(st.none() | values(code) for code in codes))
