"""A query becomes straight Python that writes the JSON text of its answer: docs/compiled-plans.md.

What is selected, under which keys and with which arguments, is graphql-core's to say. Nothing of a request reaches
the source but the keys of the answer, which are GraphQL names; all values stand in the namespace.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
)
from graphql.execution.collect_fields import collect_fields

from exchange.planning.compile_answer_source import AnswerSource, Argued, NotCompiled
from exchange.planning.selection import Selection, select
from exchange.planning.variables import variables_of_lists

SELECTIONS_KEPT = 8


@dataclass(frozen=True, slots=True)
class CompiledRoot:
    """A root field. `selection` takes the operation's variables and gives what is selected; raises BadRequest."""

    name: str
    definition: GraphQLField
    node: FieldNode
    selection: Callable[[Mapping[str, Any]], Selection]


@dataclass(frozen=True, slots=True)
class CompiledAnswer:
    """What answers an operation: its root fields by their keys. `source` is the Python that it consists of."""

    source: str
    roots: Mapping[str, CompiledRoot]
    argued: tuple[Argued, ...]
    write: Callable[[Callable[[str], Any], list[dict[str, Any]]], str]

    def render(self, outcome_of: Callable[[str], Any], variables: dict[str, Any]) -> bytes | None:
        """The JSON of `data`. `outcome_of` runs a root field and gives its value, or the exception that it raised.

        None where anything is unusual: graphql-core then says what is wrong with it, if anything is.
        """
        try:
            return self.write(outcome_of, [argued.given(variables) for argued in self.argued]).encode()
        except Exception:
            return None


def compile_answer(
    contract: GraphQLSchema,
    definition: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    flags: dict[str, Any],
) -> CompiledAnswer | None:
    """The answer to an operation of a valid document; `flags`: the variables of its `@skip` and `@include`.

    None where it is no query, looks at the contract itself, or has too many fields.
    """
    if definition.operation is not OperationType.QUERY or contract.query_type is None:
        return None
    try:
        return _Compiler(contract, fragments, flags).compile(contract.query_type, definition)
    except (NotCompiled, GraphQLError, RecursionError):
        return None


class _Compiler:
    def __init__(
        self, contract: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], flags: dict[str, Any]
    ) -> None:
        self._contract = contract
        self._fragments = fragments
        self._flags = flags

    def compile(self, parent: GraphQLObjectType, definition: OperationDefinitionNode) -> CompiledAnswer:
        selected = collect_fields(self._contract, self._fragments, self._flags, parent, definition.selection_set)
        spread = [definition, *self._fragments.values()]
        self._list_variables = frozenset().union(*map(variables_of_lists, spread))
        source = AnswerSource(self._contract, self._fragments, self._flags)
        source.add_answer(parent, selected)
        roots = {
            key: self._root(parent.fields[nodes[0].name.value], nodes)
            for key, nodes in selected.items()
            if nodes[0].name.value in parent.fields
        }
        text = "\n\n".join(source.functions)
        exec(compile(text, "<compiled answer>", "exec"), source.namespace)  # noqa: S102 (only names stand in the text)
        return CompiledAnswer(text, roots, tuple(source.argued), source.namespace["answer"])

    def _root(self, definition: GraphQLField, nodes: list[FieldNode]) -> CompiledRoot:
        return CompiledRoot(nodes[0].name.value, definition, nodes[0], self._selection(definition, nodes))

    def _selection(self, definition: GraphQLField, nodes: list[FieldNode]) -> Callable[[Mapping[str, Any]], Selection]:
        names = sorted(self._list_variables)

        @lru_cache(maxsize=SELECTIONS_KEPT)
        def kept(*values: Any) -> Selection:
            given = {name: value for name, value in zip(names, values, strict=True) if value is not Undefined}
            return select(self._contract, self._fragments, self._flags | given, definition.type, nodes)

        return lambda variables: kept(*[variables.get(name, Undefined) for name in names])
