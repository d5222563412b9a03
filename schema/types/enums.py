"""The closed lists of the vocabulary as GraphQL enums."""

from enum import Enum

import graphene

from schema.vocabulary import (
    account,
    delinquency,
    identifiers,
    member_class,
    notice,
    opening,
    payment_status,
    purpose,
    reconciliation,
    scope,
)


def _enum(source: type[Enum]) -> graphene.Enum:
    summary = (source.__doc__ or "").strip().split("\n")[0]
    return graphene.Enum.from_enum(source, description=lambda value: summary if value is None else _words(value))


def _words(value: Enum) -> str:
    phrase = getattr(value, "phrase", None)
    return (phrase or value.name.lower().replace("_", " ")).capitalize() + "."


AccountState = _enum(account.AccountState)
ComplianceFlag = _enum(account.ComplianceFlag)
DelinquencyReason = _enum(delinquency.DelinquencyReason)
FieldClass = _enum(scope.FieldClass)
FiveClass = _enum(account.FiveClass)
IdType = _enum(identifiers.IdType)
MemberClass = _enum(member_class.MemberClass)
NoticeAnswer = _enum(notice.NoticeAnswer)
NoticeKind = _enum(notice.NoticeKind)
OpeningState = _enum(opening.OpeningState)
OwnerRole = _enum(account.OwnerRole)
PaymentStatus = _enum(payment_status.PaymentStatus)
Portfolio = _enum(account.Portfolio)
Product = _enum(account.Product)
Purpose = _enum(purpose.Purpose)
TermFrequency = _enum(account.TermFrequency)
UnmatchedCode = _enum(reconciliation.UnmatchedCode)
