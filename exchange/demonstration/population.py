"""Made-up borrowers with believable histories, as the files that three lenders would submit.

Seeded: the same seed and newest month give the same files. Every id number lies in a region code that was never
assigned, so that it is nobody's (see `exchange/intake/synthetic_identity.py`).

How a borrower behaves: most pay on time, some slip for a month now and then, some go through a bad year in which
they fall behind at several lenders within a few months of each other, which is what one lender alone cannot see.
"""

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exchange.intake.contribution import SubjectRecord
from exchange.intake.months import last_day, months_before
from exchange.intake.synthetic_identity import synthetic_identity

MONTHS = 24
_MANNERS = (("steady", 0.70), ("careless", 0.18), ("bad_year", 0.12))
_SLIP = {"steady": 0.004, "careless": 0.07, "bad_year": 0.02}
_RECOVER = {"steady": 0.95, "careless": 0.80, "bad_year": 0.10}


@dataclass(frozen=True, slots=True)
class Product:
    """What a lender lends: terms in months (0: revolving), amounts in yuan."""

    product: str
    portfolio: str
    terms: tuple[int, ...]
    amounts: tuple[int, int]


LENDERS: dict[str, tuple[Product, ...]] = {
    "harbour-bank": (
        Product("CREDIT_CARD", "REVOLVING", (0,), (5_000, 60_000)),
        Product("AUTO", "INSTALMENT", (36, 60), (50_000, 200_000)),
    ),
    "clover-finance": (Product("CONSUMER_LOAN", "INSTALMENT", (12, 24, 36), (3_000, 80_000)),),
    "swift-lending": (
        Product("MICRO", "INSTALMENT", (6, 12), (500, 20_000)),
        Product("BNPL", "LINE", (0,), (1_000, 8_000)),
    ),
}


@dataclass(frozen=True, slots=True)
class MadeUpAccount:
    """One account on the day of the report. Lists run newest month first; amounts are yuan."""

    lender: str
    reference: str
    borrower: SubjectRecord
    product: Product
    opened_on: date
    amount: int
    term_months: int
    codes: str
    balances: tuple[int, ...]
    past_due: tuple[int, ...]
    instalment: int


def made_up_accounts(borrowers: int, newest_month: date, seed: int = 1) -> Iterator[MadeUpAccount]:
    """The accounts of so many borrowers, one to five each."""
    for number in range(borrowers):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a story, not a secret
        borrower = synthetic_identity(f"demonstration-{seed}", str(number), "CN", "Asia/Shanghai", "zh-Hans")
        manner = chance.choices([name for name, _ in _MANNERS], [weight for _, weight in _MANNERS])[0]
        trouble = chance.randrange(2, 14) if manner == "bad_year" else None
        for position in range(chance.choice((1, 1, 2, 2, 3, 4, 5))):
            lender = chance.choice(sorted(LENDERS))
            reference = f"{lender[:2].upper()}{number:06d}{position}"
            yield _account(chance, borrower, manner, trouble, lender, reference, newest_month)


def write_lender_files(directory: Path, accounts: Iterable[MadeUpAccount], newest_month: date) -> dict[str, Path]:
    """One CSV and one mapping for each lender, as it would submit them. Returns the CSVs by lender."""
    by_lender: dict[str, list[MadeUpAccount]] = {lender: [] for lender in LENDERS}
    for account in accounts:
        by_lender[account.lender].append(account)
    files = {}
    for lender, rows in by_lender.items():
        files[lender] = directory / f"{lender}.csv"
        with files[lender].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADING)
            writer.writerows(_cells(account) for account in rows)
    (directory / "mapping.toml").write_text(_mapping(newest_month), encoding="utf-8")
    return files


