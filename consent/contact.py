"""Whether a debtor, or somebody else, may be contacted about a debt now. Pure: no clock, no database.

0. Where no rule covers the contact, there is no leave.
1. What stands against it: a request to stop, a plan, a dispute, a freeze, a need of care, a court.
2. The hours, on the debtor's own clock.
3. Whom: third persons only where the debtor is out of reach, and never one who refused.
4. The stages in their order.
5. The counters: contacts of the past, and clearances still open, each as the most that can come of it.

Every reason is given, each with its rule. Rules only ever speak against: with one more of them, nothing is permitted
that was not. Leave ends before the hours or the day would speak against it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from consent import contact_reasons as reasons
from consent.contact_hours import leave_ends, quiet_ends
from consent.policy.contact_terms import ContactTerms, Hours, Rate, StageOrder, Standstill, Targets
from consent.policy.resolve import by_strength
from consent.policy.rules import Act, Pack, Rule
from consent.reasons import Reason
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import OF_THE_DEBTOR_ALONE, RESULTS_COUNTED, Group, Per, Standstills
from schema.vocabulary.member_class import MemberClass


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of the past, or a clearance that is open: then `result` is None, and anything may come of it.

    `number` stands for a number or address within one decision (never the number itself); None: not known.
    """

    at: datetime
    lender: str
    actor: str
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    debts: frozenset[UUID]
    number: int | None
    result: ContactResult | None


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """What is to be done. `actor` is the lender itself, or an agency that holds its mandate."""

    lender: str
    actor: str
    actor_class: MemberClass
    stage: CollectionStage
    channel: ContactChannel
    target: ContactTarget
    debts: frozenset[UUID]
    number: int | None
    days_past_due: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the debtor today, as far as it concerns this lender, these debts and this number.

    `agreed_hours`: the debtor agreed to be contacted at quiet hours too. `failed_in_a_row`: attempts to reach the
    debtor since the last that did. `no_valid_number`: every number tried is not one. `number_refused`: who answers at
    the number asked about does not want to be contacted again. `stages_been`: stages that each of the debts was in.
    """

    zone: ZoneInfo
    stands: frozenset[Standstills] = frozenset()
    agreed_hours: bool = False
    failed_in_a_row: int = 0
    no_valid_number: bool = False
    number_refused: bool = False
    stages_been: frozenset[CollectionStage] = frozenset()


@dataclass(frozen=True, slots=True)
class Count:
    """How a rule counted: `counted` of `limit`."""

    rule: str
    counted: int
    limit: int


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one contact, until `expires_at`. `rules`: all that were asked."""

    expires_at: datetime
    counts: tuple[Count, ...]
    rules: tuple[str, ...]
    pack_version: str


@dataclass(frozen=True, slots=True)
class Denial:
    """No leave: every reason, and the rules among them. `again_at`: when the hours, which alone stand against it, no
    longer do; None: not known.
    """

    reasons: tuple[Reason, ...]
    counts: tuple[Count, ...]
    rules: tuple[str, ...]
    pack_version: str
    again_at: datetime | None


def decide_contact(
    question: ContactQuestion,
    standing: Standing,
    history: Sequence[Contact],
    pack: Pack,
    now: datetime,
    validity: timedelta,
) -> Permit | Denial:
    """Whether this contact may be made now. `history` holds the debtor's outbound contacts of at least `window_days`,
    and every open clearance.
    """
    here = now.astimezone(standing.zone)
    rules = _applicable(pack, question, here.date())
    counts = tuple(_count(rule, rule.terms, question, history, here) for rule in rules if isinstance(rule.terms, Rate))
    hours = _hours(rules, standing)
    late = [reasons.quiet_hours(each, rule.id) for rule, each in hours if each.is_quiet(here.time())]
    every_hours = [each for _, each in hours]
    found = (
        *([] if rules else [reasons.no_rule()]),
        *_against_standing(rules, question, standing),
        *late,
        *_against_target(rules, question, standing),
        *_against_stage(rules, question, standing),
        *(reasons.too_often(each.counted, each.limit, each.rule) for each in counts if each.counted >= each.limit),
    )
    if found:
        speaking = tuple(dict.fromkeys(reason.rule for reason in found if reason.rule))
        again_at = quiet_ends(every_hours, now, standing.zone) if len(found) == len(late) else None
        return Denial(found, counts, speaking, pack.version, again_at)
    expires_at = leave_ends(every_hours, now, standing.zone, validity)
    return Permit(expires_at, counts, tuple(rule.id for rule in rules), pack.version)


