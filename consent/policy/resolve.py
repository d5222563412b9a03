"""Which rules apply, and what they come to together.

MUST goes before SHOULD. A denial wins: rules only ever add requirements. Of floors the longest holds, of ceilings
the shortest; a pack in which a floor stands above a ceiling cannot be loaded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from consent.policy.rules import (
    Act,
    AskingPause,
    BasisKind,
    CountedFrom,
    Deadline,
    ForbiddenField,
    Force,
    FreeQuota,
    LawfulBasis,
    Pack,
    Precondition,
    PriorNotice,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Rule,
    Terms,
)
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

_STRENGTH = {force: place for place, force in enumerate(Force)}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules are asked about. `member_class` is None where borrowers look at their own file."""

    act: Act
    basis: BasisKind
    member_class: MemberClass | None
    purpose: Purpose
    field_classes: frozenset[FieldClass]
    on: date


def applicable(pack: Pack, situation: Situation) -> tuple[Rule, ...]:
    """The rules that apply, the strongest first, then by id."""
    return by_strength(rule for rule in pack.rules if _applies(rule, situation))


def by_strength(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, the strongest first, then by id."""
    return tuple(sorted(rules, key=lambda rule: (_STRENGTH[rule.force], rule.id)))


def _applies(rule: Rule, situation: Situation) -> bool:
    applies = rule.applies
    return (
        applies.act is situation.act
        and rule.in_force(situation.on)
        and (not applies.bases or situation.basis in applies.bases)
        and (not applies.member_classes or situation.member_class in applies.member_classes)
        and (not applies.purposes or situation.purpose in applies.purposes)
        and (not applies.field_classes or bool(situation.field_classes & applies.field_classes))
    )


def rule_requiring(rules: Iterable[Rule], requirement: Requirement) -> Rule | None:
    """The first of these rules that requires this; None if none does."""
    for rule in rules:
        if isinstance(rule.terms, Precondition) and requirement in rule.terms.requires:
            return rule
    return None


def ceiling_years(rules: Iterable[Rule]) -> int | None:
    """The shortest period after which these rules let nothing be shown; None: no limit."""
    return min(_years(rules, {RetentionAction.DELETE, RetentionAction.SUPPRESS_DISPLAY}), default=None)


def floor_years(rules: Iterable[Rule]) -> int | None:
    """The longest period for which these rules make us keep; None: no duty."""
    return max(_years(rules, {RetentionAction.KEEP_AT_LEAST}), default=None)


def _years(rules: Iterable[Rule], actions: set[RetentionAction]) -> list[int]:
    """The periods that hold for every record of a kind, from the day on which the conduct ended."""
    terms = [rule.terms for rule in rules if isinstance(rule.terms, Retention) and not rule.terms.is_conditional]
    return [each.years for each in terms if each.action in actions and each.counted_from is CountedFrom.ENDED]


def forbidden_fields(pack: Pack, on: date) -> frozenset[str]:
    """The fields that nobody may contribute on this day, whatever the borrower says to it."""
    terms = (rule.terms for rule in pack.rules if rule.in_force(on))
    return frozenset().union(*(each.fields for each in terms if isinstance(each, ForbiddenField) and not each.unless))


def forbidding_rule(pack: Pack, field: str, on: date, holds: frozenset[Requirement] = frozenset()) -> Rule | None:
    """The rule that forbids to contribute this field on this day, where what `holds` is all that was asked of and told
    to the borrower; None if it is allowed.
    """
    for rule in pack.rules:
        terms = rule.terms
        if not isinstance(terms, ForbiddenField) or field not in terms.fields or not rule.in_force(on):
            continue
        if not terms.unless or not terms.unless <= holds:
            return rule
    return None


def prior_notice_rule(pack: Pack, on: date, about: FieldClass | None = None) -> Rule | None:
    """The rule that has borrowers told before negative information (`about`: of this class) is contributed; or None."""
    return _first_contributing(pack, on, about, lambda rule: isinstance(rule.terms, PriorNotice))


def basis_rule(pack: Pack, basis: str, on: date, about: FieldClass | None = None) -> Rule | None:
    """The rule with the id `basis`, if it lets somebody contribute on this day (`about`: data of this class); or None.

    Such a rule either wants a consent, which the furnisher thereby says it holds, or does without one.
    """
    return _first_contributing(pack, on, about, lambda rule: rule.id == basis and _lets_contribute(rule))


def _lets_contribute(rule: Rule) -> bool:
    terms = rule.terms
    return isinstance(terms, LawfulBasis) or (isinstance(terms, Precondition) and Requirement.CONSENT in terms.requires)


def _first_contributing(pack: Pack, on: date, about: FieldClass | None, fits: Callable[[Rule], bool]) -> Rule | None:
    for rule in pack.rules:
        classes = rule.applies.field_classes
        is_about = about is None or not classes or about in classes
        if rule.applies.act is Act.CONTRIBUTE and is_about and rule.in_force(on) and fits(rule):
            return rule
    return None


def residency_breached(pack: Pack, country: str, on: date) -> Rule | None:
    """The rule that is broken where what is contributed is kept in `country`; None if none is."""
    for rule in pack.rules:
        if isinstance(rule.terms, Residency) and rule.in_force(on) and rule.terms.country != country:
            return rule
    return None


def is_free(rules: Iterable[Rule], had_this_year: int) -> bool:
    """Whether the next one is free after `had_this_year` in this calendar year. The kindest quota counts."""
    return any(isinstance(rule.terms, FreeQuota) and had_this_year < rule.terms.count_per_year for rule in rules)


def longest_pause(rules: Iterable[Rule]) -> tuple[int, str] | None:
    """The most days that these rules keep from asking again, and the rule that does; None: none does."""
    return max(((rule.terms.days, rule.id) for rule in rules if isinstance(rule.terms, AskingPause)), default=None)


def deadline_days(rules: Iterable[Rule]) -> int | None:
    """The shortest time in which these rules want it done; None: no rule says."""
    return min((rule.terms.days for rule in rules if isinstance(rule.terms, Deadline)), default=None)


def retention_ended(ended_on: date | None, years: int, today: date) -> bool:
    """Whether a period of `years` from the day the conduct ended is over; never while it goes on (None).

    The last day of the period is the same day of the same month, or the month's last day where there is no such day
    (Civil Code of China, art. 201 and 202; PostgreSQL's `date + interval` agrees): of 29 February 2020, five years
    end with 28 February 2025.
    """
    return ended_on is not None and today > anniversary(ended_on, years)


def anniversary(day: date, years: int) -> date:
    """The last day of a period of `years` from `day`."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def conflicts(pack: Pack) -> list[str]:
    """Every pair of rules of which one makes us keep for longer than the other lets us.

    Where the two count from different days, only the record can tell; then the floor holds: see `retention`.
    """
    floors = [rule for rule in pack.rules if _has_action(rule, RetentionAction.KEEP_AT_LEAST)]
    ceilings = [rule for rule in pack.rules if _has_action(rule, RetentionAction.DELETE)]
    return [
        f"{floor.id} keeps for longer than {ceiling.id} allows"
        for floor in floors
        for ceiling in ceilings
        if _overlap(floor, ceiling) and _is_longer(floor.terms, ceiling.terms)
    ]


def not_carried_out(pack: Pack) -> list[str]:
    """Every rule that would hide or annotate single records of a kind of which only delinquencies, months and (to be
    annotated) accounts can be.
    """
    return [
        f"{rule.id} hides or annotates single records that are neither delinquencies nor months of a history"
        for rule in pack.rules
        if rule.applies.act is Act.KEEP and isinstance(rule.terms, Retention) and rule.terms.action in _BY_RECORD
        if not rule.applies.field_classes or rule.applies.field_classes - _BY_RECORD[rule.terms.action]
    ]


_HIDEABLE = frozenset({FieldClass.DELINQUENCIES, FieldClass.PAYMENT_HISTORY})
_BY_RECORD = {
    RetentionAction.SUPPRESS_DISPLAY: _HIDEABLE,
    RetentionAction.ANNOTATE: _HIDEABLE | {FieldClass.ACCOUNTS},
}


def _has_action(rule: Rule, action: RetentionAction) -> bool:
    return isinstance(rule.terms, Retention) and rule.terms.action is action


def _is_longer(floor: Terms, ceiling: Terms) -> bool:
    if not isinstance(floor, Retention) or not isinstance(ceiling, Retention):
        return False
    return floor.counted_from is ceiling.counted_from and floor.years > ceiling.years


def _overlap(one: Rule, other: Rule) -> bool:
    pairs: list[tuple[frozenset[object], frozenset[object]]] = [
        (frozenset(one.applies.bases), frozenset(other.applies.bases)),
        (frozenset(one.applies.member_classes), frozenset(other.applies.member_classes)),
        (frozenset(one.applies.purposes), frozenset(other.applies.purposes)),
        (frozenset(one.applies.field_classes), frozenset(other.applies.field_classes)),
    ]
    in_force_together = one.in_force(other.effective_from) or other.in_force(one.effective_from)
    return in_force_together and all(not a or not b or a & b for a, b in pairs)
