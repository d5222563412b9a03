"""The terms of rules about contacts: when, how often, whom, and in which order of stages."""

from dataclasses import dataclass
from datetime import time

from schema.vocabulary.collection import CollectionStage, ContactTarget
from schema.vocabulary.contact import Counted, Group, Per, Standstills


@dataclass(frozen=True, slots=True)
class Hours:
    """No contact from `quiet_from` until before `quiet_until`, on the debtor's own clock; the span may run over
    midnight. The rule's `override` says what lifts it.
    """

    quiet_from: time
    quiet_until: time

    def is_quiet(self, at: time) -> bool:
        """Whether this time of day is in the span."""
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` contacts that `count` counts, by the rule's channels, in `days` calendar days of the debtor's
    time zone that end today.
    """

    count: Counted
    days: int
    group: Group
    per: Per
    limit: int


@dataclass(frozen=True, slots=True)
class Standstill:
    """No contact while any of these stands."""

    while_: frozenset[Standstills]


@dataclass(frozen=True, slots=True)
class Targets:
    """These persons are contacted only where the debtor is dead, cannot act, or cannot be reached: the number is not
    valid, or `failures_in_a_row` attempts failed. None: never. `refusal_is_final`: nor again once they refuse.
    """

    targets: frozenset[ContactTarget]
    failures_in_a_row: int | None
    refusal_is_final: bool


@dataclass(frozen=True, slots=True)
class StageOrder:
    """This stage comes only after that one (None: after any), and not before so many days past due."""

    stage: CollectionStage
    after: CollectionStage | None
    days_past_due_min: int


ContactTerms = Hours | Rate | Standstill | Targets | StageOrder
