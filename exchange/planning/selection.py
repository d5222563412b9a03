"""Which fields of a report an operation selects, with fragments, aliases and directives resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
)
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values

from exchange.errors import BadRequest
from exchange.planning.variables import LIST_ARGUMENTS
from schema.contract import field_classes
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, HISTORY_MONTHS_USUAL
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True)
class Selection:
    """The selected fields as (type, field), and the longest history that they need."""

    fields: frozenset[tuple[str, str]]
    history_months: int

    @cached_property
    def classes(self) -> frozenset[FieldClass]:
        """The parts of the file that the selected fields belong to."""
        scoped = field_classes()
        return frozenset(scoped[field] for field in self.fields if field in scoped)


def read_selection(info: GraphQLResolveInfo) -> Selection:
    """What is selected below the field being resolved. Raises BadRequest as `select` does."""
    return select(info.schema, info.fragments, info.variable_values, info.return_type, info.field_nodes)


def select(
    contract: GraphQLSchema,
    fragments: dict[str, FragmentDefinitionNode],
    variables: dict[str, Any],
    type_: GraphQLOutputType,
    nodes: list[FieldNode],
) -> Selection:
    """What is selected below a field of this type, which stands at these nodes.

    Raises BadRequest where a page or a history is not of a size that is given: before a look is spent on it.
    """
    walk = _Walk(contract, fragments, variables)
    walk.below(_object_type(type_), nodes)
    return Selection(frozenset(walk.fields), walk.history_months)


class _Walk:
    def __init__(
        self, contract: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self._contract = contract
        self._fragments = fragments
        self._variables = variables
        self.fields: set[tuple[str, str]] = set()
        self.history_months = 0

    def below(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> None:
        selected = collect_sub_fields(self._contract, self._fragments, self._variables, parent, nodes)
        for same_key in selected.values():
            name = same_key[0].name.value
            definition = parent.fields.get(name)
            if definition is None:  # __typename
                continue
            self.fields.add((parent.name, name))
            if definition.args.keys() & LIST_ARGUMENTS:
                self._read_arguments(name, _arguments(definition, same_key[0], self._variables))
            if name == "lateMonths":
                self.history_months = max(self.history_months, HISTORY_MONTHS_USUAL)
            child = get_named_type(definition.type)
            if isinstance(child, GraphQLObjectType):
                self.below(child, same_key)

    def _read_arguments(self, name: str, given: Mapping[str, Any]) -> None:
        if "months" in given:
            check_size("months", given["months"], HISTORY_MONTHS_MAX)
            self.history_months = max(self.history_months, given["months"])
            return
        sizes = {size: given[size] for size in ("first", "last") if given.get(size) is not None}
        if len(sizes) != 1:
            raise BadRequest(f"Give either `first` or `last` of `{name}`, from 1 to {PAGE_ITEMS_MAX}.")
        for size, items in sizes.items():
            check_size(size, items, PAGE_ITEMS_MAX)


def _arguments(definition: GraphQLField, node: FieldNode, variables: dict[str, Any]) -> dict[str, Any]:
    try:
        return get_argument_values(definition, node, variables)
    except GraphQLError as fault:  # a variable that is null where it may not be
        raise BadRequest(fault.message) from None


def check_size(name: str, given: int, most: int) -> None:
    """Raises BadRequest where `given` is not 1 to `most`; `name` is the argument's."""
    if not 1 <= given <= most:
        raise BadRequest(f"`{name}` takes 1 to {most}; {given} was given.")


def _object_type(type_: GraphQLOutputType) -> GraphQLObjectType:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLObjectType):
        raise TypeError(f"{named} is not an object type")
    return named
