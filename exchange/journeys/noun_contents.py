"""Single records as contents to store: values by column, nothing sealed."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from exchange.intake.noun_records import (
    AssessmentRecord,
    CollectionRecord,
    NounRecord,
    PlanOption,
    PlanRecord,
    PublicRecord,
)
from exchange.store.records import content_columns
from schema.vocabulary.record_kind import RecordKind

KINDS: Mapping[type, RecordKind] = {
    CollectionRecord: RecordKind.COLLECTION_ACTION,
    PlanRecord: RecordKind.REPAYMENT_PLAN,
    PublicRecord: RecordKind.PUBLIC_RECORD,
    AssessmentRecord: RecordKind.ASSESSMENT,
}


def kind_of(record: NounRecord) -> RecordKind:
    """What kind of record this is."""
    return KINDS[type(record)]


def content_of(record: NounRecord, account_keys: Sequence[UUID]) -> dict[str, Any]:
    """What the record says, by the columns of its table. `account_keys`: of the accounts that it names."""
    values: dict[str, Any] = {"account_keys": sorted(account_keys)}
    if isinstance(record, PlanRecord):
        values["options"] = [_option(option) for option in record.options]
        values["schedule"] = [[each.due_on.isoformat(), each.amount_minor, each.paid_minor] for each in record.schedule]
    if isinstance(record, AssessmentRecord):
        values["inputs"] = dict(record.inputs)
    columns = content_columns(kind_of(record))
    return {name: values[name] if name in values else _plain(getattr(record, name)) for name in columns}


def _option(option: PlanOption) -> dict[str, Any]:
    first: date | None = option.first_due_on
    return {
        "plan_type": option.plan_type.value,
        "instalments": option.instalments,
        "amount_minor": option.amount_minor,
        "total_minor": option.total_minor,
        "waived_minor": option.waived_minor,
        "first_due_on": first.isoformat() if first else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
