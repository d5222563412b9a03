"""How good a member's data is: four measures and the index that they give. `docs/data-quality.md` is this in words."""

from dataclasses import dataclass

from schema.vocabulary.member_class import ContributionLevel

FIELDS_EXPECTED = 7
"""Of an account: amount lent or limit, balance, amount past due, days past due, scheduled payment, last payment day,
history.
"""
DISPUTE_RATE_WORST = 0.05
"""A member of whose accounts so many are contested gets nothing for this measure."""
WEIGHTS = {"completeness": 0.3, "timeliness": 0.3, "consistency": 0.3, "undisputed": 0.1}


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one member. `fields_filled` of `accounts` x 7; `fresh` of `open_accounts`; records of the
    files of the last 90 days; `recent` accounts were reported in the reciprocity period, `recent_positive` of them
    hold no negative information; `disputed` of `accounts`, and `disputes_upheld` of `disputes_answered`, in a year.
    """

    accounts: int = 0
    fields_filled: int = 0
    open_accounts: int = 0
    fresh: int = 0
    disputed: int = 0
    recent: int = 0
    recent_positive: int = 0
    records_read: int = 0
    records_faulty: int = 0
    disputes_answered: int = 0
    disputes_upheld: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1, and the index from 0 to 100; None where there is nothing to measure."""

    completeness: float | None
    timeliness: float | None
    consistency: float | None
    dispute_rate: float | None
    upheld_share: float | None
    index: float | None


def quality(counts: Counts) -> Quality:
    """The measures. The index is their weighted mean; one that cannot be taken leaves its weight to the others."""
    completeness = _share(counts.fields_filled, counts.accounts * FIELDS_EXPECTED)
    timeliness = _share(counts.fresh, counts.open_accounts)
    consistency = _share(counts.records_read - counts.records_faulty, counts.records_read)
    dispute_rate = _share(counts.disputed, counts.accounts)
    undisputed = None if dispute_rate is None else max(0.0, 1 - dispute_rate / DISPUTE_RATE_WORST)
    measures = {
        "completeness": completeness,
        "timeliness": timeliness,
        "consistency": consistency,
        "undisputed": undisputed,
    }
    upheld_share = _share(counts.disputes_upheld, counts.disputes_answered)
    return Quality(completeness, timeliness, consistency, dispute_rate, upheld_share, _index(measures))


def measured_level(counts: Counts) -> ContributionLevel:
    """The level of data that a member contributes: all of its book, only what is negative, or nothing."""
    if not counts.recent:
        return ContributionLevel.INQUIRY_ONLY
    return ContributionLevel.FULL if counts.recent_positive else ContributionLevel.NEGATIVE_ONLY


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _index(measures: dict[str, float | None]) -> float | None:
    taken = [(WEIGHTS[name], share) for name, share in measures.items() if share is not None]
    weight = sum(weight for weight, _ in taken)
    return 100 * sum(weight * share for weight, share in taken) / weight if weight else None
