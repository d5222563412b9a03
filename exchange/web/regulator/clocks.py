"""What is overdue: by member, the oldest first, and of one kind where that is asked for."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from exchange.journeys.openable import auditor_of
from exchange.journeys.overdue_clocks import view_overdue
from exchange.journeys.services import Services
from exchange.store.clock_views import Place
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope


def clock_pages(services: Services) -> Blueprint:
    """One page."""
    pages = audit_blueprint("audit_clocks", __name__)

    @pages.get("/audit/clocks")
    @officer_page(Scope.AUDIT_READ)
    def clocks() -> Response:
        kind, member_id = _kind(request.args.get("kind", "")), request.args.get("member") or None
        auditor = auditor_of(current_officer())
        overdue = view_overdue(services, auditor, kind, member_id, _place(request.args.get("after", "")))
        return page(
            "regulator/clocks.html",
            overdue=overdue,
            kinds=tuple(ClockKind),
            kind=kind,
            member_id=member_id,
            more=f"{overdue.more[0].isoformat()},{overdue.more[1]}" if overdue.more else None,
        )

    return pages


def _kind(given: str) -> ClockKind | None:
    """The kind that an address names; None for none. Raises NotFound for one that there is not."""
    try:
        return ClockKind(given) if given else None
    except ValueError:
        raise NotFound from None


def _place(given: str) -> Place | None:
    if not given:
        return None
    due_at, _, clock_id = given.partition(",")
    try:
        place = datetime.fromisoformat(due_at), UUID(clock_id)
    except ValueError:
        raise NotFound from None
    if place[0].tzinfo is None:
        raise NotFound
    return place
