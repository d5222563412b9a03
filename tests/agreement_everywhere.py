"""Holds every compiled answer that a test meets against what graphql-core makes of the same values."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any

import orjson
import pytest

from exchange.planning import operation
from exchange.planning.compile_answer import CompiledAnswer, CompiledRoot
from exchange.planning.operation import Operation
from exchange.web.graphql.run import Running, execute

_asked = local()


@contextmanager
def agreement_everywhere() -> Iterator[None]:
    """Meanwhile all operations are compiled at once, and each compiled answer is checked as it is given."""
    read_variables, compiled = Operation.read_variables, Operation.compiled

    def reading(self: Operation, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        _asked.variables = variables
        return read_variables(self, variables)

    def checking(self: Operation, variables: Mapping[str, Any]) -> Any:
        answer = compiled(self, variables)
        return answer and _Checked(self, answer, _asked.variables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "RUNS_BEFORE_COMPILED", 0)
        patch.setattr(Operation, "read_variables", reading)
        patch.setattr(Operation, "compiled", checking)
        yield


class _Checked:
    def __init__(self, asked: Operation, answer: CompiledAnswer, variables: Mapping[str, Any]) -> None:
        self._operation = asked
        self._answer = answer
        self._variables = variables
        self.roots: Mapping[str, CompiledRoot] = answer.roots

    def render(self, outcome_of: Callable[[str], Any], variables: dict[str, Any]) -> bytes | None:
        outcomes: dict[str, Any] = {}

        def kept(key: str) -> Any:
            outcomes[key] = outcome = outcome_of(key)
            return outcome

        data = self._answer.render(kept, variables)
        if data is not None:
            nothing: Any = None
            said = execute(Running(nothing, nothing, nothing, outcomes), self._operation, self._variables)
            assert said.errors is None
            assert data == orjson.dumps(said.data)
        return data
