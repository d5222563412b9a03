"""What is asked, by whom, about whom, why; and the lawful grounds that can stand in for a consent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one borrower, with what the service knows of the caller and of the file.

    `consent_id` and `ground_id` are what the caller named, if anything: they tell a wrong id from none at all.
    """

    member_id: str
    member_class: MemberClass
    member_status: MemberStatus
    contribution_level: ContributionLevel
    scopes: frozenset[Scope]
    purpose: Purpose
    field_classes: frozenset[FieldClass]
    staff_named: bool
    subject_frozen: bool
    subject_key: UUID
    consent_id: UUID | None = None
    ground_id: UUID | None = None


class GroundKind(StrEnum):
    """The lawful grounds for a look without the borrower's consent."""

    COURT = "COURT"
    REGULATOR = "REGULATOR"
    FRAUD_DUTY = "FRAUD_DUTY"


@dataclass(frozen=True, slots=True)
class LawfulGround:
    """A duty or order under which one recipient may look at one borrower's file without consent.

    `reference` is the case or file number; it is logged and shown to the borrower like a consent.
    """

    kind: GroundKind
    reference: str
    subject_key: UUID
    recipient: str
    purpose: Purpose
    field_classes: frozenset[FieldClass]
    expires_at: datetime
