"""Finds, in a batch of rows, those that are surely sound, and makes their records at once.

Every question here is asked of whole columns. A row that passes all of them breaks no rule of `check_record` and earns
no note; of any other row nothing is known, and the plain reader and checker judge it. So this only ever saves time: a
test holds that it never passes what they would not pass alike.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import Any

import polars as pl

from exchange.intake import columns
from exchange.intake.check_account import LENT_AS_A_SUM
from exchange.intake.check_history import AMOUNT_MAX, DAYS_MAX, STEP
from exchange.intake.check_record import Checked, Rules
from exchange.intake.check_subject import BIRTH_DATE_MIN, check_subject
from exchange.intake.check_texts import ADDRESS_LENGTH_MAX, NAME_LENGTH_MAX, REFERENCE_LENGTH_MAX
from exchange.intake.contribution import AccountRecord, Amounts, Contribution, History, SubjectRecord
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fields import ACCOUNT_AMOUNTS, ACCOUNT_CODES
from exchange.intake.forget_expired import reaches_back
from exchange.intake.mapped_rows import MappedRows
from exchange.intake.months import first_day, last_day, month_number, months_before
from schema.vocabulary.account import ComplianceFlag, OwnerRole, Product, TermFrequency
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.money import MINOR_DIGITS
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, NEGATIVE, PaymentStatus

_CODES = (
    "portfolio", "product", "state", "owner_role", "five_class", "compliance_flag", "term_frequency",
    "repayment_method",
)  # fmt: skip
_DAYS = ("opened_on", "reported_on", "matures_on", "last_payment_on")
_COUNTS = ("days_past_due", "term_count")
_TEXTS = {
    "reference": ("^[0-9A-Za-z][0-9A-Za-z._/-]*$", REFERENCE_LENGTH_MAX),
    "name": (r"^\p{L}[\p{L} .'·-]*$", NAME_LENGTH_MAX),
    "phone": (r"^(\+?[0-9]{5,15})?$", NAME_LENGTH_MAX),
    "address": (r"^([\p{L}\p{N}][\p{L}\p{N} ,.#/()-]*)?$", ADDRESS_LENGTH_MAX),
    "id_number": ("^[0-9A-Z]{4,32}$", NAME_LENGTH_MAX),
}
"""By field: what a usual text looks like, and the most characters of it."""
_CONSTANTS = {*_CODES, "currency", "opened_on", "reported_on"}
_HANDLED = {*_CODES, *_DAYS, *_COUNTS, *_TEXTS, *ACCOUNT_AMOUNTS, "birth_date", "currency"}

_NEEDED = ("portfolio", "product", "state")
_MEMBERS: dict[str, dict[str | None, Any]] = {
    name: {None: None, **{code.value: code for code in ACCOUNT_CODES[name]}} for name in _CODES
}
_JUMPS = [newer + older for newer, high in STEP.items() for older, low in STEP.items() if high > low + 1]
_LATE_NOW, _LATE = "^[1-7]", "[1-7]"
_ON_TIME = PaymentStatus.ON_TIME.value, PaymentStatus.NOTHING_DUE.value
_SUMS = [portfolio.value for portfolio in LENT_AS_A_SUM]
_CARDS = [Product.CREDIT_CARD.value, Product.QUASI_CARD.value]
_ANY_CLASS_DAYS_MAX = 7


class SurelySound:
    """The questions for the rows of one file; where not `is_of_use`, none of its rows can be found sound here."""

    def __init__(self, rows: MappedRows, rules: Rules) -> None:
        mapping = rows.mapping
        self._mapping = mapping
        self._rules = rules
        self._width = len(rows.heading)
        self._places = {name: rows.place(column) for name, column in mapping.columns.items()}
        self._months = {name: itemgetter(*map(rows.place, each)) for name, each in mapping.history.items()}
        self._month_count = len(mapping.history.get("status", ()))
        self._digits = MINOR_DIGITS.get(mapping.constants.get("currency", ""))

    @property
    def is_of_use(self) -> bool:
        """Whether the file is of the usual kind."""
        mapping, today = self._mapping, self._rules.today
        if not 1 < self._month_count <= HISTORY_MONTHS_MAX or self._digits is None:
            return False
        if mapping.id_type is IdType.SSN or self._rules.third_party_collector:
            return False
        named = {"id_number", "name", "reference"} <= mapping.columns.keys()
        if not named or not mapping.constants.keys() <= _CONSTANTS or self._newest > first_day(today):
            return False
        anybody = SubjectRecord(mapping.id_type, mapping.country, "0", ("A",), mapping.time_zone, mapping.language)
        told = {found.field for found in check_subject(0, anybody, today)[1]}
        return told.isdisjoint({"subject.country", "subject.time_zone", "subject.language"})

    def find(self, numbered: Sequence[tuple[int, Sequence[str]]]) -> list[Checked | None]:
        """For each row, given with its number: its record, if it is surely sound."""
        whole = [place for place, (_, cells) in enumerate(numbered) if len(cells) == self._width]
        found: list[Checked | None] = [None] * len(numbered)
        if whole:
            sound, values = self._ask([numbered[place][1] for place in whole])
            kept = [place for place, is_sound in zip(whole, sound.to_list(), strict=True) if is_sound]
            records = self._records([numbered[place][0] for place in kept], values.filter(sound))
            for place, checked in zip(kept, records, strict=True):
                found[place] = checked
        return found

    @property
    def _newest(self) -> date:
        return date.fromisoformat(self._mapping.newest_month + "-01")

    def _ask(self, rows: Sequence[Sequence[str]]) -> tuple[pl.Series, pl.DataFrame]:
        """Which rows are sound, and their values by the names of the records' fields."""
        cells = list(zip(*rows, strict=True))
        texts = {name: columns.texts(cells[place]) for name, place in self._places.items()}
        for name, constant in self._mapping.constants.items():
            texts.setdefault(name, columns.texts([constant] * len(rows)))
        usual = [texts[name] == "" for name in texts.keys() - _HANDLED]
        usual += [
            texts[name].str.contains(pattern) & (texts[name].str.len_chars() <= length_max)
            for name, (pattern, length_max) in _TEXTS.items()
            if name in texts
        ]
        values = pl.DataFrame(self._values(texts, usual) | self._history(rows, usual))
        rules = pl.all_horizontal([rule.fill_null(value=True) for rule in self._rules_of_rows()])
        sound = values.select(rules).to_series()
        for each in usual:
            sound &= each
        return sound, values

    def _values(self, texts: dict[str, pl.Series], usual: list[pl.Series]) -> dict[str, pl.Series]:
        """The values of every field but the history; null where nothing is said."""
        said_nothing = columns.texts([""] * len(texts["reference"]))
        read = {
            **{name: columns.days(texts.get(name, said_nothing)) for name in (*_DAYS, "birth_date")},
            **{name: columns.counts(texts.get(name, said_nothing)) for name in _COUNTS},
            **{
                f"{name}_minor": columns.amounts_minor(texts.get(name, said_nothing), self._digits or 0)
                for name in ACCOUNT_AMOUNTS
            },
            **{name: self._codes(name, texts.get(name, said_nothing)) for name in _CODES},
            "born": self._born(texts["id_number"]),
        }
        usual += [is_usual for _, is_usual in read.values()]
        usual += [read[name][0].is_not_null() for name in _NEEDED if name in texts]
        found = {name: texts[name] for name in _TEXTS if name in texts}
        found |= {name: column for name, (column, _) in read.items()}
        for name, shown in (
            ("opened_on", months_before(self._newest, self._month_count - 1)),
            ("reported_on", last_day(self._newest)),
        ):
            if name not in texts:
                found[name] = pl.Series([shown] * len(said_nothing))
        return found

    def _codes(self, name: str, column: pl.Series) -> columns.Values:
        """The exchange's own codes of a closed list."""
        mapped, kind = self._mapping.codes.get(name, {}), {code.value for code in ACCOUNT_CODES[name]}
        ours = {text: mapped.get(text, text) for text in column.unique().to_list() if text}
        known = {text: code for text, code in ours.items() if code in kind}
        found = column.replace_strict(known, default=None, return_dtype=pl.String)
        return found, found.is_not_null() | (column == "")

    def _born(self, numbers: pl.Series) -> columns.Values:
        """The birth date inside a resident id; other documents say nothing of it."""
        if self._mapping.id_type is IdType.RESIDENT_ID:
            return columns.resident_ids(numbers)
        return columns.days(columns.texts([""] * len(numbers)))

    def _history(self, rows: Sequence[Sequence[str]], usual: list[pl.Series]) -> dict[str, pl.Series]:
        """The codes of the months as one text, and a list of each amount beside them."""
        months, ours = self._month_count, {text.strip(): code for text, code in self._mapping.history_codes.items()}
        codes = ["".join([ours.get(text, "?") for text in self._months["status"](cells)]) for cells in rows]
        column = pl.Series(codes, dtype=pl.String)
        usual.append(column.str.contains("^[N*#/1-7]+$"))
        flat = pl.Series(list("".join(codes).encode()), dtype=pl.Int16)
        found = {"codes": column}
        for name in self._months.keys() - {"status"}:
            texts = columns.texts(list(chain.from_iterable(map(self._months[name], rows))))
            read = columns.counts(texts) if name == "days_past_due" else columns.amounts_minor(texts, self._digits or 0)
            fits = read[1] & _fits(name, flat, read[0]).fill_null(value=True)
            usual.append(fits.reshape((-1, months)).arr.all())
            found[f"history_{name}"] = read[0].reshape((-1, months))
        return found

    def _rules_of_rows(self) -> Iterator[pl.Expr]:
        """What `check_record` asks of a borrower, an account, its history and its delinquencies. A rule about a value
        that is not said is null, and holds.
        """
        col, today, month = pl.col, self._rules.today, self._newest
        codes, opened, reported = col("codes"), col("opened_on"), col("reported_on")
        days, past_due, balance = col("days_past_due"), col("past_due_minor"), col("balance_minor")
        born = pl.coalesce(col("birth_date"), col("born"))
        yield born.is_between(BIRTH_DATE_MIN, today)
        yield opened >= born
        yield col("birth_date") == col("born")
        yield opened.is_not_null() & reported.is_not_null()
        yield reported.is_between(opened, today) & reported.is_between(month, last_day(month))
        yield col("matures_on") >= opened
        yield col("last_payment_on").is_between(opened, reported)

        for name in ACCOUNT_AMOUNTS - {"balance"}:
            yield col(f"{name}_minor").is_between(0, AMOUNT_MAX)
        yield balance.abs() <= AMOUNT_MAX
        yield days <= DAYS_MAX
        yield col("term_count") <= DAYS_MAX

        is_sum, terms = col("portfolio").is_in(_SUMS), col("term_count")
        yield ~(is_sum & col("product").is_in(_CARDS))
        yield ~is_sum | (col("credit_limit_minor") == 0)
        yield (col("term_frequency") != TermFrequency.SINGLE_PAYMENT.value) | (terms <= 1)
        yield ~is_sum | (terms <= 1) | (col("scheduled_payment_minor") <= col("original_amount_minor"))
        yield is_sum | (balance <= col("credit_limit_minor"))
        yield balance <= col("highest_balance_minor")
        yield past_due <= balance
        yield col("five_class").is_null() | (days <= _ANY_CLASS_DAYS_MAX)

        newest, late_now = codes.str.slice(0, 1), codes.str.contains(_LATE_NOW)
        steps = newest.cast(pl.Int64, strict=False)
        yield newest != PaymentStatus.UNKNOWN.value
        yield col("state") == pl.when(late_now).then(pl.lit("OVERDUE")).otherwise(pl.lit("NORMAL"))
        yield ~late_now | ((past_due > 0) & days.is_between(30 * steps - 29, pl.when(steps < 7).then(30 * steps)))
        yield ~newest.is_in(_ON_TIME) | ((past_due == 0) & (days == 0))

        months_open = month_number(month) + 1 - (opened.dt.year().cast(pl.Int64) * 12 + opened.dt.month() - 1)
        yield ~codes.str.contains_any(_JUMPS)
        yield codes.str.slice(months_open.clip(0)).str.strip_chars("/#") == ""
        yield (opened.dt.day() == 1) | ~codes.str.slice((months_open - 1).clip(0), 1).str.contains(_LATE)
        if self._rules.prior_notice or self._may_be_expired:
            yield ~codes.str.contains(_LATE)

    @property
    def _may_be_expired(self) -> bool:
        history = History(self._newest, PaymentStatus.ON_TIME.value * self._month_count)
        return self._rules.expiry is not None and reaches_back(history, self._rules.expiry)

    def _records(self, row_nos: Sequence[int], values: pl.DataFrame) -> Iterator[Checked]:
        mapping, checks, month = self._mapping, self._rules.checks, self._newest
        told = {name: values[name].to_list() for name in values.columns if not name.startswith("history_")}
        nothing = [None] * len(row_nos)
        beside = zip(*(self._beside(values, name) or nothing for name in _BESIDE), strict=True)
        accounts = zip(*(told[name] for name in _ACCOUNT), strict=True)
        contacts = zip(told.get("phone", nothing), told.get("address", nothing), strict=True)
        borrowers = zip(told["id_number"], told["name"], told["birth_date"], contacts, strict=True)
        rows = zip(row_nos, told["codes"], beside, accounts, borrowers, strict=True)
        for row_no, codes, amounts, account_values, (number, name, birth_date, (phone, address)) in rows:
            account = _account(account_values, mapping.constants["currency"], History(month, codes, *amounts))
            subject = SubjectRecord(
                mapping.id_type,
                mapping.country,
                number,
                (name,),
                mapping.time_zone,
                mapping.language,
                birth_date,
                (phone,) if phone else (),
                (address,) if address else (),
            )
            late = () if NEGATIVE.isdisjoint(codes) else derive_delinquencies(account.history, account.reported_on)
            yield Checked(Contribution(row_no, subject, account, late), number, (), (), checks)

    def _beside(self, values: pl.DataFrame, name: str) -> list[Amounts] | None:
        """The amounts of each row, newest month first; None where the file has none."""
        if name not in values.columns:
            return None
        flat, months = values[name].explode().to_list(), self._month_count
        return [tuple(flat[start : start + months]) for start in range(0, len(flat), months)]


