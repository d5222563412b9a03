"""The closed lists of the vocabulary as GraphQL enums."""

from enum import Enum

import graphene

from schema.vocabulary import (
    account,
    assessment,
    collection,
    complaint,
    correction,
    delinquency,
    dispute,
    disputed_field,
    identifiers,
    mandate,
    member_class,
    next_step,
    notice,
    opening,
    payment_status,
    plan,
    pressure,
    public_record,
    purpose,
    reconciliation,
    record_kind,
    review,
    scope,
    submission,
)


def _enum(source: type[Enum]) -> graphene.Enum:
    summary = (source.__doc__ or "").strip().split("\n")[0]
    return graphene.Enum.from_enum(source, description=lambda value: summary if value is None else _words(value))


def _words(value: Enum) -> str:
    phrase = getattr(value, "phrase", None)
    return (phrase or value.name.lower().replace("_", " ")).capitalize() + "."


AdviceCode = _enum(next_step.AdviceCode)
AccountState = _enum(account.AccountState)
AssessmentBand = _enum(assessment.AssessmentBand)
BorrowerSays = _enum(collection.BorrowerSays)
Collateral = _enum(account.Collateral)
CollectionStage = _enum(collection.CollectionStage)
ComplaintCategory = _enum(complaint.ComplaintCategory)
ComplaintState = _enum(complaint.ComplaintState)
ComplianceFlag = _enum(account.ComplianceFlag)
ContactChannel = _enum(collection.ContactChannel)
ContactDirection = _enum(collection.ContactDirection)
ContactResult = _enum(collection.ContactResult)
ContactTarget = _enum(collection.ContactTarget)
ContributionLevel = _enum(member_class.ContributionLevel)
CorrectionReason = _enum(correction.CorrectionReason)
DelinquencyReason = _enum(delinquency.DelinquencyReason)
DisputedField = _enum(disputed_field.DisputedField)
DisputedKind = _enum(dispute.DisputedKind)
DisputeKind = _enum(dispute.DisputeKind)
DisputeOutcome = _enum(dispute.DisputeOutcome)
DisputeState = _enum(dispute.DisputeState)
EvidenceKind = _enum(complaint.EvidenceKind)
FieldClass = _enum(scope.FieldClass)
FileFormat = _enum(submission.FileFormat)
Finding = _enum(complaint.Finding)
FiveClass = _enum(account.FiveClass)
IdType = _enum(identifiers.IdType)
EvaluationFinding = _enum(mandate.EvaluationFinding)
MandateState = _enum(mandate.MandateState)
MemberClass = _enum(member_class.MemberClass)
MemberStatus = _enum(member_class.MemberStatus)
NextStep = _enum(next_step.NextStep)
NoticeAnswer = _enum(notice.NoticeAnswer)
NoticeKind = _enum(notice.NoticeKind)
OpeningState = _enum(opening.OpeningState)
OwnerRole = _enum(account.OwnerRole)
PaymentStatus = _enum(payment_status.PaymentStatus)
PlanReply = _enum(plan.PlanReply)
PlanState = _enum(plan.PlanState)
PlanType = _enum(plan.PlanType)
Portfolio = _enum(account.Portfolio)
PressureBand = _enum(pressure.PressureBand)
Product = _enum(account.Product)
PublicRecordKind = _enum(public_record.PublicRecordKind)
PublicRecordStatus = _enum(public_record.PublicRecordStatus)
Purpose = _enum(purpose.Purpose)
RateType = _enum(account.RateType)
RecordKind = _enum(record_kind.RecordKind)
RepaymentMethod = _enum(account.RepaymentMethod)
ReportingTreatment = _enum(plan.ReportingTreatment)
ReviewOutcome = _enum(review.ReviewOutcome)
SubmissionState = _enum(submission.SubmissionState)
TermFrequency = _enum(account.TermFrequency)
UnmatchedCode = _enum(reconciliation.UnmatchedCode)
Withdrawal = _enum(correction.Withdrawal)
