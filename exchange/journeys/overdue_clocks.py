"""Regulators see what is overdue, from whom and since when. Each view is in the log."""

from dataclasses import dataclass

from exchange.journeys.log_view import log_view, require_scope
from exchange.journeys.openable import Auditor
from exchange.journeys.services import Services
from exchange.store.clock_views import MemberClocks, OverdueClock, Place, clocks_by_member, overdue_clocks
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope

PAGE_CLOCKS = 50


@dataclass(frozen=True, slots=True)
class Overdue:
    """A page of what is overdue, the oldest first, and how much of it there is by member. `more`: where the next page
    begins; None: this is the last.
    """

    clocks: tuple[OverdueClock, ...]
    by_member: tuple[MemberClocks, ...]
    more: Place | None


def view_overdue(
    services: Services,
    auditor: Auditor,
    kind: ClockKind | None = None,
    member_id: str | None = None,
    after: Place | None = None,
) -> Overdue:
    """What is overdue now: of one kind and of one member, or of all. Raises Refused without audit:read."""
    require_scope(services, auditor, Scope.AUDIT_READ)
    now = services.clock.now()
    with services.transaction() as connection:
        found = overdue_clocks(connection, now, after, PAGE_CLOCKS + 1, kind, member_id)
        by_member = clocks_by_member(connection, now, kind)
        given = {"kind": kind and kind.value, "member": member_id}
        wanted = [f"{name}={value}" for name, value in given.items() if value]
        log_view(services, connection, auditor, "clocks_viewed", {"wanted": wanted})
    shown = tuple(found[:PAGE_CLOCKS])
    return Overdue(shown, tuple(by_member), shown[-1].place if len(found) > PAGE_CLOCKS else None)