_ACCOUNT = (
    "reference", *_CODES, *_DAYS, *_COUNTS, "original_amount_minor", "credit_limit_minor",
    "highest_balance_minor", "balance_minor", "past_due_minor", "scheduled_payment_minor", "last_payment_minor",
)  # fmt: skip
_BESIDE = ("history_days_past_due", "history_past_due", "history_balance", "history_paid")


def _fits(name: str, codes: pl.Series, amounts: pl.Series) -> pl.Series:
    """Whether each amount fits the code of its month (as a number of ASCII)."""
    late, on_time = codes.is_between(ord("1"), ord("7")), codes.is_in([ord(code) for code in _ON_TIME])
    if name == "balance":
        return amounts.abs() <= AMOUNT_MAX
    in_range = (amounts >= 0) & (amounts <= (DAYS_MAX if name == "days_past_due" else AMOUNT_MAX))
    if name == "paid":
        return in_range
    nought = ~on_time | (amounts == 0)
    if name == "past_due":
        return in_range & nought & (~late | (amounts > 0))
    steps = codes.cast(pl.Int64) - ord("0")
    return in_range & nought & (~late | ((amounts > 30 * (steps - 1)) & ((steps == 7) | (amounts <= 30 * steps))))


def _account(values: Sequence[Any], currency: str, history: History) -> AccountRecord:
    """An account from the values of `_ACCOUNT`."""
    (
        reference, portfolio, product, state, owner_role, five_class, flag, frequency, method,
        opened_on, reported_on, matures_on, last_payment_on, days_past_due, term_count,
        original, limit, highest, balance, past_due, scheduled, last_payment,
    ) = values  # fmt: skip
    if state is None:
        state = "OVERDUE" if history.codes[0] in NEGATIVE else "NORMAL"
    return AccountRecord(
        reference,
        _MEMBERS["portfolio"][portfolio],
        _MEMBERS["product"][product],
        _MEMBERS["state"][state],
        opened_on,
        reported_on,
        currency,
        _MEMBERS["owner_role"][owner_role] or OwnerRole.BORROWER,
        _MEMBERS["five_class"][five_class],
        _MEMBERS["compliance_flag"][flag] or ComplianceFlag.NONE,
        matures_on,
        None,
        original,
        limit,
        highest,
        balance,
        past_due,
        scheduled,
        last_payment,
        last_payment_on,
        days_past_due,
        term_count,
        _MEMBERS["term_frequency"][frequency],
        history,
        repayment_method=_MEMBERS["repayment_method"][method],
    )
