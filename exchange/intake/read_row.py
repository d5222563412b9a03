"""Reads one record of named texts: a row of a lender's own table, a line of JSON Lines, a row of Parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from exchange.intake.contribution import (
    AccountRecord,
    Amounts,
    Contribution,
    DelinquencyRecord,
    Fault,
    FaultyRecord,
    History,
    Identifier,
    SubjectRecord,
)
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import fault
from exchange.intake.fields import (
    ACCOUNT_AMOUNTS,
    ACCOUNT_CODES,
    ACCOUNT_DATES,
    ACCOUNT_FIELDS,
    ACCOUNT_TEXTS,
    CODE_FIELDS,
    DELINQUENCY_FIELDS,
    NEEDED_CODES,
)
from exchange.intake.months import last_day, months_before
from exchange.intake.reading import Reading
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.account import AccountState
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.money import MINOR_DIGITS
from schema.vocabulary.payment_status import NEGATIVE

AMOUNT_LENGTH_MAX = 24
NEEDED_DATES = ("opened_on", "reported_on")


@dataclass(frozen=True, slots=True)
class NamedTexts:
    """A record as named texts, empty where nothing is said. `texts` has `currency`, `reference`, `country`, `id_type`,
    `time_zone`, `language` at least; `lists` are those of the borrower; `history` has lists of texts, newest month
    first; `labels` says how the furnisher calls the months of a list, for faults.
    """

    texts: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]
    newest_month: str = ""
    history: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    other_ids: Sequence[tuple[str, str, str]] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    history_codes: Mapping[str, str] | None = None


def read_row(row_no: int, named: NamedTexts, reading: Reading) -> Contribution | FaultyRecord:
    """The record, or everything that cannot be read of it."""
    row = _Row(row_no, named)
    subject = row.subject(reading)
    account = row.account()
    delinquencies = row.delinquencies(account) if account else ()
    if row.faults or subject is None or account is None:
        return FaultyRecord(row_no, tuple(row.faults))
    return Contribution(row_no, subject, account, delinquencies)


class _Row:
    """One record while it is read."""

    def __init__(self, row_no: int, named: NamedTexts) -> None:
        self.faults: list[Fault] = []
        self._row_no = row_no
        self._named = named
        self._texts = named.texts
        self._digits = MINOR_DIGITS.get(named.texts.get("currency", ""))

    def subject(self, reading: Reading) -> SubjectRecord | None:
        texts, lists = self._texts, self._named.lists
        country, time_zone, language = texts.get("country", ""), texts.get("time_zone", ""), texts.get("language", "")
        if not texts.get("id_number") or not lists.get("names"):
            if reading.synthesise_identities:
                return synthetic_identity(
                    reading.identity_seed, texts.get("reference", ""), country, time_zone, language
                )
            self._fault("subject", "IDENTITY_MISSING")
            return None
        id_type = self._id_type("id_type", texts.get("id_type", ""))
        others = [(self._id_type("other_ids", kind), land, number) for kind, land, number in self._named.other_ids]
        if id_type is None:
            return None
        return SubjectRecord(
            id_type=id_type,
            country=country,
            id_number=texts["id_number"],
            names=tuple(lists["names"]),
            time_zone=time_zone,
            language=language,
            birth_date=self._date("birth_date", texts.get("birth_date", "")),
            phones=tuple(lists.get("phones", ())),
            addresses=tuple(lists.get("addresses", ())),
            emails=tuple(lists.get("emails", ())),
            employment=tuple(lists.get("employment", ())),
            other_ids=tuple(Identifier(kind, land, number) for kind, land, number in others if kind is not None),
        )

    def account(self) -> AccountRecord | None:
        if self._digits is None:
            self._fault("currency", "CURRENCY_UNKNOWN")
            return None
        if not self._texts.get("reference"):
            self._fault("reference", "FIELD_MISSING")
        history = self._history() if self._named.newest_month else None
        values: dict[str, Any] = {
            f"{name}_minor" if name in ACCOUNT_AMOUNTS else name: self._value(name, text)
            for name, text in self._texts.items()
            if name in ACCOUNT_FIELDS
        }
        self._add_from_history(values, history)
        for name in (*NEEDED_CODES, *NEEDED_DATES):
            if values.get(name) is None and not any(fault.field == name for fault in self.faults):
                self._fault(name, "FIELD_MISSING")
        if self.faults:
            return None
        given = {name: value for name, value in values.items() if value is not None}
        return AccountRecord(history=history, **given)

    def delinquencies(self, account: AccountRecord) -> tuple[DelinquencyRecord, ...]:
        """Those that the history shows, with what else is said of them."""
        said = {name: text for name, text in self._texts.items() if name in DELINQUENCY_FIELDS and text}
        history = account.history
        if history is None or NEGATIVE.isdisjoint(history.codes):
            if "first_delinquent_on" in said and self._date("first_delinquent_on", said["first_delinquent_on"]):
                self._fault("first_delinquent_on", "FIRST_DELINQUENCY_WITHOUT_ARREARS")
            return ()
        if not said:
            return derive_delinquencies(history, account.reported_on)
        first = self._date("first_delinquent_on", said.get("first_delinquent_on", ""))
        notice = {
            "prior_notice_sent_at": self._instant("prior_notice_sent_at", said.get("prior_notice_sent_at", "")),
            "prior_notice_delivered_at": self._instant(
                "prior_notice_delivered_at", said.get("prior_notice_delivered_at", "")
            ),
            "prior_notice_channel": said.get("prior_notice_channel"),
        }
        of_last: dict[str, Any] = {
            "charge_off_on": self._date("charge_off_on", said.get("charge_off_on", "")),
            "charge_off_minor": self._amount_minor("charge_off", said.get("charge_off", "")),
        }
        reason = self._code("delinquency_reason", said.get("delinquency_reason", ""))
        if reason is not None:
            of_last["reason"] = reason
        told = [replace(each, **notice) for each in derive_delinquencies(history, account.reported_on, first)]
        return (*told[:-1], replace(told[-1], **of_last))

    def _add_from_history(self, values: dict[str, Any], history: History | None) -> None:
        """What a record need not say where its history shows it."""
        if history is None or not history.codes:
            return
        late = history.codes[0] in NEGATIVE
        shown = {
            "opened_on": months_before(history.month, len(history.codes) - 1),
            "reported_on": last_day(history.month),
            "state": AccountState.OVERDUE if late else AccountState.NORMAL,
        }
        for name, value in shown.items():
            if name not in values:
                values[name] = value

    def _value(self, name: str, text: str) -> object:
        if name in ACCOUNT_AMOUNTS:
            return self._amount_minor(name, text)
        if name in ACCOUNT_DATES:
            return self._date(name, text)
        if name in ACCOUNT_CODES:
            return self._code(name, text)
        return (text or None) if name in ACCOUNT_TEXTS else self._count(name, text)

    def _history(self) -> History | None:
        named = self._named
        month = self._date("newest_month", named.newest_month + "-01")
        statuses = named.history.get("status", ())
        codes = [text if named.history_codes is None else named.history_codes.get(text, "") for text in statuses]
        for place, code in enumerate(codes):
            if not code:
                self._fault(self._label("status", place), "CODE_UNKNOWN")
        days = [self._count(self._label("days_past_due", place), text) for place, text in self._months("days_past_due")]
        if month is None:
            return None
        return History(
            month=month,
            codes="".join([code or "#" for code in codes]),
            days_past_due=tuple(days) or None,
            past_due_minor=self._amounts("past_due"),
            balance_minor=self._amounts("balance"),
            paid_minor=self._amounts("paid"),
        )

    def _months(self, name: str) -> list[tuple[int, str]]:
        return list(enumerate(self._named.history.get(name, ())))

    def _label(self, name: str, place: int) -> str:
        labels = self._named.labels.get(name)
        return labels[place] if labels else f"history.{name}[{place}]"

    def _amounts(self, name: str) -> Amounts | None:
        return tuple([self._amount_minor(self._label(name, place), text) for place, text in self._months(name)]) or None

    def _amount_minor(self, field: str, text: str) -> int | None:
        """Major units ("120.50", "5.00E+05") as minor units."""
        if not text:
            return None
        try:
            minor = Decimal(text if len(text) <= AMOUNT_LENGTH_MAX else "NaN").scaleb(self._digits or 0)
            if minor.is_finite() and abs(minor) < 10**18 and minor == int(minor):
                return int(minor)
        except InvalidOperation:
            pass
        self._fault(field, "NUMBER_NOT_VALID")
        return None

    def _count(self, field: str, text: str) -> int | None:
        text = text.strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            self._fault(field, "NUMBER_NOT_VALID")
            return None
        return int(text)

    def _date(self, field: str, text: str) -> date | None:
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._fault(field, "DATE_NOT_VALID")
            return None

    def _instant(self, field: str, text: str) -> datetime | None:
        """An instant; a day, or an hour without its zone, is taken as UTC."""
        if not text:
            return None
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self._fault(field, "DATE_NOT_VALID")
            return None
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def _code(self, field: str, text: str) -> Any:
        if not text and field not in NEEDED_CODES:
            return None
        ours = self._named.codes.get(field, {}).get(text, text)
        try:
            return CODE_FIELDS[field](ours)
        except ValueError:
            self._fault(field, "CODE_UNKNOWN")
            return None

    def _id_type(self, field: str, text: str) -> IdType | None:
        try:
            return IdType(text)
        except ValueError:
            self._fault(field, "CODE_UNKNOWN")
            return None

    def _fault(self, field: str, code: str) -> None:
        self.faults.append(fault(self._row_no, field, code))
