"""No more than a member's budget is spent, by however many workers; what is not used is given back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from exchange.errors import BadRequest, BudgetSpent
from exchange.handover import Lease
from exchange.planning.budget import FAULTY_IN_A_WINDOW, LEASES_IN_A_WINDOW, Budgets, BudgetStore
from exchange.settings import Settings
from exchange.store.budgets import SqlBudgets, change_budget
from exchange.store.tables.member import member
from exchange.store.tables.member_request import member_budget

LIMIT, SECONDS = 1_000, 60
SETTINGS = Settings(rate_points=LIMIT, rate_window_seconds=SECONDS)
BANK = "harbour-bank"
START = datetime.fromisoformat("2026-06-01T08:00:00Z")


class MemoryBudgets:
    """A BudgetStore without a database. `taken`: the points of each window that any worker took."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.leases = 0
        self.taken: dict[datetime, int] = {}
        self._began = datetime.min.replace(tzinfo=START.tzinfo)

    def lease(self, member_id: str, least: int, blocks: int, now: datetime) -> Lease | None:
        self.leases += 1
        if not now - timedelta(seconds=SECONDS) < self._began <= now + timedelta(seconds=SECONDS):
            self._began = now
        left = self.limit - self.taken.get(self._began, 0)
        points = max(least, min(self.limit // blocks, left // 2)) if left >= least else 0
        self.taken[self._began] = self.limit - left + points
        return Lease(points, self.limit, max(0, left - points), self._began)


def register(engine: Engine, member_id: str = BANK) -> None:
    row: dict[str, Any] = dict.fromkeys(("name", "member_class", "licence", "status", "contribution_level"), "X")
    values = row | {
        "member_id": member_id, "scopes": [], "jwks": {}, "redirect_uris": [], "contact": "", "registered_at": START,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(member.insert().values(values))


def sql_store(engine: Engine) -> SqlBudgets:
    register(engine)
    return SqlBudgets(engine, SETTINGS)


@pytest.fixture(params=["sql", "memory"])
def store(request: pytest.FixtureRequest) -> BudgetStore:
    made: dict[str, Callable[[], BudgetStore]] = {
        "sql": lambda: sql_store(request.getfixturevalue("engine")),
        "memory": MemoryBudgets,
    }
    return made[request.param]()


@pytest.fixture
def worker(store: BudgetStore) -> Budgets:
    return Budgets(store, SETTINGS)


def spend(worker: Budgets, points: int, now: datetime, actual: int | None = None) -> bool:
    try:
        charge = worker.charge(BANK, points, now)
    except BudgetSpent:
        return False
    worker.settle(charge, points if actual is None else actual)
    return True


def test_a_budget_is_spent_to_its_last_point_and_no_further(worker: Budgets) -> None:
    assert spend(worker, 700, START)
    assert spend(worker, 299, START)
    assert not spend(worker, 2, START)
    assert spend(worker, 1, START)
    assert not spend(worker, 1, START)


def test_what_an_operation_did_not_use_may_be_spent_by_the_next(worker: Budgets) -> None:
    assert all(spend(worker, 900, START, actual=100) for _ in range(2))
    assert not spend(worker, 900, START)
    assert spend(worker, 800, START)


def test_what_an_operation_used_beyond_its_charge_is_taken_too(worker: Budgets) -> None:
    assert spend(worker, 10, START, actual=600)
    assert not spend(worker, 401, START)
    assert spend(worker, 400, START)


def test_a_refusal_says_what_is_left_and_when_the_window_ends(worker: Budgets) -> None:
    spend(worker, 990, START)
    with pytest.raises(BudgetSpent) as refused:
        worker.charge(BANK, 11, START + timedelta(seconds=20, milliseconds=1))
    error = refused.value
    assert (error.requested, error.limit, error.remaining) == (11, LIMIT, 10)
    assert error.resets_at == START + timedelta(seconds=SECONDS)
    assert (error.stable_code, error.retry_after) == ("RATE_LIMITED", 40)


def test_the_next_window_has_the_whole_budget_and_nothing_of_the_last(worker: Budgets) -> None:
    assert spend(worker, 400, START)
    assert spend(worker, 600, START)
    later = START + timedelta(seconds=SECONDS)
    assert not spend(worker, 1, later - timedelta(microseconds=1))
    assert spend(worker, 1_000, later)
    assert not spend(worker, 1, later)


def test_a_window_that_a_wrong_clock_began_far_ahead_does_not_stay(store: BudgetStore) -> None:
    assert spend(Budgets(store, SETTINGS), LIMIT, START + timedelta(days=300))
    assert spend(Budgets(store, SETTINGS), LIMIT, START)
    assert not spend(Budgets(store, SETTINGS), 1, START + timedelta(seconds=1))


def test_a_charge_of_the_last_window_gives_nothing_back_in_the_next(worker: Budgets) -> None:
    old = worker.charge(BANK, 1_000, START)
    later = START + timedelta(seconds=SECONDS)
    assert spend(worker, 1_000, later)
    worker.settle(old, 0)
    assert not spend(worker, 1, later)


def test_an_operation_that_no_window_holds_is_a_bad_request(worker: Budgets) -> None:
    for _ in range(2):
        with pytest.raises(BadRequest) as refused:
            worker.charge(BANK, LIMIT + 1, START)
        assert refused.value.stable_code == "QUERY_TOO_COSTLY"
    assert spend(worker, LIMIT, START)


def test_what_a_dead_worker_took_is_lost_until_the_window_ends(store: BudgetStore) -> None:
    dead, living = Budgets(store, SETTINGS), Budgets(store, SETTINGS)
    dead.settle(dead.charge(BANK, 800, START), 0)
    assert not spend(living, 300, START)
    assert spend(living, 200, START)
    assert spend(living, 1_000, START + timedelta(seconds=SECONDS))


def test_a_document_that_does_not_fit_is_paid_for_and_one_that_does_is_not() -> None:
    limit = 10 * FAULTY_IN_A_WINDOW
    worker = Budgets(MemoryBudgets(limit), SETTINGS)
    for _ in range(3):
        with worker.reading(BANK, START):
            pass
    for faulty in range(1, 4):
        with pytest.raises(BadRequest), worker.reading(BANK, START):
            raise BadRequest("it does not fit")
        assert worker.charge(BANK, 0, START).standing.remaining == limit - 10 * faulty


def test_nothing_is_read_for_who_has_no_point_left(worker: Budgets) -> None:
    assert spend(worker, LIMIT, START)
    with pytest.raises(BudgetSpent), worker.reading(BANK, START):
        raise AssertionError("it was read")


def test_many_small_charges_cost_few_leases() -> None:
    store = MemoryBudgets(limit=100_000)
    worker = Budgets(store, SETTINGS)
    assert all(spend(worker, 10, START) for _ in range(10_000))
    assert not spend(worker, 10, START)
    assert store.leases <= 2 * LEASES_IN_A_WINDOW


def test_who_is_refused_again_and_again_costs_a_lease_in_a_second() -> None:
    store = MemoryBudgets()
    worker = Budgets(store, SETTINGS)
    assert spend(worker, LIMIT, START)
    before = store.leases
    assert not any(spend(worker, 1, START + timedelta(milliseconds=n)) for n in range(2_000))
    assert store.leases - before == 2


def test_an_operator_who_gives_more_is_heard_within_a_second(engine: Engine) -> None:
    worker = Budgets(sql_store(engine), SETTINGS)
    assert spend(worker, LIMIT, START)
    assert not spend(worker, 1, START)
    with engine.begin() as connection:
        change_budget(connection, BANK, 5_000)
    assert spend(worker, 4_000, START + timedelta(seconds=1))
    assert not spend(worker, 1, START + timedelta(seconds=1))


def test_a_smaller_budget_of_its_own_and_the_usual_one_again(engine: Engine) -> None:
    store = sql_store(engine)
    for points, held in ((10, 10), (None, LIMIT)):
        with engine.begin() as connection:
            change_budget(connection, BANK, points)
        charge = Budgets(store, SETTINGS).charge(BANK, 1, START)
        assert charge.standing.limit == held


def test_one_members_budget_is_not_anothers(engine: Engine) -> None:
    worker = Budgets(sql_store(engine), SETTINGS)
    register(engine, "clover-finance")
    assert spend(worker, LIMIT, START)
    assert worker.charge("clover-finance", LIMIT, START).standing.remaining == 0
    assert not spend(worker, 1, START)


def test_a_member_that_is_not_there_breaks_nothing_and_leaves_no_row(engine: Engine) -> None:
    worker = Budgets(SqlBudgets(engine, SETTINGS), SETTINGS)
    assert spend(worker, 5, START)
    assert spend(worker, 5_000, START)
    with engine.connect() as connection:
        assert connection.execute(select(member_budget)).all() == []


Step = tuple[int, int, int, int]
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 400), st.integers(0, 400), st.integers(-2, 25)), max_size=60
)


