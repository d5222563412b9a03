"""Which fields of a report an operation selects, with fragments, aliases and directives resolved."""

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values

from schema.contract import field_classes
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected fields as (type, field), and the longest history asked for."""

    fields: frozenset[tuple[str, str]]
    history_months: int

    @property
    def classes(self) -> frozenset[FieldClass]:
        """The parts of the file that the selected fields belong to."""
        scoped = field_classes()
        return frozenset(scoped[field] for field in self.fields if field in scoped)


def read_selection(info: GraphQLResolveInfo) -> Selection:
    """What is selected below the field being resolved."""
    fields: set[tuple[str, str]] = set()
    months = [0]
    _walk(info, _object_type(info.return_type), info.field_nodes, fields, months)
    return Selection(frozenset(fields), min(max(months), HISTORY_MONTHS_MAX))


def _walk(
    info: GraphQLResolveInfo,
    parent: GraphQLObjectType,
    nodes: Iterable[FieldNode],
    fields: set[tuple[str, str]],
    months: list[int],
) -> None:
    selected = collect_sub_fields(info.schema, info.fragments, info.variable_values, parent, list(nodes))
    for same_key in selected.values():
        name = same_key[0].name.value
        definition = parent.fields.get(name)
        if definition is None:  # __typename
            continue
        fields.add((parent.name, name))
        if name == "history":
            months.append(get_argument_values(definition, same_key[0], info.variable_values)["months"])
        child = get_named_type(definition.type)
        if isinstance(child, GraphQLObjectType):
            _walk(info, child, same_key, fields, months)


def _object_type(type_: object) -> GraphQLObjectType:
    named = get_named_type(type_)  # type: ignore[call-overload]  # an output type, by the place it is called from
    if not isinstance(named, GraphQLObjectType):
        raise TypeError(f"{named} is not an object type")
    return named
