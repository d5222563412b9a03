"""What members report one by one: from GraphQL's inputs to the exchange's values, and faults back to their places."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from graphene.utils.str_converters import to_camel_case

from exchange.intake.check_contact import WantedContact
from exchange.intake.contribution import AccountRecord, Fault, Identifier, SubjectRecord
from exchange.intake.noun_records import (
    AssessmentRecord,
    CollectionRecord,
    Instalment,
    MandateRecord,
    PlanOption,
    PlanRecord,
    PublicRecord,
)
from exchange.intake.reported_account import ReportedDelinquency, ReportedMonth
from exchange.journeys.find_borrower import Document
from exchange.journeys.report_account import ReportedAccount

NO_ID = UUID(int=0)
"""Stands for an id that cannot be one of ours: nothing is ever found under it."""

_RENAMED = {
    "history": "months",
    "prior_notice": "prior_notice_sent_at",
    "recording_digest": "recording_sha256",
    "withdrawal": "reference",
}
_BESIDE = frozenset({"subject", "basis"})
"""Arguments of their own, whatever else is reported."""

Inputs = Mapping[str, Mapping[str, Any]]
"""By argument, the fields of its input type: where a fault of that name belongs."""


def document_of(subject: Any) -> Document:
    """The identity document that names a borrower."""
    return Document(subject.id_type, subject.country, subject.id_number)


def subject_of(subject: Any) -> SubjectRecord:
    """A borrower as reported."""
    values = _values(subject)
    others = [_values(each) for each in values.pop("other_ids", ())]
    documents = tuple(Identifier(each["id_type"], each["country"].upper(), each["id_number"]) for each in others)
    return SubjectRecord(**{**values, "country": values["country"].upper()}, other_ids=documents)


def account_of(subject: Any, account: Any, delinquencies: Iterable[Any], basis: str) -> ReportedAccount:
    """An account as reported, with its months and what is said of its delinquencies."""
    values = _values(account)
    months = [ReportedMonth(**_values(month)) for month in values.pop("months", ())]
    said = [ReportedDelinquency(**_values(each)) for each in delinquencies]
    return ReportedAccount(subject_of(subject), AccountRecord(**values), months, said, basis)


def collection_of(action: Any) -> CollectionRecord:
    """A collection action as reported."""
    values = _with_ids(_values(action), "mandate_id", "clearance_id")
    digest = values.pop("recording_sha256", None)
    return CollectionRecord(**values, recording_digest=None if digest is None else _digest(digest))


def contact_of(action: Any) -> WantedContact:
    """A contact that is to be made."""
    return WantedContact(**_with_ids(_values(action), "mandate_id"))


def plan_of(plan: Any) -> PlanRecord:
    """A repayment plan as reported."""
    values = _with_ids(_values(plan), "mandate_id")
    options = tuple(PlanOption(**_values(option)) for option in values.pop("options", ()))
    schedule = tuple(Instalment(**_values(each)) for each in values.pop("schedule", ()))
    return PlanRecord(**values, options=options, schedule=schedule)


def public_record_of(record: Any) -> PublicRecord:
    """A public record as reported."""
    return PublicRecord(**_values(record))


def assessment_of(assessment: Any) -> AssessmentRecord:
    """An assessment as reported."""
    values = _values(assessment)
    inputs = tuple((each["name"], each["value"]) for each in values.pop("inputs", ()))
    return AssessmentRecord(**values, inputs=inputs)


def mandate_of(mandate: Any, lender: str) -> MandateRecord:
    """A mandate as its lender gives it."""
    return MandateRecord(**_values(mandate), lender=lender)


def user_errors(faults: Iterable[Fault], inputs: Inputs) -> list[dict[str, Any]]:
    """Faults as the contract tells them, each with its place among the arguments."""
    return [
        {"path": _path(each.field, inputs), "code": each.code, "message": each.sentence, "rule": each.rule}
        for each in faults
    ]


def _path(field: str, inputs: Inputs) -> list[str]:
    """Where a fault lies among the arguments; one of a value that follows from others, at the argument as a whole."""
    name, *below = re.findall(r"[a-z0-9_]+", field)
    if name in _BESIDE or name in inputs or not inputs:
        return [to_camel_case(part) for part in (name, *below)]
    name = _RENAMED.get(name, name)
    for argument, fields in inputs.items():
        for spelled in (name, f"{name}_minor"):
            if spelled in fields:
                return [to_camel_case(part) for part in (argument, spelled, *below)]
    return [to_camel_case(list(inputs)[-1])]


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in given.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return tuple(value) if isinstance(value, list) else value


def _with_ids(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return values | {name: _uuid(values[name]) for name in names if values.get(name) is not None}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return NO_ID


def _digest(text: str) -> bytes:
    """Nothing where the text is not hexadecimal: no digest is empty."""
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text) else b""
