"""Writes the Python of a compiled answer: one function for each object and each list that is selected.

A function takes a value and the arguments of all fields that have some, and returns the value's JSON text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import Any

from graphene.utils.str_converters import to_snake_case
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values

from exchange.planning import compile_answer_leaves as leaves
from exchange.planning.variables import variables_in

FIELDS_MAX = 1_000
"""The most fields of an operation that is compiled, each counted once, however long its list."""
TYPES_IN_COLUMNS = frozenset({"PaymentMonth"})
"""A list of these may offer its values in columns: `column(name)`, what its items have under that name, in turn."""

Selected = Mapping[str, list[FieldNode]]


class NotCompiled(Exception):
    """A part of an operation that is graphql-core's to answer."""


@dataclass(frozen=True, slots=True)
class Argued:
    """A field with arguments. They are coerced once where no variable is in them, else for each request."""

    definition: GraphQLField
    node: FieldNode
    constant: dict[str, Any] | None

    def given(self, variables: dict[str, Any]) -> dict[str, Any]:
        """The arguments. Raises GraphQLError."""
        return get_argument_values(self.definition, self.node, variables) if self.constant is None else self.constant


@dataclass(frozen=True, slots=True)
class _Field:
    """A selected field: its key, what writes it (`text`, in an f-string) and, unless constant, where it is read, of
    which type and by which nodes.
    """

    key: str
    text: str
    local: str = ""
    attribute: str = ""
    call: str = ""
    type_: GraphQLOutputType | None = None
    nodes: Sequence[FieldNode] = ()


