"""A mapping file (TOML): which column of a lender's own table is which field, and how its codes read.

    [file]        delimiter (","), encoding ("utf-8-sig"), checks ("OWN_CODES" or "TRANSLATED"), ignored columns
    [subject]     country, time_zone, language; id_type where [columns] gives id_number, name, birth_date, ...
    [constants]   a field of the account that is the same in every row
    [columns]     a field of the account, the borrower or the delinquency = the column that holds it (fields.py)
    [codes.FIELD] the column's codes = ours, for a field of [columns] that is a code
    [history]     newest_month ("2005-09"), and lists of columns, newest month first:
                  status, days_past_due, past_due, balance, paid
    [history.codes] the status columns' codes = ours

The same mapping reads CSV and Parquet. Amounts are in the currency's major unit ("120.50"). `opened_on` may be left
out: then it is the first day of the oldest month; `reported_on`: the last day of the newest; `state`: OVERDUE where the
newest month is in arrears, else NORMAL.
"""

import codecs
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.errors import FileNotReadable
from exchange.intake.check_history import CODES
from exchange.intake.contribution import Checks
from exchange.intake.denylist import denied_field
from exchange.intake.fields import (
    ACCOUNT_FIELDS,
    CODE_FIELDS,
    DELINQUENCY_FIELDS,
    HISTORY_LISTS,
    SUBJECT_FIELDS,
)
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.money import MINOR_DIGITS

NEEDED = ("reference", "portfolio", "product", "currency")

