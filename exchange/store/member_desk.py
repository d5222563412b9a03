"""Counts of what waits for a member, each in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from exchange.store.tables.assessment import review_request
from exchange.store.tables.complaint import complaint
from exchange.store.tables.dispute import dispute
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.running_clock import running_clock
from exchange.store.tables.webhook import webhook_delivery
from schema.vocabulary.complaint import ComplaintState
from schema.vocabulary.dispute import OPEN_DISPUTES
from schema.vocabulary.plan import PlanState


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each wait for the member. `clocks_missed`: of all of these, those whose time is over."""

    disputes: int
    complaints: int
    plans_countered: int
    reviews: int
    clocks_missed: int
    deliveries_dead: int


def count_waiting(connection: Connection, member_id: str, now: datetime) -> Waiting:
    """What waits for this member now."""
    unanswered = (ComplaintState.FILED.value, ComplaintState.OVERDUE.value)
    counts = (
        _count(dispute).where(dispute.c.contributor == member_id, dispute.c.state.in_(OPEN_DISPUTES)),
        _count(complaint).where(complaint.c.against == member_id, complaint.c.state.in_(unanswered)),
        _count(repayment_plan).where(
            repayment_plan.c.contributor == member_id,
            repayment_plan.c.superseded_at.is_(None),
            repayment_plan.c.withdrawn.is_(False),
            repayment_plan.c.state == PlanState.COUNTERED,
        ),
        _count(review_request).where(review_request.c.member_id == member_id, review_request.c.answered_at.is_(None)),
        _count(running_clock).where(
            running_clock.c.member_id == member_id, running_clock.c.met_at.is_(None), running_clock.c.due_at < now
        ),
        _count(webhook_delivery).where(
            webhook_delivery.c.member_id == member_id, webhook_delivery.c.dead_at.is_not(None)
        ),
    )
    return Waiting(*connection.execute(select(*(each.scalar_subquery() for each in counts))).one())


def _count(table: Any) -> Select[Any]:
    return select(func.count()).select_from(table)