def _account(
    chance: random.Random,
    borrower: SubjectRecord,
    manner: str,
    trouble: int | None,
    lender: str,
    reference: str,
    newest_month: date,
) -> MadeUpAccount:
    product = chance.choice(LENDERS[lender])
    term = chance.choice(product.terms)
    amount = chance.randrange(*product.amounts, 500)
    age = chance.randrange(1, min(term, MONTHS) + 1) if term else chance.randrange(3, 60)
    open_months = min(age, MONTHS)
    codes = _codes(chance, open_months, manner, trouble)
    instalment = max(50, round(amount / term * 1.05)) if term else max(50, amount // 10)
    return MadeUpAccount(
        lender=lender,
        reference=reference,
        borrower=borrower,
        product=product,
        opened_on=months_before(newest_month, age - 1),
        amount=amount,
        term_months=term,
        codes=codes + "/" * (MONTHS - open_months),
        balances=_balances(chance, codes, amount, term, age),
        past_due=tuple(instalment * int(code) if code.isdigit() else 0 for code in codes)
        + (0,) * (MONTHS - open_months),
        instalment=instalment,
    )


def _codes(chance: random.Random, months: int, manner: str, trouble: int | None) -> str:
    """Newest first. Arrears rise by a month at a time, and are cleared at once."""
    behind, oldest_first = 0, ""
    for months_ago in range(months - 1, -1, -1):
        in_trouble = trouble is not None and trouble - 2 <= months_ago <= trouble + chance.randrange(1, 7)
        if behind and (in_trouble or chance.random() > _RECOVER[manner]):
            behind = min(behind + 1, 7)
        elif behind:
            behind = 0
        elif (in_trouble and chance.random() < 0.6) or chance.random() < _SLIP[manner]:
            behind = 1
        oldest_first += str(behind) if behind else "N"
    return oldest_first[::-1]


def _balances(chance: random.Random, codes: str, amount: int, term: int, age: int) -> tuple[int, ...]:
    if term:
        owed = [max(round(amount * (term - age + months_ago + 1) / term), 0) for months_ago in range(len(codes))]
    else:
        owed = [round(amount * chance.uniform(0.1, 0.9)) for _ in codes]
    return tuple(owed) + (0,) * (MONTHS - len(codes))


_HEADING = [
    "contract", "name", "id_number", "birth_date", "product", "portfolio", "opened", "amount", "limit", "balance",
    "past_due", "instalment", "term", *(f"s{n}" for n in range(MONTHS)), *(f"b{n}" for n in range(MONTHS)),
    *(f"p{n}" for n in range(MONTHS)),
]  # fmt: skip


def _cells(account: MadeUpAccount) -> list[object]:
    lent = account.amount if account.term_months else ""
    limit = "" if account.term_months else account.amount
    borrower = account.borrower
    return [
        account.reference, borrower.names[0], borrower.id_number, borrower.birth_date, account.product.product,
        account.product.portfolio, account.opened_on, lent, limit, account.balances[0], account.past_due[0],
        account.instalment, account.term_months or "", *account.codes, *account.balances, *account.past_due,
    ]  # fmt: skip


def _mapping(newest_month: date) -> str:
    def columns(letter: str) -> str:
        return "[" + ", ".join(f'"{letter}{n}"' for n in range(MONTHS)) + "]"

    codes = "\n".join(f'"{code}" = "{code}"' for code in "N1234567/")
    return f"""# DEMONSTRATION: how a made-up lender's columns map to the exchange's fields.
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "RESIDENT_ID"

[constants]
currency = "CNY"
term_frequency = "M"
reported_on = "{last_day(newest_month)}"

[columns]
reference = "contract"
name = "name"
id_number = "id_number"
birth_date = "birth_date"
product = "product"
portfolio = "portfolio"
opened_on = "opened"
original_amount = "amount"
credit_limit = "limit"
balance = "balance"
past_due = "past_due"
scheduled_payment = "instalment"
term_count = "term"

[history]
newest_month = "{newest_month:%Y-%m}"
status = {columns("s")}
balance = {columns("b")}
past_due = {columns("p")}

[history.codes]
{codes}
"""
