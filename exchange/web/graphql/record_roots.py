"""The mutations by which members report one by one."""

from typing import Any

from exchange.intake.noun_records import NounRecord
from exchange.journeys.report_account import report_account, withdraw_account
from exchange.journeys.report_record import Reported, report_record, withdraw_record
from exchange.journeys.report_subject import report_subject
from exchange.journeys.write_act import Written
from exchange.web.graphql.context import Context
from exchange.web.graphql.record_inputs import (
    Inputs,
    account_of,
    assessment_of,
    collection_of,
    document_of,
    plan_of,
    public_record_of,
    subject_of,
    user_errors,
)
from schema.types.contribution.account_input import AccountInput, DelinquencyInput
from schema.types.contribution.assessment_input import AssessmentInput
from schema.types.contribution.collection_input import CollectionActionInput
from schema.types.contribution.plan_input import RepaymentPlanInput
from schema.types.contribution.public_record_input import PublicRecordInput
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from schema.vocabulary.record_kind import RecordKind

_ACCOUNT: Inputs = {"account": AccountInput._meta.fields, "delinquencies": DelinquencyInput._meta.fields}
_ALONE: Inputs = {}
"""Where the arguments themselves are at fault."""


def report_account_root(context: Context, **given: Any) -> Any:
    """An account, reported by itself."""
    reported = account_of(given["subject"], given["account"], given["delinquencies"], given["basis"])
    return payload(report_account(context.services, context.request, reported), _ACCOUNT)


def withdraw_account_root(
    context: Context,
    reference: str,
    withdrawal: Withdrawal,
    reason: CorrectionReason | None = None,
) -> Any:
    """An account, taken back."""
    return payload(withdraw_account(context.services, context.request, reference, withdrawal, reason), _ALONE)


def report_subject_root(context: Context, subject: Any, basis: str) -> Any:
    """How a borrower can be reached."""
    return payload(report_subject(context.services, context.request, subject_of(subject), basis), _ALONE)


def record_collection_action_root(context: Context, action: Any, **given: Any) -> Any:
    """A collection action."""
    return _report(context, collection_of(action), given, {"action": CollectionActionInput._meta.fields})


def record_repayment_plan_root(context: Context, plan: Any, **given: Any) -> Any:
    """A repayment plan."""
    return _report(context, plan_of(plan), given, {"plan": RepaymentPlanInput._meta.fields})


def record_public_record_root(context: Context, record: Any, **given: Any) -> Any:
    """A public record."""
    return _report(context, public_record_of(record), given, {"record": PublicRecordInput._meta.fields})


def record_assessment_root(context: Context, assessment: Any, **given: Any) -> Any:
    """An assessment of ability to repay."""
    return _report(context, assessment_of(assessment), given, {"assessment": AssessmentInput._meta.fields})


def withdraw_record_root(
    context: Context, subject: Any, kind: RecordKind, reference: str, reason: CorrectionReason
) -> Any:
    """A single record, taken back."""
    document = document_of(subject)
    return payload(withdraw_record(context.services, context.request, document, kind, reference, reason), _ALONE)


def payload(written: Written, inputs: Inputs) -> dict[str, Any]:
    """What was written, as the contract tells it."""
    return {
        "record_id": str(written.record_id) if written.record_id else None,
        "version": written.version,
        "changed": written.changed,
        "user_errors": user_errors(written.faults, inputs),
        "notes": user_errors(written.notes, inputs),
    }


def _report(context: Context, record: NounRecord, given: dict[str, Any], inputs: Inputs) -> Any:
    reported = Reported(document_of(given["subject"]), record, given["basis"], given.get("correction"))
    return payload(report_record(context.services, context.request, reported), inputs)