def window_days(pack: Pack) -> int:
    """The longest window, in days, that a rule of this pack counts in; at least 1."""
    return max((rule.terms.days for rule in pack.rules if isinstance(rule.terms, Rate)), default=1)


def _applicable(pack: Pack, question: ContactQuestion, today: date) -> tuple[Rule, ...]:
    return by_strength(
        rule
        for rule in pack.rules
        if isinstance(rule.terms, ContactTerms)
        and rule.applies.act is Act.CONTACT
        and rule.in_force(today)
        and (not rule.applies.member_classes or question.actor_class in rule.applies.member_classes)
        and (not rule.applies.channels or question.channel in rule.applies.channels)
    )


def _against_standing(rules: Iterable[Rule], question: ContactQuestion, standing: Standing) -> list[Reason]:
    elsewhere = frozenset() if question.target is ContactTarget.DEBTOR else OF_THE_DEBTOR_ALONE
    return [
        reasons.stands_still(what, rule.id)
        for rule in rules
        if isinstance(rule.terms, Standstill)
        for what in sorted((standing.stands - elsewhere) & rule.terms.while_)
    ]


def _hours(rules: Iterable[Rule], standing: Standing) -> list[tuple[Rule, Hours]]:
    """The quiet hours that hold for this debtor: those that no agreement lifts."""
    return [
        (rule, rule.terms)
        for rule in rules
        if isinstance(rule.terms, Hours) and not (rule.override and standing.agreed_hours)
    ]


def _against_target(rules: Iterable[Rule], question: ContactQuestion, standing: Standing) -> list[Reason]:
    about = [
        (rule, rule.terms)
        for rule in rules
        if isinstance(rule.terms, Targets) and question.target in rule.terms.targets
    ]
    found = [
        reasons.third_person(question.target, rule.id) for rule, terms in about if not _is_out_of_reach(terms, standing)
    ]
    if standing.number_refused:
        final = [reasons.number_refused(rule.id) for rule, terms in about if terms.refusal_is_final]
        found += final or [reasons.number_refused(None)]
    return found


def _is_out_of_reach(terms: Targets, standing: Standing) -> bool:
    if terms.failures_in_a_row is None:
        return False
    cannot_act = bool(standing.stands & OF_THE_DEBTOR_ALONE)
    return cannot_act or standing.no_valid_number or standing.failed_in_a_row >= terms.failures_in_a_row


def _against_stage(rules: Iterable[Rule], question: ContactQuestion, standing: Standing) -> list[Reason]:
    found = [reasons.stage_stopped()] if question.stage is CollectionStage.STOPPED else []
    for rule in rules:
        terms = rule.terms
        if not isinstance(terms, StageOrder) or terms.stage is not question.stage:
            continue
        if question.days_past_due < terms.days_past_due_min:
            found.append(reasons.stage_too_early(terms.stage, terms.days_past_due_min, rule.id))
        if terms.after and terms.after not in standing.stages_been:
            found.append(reasons.stage_out_of_order(terms.stage, terms.after, rule.id))
    return found


def _count(rule: Rule, terms: Rate, question: ContactQuestion, history: Sequence[Contact], here: datetime) -> Count:
    """The fullest of the counters that this rule keeps for the question: of each debt, or of the number, or of all."""
    first = here.date() - timedelta(days=terms.days - 1)
    counted = [
        contact
        for contact in history
        if first <= contact.at.astimezone(here.tzinfo).date() <= here.date()
        and (contact.result is None or contact.result in RESULTS_COUNTED[terms.count])
        and _is_of_group(terms.group, contact, question)
        and (not rule.applies.channels or contact.channel in rule.applies.channels)
    ]
    match terms.per:
        case Per.DEBTOR:
            most = len(counted)
        case Per.NUMBER:
            most = sum(_may_be_one_number(contact.number, question.number) for contact in counted)
        case Per.DEBT:
            most = max((sum(debt in contact.debts for contact in counted) for debt in question.debts), default=0)
    return Count(rule.id, most, terms.limit)


def _is_of_group(group: Group, contact: Contact, question: ContactQuestion) -> bool:
    if group is Group.ACTOR:
        return contact.actor == question.actor
    return contact.lender == question.lender


def _may_be_one_number(one: int | None, other: int | None) -> bool:
    """Whether two contacts may have gone to the same number; one that is not known may be any."""
    return one is None or other is None or one == other
