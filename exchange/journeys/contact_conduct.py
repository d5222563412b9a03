"""How members contact borrowers: what regulators are shown of each member and agency, counted from the files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consent.contact import Contact
from consent.pressure import DAYS, pressure_of
from exchange.errors import BadRequest
from exchange.handover import EventFilter
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.member_conduct import DAYS_MAX
from exchange.journeys.openable import Auditor
from exchange.journeys.reconcile_consents import check_period
from exchange.journeys.services import Services
from exchange.store.conduct import Counted, members_that_look
from exchange.store.contact_conduct import breaches_made, clearances_asked
from exchange.store.contacts_made import contacts_by_borrower
from schema.vocabulary.contact import BreachKind
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.pressure import PressureBand
from schema.vocabulary.scope import Scope


@dataclass(frozen=True, slots=True)
class ContactConduct:
    """One member in a period. `contacts`: outbound ones that it reported as its own doing; with `borrowers` so many.

    `breaches`: how often it broke the rules, by kind; one contact may count more than once. `pressure`: of these
    borrowers so many lie in each band, at the end of the period and by all who collect from them together.
    """

    member_id: str
    name: str
    member_class: MemberClass
    contacts: int
    clearances_asked: int
    clearances_granted: int
    clearances_denied: int
    breaches: Mapping[BreachKind, int]
    borrowers: int
    pressure: Mapping[PressureBand, int]


@dataclass(slots=True)
class _Found:
    contacts: int = 0
    bands: Counter[PressureBand] = field(default_factory=Counter)


def contact_conduct(
    services: Services, auditor: Auditor, from_time: datetime, until_time: datetime, member_id: str | None = None
) -> tuple[ContactConduct, ...]:
    """Every member but regulators, by id, or this one alone, from `from_time` up to but without `until_time`; logs it.

    Raises Refused without audit:read, BadRequest PERIOD_NOT_VALID for no period or more than 366 days, BadRequest
    MEMBER_UNKNOWN.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_period(from_time, until_time)
    if until_time - from_time > timedelta(days=DAYS_MAX):
        raise BadRequest(f"Ask for {DAYS_MAX} days at most.", "PERIOD_NOT_VALID")
    counted = Counted(from_time, until_time, member_id)
    since = min(from_time, until_time - timedelta(days=DAYS))
    with services.transaction() as connection:
        members = members_that_look(connection, member_id)
        asked = clearances_asked(connection, counted)
        broken = breaches_made(connection, counted)
        found = _by_actor(contacts_by_borrower(connection, since, until_time, member_id), from_time, until_time)
        if members:
            seen = EventFilter(member_id=member_id, from_time=from_time, until_time=until_time)
            log_view(services, connection, auditor, "conduct_viewed", {"wanted": wanted_in_words(seen)})
    if not members:
        raise BadRequest("No member of this id is registered.", "MEMBER_UNKNOWN")
    return tuple(
        _conduct(
            *(row.member_id, row.name, MemberClass(row.member_class)),
            asked.get(row.member_id, (0, 0)),
            broken.get(row.member_id, {}),
            found[row.member_id],
        )
        for row in members
    )


def _by_actor(
    borrowers: Iterable[list[Contact]], from_time: datetime, until_time: datetime
) -> defaultdict[str, _Found]:
    """By who acted: the contacts of the period, and the bands of the borrowers contacted."""
    found: defaultdict[str, _Found] = defaultdict(_Found)
    for contacts in borrowers:
        band = pressure_of(contacts, until_time).band
        acted = Counter(contact.actor for contact in contacts if contact.at >= from_time)
        for actor, times in acted.items():
            found[actor].contacts += times
            found[actor].bands[band] += 1
    return found


def _conduct(
    member_id: str,
    name: str,
    member_class: MemberClass,
    asked: tuple[int, int],
    broken: Mapping[str, int],
    found: _Found,
) -> ContactConduct:
    granted, denied = asked
    return ContactConduct(
        member_id=member_id,
        name=name,
        member_class=member_class,
        contacts=found.contacts,
        clearances_asked=granted + denied,
        clearances_granted=granted,
        clearances_denied=denied,
        breaches={kind: broken[kind] for kind in BreachKind if kind in broken},
        borrowers=found.bands.total(),
        pressure={band: found.bands[band] for band in PressureBand},
    )
