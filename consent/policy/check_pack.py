"""What is wrong with a pack whose rules can each be read: rules that speak against one another, or that nobody carries
out. Every fault at once.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from consent.policy.contact_terms import Hours, StageOrder
from consent.policy.resolve import deadline
from consent.policy.rules import Act, Deadline, Kind, Pack, Precondition, Requirement, Retention, RetentionAction, Rule
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass

_TO_ANSWER = frozenset(
    {
        Act.ANSWER_WITHDRAWAL, Act.ANSWER_DISPUTE, Act.FURNISH_DISPUTE, Act.ANSWER_COMPLAINT, Act.FIND_COMPLAINT,
        Act.ANSWER_REVIEW, Act.ANSWER_PLAN, Act.ERASE, Act.EVALUATE_MANDATE,
    }
)  # fmt: skip
_ABOUT_CONTACT = frozenset({Act.CONTACT})
CARRIED_OUT: Mapping[Kind, frozenset[Act]] = {
    Kind.PRECONDITION: frozenset({Act.QUERY, Act.CONTRIBUTE}),
    Kind.SEPARATE_CONSENT: frozenset({Act.QUERY}),
    Kind.FORBIDDEN_FIELD: frozenset({Act.CONTRIBUTE}),
    Kind.RETENTION: frozenset({Act.QUERY, Act.KEEP}),
    Kind.FREE_QUOTA: frozenset({Act.QUERY}),
    Kind.ASKING_PAUSE: frozenset({Act.ASK}),
    Kind.DEADLINE: _TO_ANSWER,
    Kind.PRIOR_NOTICE: frozenset({Act.CONTRIBUTE}),
    Kind.LAWFUL_BASIS: frozenset({Act.CONTRIBUTE}),
    Kind.RESIDENCY: frozenset({Act.KEEP}),
    Kind.CEILING: frozenset({Act.QUERY}),
    Kind.RECIPROCITY: frozenset({Act.QUERY}),
    Kind.ACCESS_ALERT: frozenset({Act.QUERY}),
    Kind.TWO_PERSON: frozenset({Act.INSPECT}),
    Kind.EXPLAIN: frozenset({Act.JUDGE}),
    Kind.RIGHT: frozenset({Act.EXERCISE}),
    Kind.DUTY: frozenset(Act),
    Kind.HOURS: _ABOUT_CONTACT,
    Kind.RATE: _ABOUT_CONTACT,
    Kind.STANDSTILL: _ABOUT_CONTACT,
    Kind.TARGETS: _ABOUT_CONTACT,
    Kind.STAGE_ORDER: _ABOUT_CONTACT,
}
"""The acts for which somebody asks rules of a kind; of any other act such a rule would never be asked."""

_ASKED_OF: Mapping[Act, frozenset[Requirement]] = {
    Act.QUERY: frozenset(Requirement) - {Requirement.CONSEQUENCES_TOLD},
    Act.CONTRIBUTE: frozenset({Requirement.CONSENT}),
}
_BEFORE = ((Act.FURNISH_DISPUTE, Act.ANSWER_DISPUTE), (Act.ANSWER_COMPLAINT, Act.FIND_COMPLAINT))
"""Answers of which the first is needed for the second."""

_HIDEABLE = frozenset({FieldClass.DELINQUENCIES, FieldClass.PAYMENT_HISTORY})
_BY_RECORD = {
    RetentionAction.SUPPRESS_DISPLAY: _HIDEABLE,
    RetentionAction.ANNOTATE: _HIDEABLE | {FieldClass.ACCOUNTS},
}


def faults_of(pack: Pack) -> list[str]:
    """Every fault of a pack; none: it can be used."""
    if not pack.rules:
        return ["the pack has no rules: everything would be decided without one"]
    return [
        *(fault for rule in pack.rules for fault in _never_asked(rule)),
        *_hides_what_cannot_be_hidden(pack),
        *_floors_above_ceilings(pack),
        *_answers_too_late(pack),
        *_no_hour_open(pack),
        *_stages_in_a_circle(pack),
    ]


def _never_asked(rule: Rule) -> Iterator[str]:
    """What of a rule nobody would ever ask."""
    act, applies = rule.applies.act, rule.applies
    if act not in CARRIED_OUT[rule.kind]:
        yield f"{rule.id}: nobody carries out rules of the kind {rule.kind} for {act}"
    if isinstance(rule.terms, Precondition) and (idle := rule.terms.requires - _ASKED_OF.get(act, frozenset())):
        yield f"{rule.id}: nobody asks for {', '.join(sorted(idle))} at {act}"
    if rule.override and rule.kind is not Kind.HOURS:
        yield f"{rule.id}: nothing lifts a rule of the kind {rule.kind}"
    if applies.channels and act is not Act.CONTACT:
        yield f"{rule.id}: only a contact has channels"
    if act is Act.CONTACT and (applies.bases or applies.purposes or applies.field_classes):
        yield f"{rule.id}: a contact has no basis, purpose or field class"


def _hides_what_cannot_be_hidden(pack: Pack) -> Iterator[str]:
    """Rules that would hide or annotate single records of a kind of which only delinquencies, months and (to be
    annotated) accounts can be.
    """
    for rule in pack.rules:
        terms, classes = rule.terms, rule.applies.field_classes
        if rule.applies.act is not Act.KEEP or not isinstance(terms, Retention) or terms.action not in _BY_RECORD:
            continue
        if not classes or classes - _BY_RECORD[terms.action]:
            yield f"{rule.id} hides or annotates single records that are neither delinquencies nor months of a history"


def _floors_above_ceilings(pack: Pack) -> Iterator[str]:
    """Pairs of rules of which one makes us keep for longer than the other lets us.

    Where the two count from different days, only the record can tell; then the floor holds: see `retention`.
    """
    for floor in pack.rules:
        for ceiling in pack.rules:
            if _stands_above(floor, ceiling) and _overlap(floor, ceiling):
                yield f"{floor.id} keeps for longer than {ceiling.id} allows"


def _stands_above(floor: Rule, ceiling: Rule) -> bool:
    low, high = floor.terms, ceiling.terms
    return (
        isinstance(low, Retention)
        and isinstance(high, Retention)
        and low.action is RetentionAction.KEEP_AT_LEAST
        and high.action is RetentionAction.DELETE
        and low.counted_from is high.counted_from
        and (low.years, low.after_days) > (high.years, high.after_days)
    )


def _overlap(one: Rule, other: Rule) -> bool:
    pairs: list[tuple[frozenset[object], frozenset[object]]] = [
        (frozenset(one.applies.bases), frozenset(other.applies.bases)),
        (frozenset(one.applies.member_classes), frozenset(other.applies.member_classes)),
        (frozenset(one.applies.purposes), frozenset(other.applies.purposes)),
        (frozenset(one.applies.field_classes), frozenset(other.applies.field_classes)),
    ]
    in_force_together = one.in_force(other.effective_from) or other.in_force(one.effective_from)
    return in_force_together and all(not a or not b or a & b for a, b in pairs)


def _answers_too_late(pack: Pack) -> Iterator[str]:
    """Rules that give longer for an answer than there is for what waits for it."""
    for first, second in _BEFORE:
        for on in _days(pack):
            early, late = deadline(pack, first, on), deadline(pack, second, on)
            if early and late and _time(early) > _time(late):
                yield f"{early.id} gives longer for {first} than {late.id} for {second}, which waits for it"
                break


def _time(rule: Rule) -> int:
    return rule.terms.days if isinstance(rule.terms, Deadline) else 0


def _no_hour_open(pack: Pack) -> Iterator[str]:
    """Hours that together leave no moment of the day to some member by some channel."""
    hours = {rule.id: rule.terms for rule in pack.rules if isinstance(rule.terms, Hours)}
    spoken = {
        tuple(rule.id for rule in pack.rules if rule.id in hours and _speaks_of(rule, on, member_class, channel))
        for on in _days(pack)
        for member_class in MemberClass
        for channel in ContactChannel
    }
    for ids in sorted(spoken - {()}):
        if not _is_ever_open([hours[each] for each in ids]):
            yield f"{', '.join(ids)} together leave no hour open"


def _speaks_of(rule: Rule, on: date, member_class: MemberClass, channel: ContactChannel) -> bool:
    applies = rule.applies
    return (
        rule.in_force(on)
        and (not applies.member_classes or member_class in applies.member_classes)
        and (not applies.channels or channel in applies.channels)
    )


def _is_ever_open(hours: list[Hours]) -> bool:
    """If any moment is open, so is one at which a quiet span ends."""
    return any(not any(other.is_quiet(span.quiet_until) for other in hours) for span in hours)


def _stages_in_a_circle(pack: Pack) -> Iterator[str]:
    """Stages that come after themselves, so that none of them could ever begin."""
    after: dict[str, set[str]] = {}
    for rule in pack.rules:
        if isinstance(rule.terms, StageOrder) and rule.terms.after is not None:
            after.setdefault(rule.terms.stage, set()).add(rule.terms.after)
    for stage in after:
        before = set(after[stage])
        while wider := {each for one in before for each in after.get(one, ())} - before:
            before |= wider
        if stage in before:
            yield f"the stage {stage} comes after itself"


def _days(pack: Pack) -> list[date]:
    """The days on which what is in force changes."""
    return sorted({rule.effective_from for rule in pack.rules})
