"""The mutations by which members report one by one."""

from typing import Any

import graphene

from schema.types import enums
from schema.types.contribution.account_input import AccountInput, DelinquencyInput
from schema.types.contribution.assessment_input import AssessmentInput
from schema.types.contribution.collection_input import CollectionActionInput
from schema.types.contribution.lists import items
from schema.types.contribution.mandate import MandateInput
from schema.types.contribution.plan_input import RepaymentPlanInput
from schema.types.contribution.public_record_input import PublicRecordInput
from schema.types.contribution.subject_input import SubjectRecordInput
from schema.types.subject import SubjectInput
from schema.types.user_error import UserError

RECORDS, COLLECTION = "records:write", "collection:write"


class RecordPayload(graphene.ObjectType):
    """What came of a report. With user errors nothing was changed."""

    record_id = graphene.ID(description="Opaque id of the record; null for a borrower, and where nothing is held.")
    version = graphene.Int(description="Number of the version that now stands.")
    changed = graphene.Boolean(required=True, description="False where it says what was held already.")
    user_errors = graphene.List(
        graphene.NonNull(UserError), required=True, description="Everything that is wrong; empty: it was taken."
    )
    notes = graphene.List(
        graphene.NonNull(UserError), required=True, description="What is worth knowing and refused nothing."
    )


def report_account_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "Report an account. The borrower need not be known yet.",
        subject=_needed(SubjectRecordInput, "Whose account."),
        account=_needed(AccountInput, "The account."),
        delinquencies=items(DelinquencyInput, "What you say of the times that the borrower fell behind."),
        basis=_basis(),
    )


def withdraw_account_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "Take an account back: it is shown no more.",
        reference=_needed(graphene.String, "Your reference of the account."),
        withdrawal=_needed(enums.Withdrawal, "DELETED may be reported anew later, FRAUD may not."),
        reason=graphene.Argument(enums.CorrectionReason, description="Why it is corrected."),
    )


def report_subject_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "Report how a borrower of yours can be reached. What is new is added, and nothing taken away.",
        subject=_needed(SubjectRecordInput, "The borrower, of whom you report an account."),
        basis=_basis(),
    )


def record_collection_action_field() -> graphene.Field:
    """The mutation."""
    return _record(COLLECTION, "Report a contact, or attempt, about a debt.", action=CollectionActionInput)


def record_repayment_plan_field() -> graphene.Field:
    """The mutation."""
    return _record(COLLECTION, "Report a repayment plan, or what became of it.", plan=RepaymentPlanInput)


def record_public_record_field() -> graphene.Field:
    """The mutation."""
    return _record(RECORDS, "Report what a court or an authority has on record.", record=PublicRecordInput)


def record_assessment_field() -> graphene.Field:
    """The mutation."""
    return _record(RECORDS, "Report how you judged a borrower's ability to repay.", assessment=AssessmentInput)


def withdraw_record_field() -> graphene.Field:
    """The mutation."""
    return _field(
        f"{RECORDS}, or {COLLECTION} for collection actions and plans",
        "Take a record back: it is shown no more.",
        subject=_needed(SubjectInput, "Whose record."),
        kind=_needed(enums.RecordKind, "What it is."),
        reference=_needed(graphene.String, "Your reference of it."),
        reason=_needed(enums.CorrectionReason, "Why."),
    )


def record_mandate_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "Give an agency a mandate to collect for you, or change it.",
        mandate=_needed(MandateInput, "The mandate."),
        correction=_correction(),
    )


def end_mandate_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "End a mandate with today.",
        reference=_needed(graphene.String, "Your reference of the mandate."),
        reason=graphene.Argument(enums.CorrectionReason, description="Where it should not have been given: why."),
    )


def evaluate_mandate_field() -> graphene.Field:
    """The mutation."""
    return _field(
        RECORDS,
        "Say what you found when you evaluated the agency; that stops the clock.",
        reference=_needed(graphene.String, "Your reference of the mandate."),
        finding=_needed(enums.EvaluationFinding, "What you found."),
        words=graphene.String(description="In your words, of the agency and of no borrower."),
    )


def _record(scope: str, description: str, **record: Any) -> graphene.Field:
    ((name, kind),) = record.items()
    return _field(
        scope,
        description,
        subject=_needed(SubjectInput, "The borrower, of whom the exchange must hold a file."),
        **{name: _needed(kind, "What is reported.")},
        basis=_basis(),
        correction=_correction(),
    )


def _field(scope: str, description: str, **arguments: Any) -> graphene.Field:
    told = f"{description} Needs {scope}. The same again changes nothing."
    return graphene.Field(RecordPayload, required=True, description=told, **arguments)


def _needed(kind: Any, description: str) -> graphene.Argument:
    return graphene.Argument(kind, required=True, description=description)


def _basis() -> graphene.Argument:
    return _needed(graphene.String, "A rule in force (`cn.cir.13`), or the id of a consent of this borrower to you.")


def _correction() -> graphene.Argument:
    return graphene.Argument(enums.CorrectionReason, description="Where the last report was wrong: why.")
