"""May an agency see what it is to collect? One pure function. What no rule of a mandate opens is refused.

A mandate opens the accounts that it names in one borrower's file, and how that borrower is reached by the channels that
the lender allowed. It opens nothing of any other lender, whoever asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from consent import reasons
from consent.decision import Refusal
from consent.policy.resolve import Situation, applicable, rule_requiring
from consent.policy.rules import Act, BasisKind, Pack, Requirement, Rule
from consent.reasons import Reason
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

MANDATE = "MANDATE"
"""The basis of such a look, in the log and in the borrower's list."""

OPENED = frozenset(
    {
        FieldClass.IDENTITY,
        FieldClass.ACCOUNTS,
        FieldClass.DELINQUENCIES,
        FieldClass.COLLECTIONS,
        FieldClass.PLANS,
    }
)
"""The parts of a file of which a mandate opens what it needs: never who looked, public records or assessments."""

SCOPE = Scope.COLLECTION_READ
"""What the agency's token needs."""


class ContactData(StrEnum):
    """A kind of contact data."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"


NEEDED_BY = {
    ContactChannel.SMS: ContactData.PHONE,
    ContactChannel.VOICE_AI_NOTIFY: ContactData.PHONE,
    ContactChannel.VOICE_AI_INTERACTIVE: ContactData.PHONE,
    ContactChannel.VOICE_HUMAN: ContactData.PHONE,
    ContactChannel.EMAIL: ContactData.EMAIL,
    ContactChannel.VISIT: ContactData.ADDRESS,
    ContactChannel.LETTER: ContactData.ADDRESS,
    ContactChannel.LEGAL_NOTICE: ContactData.ADDRESS,
}
"""What a channel needs to be used; the others need nothing that we hold."""


@dataclass(frozen=True, slots=True)
class MandateTerms:
    """What a mandate says, as it stands."""

    mandate_id: UUID
    lender: str
    agency: str
    state: MandateState
    channels: Sequence[ContactChannel]
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class MandateQuestion:
    """Who asks, under which mandate (None: there is none of this id), and how many of the borrower's accounts it names.

    `frozen` is not asked: what is owed is collected from a frozen file too, and the borrower sees the look.
    """

    member_id: str
    member_class: MemberClass
    member_status: MemberStatus
    scopes: frozenset[Scope]
    staff_named: bool
    field_classes: frozenset[FieldClass]
    mandate: MandateTerms | None
    accounts_named: int


@dataclass(frozen=True, slots=True)
class MandateGrant:
    """Leave to see what a mandate names: these parts, and these kinds of contact data of what its lender told."""

    mandate: MandateTerms
    released: tuple[FieldClass, ...]
    contact_data: frozenset[ContactData]
    rules: tuple[str, ...]
    pack_version: str


def decide_under_mandate(question: MandateQuestion, pack: Pack, now: datetime) -> MandateGrant | Refusal:
    """Whether the agency may see what it asks for, and else every reason why not."""
    rules = _rules(question, pack, now)
    found = [*_against_member(question, rules), *_against_mandate(question, now)]
    mandate = question.mandate
    if found or mandate is None:
        return Refusal(tuple(found), tuple(sorted({each.rule for each in found if each.rule})), pack.version)
    return MandateGrant(
        mandate=mandate,
        released=tuple(sorted(question.field_classes)),
        contact_data=frozenset(NEEDED_BY[channel] for channel in mandate.channels if channel in NEEDED_BY),
        rules=tuple(rule.id for rule in rules),
        pack_version=pack.version,
    )


def _rules(question: MandateQuestion, pack: Pack, now: datetime) -> tuple[Rule, ...]:
    """A mandate stands beside the borrower's consent, as a lawful ground does: rules about consents do not apply."""
    situation = Situation(
        act=Act.QUERY,
        basis=BasisKind.GROUND,
        member_class=question.member_class,
        purpose=Purpose.COLLECTION,
        field_classes=question.field_classes,
        on=now.astimezone(UTC).date(),
    )
    return applicable(pack, situation)


def _against_member(question: MandateQuestion, rules: tuple[Rule, ...]) -> list[Reason]:
    found = []
    if question.member_status is not MemberStatus.ACTIVE:
        found.append(reasons.member_not_active(question.member_status))
    if question.member_class is not MemberClass.COLLECTION_AGENCY:
        found.append(reasons.only_the_agency())
    if SCOPE not in question.scopes:
        found.append(reasons.scope_missing_for_mandate(SCOPE))
    if not question.field_classes or question.field_classes - OPENED:
        found.append(reasons.nothing_asked())
    staff_rule = rule_requiring(rules, Requirement.STAFF_NAMED)
    if staff_rule and not question.staff_named:
        found.append(reasons.staff_not_named(staff_rule.id))
    return found


def _against_mandate(question: MandateQuestion, now: datetime) -> list[Reason]:
    """Of a mandate that is another's nothing is told, not even that there is one."""
    mandate = question.mandate
    if mandate is None or mandate.agency != question.member_id:
        return [reasons.mandate_not_found()]
    today = now.astimezone(UTC).date()
    if mandate.state is not MandateState.ACTIVE or not mandate.starts_on <= today <= mandate.ends_on:
        return [reasons.mandate_not_in_force()]
    return [] if question.accounts_named else [reasons.mandate_names_nothing()]
