"""So many work at once; others wait in order of arrival, not for long, and nobody takes all the places."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from exchange.settings import Settings
from exchange.web.queue_gate import QueueGate, threads_of_server

LONG = 30.0
"""Seconds that no test waits for: whoever waits so long is let in before."""


def until(holds: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def waiting(threads: ThreadPoolExecutor, gate: QueueGate, asker: str) -> Future[bool]:
    """Somebody who stands in line."""
    before = gate.waiting
    turn = threads.submit(gate.enter, asker, LONG)
    until(lambda: gate.waiting == before + 1)
    return turn


def test_so_many_work_at_once_and_nobody_more() -> None:
    gate = QueueGate(2, 0)
    assert [gate.enter("a", LONG) for _ in range(4)] == [True, True, False, False]
    gate.leave()
    assert [gate.enter("a", LONG) for _ in range(2)] == [True, False]


def test_turns_come_in_order_of_arrival() -> None:
    gate, done = QueueGate(1, 20), []
    assert gate.enter("a", LONG)
    with ThreadPoolExecutor(8) as threads:
        line = [waiting(threads, gate, f"asker {n}") for n in range(8)]
        for turn in line:
            assert not any(later.done() for later in line[line.index(turn) :])
            gate.leave()
            done.append(turn.result(LONG))
    assert done == [True] * 8
    assert gate.waiting == 0


def test_a_turn_that_does_not_come_in_time_is_given_up_and_its_place_with_it() -> None:
    gate = QueueGate(1, 2)
    assert gate.enter("a", LONG)
    assert [gate.enter("b", 0.01) for _ in range(3)] == [False] * 3
    assert gate.waiting == 0
    gate.leave()
    assert gate.enter("b", 0.01)
    assert not gate.enter("b", 0.01)


def test_once_the_first_in_line_has_waited_long_newcomers_do_not_wait_at_all() -> None:
    gate = QueueGate(1, 9)
    assert gate.enter("a", LONG)
    with ThreadPoolExecutor(1) as threads:
        first = waiting(threads, gate, "b")
        until(lambda: not gate.enter("c", 0.02))
        assert gate.waiting == 1
        gate.leave()
        assert first.result(LONG)


def test_who_has_no_time_left_does_not_wait_but_takes_a_free_turn() -> None:
    gate = QueueGate(1, 5)
    assert gate.enter("a", 0)
    assert not gate.enter("b", 0)


def test_one_asker_takes_half_of_the_places_and_others_still_find_one() -> None:
    gate = QueueGate(1, 4)
    assert gate.enter("greedy", LONG)
    with ThreadPoolExecutor(8) as threads:
        line = [waiting(threads, gate, "greedy") for _ in range(2)]
        assert not gate.enter("greedy", LONG)
        line += [waiting(threads, gate, "modest"), waiting(threads, gate, "another")]
        assert not gate.enter("modest", LONG)  # the line is full
        for _ in line:
            gate.leave()
        assert all(turn.result(LONG) for turn in line)
        line = [waiting(threads, gate, "greedy") for _ in range(2)]  # its places are free again
        for _ in line:
            gate.leave()


def test_of_many_that_race_never_more_work_than_may_and_no_turn_is_lost() -> None:
    gate, lock = QueueGate(3, 100), threading.Lock()
    at_work = most = served = 0

    def work(number: int) -> None:
        nonlocal at_work, most, served
        for _ in range(40):
            if not gate.enter(f"asker {number}", 0.001 if number % 2 else LONG):
                continue
            with lock:
                at_work += 1
                most = max(most, at_work)
                served += 1
            time.sleep(0.0002)
            with lock:
                at_work -= 1
            gate.leave()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(12)))
    assert most <= 3
    assert served >= 6 * 40
    assert gate.waiting == 0
    assert [gate.enter("after", 0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(("places", "threads"), [(0, 4), (1, 7), (200, 206)])
def test_the_server_has_a_thread_for_each_that_works_or_waits_and_spare_ones(places: int, threads: int) -> None:
    assert threads_of_server(Settings(threads=4, queue_places=places)) == threads
