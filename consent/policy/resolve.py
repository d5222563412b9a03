"""Which rules apply, and what they come to together.

MUST goes before SHOULD. A denial wins: rules only ever add requirements. Of floors the longest holds, of ceilings
the shortest; a pack in which a floor stands above a ceiling cannot be loaded: see `check_pack`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from consent.policy.rules import (
    AccessAlert,
    Act,
    AskingPause,
    BasisKind,
    BorrowersRight,
    CountedFrom,
    Deadline,
    Explain,
    ForbiddenField,
    Force,
    FreeQuota,
    LawfulBasis,
    Pack,
    Precondition,
    PriorNotice,
    Reciprocity,
    Requirement,
    Residency,
    Retention,
    RetentionAction,
    Right,
    Rule,
    Terms,
    TwoPerson,
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
    return by_strength(rule for rule in pack.about(situation.act) if _applies(rule, situation))


def by_strength(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, the strongest first, then by id."""
    return tuple(sorted(rules, key=lambda rule: (_STRENGTH[rule.force], rule.id)))


def _applies(rule: Rule, situation: Situation) -> bool:
    applies = rule.applies
    return (
        rule.in_force(situation.on)
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
    return next(filter(fits, _of_act(pack, Act.CONTRIBUTE, on, about)), None)


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


def deadline(pack: Pack, act: Act, on: date, field_class: FieldClass | None = None) -> Rule | None:
    """The rule with the shortest time for this act on this day (its terms are a Deadline), MUST before SHOULD where
    two are as short; None: no rule says, and no clock runs. `field_class`: what it is about; None: anything.
    """
    found = [
        (rule.terms.days, rule)
        for rule in by_strength(_of_act(pack, act, on, field_class))
        if isinstance(rule.terms, Deadline)
    ]
    return min(found, key=lambda each: each[0])[1] if found else None


def reciprocity_rule(rules: Iterable[Rule]) -> Rule | None:
    """The first of these rules that asks for reciprocity; None: the exchange's own terms do."""
    return next((rule for rule in rules if isinstance(rule.terms, Reciprocity)), None)


def access_alert_rule(pack: Pack, on: date) -> Rule | None:
    """The rule that has borrowers told of each look at their file; None if none does."""
    return next((rule for rule in _of_act(pack, Act.QUERY, on) if isinstance(rule.terms, AccessAlert)), None)


def two_person_rule(pack: Pack, on: date) -> Rule | None:
    """The rule that wants the most persons at an inspection (its terms are a TwoPerson); None if none does."""
    found = [
        (-rule.terms.persons, rule.id, rule)
        for rule in _of_act(pack, Act.INSPECT, on)
        if isinstance(rule.terms, TwoPerson)
    ]
    return min(found)[2] if found else None


def rules_of_right(pack: Pack, right: BorrowersRight, on: date) -> tuple[Rule, ...]:
    """The rules that give borrowers this right, the strongest first. A rule that has judgements explained gives the
    right EXPLAIN, and REVIEW where it wants a person to look again.
    """
    about = (rule for rule in pack.rules if rule.in_force(on) and right in _rights(rule.terms))
    return by_strength(about)


def _rights(terms: Terms) -> frozenset[BorrowersRight]:
    match terms:
        case Right(rights):
            return rights
        case Explain(human_review):
            return frozenset(
                {BorrowersRight.EXPLAIN, BorrowersRight.REVIEW} if human_review else {BorrowersRight.EXPLAIN}
            )
    return frozenset()


def _of_act(pack: Pack, act: Act, on: date, about: FieldClass | None = None) -> Iterator[Rule]:
    """The rules about an act on this day, whoever does it."""
    for rule in pack.about(act):
        classes = rule.applies.field_classes
        if rule.in_force(on) and (about is None or not classes or about in classes):
            yield rule


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
