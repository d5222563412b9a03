"""The SQL that reads the sections of a report: each as one JSON array of arrays, in the plan's column order.

Sealed columns travel as hexadecimal; `read_section` gives every value its Python type back.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Date, DateTime, LargeBinary, Table

from exchange.handover import Row, Section, SectionName
from exchange.store import tables

_TABLES: dict[SectionName, Table] = {
    SectionName.SUBJECT: tables.subject.subject,
    SectionName.ACCOUNT: tables.account.account,
    SectionName.DELINQUENCY: tables.delinquency.delinquency,
    SectionName.INQUIRY: tables.inquiry.inquiry,
    SectionName.STATEMENT: tables.borrower_words.statement,
}
_JOINED = {
    (SectionName.ACCOUNT, "furnisher_class"): "m.member_class",
    (SectionName.ACCOUNT, "furnisher"): "m.name",
    (SectionName.ACCOUNT, "furnisher_contact"): "m.contact",
    (SectionName.INQUIRY, "member_class"): "m.member_class",
}
_FROM = {
    SectionName.SUBJECT: "subject t",
    SectionName.ACCOUNT: "account t JOIN member m ON m.member_id = t.contributor",
    SectionName.DELINQUENCY: "delinquency t",
    SectionName.INQUIRY: "inquiry t JOIN member m ON m.member_id = t.member_id",
    SectionName.STATEMENT: "statement t",
}
_ONLY = {
    SectionName.SUBJECT: "",
    SectionName.ACCOUNT: "AND t.superseded_at IS NULL",
    SectionName.DELINQUENCY: "AND t.superseded_at IS NULL",
    SectionName.INQUIRY: "AND t.granted",
    SectionName.STATEMENT: "AND t.withdrawn_at IS NULL",
}
_ORDER = {
    SectionName.SUBJECT: "t.subject_key",
    SectionName.ACCOUNT: "t.opened_on DESC, t.account_key",
    SectionName.DELINQUENCY: "t.first_delinquent_on DESC, t.delinquency_key",
    SectionName.INQUIRY: "t.asked_at DESC, t.inquiry_key",
    SectionName.STATEMENT: "t.stated_at DESC, t.statement_id",
}


@cache
def section_sql(section: Section) -> str:
    """A scalar subquery for one section of the borrower `:subject_key`. Columns come from the tables, never from a
    request."""
    name = section.name
    values = ", ".join(_expression(name, column) for column in section.columns)
    rows = (
        f"SELECT json_build_array({values}) AS r FROM {_FROM[name]}"
        f" WHERE t.subject_key = :subject_key {_ONLY[name]} ORDER BY {_ORDER[name]} LIMIT {section.rows_max}"
    )
    return f"(SELECT json_agg(r)::text FROM ({rows}) {name.value}_rows)"


def read_section(section: Section, text: str | None) -> list[Row]:
    """The rows of a section from its JSON text, with dates, instants and sealed bytes as Python values."""
    if text is None:
        return []
    converters = _converters(section)
    rows = []
    for values in orjson.loads(text):
        for position, convert in converters:
            if values[position] is not None:
                values[position] = convert(values[position])
        rows.append(dict(zip(section.columns, values, strict=True)))
    return rows


def _expression(name: SectionName, column: str) -> str:
    joined = _JOINED.get((name, column))
    if joined:
        return joined
    kind = _TABLES[name].c[column].type
    return f"encode(t.{column}, 'hex')" if isinstance(kind, LargeBinary) else f"t.{column}"


@cache
def _converters(section: Section) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for position, column in enumerate(section.columns):
        if (section.name, column) in _JOINED:
            continue
        kind = _TABLES[section.name].c[column].type
        if isinstance(kind, LargeBinary):
            found.append((position, bytes.fromhex))
        elif isinstance(kind, DateTime):
            found.append((position, datetime.fromisoformat))
        elif isinstance(kind, Date):
            found.append((position, date.fromisoformat))
    return tuple(found)
