"""Runs an operation: every root field through its journey, what lies below it by graphql-core."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema, execute_sync

from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.planning.operation import Operation
from exchange.planning.selection import read_selection
from exchange.web.graphql.context import Context
from exchange.web.graphql.roots import ROOTS, Root
from schema.contract import build_contract


@dataclass(frozen=True, slots=True)
class Running:
    """What is the same for all root fields of one request."""

    services: Services
    request: Request


@cache
def bound_contract() -> GraphQLSchema:
    """The contract with every root field bound to what answers it."""
    contract = build_contract()
    roots = [root for root in (contract.query_type, contract.mutation_type) if root is not None]
    for name, field in ((name, field) for root in roots for name, field in root.fields.items()):
        field.resolve = partial(_resolve, ROOTS[name])
    return contract


def run_operation(running: Running, operation: Operation, variables: Mapping[str, Any]) -> ExecutionResult:
    """What graphql-core answers."""
    return execute_sync(
        bound_contract(),
        operation.document,
        context_value=running,
        variable_values=dict(variables),
        operation_name=operation.name,
    )


def _resolve(root: Root, _: None, info: GraphQLResolveInfo, **given: Any) -> Any:
    running: Running = info.context
    return root(Context(running.services, running.request, partial(read_selection, info)), **given)
