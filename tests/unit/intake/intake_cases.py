"""Records made by hand: sound ones, of which a test changes single parts."""

from datetime import date
from typing import Any

from exchange.intake.contribution import AccountRecord, Contribution, DelinquencyRecord, History, SubjectRecord
from schema.vocabulary.account import AccountState, Portfolio, Product
from schema.vocabulary.identifiers import IdType

TODAY = date(2026, 6, 1)
MAY = date(2026, 5, 1)


def subject(**changes: Any) -> SubjectRecord:
    values: dict[str, Any] = {
        "id_type": IdType.PASSPORT,
        "country": "CN",
        "id_number": "E12345678",
        "names": ("王芳",),
        "time_zone": "Asia/Shanghai",
        "language": "zh-Hans",
    }
    return SubjectRecord(**(values | changes))


def account(codes: str | None = "N" * 12, **changes: Any) -> AccountRecord:
    values: dict[str, Any] = {
        "reference": "A-1",
        "portfolio": Portfolio.INSTALMENT,
        "product": Product.CONSUMER_LOAN,
        "state": AccountState.NORMAL,
        "opened_on": date(2015, 1, 1),
        "reported_on": date(2026, 5, 31),
        "currency": "CNY",
        "history": None if codes is None else History(MAY, codes),
    }
    return AccountRecord(**(values | changes))


def delinquency(**changes: Any) -> DelinquencyRecord:
    values: dict[str, Any] = {
        "first_delinquent_on": date(2026, 3, 10),
        "peak_days_past_due": 40,
        "first_late_month": date(2026, 3, 1),
        "last_late_month": date(2026, 5, 1),
        "stated": True,
    }
    return DelinquencyRecord(**(values | changes))


def contribution(**changes: Any) -> Contribution:
    return Contribution(**({"record_no": 2, "subject": subject(), "account": account()} | changes))