@given(STEPS)
def test_no_window_is_overspent_by_any_number_of_workers_that_die_and_whose_clocks_differ(steps: list[Step]) -> None:
    store = MemoryBudgets()
    workers = [Budgets(store, SETTINGS) for _ in range(3)]
    spent: dict[datetime, int] = {}
    now = START
    for number, points, actual, seconds in steps:
        now += timedelta(seconds=seconds)
        if number == 3:
            workers[seconds % 3] = Budgets(store, SETTINGS)
            continue
        try:
            charge = workers[number].charge(BANK, points, now)
        except BudgetSpent as refused:
            assert refused.remaining < points
            continue
        used = min(points, actual)
        standing = workers[number].settle(charge, used)
        assert 0 <= standing.remaining <= LIMIT
        spent[charge.window_started_at] = spent.get(charge.window_started_at, 0) + used
    assert all(points <= store.taken[began] <= LIMIT for began, points in spent.items())


@given(STEPS)
def test_a_budget_that_one_worker_spends_alone_is_never_refused_while_it_lasts(steps: list[Step]) -> None:
    worker, left = Budgets(MemoryBudgets(), SETTINGS), LIMIT
    for _, points, actual, _ in steps:
        used = min(points, actual)
        assert spend(worker, points, START, used) is (points <= left)
        left -= used if points <= left else 0


def test_workers_that_race_in_the_database_spend_no_more_than_the_budget(engine: Engine) -> None:
    store = sql_store(engine)
    workers = [Budgets(store, SETTINGS) for _ in range(4)]

    def work(number: int) -> int:
        return sum(spend(workers[number % 4], 7, START, actual=3) for _ in range(60))

    with ThreadPoolExecutor(8) as threads:
        done = sum(threads.map(work, range(8)))
    assert 0 < 3 * done <= LIMIT
    with engine.connect() as connection:
        assert connection.scalar(select(member_budget.c.leased)) <= LIMIT


def test_of_workers_that_race_for_the_first_lease_each_gets_its_own_points(engine: Engine) -> None:
    store = sql_store(engine)
    with ThreadPoolExecutor(8) as threads:
        leases = list(threads.map(lambda _: store.lease(BANK, 90, LEASES_IN_A_WINDOW, START), range(16)))
    assert sorted(lease.points for lease in leases if lease) == [0] * 5 + [90] * 11
    assert min(lease.remaining for lease in leases if lease) == LIMIT - 11 * 90
