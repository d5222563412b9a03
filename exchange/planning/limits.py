"""Limits on a GraphQL operation, checked before it runs, in time linear in the document.

A fragment is measured once, however often it is spread: a document of a few hundred bytes that spreads fragments in
fragments stands for billions of fields, and is refused without walking them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from exchange.errors import BadRequest
from exchange.planning.variables import LIST_ARGUMENTS
from exchange.settings import Settings
from schema.vocabulary.payment_status import HISTORY_MONTHS_USUAL

_LENGTH_UNLESS_TOLD = {"history": HISTORY_MONTHS_USUAL}
_REPORT_FIELDS = frozenset({"creditReport", "mandateFile", "collectionAdvice"})


@dataclass(slots=True)
class Size:
    """What a selection adds up to. A field costs 1, and what lies below a list costs the list's length times."""

    cost: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    reports: int = 0


def check_limits(
    document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any], settings: Settings
) -> Size:
    """The operation's size.

    Raises BadRequest with code QUERY_TOO_DEEP, QUERY_TOO_COSTLY, TOO_MANY_ALIASES, TOO_MANY_DIRECTIVES or
    TOO_MANY_REPORTS. The document must have been validated, so that its fragments exist and form no circle.
    """
    size = _Measure(document, default_lengths(operation) | dict(variables)).operation(operation)
    for value, most, code, what in (
        (size.depth, settings.query_depth_max, "QUERY_TOO_DEEP", "levels deep"),
        (size.cost, settings.query_cost_max, "QUERY_TOO_COSTLY", "in cost"),
        (size.aliases, settings.query_aliases_max, "TOO_MANY_ALIASES", "aliases"),
        (size.directives, settings.query_aliases_max, "TOO_MANY_DIRECTIVES", "directives"),
        (size.reports, settings.reports_per_request_max, "TOO_MANY_REPORTS", "reports"),
    ):
        if value > most:
            raise BadRequest(f"This operation is {value} {what}; at most {most} are taken.", code)
    return size


def length_of(given: Any) -> int:
    """The length that a variable's value gives a list: what is no number is refused later, and counts once."""
    return int(given) if isinstance(given, int | float) and math.isfinite(given) else 1


def default_lengths(operation: OperationDefinitionNode) -> dict[str, Any]:
    """The default values of the operation's variables, as far as they are whole numbers."""
    defaults = {variable.variable.name.value: variable.default_value for variable in operation.variable_definitions}
    return {name: int(node.value) for name, node in defaults.items() if isinstance(node, IntValueNode)}


class _Measure:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.measured: dict[str, Size] = {}

    def operation(self, operation: OperationDefinitionNode) -> Size:
        size = self.selection(operation.selection_set)
        size.directives += len(operation.directives)
        return size

    def selection(self, selection_set: SelectionSetNode | None) -> Size:
        total = Size()
        for node in selection_set.selections if selection_set else ():
            part = self.part(node)
            total.cost += part.cost
            total.depth = max(total.depth, part.depth)
            total.aliases += part.aliases
            total.directives += part.directives + len(node.directives)
            total.reports += part.reports
        return total

    def part(self, node: Any) -> Size:
        if isinstance(node, FieldNode):
            return self.field(node)
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value)
        return self.selection(node.selection_set)

    def field(self, node: FieldNode) -> Size:
        below = self.selection(node.selection_set)
        return Size(
            cost=1 + below.cost * self.list_length(node),
            depth=1 + below.depth,
            aliases=below.aliases + (node.alias is not None),
            directives=below.directives,
            reports=below.reports + (node.name.value in _REPORT_FIELDS),
        )

    def fragment(self, name: str) -> Size:
        if name not in self.measured:
            self.measured[name] = self.selection(self.fragments[name].selection_set)
        return self.measured[name]

    def list_length(self, node: FieldNode) -> int:
        length = 1
        if not node.arguments:
            return _LENGTH_UNLESS_TOLD.get(node.name.value, length)
        for argument in node.arguments:
            if argument.name.value in LIST_ARGUMENTS:
                length = max(length, self.whole_number(argument.value))
        return length

    def whole_number(self, value: Any) -> int:
        if isinstance(value, IntValueNode):
            return int(value.value)
        return length_of(self.variables.get(value.name.value)) if isinstance(value, VariableNode) else 1
