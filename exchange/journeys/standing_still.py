"""What stands still about debts: told to those who collect them, and heeded in what is suggested to them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.store.contact_sources import debtor_row, needs_care
from exchange.store.contact_wishes import standing_wishes
from exchange.store.mandated_accounts import PlanAbout, is_disputed, plans_about
from schema.vocabulary.contact import WishKind
from schema.vocabulary.plan import PlanState

_AGREED = frozenset({PlanState.ACCEPTED.value, PlanState.ACTIVE.value})


@dataclass(frozen=True, slots=True)
class StandingStill:
    """What stands still. `plan_until`: the last day on which a plan forbids to collect; None: none does.
    `needs_care` says that, and never why.
    """

    stop_requested: bool
    plan_until: date | None
    disputed: bool
    needs_care: bool


def standing_still(
    connection: Connection, subject_key: UUID, lender: str, account_keys: Collection[UUID], today: date, now: datetime
) -> StandingStill:
    """What stands still about these accounts of a lender. `today` is the borrower's."""
    wishes = standing_wishes(connection, subject_key, now, lender)
    return StandingStill(
        stop_requested=any(wish.kind is WishKind.STOP for wish in wishes),
        plan_until=max((until for until in _stops(connection, subject_key, account_keys, today)), default=None),
        disputed=is_disputed(connection, subject_key, account_keys),
        needs_care=needs_care(debtor_row(connection, subject_key, ()), today),
    )


def _stops(connection: Connection, subject_key: UUID, account_keys: Collection[UUID], today: date) -> list[date]:
    plans = plans_about(connection, subject_key, account_keys)
    return [until for plan in plans if (until := _stop(plan)) is not None and until >= today]


def _stop(plan: PlanAbout) -> date | None:
    return plan.stop_collection_until if plan.state in _AGREED else None
