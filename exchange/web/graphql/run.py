"""Runs an operation: every root field through its journey, what lies below it compiled or else by graphql-core."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, GraphQLSchema, execute_sync
from graphql.execution.values import get_argument_values

from exchange.errors import BadRequest
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.planning.budget import Charge
from exchange.planning.compile_answer import CompiledRoot
from exchange.planning.operation import Operation
from exchange.planning.selection import Selection, read_selection
from exchange.web.graphql.context import Context
from exchange.web.graphql.roots import ROOTS
from schema.contract import build_contract


@dataclass(frozen=True, slots=True)
class Running:
    """What is the same for all root fields of one request, and what has come of some, by their keys in the answer:
    a value, or the exception that was raised.
    """

    services: Services
    request: Request
    charge: Charge
    outcomes: Mapping[str, Any] = field(default_factory=dict)

    def context(self, selection: Callable[[], Selection]) -> Context:
        """What a root field is handed."""
        return Context(self.services, self.request, selection, self.charge)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an operation: the JSON text of its whole `data`, or graphql-core's result; one of them is None."""

    data: bytes | None
    result: ExecutionResult | None

    @property
    def errors(self) -> Sequence[GraphQLError]:
        """What went wrong; nothing did where the data is rendered."""
        return (self.result and self.result.errors) or ()

    @property
    def fields(self) -> int:
        """The operation's actual cost: the number of fields in `data`, `__typename` included."""
        return fields_in_text(self.data) if self.data is not None else fields_in(self.result and self.result.data)


@cache
def bound_contract() -> GraphQLSchema:
    """The contract with every root field bound to what answers it."""
    contract = build_contract()
    roots = [root for root in (contract.query_type, contract.mutation_type) if root is not None]
    for name, declared in ((name, declared) for root in roots for name, declared in root.fields.items()):
        declared.resolve = partial(_resolve, name)
    return contract


def run_operation(running: Running, operation: Operation, variables: Mapping[str, Any]) -> Answered:
    """What the operation answers. graphql-core takes over from a compiled answer, with what has come of root fields."""
    outcomes: dict[str, Any] = {}
    read = operation.read_variables(variables)
    if read is not None and (compiled := operation.compiled(read)):

        def outcome_of(key: str) -> Any:
            outcomes[key] = outcome = run_root(running, compiled.roots[key], read)
            return outcome

        if data := compiled.render(outcome_of, read):
            return Answered(data, None)
    return Answered(None, execute(replace(running, outcomes=outcomes), operation, variables))


def run_root(running: Running, root: CompiledRoot, variables: dict[str, Any]) -> Any:
    """A root field's value, or the exception that it raised."""
    context = running.context(partial(root.selection, variables))
    try:
        return _ask(root.name, context, get_argument_values(root.definition, root.node, variables))
    except Exception as error:
        return error


def execute(running: Running, operation: Operation, variables: Mapping[str, Any]) -> ExecutionResult:
    """What graphql-core answers."""
    return execute_sync(
        bound_contract(),
        operation.document,
        context_value=running,
        variable_values=dict(variables),
        operation_name=operation.name,
    )


def _resolve(name: str, _: None, info: GraphQLResolveInfo, /, **given: Any) -> Any:
    running: Running = info.context
    key = str(info.path.key)
    if key in running.outcomes:
        return running.outcomes[key]
    return _ask(name, running.context(partial(read_selection, info)), given)


def _ask(name: str, context: Context, given: Mapping[str, Any]) -> Any:
    if _holds_nul(given):
        raise BadRequest("A text holds the character U+0000, which no text here may.")
    return ROOTS[name](context, **given)


def _holds_nul(value: Any) -> bool:
    """Whether a text in it holds U+0000, which JSON and GraphQL know and PostgreSQL does not."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_holds_nul, value.values()))
    return isinstance(value, list) and any(map(_holds_nul, value))


def fields_in(value: Any) -> int:
    """The number of keys in a value that is to become JSON."""
    if isinstance(value, dict):
        return len(value) + sum(map(fields_in, value.values()))
    return sum(map(fields_in, value)) if isinstance(value, list) else 0


def fields_in_text(text: bytes) -> int:
    """The number of keys in the JSON of a compiled answer, in which no string begins with a colon.

    A quote before a colon then ends a key, unless it is an escaped one within a string.
    """
    return text.count(b'":') - (text.count(b'\\":') if b"\\" in text else 0)