class AnswerSource:
    """The source and the namespace of one compiled answer, whose function is `answer(outcome_of, given)`."""

    def __init__(
        self, contract: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], flags: dict[str, Any]
    ) -> None:
        self._contract = contract
        self._fragments = fragments
        self._flags = flags
        self._fields = 0
        self._known: dict[tuple[str, ...], str] = {}
        self.functions: list[str] = []
        self.argued: list[Argued] = []
        self.namespace: dict[str, Any] = {
            "null": "null",
            "items_of": leaves.items_of,
            "rows_of": leaves.rows_of,
            "readable": leaves.readable,
        }

    def add_answer(self, parent: GraphQLObjectType, selected: Selected) -> None:
        """Adds the function of the root fields. `outcome_of` runs one of them, by its key, once what came of the one
        before is written: as graphql-core does, which runs no further one where its answer is null as a whole.
        """
        fields, lines = [], []
        for number, (key, definition, nodes) in enumerate(self._selected(parent, selected)):
            if definition is None:
                fields.append(_Field(key, _constant(parent)))
                continue
            lines.append(f'value = outcome_of("{key}")')
            lines.append(f"text_{number} = {self._text(definition.type, 'value', nodes)}")
            fields.append(_Field(key, _braced(f"text_{number}")))
        self.functions.append(_function("answer(outcome_of, given)", [*lines, f"return {_json(fields, 8)}"]))

    def _selected(
        self, parent: GraphQLObjectType, selected: Selected
    ) -> Iterator[tuple[str, GraphQLField | None, list[FieldNode]]]:
        """Each field by its key, with its definition; None: `__typename`."""
        self._fields += len(selected)
        if self._fields > FIELDS_MAX:
            raise NotCompiled
        for key, nodes in selected.items():
            name = nodes[0].name.value
            if not (key.isascii() and key.isidentifier()) or (name != "__typename" and name not in parent.fields):
                raise NotCompiled
            yield key, parent.fields.get(name), nodes

    def _text(self, type_: GraphQLOutputType, local: str, nodes: list[FieldNode]) -> str:
        """The expression of the JSON text of `local`."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, local, nodes)
        return f"null if {local} is None else {self._present(type_, local, nodes)}"

    def _present(self, type_: GraphQLOutputType, local: str, nodes: list[FieldNode]) -> str:
        if isinstance(type_, GraphQLScalarType):
            return f"{self._scalar(type_)}({local})"
        if isinstance(type_, GraphQLEnumType):
            return f"{self._enum(type_)}[{local}]"
        if isinstance(type_, GraphQLList):
            return f"{self._list(type_, nodes)}({local}, given)"
        if isinstance(type_, GraphQLObjectType):
            return f"{self._object(type_, nodes)}({local}, given)"
        raise NotCompiled

    def _scalar(self, type_: GraphQLScalarType) -> str:
        write = leaves.LEAVES.get(type_.name)
        if write is None:
            raise NotCompiled
        self.namespace[write.__name__] = write
        return write.__name__

    def _enum(self, type_: GraphQLEnumType) -> str:
        names = leaves.enum_names(type_)
        if names is None:
            raise NotCompiled
        self.namespace[f"{type_.name}_names"] = names
        return f"{type_.name}_names"

    def _word(self, type_: GraphQLObjectType, name: str, local: str) -> str:
        words = leaves.WORDS.get((type_.name, name))
        if words is None:
            return ""
        self.namespace[f"{type_.name}_{name}"] = words
        return f"{type_.name}_{name}[{local}]"

    def _list(self, type_: GraphQLList[Any], nodes: list[FieldNode]) -> str:
        item = get_named_type(type_)
        if item.name in TYPES_IN_COLUMNS and isinstance(item, GraphQLObjectType):
            return self._columns(item, nodes)
        texts = f"[{self._text(type_.of_type, 'item', nodes)} for item in items_of(items)]"
        return self._add(f"{item.name}_list", "items", [f"return f'[{{\",\".join({texts})}}]'"])

    def _columns(self, item: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        fields = self._fields_of(item, nodes)
        read = [field for field in fields if field.local]
        names = [field.attribute for field in read]
        writers = {field.attribute: self._amount_writer(field) for field in read if _is_amount(field)}
        amounts = ", ".join(f'"{attribute}": {writer}' for attribute, writer in writers.items())
        written = [replace(field, text=_braced(field.local)) if _is_amount(field) else field for field in fields]
        lines = [
            f"rows = rows_of(items, {_quoted(names)}, {_braced(amounts)}, given)",
            f"texts = [{_json(written, 12)}",
            f"    for [{', '.join(field.local for field in read)}] in rows]",
            "return f'[{\",\".join(texts)}]'",
        ]
        return self._add(f"{item.name}_list", "items", lines)

    def _object(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> str:
        fields = self._fields_of(type_, nodes)
        read = [field for field in fields if field.local]
        lines = [
            "if isinstance(value, dict):",
            *([f'    {field.local} = value.get("{field.attribute}")' for field in read] or ["    pass"]),
            "else:",
            "    readable[type(value)]",
            *[f"    {field.local} = {_attribute(field.attribute)}" for field in read],
            *[f"if callable({field.local}): {field.local} = {field.call}" for field in read if field.call],
            f"return {_json(fields, 8)}",
        ]
        return self._add(type_.name, "value", lines)

    def _fields_of(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> list[_Field]:
        if type_.is_type_of is not None:
            raise NotCompiled
        selected = collect_sub_fields(self._contract, self._fragments, self._flags, type_, nodes)
        fields = []
        for number, (key, definition, same_key) in enumerate(self._selected(type_, selected)):
            if definition is None:
                fields.append(_Field(key, _constant(type_)))
                continue
            name = same_key[0].name.value
            attribute = to_snake_case(name)
            local = f"{attribute}_{number}"
            text = _braced(self._word(type_, name, local) or self._text(definition.type, local, same_key))
            call = self._call(local, definition, same_key[0])
            fields.append(_Field(key, text, local, attribute, call, definition.type, same_key))
        return fields

    def _amount_writer(self, field: _Field) -> str:
        amount = get_named_type(field.type_)
        assert isinstance(amount, GraphQLObjectType)
        return self._object(amount, list(field.nodes))

    def _call(self, local: str, definition: GraphQLField, node: FieldNode) -> str:
        """How a function found in the field's place is called. Leaves without arguments have none in their place."""
        if definition.args:
            varies = any(name for argument in node.arguments for name in variables_in(argument))
            constant = None if varies else get_argument_values(definition, node, {})
            self.argued.append(Argued(definition, node, constant))
            return f"{local}(**given[{len(self.argued) - 1}])"
        return "" if is_leaf_type(get_nullable_type(definition.type)) else f"{local}()"

    def _add(self, what: str, parameter: str, lines: list[str]) -> str:
        """The name of the function that consists of these lines; two that are alike are one."""
        name = self._known.setdefault((what, *lines), f"{what}_{len(self._known)}")
        if len(self._known) > len(self.functions):
            self.functions.append(_function(f"{name}({parameter}, given)", lines))
        return name


def _function(head: str, lines: list[str]) -> str:
    return "\n    ".join([f"def {head}:", *lines]) + "\n"


def _json(fields: list[_Field], indent: int) -> str:
    """An expression, a line for each field, of the JSON object."""
    leads = ["{{", *[","] * (len(fields) - 1)]
    lines = [f"f'{lead}\"{field.key}\":{field.text}'" for lead, field in zip(leads, fields, strict=False)]
    return f"\n{' ' * indent}".join(["(", *lines, "'}'" if lines else "'{}'"]) + "\n" + " " * (indent - 4) + ")"


def _is_amount(field: _Field) -> bool:
    return getattr(get_nullable_type(field.type_), "name", "") == "Money"


def _attribute(name: str) -> str:
    return f'getattr(value, "{name}")' if iskeyword(name) else f"value.{name}"


def _quoted(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _constant(type_: GraphQLObjectType) -> str:
    return f'"{type_.name}"'


def _braced(expression: str) -> str:
    return f"{{{expression}}}"
