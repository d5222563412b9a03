"""The SQL that reads the sections of a report: each as one JSON array of arrays, in the plan's column order.

Sealed columns travel as hexadecimal; `read_section` gives every value its Python type back.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ARRAY, Date, DateTime, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from exchange.handover import Row, Section, SectionName
from exchange.store import tables
from exchange.store.sections_of_past import FROM_THEN, ONLY_THEN, mark_then

_TABLES: dict[SectionName, Table] = {
    SectionName.SUBJECT: tables.subject.subject,
    SectionName.ACCOUNT: tables.account.account,
    SectionName.DELINQUENCY: tables.delinquency.delinquency,
    SectionName.PUBLIC_RECORD: tables.public_record.public_record,
    SectionName.COLLECTION_ACTION: tables.collection.collection_action,
    SectionName.REPAYMENT_PLAN: tables.repayment.repayment_plan,
    SectionName.ASSESSMENT: tables.assessment.assessment,
    SectionName.INQUIRY: tables.inquiry.inquiry,
    SectionName.STATEMENT: tables.borrower_words.statement,
}
_JOINED = {
    "furnisher_class": "m.member_class",
    "furnisher": "m.name",
    "furnisher_contact": "m.contact",
    "member_class": "m.member_class",
    "reviewed": "t.reviewer IS NOT NULL",
}
"""Columns that are no column of the section's own table."""

_MARK = "compliance_flag"
"""The furnisher's own mark, where the table has one; that of a dispute at the exchange goes before it."""

_TODAY = "_today"
"""What a column's name ends with where its value of today is meant, in a report of the past."""

_FROM = {
    SectionName.SUBJECT: "subject t",
    SectionName.ACCOUNT: "account t JOIN member m ON m.member_id = t.contributor",
    SectionName.DELINQUENCY: "delinquency t",
    SectionName.PUBLIC_RECORD: "public_record t JOIN member m ON m.member_id = t.contributor",
    SectionName.COLLECTION_ACTION: "collection_action t JOIN member m ON m.member_id = t.contributor",
    SectionName.REPAYMENT_PLAN: "repayment_plan t JOIN member m ON m.member_id = t.contributor",
    SectionName.ASSESSMENT: "assessment t JOIN member m ON m.member_id = t.contributor",
    SectionName.INQUIRY: "inquiry t JOIN member m ON m.member_id = t.member_id",
    SectionName.STATEMENT: "statement t",
}
_CURRENT = "AND t.superseded_at IS NULL AND NOT t.withdrawn"
_ONLY = {
    SectionName.SUBJECT: "",
    SectionName.ACCOUNT: "AND t.superseded_at IS NULL",
    SectionName.DELINQUENCY: "AND t.superseded_at IS NULL AND t.suppressed_by IS NULL",
    SectionName.PUBLIC_RECORD: _CURRENT,
    SectionName.COLLECTION_ACTION: _CURRENT,
    SectionName.REPAYMENT_PLAN: _CURRENT,
    SectionName.ASSESSMENT: _CURRENT,
    SectionName.INQUIRY: "AND t.granted AND t.basis <> 'MANDATE'",  # which would tell of another lender's debt
    SectionName.STATEMENT: "AND t.withdrawn_at IS NULL",
}
_ORDER = {
    SectionName.SUBJECT: "t.subject_key",
    SectionName.ACCOUNT: "t.opened_on DESC, t.account_key",
    SectionName.DELINQUENCY: "t.first_delinquent_on DESC, t.delinquency_key",
    SectionName.PUBLIC_RECORD: "t.filed_on DESC, t.record_key",
    SectionName.COLLECTION_ACTION: "t.started_at DESC, t.action_key",
    SectionName.REPAYMENT_PLAN: "t.proposed_on DESC, t.plan_key",
    SectionName.ASSESSMENT: "t.assessed_at DESC, t.assessment_key",
    SectionName.INQUIRY: "t.asked_at DESC, t.inquiry_key",
    SectionName.STATEMENT: "t.stated_at DESC, t.statement_id",
}


@cache
def section_sql(section: Section, of_past: bool = False) -> str:
    """A scalar subquery for one section of the borrower `:subject_key`, as it stands or, `of_past`, as it stood at
    `:as_of`. Columns come from the tables, never from a request."""
    name = section.name
    values = ", ".join(_expression(name, column, of_past) for column in section.columns)
    source = FROM_THEN.get(name, _FROM[name]) if of_past else _FROM[name]
    only = ONLY_THEN[name] if of_past else _ONLY[name]
    rows = (
        f"SELECT json_build_array({values}) AS r FROM {source}"
        f" WHERE t.subject_key = :subject_key {only} ORDER BY {_ORDER[name]} LIMIT {section.rows_max}"
    )
    return f"(SELECT json_agg(r)::text FROM ({rows}) {name.value}_rows)"


def read_section(section: Section, text: bytes | str | None) -> list[Row]:
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


def _expression(name: SectionName, column: str, of_past: bool) -> str:
    if column == _MARK:
        of_furnisher = f"t.{_MARK}" if _MARK in _TABLES[name].c else "'NONE'"
        return f"coalesce({mark_then(name) if of_past else 't.dispute_mark'}, {of_furnisher})"
    if column in _JOINED:
        return _JOINED[column]
    if column.endswith(_TODAY):
        return f"today.{column.removesuffix(_TODAY)}"
    if column == "hidden_months" and of_past:
        return "t.hidden_months || today.hidden_months"
    return f"encode(t.{column}, 'hex')" if isinstance(_kind(name, column), LargeBinary) else f"t.{column}"


def _kind(name: SectionName, column: str) -> TypeEngine[Any]:
    return _TABLES[name].c[column.removesuffix(_TODAY)].type


@cache
def _converters(section: Section) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for position, column in enumerate(section.columns):
        kind = None if column in _JOINED or column == _MARK else _kind(section.name, column)
        if isinstance(kind, LargeBinary):
            found.append((position, bytes.fromhex))
        elif isinstance(kind, DateTime):
            found.append((position, datetime.fromisoformat))
        elif isinstance(kind, Date):
            found.append((position, date.fromisoformat))
        elif isinstance(kind, ARRAY) and isinstance(kind.item_type, Date):
            found.append((position, _days))
    return tuple(found)


def _days(texts: list[str]) -> list[date]:
    return [date.fromisoformat(text) for text in texts]