_SECTIONS = {
    "file": {"delimiter", "encoding", "checks", "ignored"},
    "subject": {"country", "time_zone", "language", "id_type"},
    "constants": ACCOUNT_FIELDS,
    "columns": ACCOUNT_FIELDS | SUBJECT_FIELDS | DELINQUENCY_FIELDS,
    "codes": CODE_FIELDS.keys(),
    "history": {"newest_month", "codes", *HISTORY_LISTS},
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A mapping file that was read and found sound."""

    country: str
    time_zone: str
    language: str
    id_type: IdType
    constants: Mapping[str, str]
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    newest_month: str = ""
    history: Mapping[str, Sequence[str]] = field(default_factory=dict)
    history_codes: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    checks: Checks = Checks.OWN_CODES

    @property
    def used_columns(self) -> frozenset[str]:
        """Every column that the mapping reads."""
        return frozenset(self.columns.values()) | {column for columns in self.history.values() for column in columns}


def read_mapping(text: str) -> ColumnMapping:
    """The mapping of a TOML text. Raises FileNotReadable naming everything that is wrong with it."""
    try:
        toml = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise FileNotReadable(f"The mapping file is not TOML: {reason}.") from None
    if faults := _faults(toml):
        raise FileNotReadable("The mapping file: " + "; ".join(faults) + ".")
    file, subject, history = toml.get("file", {}), toml.get("subject", {}), toml.get("history", {})
    return ColumnMapping(
        country=subject["country"],
        time_zone=subject["time_zone"],
        language=subject["language"],
        id_type=IdType(subject.get("id_type", IdType.OTHER)),
        constants={name: str(value) for name, value in toml.get("constants", {}).items()},
        columns=toml["columns"],
        codes=toml.get("codes", {}),
        newest_month=history.get("newest_month", ""),
        history={name: history[name] for name in HISTORY_LISTS if name in history},
        history_codes=history.get("codes", {}),
        ignored=frozenset(file.get("ignored", ())),
        delimiter=file.get("delimiter", ","),
        encoding=file.get("encoding", "utf-8-sig"),
        checks=Checks(file.get("checks", Checks.OWN_CODES)),
    )


def check_heading(mapping: ColumnMapping, heading: Sequence[str]) -> None:
    """Raises FileNotReadable naming every column that is missing, unknown, twice there, or must not be collected."""
    present, known = set(heading), mapping.used_columns | mapping.ignored
    denied = [name for name in heading if denied_field(name)]
    faults = [
        f"{what} {', '.join(sorted(columns))}"
        for what, columns in (
            ("missing columns:", mapping.used_columns - present),
            ("columns that the mapping neither reads nor ignores:", present - known),
            ("columns that are there twice:", {name for name in heading if heading.count(name) > 1}),
            ("columns that must not be collected:", set(denied)),
        )
        if columns
    ]
    if faults:
        raise FileNotReadable("This file does not fit its mapping: " + "; ".join(faults) + ".")


def _faults(toml: Mapping[str, Any]) -> list[str]:
    # Values of the wrong kind come first: the other checks rely on their kinds.
    return _kind_faults(toml) or [*_name_faults(toml), *_code_faults(toml), *_history_faults(toml)]


def _kind_faults(toml: Mapping[str, Any]) -> list[str]:
    faults = []
    for section, names in toml.items():
        if section not in _SECTIONS or not isinstance(names, dict):
            faults.append(f"[{section}] is not a section")
            continue
        for name, value in names.items():
            if section == "codes" or (section, name) == ("history", "codes"):
                if not _is_table_of_texts(value):
                    faults.append(f"[{section}.{name}] must be texts = texts")
            elif (name in HISTORY_LISTS and section == "history") or name == "ignored":
                if not _is_list_of_texts(value):
                    faults.append(f"{name} must be a list of columns")
            elif not isinstance(value, str):
                faults.append(f"{name} must be a text")
    return faults


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_table_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values())


def _name_faults(toml: Mapping[str, Any]) -> list[str]:
    faults = [
        f"[{section}] has no {name}"
        for section, names in _SECTIONS.items()
        for name in toml.get(section, {})
        if name not in names
    ]
    given = toml.get("constants", {}).keys() | toml.get("columns", {}).keys()
    faults += [f"{name} is needed" for name in NEEDED if name not in given]
    file, subject = toml.get("file", {}), toml.get("subject", {})
    faults += [f"[subject] needs {name}" for name in ("country", "time_zone", "language") if name not in subject]
    if len(file.get("delimiter", ",")) != 1:
        faults.append("delimiter must be one character")
    try:
        codecs.lookup(file.get("encoding", "utf-8"))
    except LookupError:
        faults.append("encoding must be one that Python knows")
    return faults


def _code_faults(toml: Mapping[str, Any]) -> list[str]:
    constants = [(name, value) for name, value in toml.get("constants", {}).items() if name in CODE_FIELDS]
    mapped = [(name, value) for name, codes in toml.get("codes", {}).items() for value in codes.values()]
    faults = [
        f"{value!r} is not a {name}"
        for name, value in constants + mapped
        if name in CODE_FIELDS and value not in set(CODE_FIELDS[name])
    ]
    currency = toml.get("constants", {}).get("currency", "CNY")
    if currency not in MINOR_DIGITS:
        faults.append(f"{currency!r} is not a currency that the exchange takes")
    for section, name, kind in (("file", "checks", Checks), ("subject", "id_type", IdType)):
        value = toml.get(section, {}).get(name)
        if value is not None and value not in set(kind):
            faults.append(f"{value!r} is not one of {', '.join(kind)}")
    return faults


def _history_faults(toml: Mapping[str, Any]) -> list[str]:
    history = toml.get("history", {})
    if not history:
        given = toml.get("constants", {}).keys() | toml.get("columns", {}).keys()
        needed = [name for name in ("opened_on", "reported_on", "state") if name not in given]
        return [f"{name} is needed where there is no history" for name in needed]
    faults = [f"[history] needs {name}" for name in ("newest_month", "status", "codes") if name not in history]
    if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", history.get("newest_month", "2000-01")):
        faults.append('newest_month must be a month ("2026-05")')
    months = len(history.get("status", ()))
    faults += [
        f"[history] {name} must name {months} columns, as status does"
        for name in HISTORY_LISTS
        if name in history and len(history[name]) != months
    ]
    codes = history.get("codes", {}).values()
    return faults + [f"{code!r} is not a payment status" for code in codes if code not in CODES]
