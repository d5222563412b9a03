"""What compiled answers say, and what graphql-core says of the same values: the same bytes, or the same errors.

OPENBUREAU_TEST_OPERATIONS says how many operations are made up in all; 2,000 unless told.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLError
from made_up_operations import MadeUpOperation, make_operation
from made_up_values import MadeUpValues

from exchange.errors import BadRequest
from exchange.planning.limits import check_limits
from exchange.planning.operation import Operation, Operations
from exchange.planning.selection import Selection
from exchange.settings import Settings
from exchange.web.graphql import run
from exchange.web.graphql.context import Context
from exchange.web.graphql.run import Answered, Running, bound_contract, run_operation

OPERATIONS = int(os.environ.get("OPENBUREAU_TEST_OPERATIONS", "2000"))
PARTS = 10
LIMITLESS = Settings(
    query_depth_max=30,
    query_cost_max=10**60,
    query_aliases_max=1_000,
    reports_per_request_max=1_000,
    introspection=True,
)
CONTRACT = bound_contract()
NOTHING: Any = None
RUNNING = Running(NOTHING, NOTHING, NOTHING)


@dataclass
class Journeys:
    """Stands for all root fields: gives values that are made up once, in the order in which they are asked for."""

    values: MadeUpValues
    made: list[Any] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any], Selection | str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        def root(context: Context, **given: Any) -> Any:
            place = len(self.asked)
            self.asked.append((name, given, _selected(context)))
            if place == len(self.made):
                self.made.append(self.outcome(name))
            outcome = self.made[place]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return root

    def outcome(self, name: str) -> Any:
        if self.values.random.random() < self.values.faults:
            return BadRequest("refused")
        roots = [root for root in (CONTRACT.query_type, CONTRACT.mutation_type) if root and name in root.fields]
        return self.values.value(roots[0].fields[name].type)


def _selected(context: Context) -> Selection | str:
    try:
        return context.selection()
    except BadRequest as refused:
        return refused.sentence


def answered(journeys: Journeys, operation: Operation, variables: dict[str, Any]) -> tuple[Answered, list[Any]]:
    """What is answered, and what the journeys were asked."""
    journeys.asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "ROOTS", journeys)
        patch.setattr(Running, "context", lambda _, selection: Context(None, None, selection, None))
        return run_operation(RUNNING, operation, variables), journeys.asked


def both_ways(made: MadeUpOperation, journeys: Journeys) -> tuple[Answered, Answered]:
    """The answer of the compiled operation, and graphql-core's. Journeys run once each time, and are asked the same."""
    operation = Operations(CONTRACT, LIMITLESS).prepare(made.text, made.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exchange.planning.operation.RUNS_BEFORE_COMPILED", 0)
        by_fast, asked_by_fast = answered(journeys, operation, made.variables)
        patch.setattr("exchange.planning.operation.RUNS_BEFORE_COMPILED", 2)
        by_slow, asked_by_slow = answered(journeys, operation, made.variables)
    assert by_slow.data is None
    assert asked_by_fast == asked_by_slow, made
    size = check_limits(operation.document, operation.definition, made.variables, LIMITLESS)
    assert operation.check_limits(made.variables) == operation.check_limits(made.variables) == size
    return by_fast, by_slow


def check_agreement(fast: Answered, slow: Answered) -> None:
    """Bytes as orjson writes what graphql-core answers, or the very errors."""
    assert slow.result
    if fast.data is not None:
        assert slow.errors == ()
        assert fast.data == orjson.dumps(slow.result.data)
    else:
        assert fast.result
        assert [_told(error) for error in fast.errors] == [_told(error) for error in slow.errors]
        assert repr(fast.result.data) == repr(slow.result.data)
    assert fast.fields == slow.fields


def _told(error: GraphQLError) -> tuple[Any, ...]:
    return error.message, error.path, error.locations, repr(error.original_error)


@pytest.mark.parametrize("part", range(PARTS))
def test_compiled_answers_are_graphql_cores(part: int) -> None:
    random = Random(part)
    ways: Counter[str] = Counter()
    for number in range(OPERATIONS // PARTS):
        made = make_operation(CONTRACT, random)
        faults = random.choice((0.0, 0.0, 0.0, 0.02, 0.1))
        fast, slow = both_ways(made, Journeys(MadeUpValues(Random(number), faults)))
        try:
            check_agreement(fast, slow)
        except AssertionError as differs:
            raise AssertionError(f"{made.text}\n{made.variables}\n{part=} {number=} {faults=}") from differs
        ways["compiled" if fast.data is not None else "errors" if fast.errors else "other"] += 1
    assert ways["compiled"] > 0.4 * ways.total()
    assert ways["errors"] > 0.1 * ways.total()
