"""Until when a record is kept although its borrower wants it erased, and by which rule. Pure.

A floor keeps every record of its kind. The period after which negative information has to go is also the one for which
it may stay: until it is over, those who lend may rely on it. What is not known never ends a period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from consent.policy.retention import KeptRecord, is_about, last_day
from consent.policy.rules import Retention, RetentionAction, Rule


@dataclass(frozen=True, slots=True)
class Keeping:
    """A record stays until the end of `until` (None: not known yet), because of `rule`."""

    until: date | None
    rule: str

    @property
    def ends(self) -> date:
        """The same, in an order in which what is not known comes last."""
        return self.until or date.max


def kept_by_floor(rules: Iterable[Rule], record: KeptRecord, on: date) -> Keeping | None:
    """The duty to keep this record that ends last, of those that still run."""
    return _last(rules, record, on, RetentionAction.KEEP_AT_LEAST)


def kept_as_negative(rules: Iterable[Rule], record: KeptRecord, on: date) -> Keeping | None:
    """Until when negative information may stay: the first period to end of those after which it is deleted; with a duty
    to keep it that ends later, until that one ends.
    """
    floor, ceilings = kept_by_floor(rules, record, on), list(_periods(rules, record, RetentionAction.DELETE))
    first = min(ceilings, key=lambda keeping: keeping.ends, default=None)
    running = [keeping for keeping in (floor, first) if keeping is not None and on <= keeping.ends]
    return max(running, key=lambda keeping: keeping.ends, default=None)


def _last(rules: Iterable[Rule], record: KeptRecord, on: date, action: RetentionAction) -> Keeping | None:
    running = (keeping for keeping in _periods(rules, record, action) if on <= keeping.ends)
    return max(running, key=lambda keeping: keeping.ends, default=None)


def _periods(rules: Iterable[Rule], record: KeptRecord, action: RetentionAction) -> Iterable[Keeping]:
    for rule in rules:
        terms = rule.terms
        if not isinstance(terms, Retention) or terms.action is not action or terms.is_conditional:
            continue
        if is_about(rule, record):
            yield Keeping(last_day(terms, record), rule.id)
