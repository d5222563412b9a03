"""Fields of one name in one place must be one field, asked for alike: GraphQL, section 5.3.2.

graphql-core compares every two of them, which takes minutes on documents of a few kilobytes. Here they are laid
together as execution does it, each is held against the first of its name, and the walk has an end: what a document
stands for, fragments written out, is counted. That is enough because no field of the contract gives an interface or
a union: all fields of one place belong to one type.
"""

from collections.abc import Iterable

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    print_ast,
)

from exchange.errors import BadRequest

SELECTIONS_MAX = 5_000
"""Fields and spreads that the operations of one document stand for, lists counted once."""
NESTING_MAX = 60
"""Levels of fields and fragments, one in the other: who walks a document by recursion may rely on it."""

Place = tuple[SelectionSetNode, int]
"""What is selected in a place, and how deep in the document it is."""


def check_merging(document: DocumentNode, depth_max: int) -> int:
    """How many fields and spreads the document stands for. Its fragments must exist and form no circle.

    Raises BadRequest with code GRAPHQL_VALIDATION_FAILED where fields cannot be laid together, QUERY_TOO_COSTLY or
    QUERY_TOO_DEEP where they are too many or too deep.
    """
    merging = _Merging(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            merging.lay_together([(definition.selection_set, 0)], depth_max)
    return merging.seen


class _Merging:
    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.seen = 0

    def lay_together(self, places: Iterable[Place], levels_left: int) -> None:
        if not levels_left:
            raise _too_deep()
        for name, found in self.by_name(places).items():
            first, _ = found[0]
            if not all(_is_same(first, other) for other, _ in found[1:]):
                raise BadRequest(
                    f"Fields called '{name}' conflict: they are different fields, or have different arguments. "
                    "Use different aliases to ask for both.",
                    "GRAPHQL_VALIDATION_FAILED",
                )
            if below := [(field.selection_set, nesting + 1) for field, nesting in found if field.selection_set]:
                self.lay_together(below, levels_left - 1)

    def by_name(self, places: Iterable[Place]) -> dict[str, list[tuple[FieldNode, int]]]:
        fields: dict[str, list[tuple[FieldNode, int]]] = {}
        waiting, spread = list(places), set[str]()
        while waiting:
            selection_set, nesting = waiting.pop()
            if nesting > NESTING_MAX:
                raise _too_deep()
            for node in selection_set.selections:
                self.count()
                if isinstance(node, FieldNode):
                    fields.setdefault((node.alias or node.name).value, []).append((node, nesting))
                elif isinstance(node, InlineFragmentNode):
                    waiting.append((node.selection_set, nesting + 1))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    waiting.append((self.fragments[node.name.value].selection_set, nesting + 1))
        return fields

    def count(self) -> None:
        self.seen += 1
        if self.seen > SELECTIONS_MAX:
            raise BadRequest(
                f"This document stands for more than {SELECTIONS_MAX} fields, fragments written out.",
                "QUERY_TOO_COSTLY",
            )


def _too_deep() -> BadRequest:
    return BadRequest("This document is nested too deeply.", "QUERY_TOO_DEEP")


def _is_same(one: FieldNode, other: FieldNode) -> bool:
    return one.name.value == other.name.value and (
        (not one.arguments and not other.arguments) or _arguments(one) == _arguments(other)
    )


def _arguments(field: FieldNode) -> dict[str, str]:
    return {argument.name.value: print_ast(argument.value) for argument in field.arguments}
