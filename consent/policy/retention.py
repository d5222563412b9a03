"""How long what was contributed is kept, and shown: what the rules make of one record on one day. Pure.

1. A ceiling that is over deletes the record, or hides it and keeps it.
2. A floor that still runs keeps it: what may no longer be shown, and must still be kept, is hidden.
3. What is not known never deletes and never ends a floor.

Of floors the longest holds, of ceilings the shortest: every rule is asked, and one that is due is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from consent.policy.resolve import anniversary, by_strength
from consent.policy.rules import Act, CountedFrom, Pack, Retention, RetentionAction, Rule
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass

_ABOUT_KEEPING = frozenset({Act.QUERY, Act.KEEP})
_CEILINGS = (RetentionAction.DELETE, RetentionAction.SUPPRESS_DISPLAY, RetentionAction.ANNOTATE)
"""What a period can end with, the strongest first."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What the rules are told of one record; PAYMENT_HISTORY is one month of a history. Only negative information,
    and what tells of it, is a record here. None: not known, or it did not happen.

    `ended_on`: when the conduct or event ended. A collection action is over on its day, a month of a history on the
    first day of the next. `late_on`: when it fell overdue. `cured_on`: when it was repaid in full. `amount_minor`: the
    most that was past due of it, in `currency`.
    """

    noun: FieldClass
    furnisher: MemberClass | None
    ended_on: date | None = None
    recorded_on: date | None = None
    last_action_on: date | None = None
    late_on: date | None = None
    cured_on: date | None = None
    amount_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to be done with a record today: `action` because of `rule`; None: nothing. `kept_by`: the floor for which
    it may not be deleted today.
    """

    action: RetentionAction | None = None
    rule: str | None = None
    kept_by: str | None = None


def retention_rules(pack: Pack, on: date) -> tuple[Rule, ...]:
    """The rules about keeping that are in force on this day, the strongest first."""
    rules = (rule for rule in pack.rules if isinstance(rule.terms, Retention) and rule.in_force(on))
    return by_strength(rule for rule in rules if rule.applies.act in _ABOUT_KEEPING)


def fate_of(rules: Iterable[Rule], record: KeptRecord, on: date) -> Fate:
    """What these rules make of a record on this day."""
    about = [(rule, rule.terms) for rule in rules if isinstance(rule.terms, Retention) and is_about(rule, record)]
    kept_by = _longest_floor(about, record, on)
    for action in _CEILINGS:
        for rule, terms in about:
            if terms.action is action and _is_due(terms, record, on):
                hidden_instead = action is RetentionAction.DELETE and kept_by is not None
                return Fate(RetentionAction.SUPPRESS_DISPLAY if hidden_instead else action, rule.id, kept_by)
    return Fate(kept_by=kept_by)


def deleting_years(rules: Iterable[Rule], noun: FieldClass) -> int | None:
    """The fewest years after which one of these rules may delete a record of this noun; None: none ever does."""
    terms = (rule.terms for rule in rules if not rule.applies.field_classes or noun in rule.applies.field_classes)
    deleting = (each for each in terms if isinstance(each, Retention) and each.action is RetentionAction.DELETE)
    return min((each.years for each in deleting), default=None)


def last_floor(rules: Iterable[Rule], record: KeptRecord) -> str | None:
    """The floor that keeps a record for longest, over or not; None: no rule makes us keep it."""
    about = [(rule, rule.terms) for rule in rules if isinstance(rule.terms, Retention) and is_about(rule, record)]
    return _longest_floor(about, record, None)


def is_about(rule: Rule, record: KeptRecord) -> bool:
    """Whether a rule speaks of such records, of such furnishers."""
    applies = rule.applies
    return (not applies.field_classes or record.noun in applies.field_classes) and (
        not applies.member_classes or record.furnisher in applies.member_classes
    )


def _longest_floor(about: Iterable[tuple[Rule, Retention]], record: KeptRecord, on: date | None) -> str | None:
    """The floor that ends last, of those that still run `on` this day (None: of all)."""
    ends = [
        (last_day(terms, record) or date.max, rule.id)
        for rule, terms in about
        if terms.action is RetentionAction.KEEP_AT_LEAST
    ]
    running = [(end, rule) for end, rule in ends if on is None or on <= end]
    return max(running)[1] if running else None


def _is_due(terms: Retention, record: KeptRecord, on: date) -> bool:
    last = last_day(terms, record)
    return last is not None and on > last and _meets(terms, record)


def last_day(terms: Retention, record: KeptRecord) -> date | None:
    """The last day of the period; None: what it is counted from is not known."""
    start = {
        CountedFrom.ENDED: record.ended_on,
        CountedFrom.FELL_OVERDUE: record.late_on,
        CountedFrom.RECORDED: record.recorded_on,
        CountedFrom.LAST_ACTION: record.last_action_on,
    }[terms.counted_from]
    return None if start is None else anniversary(start + timedelta(terms.after_days), terms.years)


def _meets(terms: Retention, record: KeptRecord) -> bool:
    """Whether the record is known to meet every condition."""
    return (
        (terms.amount_minor_max is None or _is_within(terms.amount_minor_max, terms.currency, record))
        and (terms.late_from is None or (record.late_on is not None and record.late_on >= terms.late_from))
        and (terms.late_until is None or (record.late_on is not None and record.late_on <= terms.late_until))
        and (terms.cured_by is None or (record.cured_on is not None and record.cured_on <= terms.cured_by))
    )


def _is_within(amount_minor_max: int, currency: str | None, record: KeptRecord) -> bool:
    return record.amount_minor is not None and record.currency == currency and record.amount_minor <= amount_minor_max
