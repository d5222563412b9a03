"""How far a consent may go: the ceilings of a pack held against what the consent says. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from consent.artefact import ConsentArtefact, Fetch, Frequency
from consent.policy.resolve import Situation, applicable
from consent.policy.rules import Act, BasisKind, Ceiling, Pack, Rule
from schema.vocabulary.member_class import MemberClass

MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class AboveCeiling:
    """One thing of a consent that goes further than a rule lets it: a phrase such as `lasts 400 days`."""

    what: str
    most: str
    rule: str


def above_ceilings(pack: Pack, consent: ConsentArtefact, member_class: MemberClass) -> tuple[AboveCeiling, ...]:
    """What of a consent, as it is drafted for such a member, goes further than this pack lets it."""
    situation = Situation(
        Act.QUERY,
        BasisKind.CONSENT,
        member_class,
        consent.purpose,
        consent.field_classes,
        consent.starts_at.astimezone(UTC).date(),
    )
    return above_rules(applicable(pack, situation), consent)


def above_rules(rules: Iterable[Rule], consent: ConsentArtefact) -> tuple[AboveCeiling, ...]:
    """What of a consent goes further than these rules let it."""
    return tuple(
        AboveCeiling(what, most, rule.id)
        for rule in rules
        if isinstance(rule.terms, Ceiling)
        for what, most in _above(rule.terms, consent)
    )


def _above(ceiling: Ceiling, consent: ConsentArtefact) -> Iterator[tuple[str, str]]:
    if ceiling.days is not None and consent.expires_at - consent.starts_at > timedelta(days=ceiling.days):
        yield "it lasts too long", f"{ceiling.days} days"
    if ceiling.history_months is not None and _last_day(consent) > _later(consent.data_from, ceiling.history_months):
        yield "it opens too much history", f"{ceiling.history_months} months"
    if ceiling.once and consent.fetch is not Fetch.ONCE:
        yield "it is for more than one look", "one look"
    if ceiling.fetches_per_month is not None and consent.fetch is not Fetch.ONCE:
        looks = _looks_per_month(consent.frequency)
        if looks is None or looks > ceiling.fetches_per_month:
            yield "it allows too many looks", f"{ceiling.fetches_per_month} looks in {MONTH_DAYS} days"


def _last_day(consent: ConsentArtefact) -> date:
    """The last day of the history that the consent can ever open."""
    return consent.data_to or consent.expires_at.astimezone(UTC).date()


def _later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    next_first = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return first + timedelta(days=min(day.day, (next_first - first).days) - 1)


def _looks_per_month(frequency: Frequency | None) -> int | None:
    """The most looks in 31 days; None: no limit. A span may have just begun when the 31 days end."""
    if frequency is None:
        return None
    return frequency.count * -(-MONTH_DAYS * 86_400 // frequency.seconds)
