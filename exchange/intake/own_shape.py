"""The exchange's own shape of a record, for JSON Lines and Parquet: one flat object per account.

    reference, portfolio, product, state, currency, opened_on, reported_on ...    the fields of fields.py
    id_type, country, id_number, birth_date, time_zone, language                  texts
    names, phones, emails, addresses, employment                                  lists of texts
    other_ids        list of {id_type, country, id_number}
    history          {newest_month: "2026-05", status: "NN1..." or a list,
                     days_past_due, past_due, balance, paid: lists}, newest month first
    first_delinquent_on, delinquency_reason, charge_off_on, charge_off, prior_notice_sent_at,
    prior_notice_delivered_at, prior_notice_channel

A field that is not said is left out or null. Amounts are in the currency's major unit, as a number or a text; they are
read as written, digit by digit. Dates are ISO 8601. Codes are those of the vocabulary.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from exchange.intake.contribution import Contribution, Fault, FaultyRecord, ReadRecords
from exchange.intake.denylist import check_field_names
from exchange.intake.fault_codes import fault
from exchange.intake.fields import ACCOUNT_FIELDS, DELINQUENCY_FIELDS, HISTORY_LISTS, SUBJECT_LISTS
from exchange.intake.read_row import NamedTexts, read_row
from exchange.intake.reading import Reading

_TEXTS = ACCOUNT_FIELDS | DELINQUENCY_FIELDS | {
    "id_type", "country", "id_number", "birth_date", "time_zone", "language",
}  # fmt: skip
_LISTS = frozenset(SUBJECT_LISTS.values())
_DOCUMENT = ("id_type", "country", "id_number")
NAME_LENGTH_MAX = 64
FIELDS = _TEXTS | _LISTS | {"other_ids", "history"}

_decoder = msgspec.json.Decoder(float_hook=str)


class _OtherKind(ValueError):
    """A value is not of the kind that its field has. Its one argument is the field."""


def read_json_lines(lines: Iterator[str], reading: Reading) -> ReadRecords:
    """One record per line that is not empty."""
    for row_no, line in enumerate(lines, 1):
        if line.strip():
            yield _read_line(row_no, line, reading)


def _read_line(row_no: int, line: str, reading: Reading) -> Contribution | FaultyRecord:
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return _not_readable(row_no)
    return read_object(row_no, record, reading) if isinstance(record, dict) else _not_readable(row_no)


def _not_readable(row_no: int) -> FaultyRecord:
    return FaultyRecord(row_no, (fault(row_no, "row", "RECORD_NOT_READABLE", "it is not a JSON object"),))


def read_object(row_no: int, record: Mapping[str, Any], reading: Reading) -> Contribution | FaultyRecord:
    """The record of one object, or everything that cannot be read of it."""
    faults = _field_faults(row_no, record)
    texts: dict[str, str] = {}
    parts: dict[str, Any] = {}
    for name, read in (*((name, _text) for name in _TEXTS), *_PARTS):
        if record.get(name) is None:
            continue
        try:
            (texts if name in _TEXTS else parts)[name] = read(name, record[name])
        except _OtherKind as kind:
            faults.append(fault(row_no, str(kind), "VALUE_OF_ANOTHER_KIND"))
    if faults:
        return FaultyRecord(row_no, tuple(faults))
    history = parts.pop("history", {})
    return read_row(
        row_no,
        NamedTexts(
            texts,
            {name: parts.get(name, ()) for name in _LISTS},
            history.pop("newest_month", ""),
            history,
            other_ids=parts.get("other_ids", ()),
        ),
        reading,
    )


def text_of(value: object) -> str | None:
    """A single value as the text that a furnisher would have written; None where it is not a single value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value.isoformat() if isinstance(value, date) else None


def _field_faults(row_no: int, record: Mapping[str, Any]) -> list[Fault]:
    unknown = [str(name)[:NAME_LENGTH_MAX] for name in record if name not in FIELDS]
    denied = check_field_names(row_no, unknown)
    refused = {found.field for found in denied}
    return denied + [fault(row_no, name, "FIELD_UNKNOWN") for name in unknown if name not in refused]


def _text(field: str, value: object) -> str:
    text = text_of(value)
    if text is None:
        raise _OtherKind(field)
    return text


def _texts(field: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [text for text in [value.strip()] if text]
    if not isinstance(value, list):
        raise _OtherKind(field)
    return [text for each in value if (text := _text(field, each))]


def _documents(field: str, value: object) -> list[tuple[str, str, str]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) and set(each) == set(_DOCUMENT) for each in value):
        raise _OtherKind(field)
    found = []
    for each in value:
        id_type, country, id_number = (_text(field, each[name]) for name in _DOCUMENT)
        found.append((id_type, country, id_number))
    return found


def _history(field: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= {"newest_month", *HISTORY_LISTS}:
        raise _OtherKind(field)
    months: dict[str, Any] = {"newest_month": _text(f"{field}.newest_month", value.get("newest_month"))[:7]}
    for name in HISTORY_LISTS:
        listed = value.get(name)
        if listed is None:
            continue
        if not isinstance(listed, list) and not (name == "status" and isinstance(listed, str)):
            raise _OtherKind(f"{field}.{name}")
        months[name] = [_text(f"{field}.{name}", each) for each in listed]
    return months


_PARTS = (*((name, _texts) for name in sorted(_LISTS)), ("other_ids", _documents), ("history", _history))
