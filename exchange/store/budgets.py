"""Members' budgets in the table `member_budget`."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from exchange.handover import Lease
from exchange.settings import Settings
from exchange.store.engine import database_errors
from exchange.store.tables.base import Instant
from exchange.store.tables.member import member
from exchange.store.tables.member_request import member_budget

POINTS_MAX = 2_000_000_000
"""GraphQL's whole numbers end soon after."""

_LONG_AGO = datetime.fromtimestamp(0, UTC)
"""When the window of a member began that has not asked yet."""


class SqlBudgets:
    """Each lease is one statement and its own transaction; the member's first one ever is three."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._usual = min(settings.rate_points, POINTS_MAX)
        self._window = timedelta(seconds=max(1, settings.rate_window_seconds))

    def lease(self, member_id: str, least: int, blocks: int, now: datetime) -> Lease | None:
        """Takes points, see `planning.budget.BudgetStore`. Raises Unavailable."""
        with database_errors(), self._engine.begin() as connection:
            taken = self._take(connection, member_id, least, blocks, now)
            if taken is None:
                _begin(connection, member_id)
                taken = self._take(connection, member_id, least, blocks, now)
            return taken

    def _take(self, connection: Connection, member_id: str, least: int, blocks: int, now: datetime) -> Lease | None:
        """The row is locked before it is read: of two that come at once, the second sees what the first took."""
        row = member_budget.c
        # One that begins far ahead was begun by a clock that has been put right since.
        over = or_(row.window_started_at <= now - self._window, row.window_started_at > now + self._window)
        limit = func.coalesce(row.points_max, self._usual)
        before = (
            select(
                row.member_id,
                limit.label("limit"),
                case((over, 0), else_=row.leased).label("taken"),
                case((over, now), else_=row.window_started_at).label("began"),
            )
            .where(row.member_id == member_id)
            .with_for_update()
            .subquery()
        )
        left = before.c.limit - before.c.taken
        block = func.least(before.c.limit // blocks, left // 2)
        points = case((left >= least, func.greatest(least, block)), else_=0)
        statement = (
            update(member_budget)
            .where(row.member_id == before.c.member_id)
            .values(leased=before.c.taken + points, window_started_at=before.c.began)
            .returning(points, before.c.limit, func.greatest(0, left - points), row.window_started_at)
        )
        found = connection.execute(statement).one_or_none()
        return Lease(*found) if found else None


def _begin(connection: Connection, member_id: str) -> None:
    """A budget for a member that has none; nothing where there is no such member."""
    known = select(member.c.member_id, literal(_LONG_AGO, Instant), literal(0)).where(member.c.member_id == member_id)
    columns = ["member_id", "window_started_at", "leased"]
    connection.execute(insert(member_budget).from_select(columns, known).on_conflict_do_nothing())


def change_budget(connection: Connection, member_id: str, points: int | None) -> None:
    """Gives a member that is registered a budget of its own, or (None) the usual one."""
    statement = insert(member_budget).values(
        member_id=member_id, points_max=points, window_started_at=_LONG_AGO, leased=0
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_={"points_max": points}))
