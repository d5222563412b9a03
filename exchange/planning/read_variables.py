"""Reads the values of an operation's variables, as graphql-core would: what each is read by is found once.

Values that do not fit are left to graphql-core, which says all that is wrong with them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_input_type,
    type_from_ast,
    value_from_ast,
)

Read = Callable[[Any], Any]
"""Takes a value of JSON and gives the value that resolvers are handed. Raises anything where it does not fit."""


class NotFitting(Exception):
    """A value that is not of its type."""


class VariablesReader:
    """Reads the variables of one operation of a valid document."""

    def __init__(self, contract: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._variables = [_variable(contract, definition) for definition in definitions]

    def read(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values by their names; None where one does not fit, or is missing."""
        found: dict[str, Any] = {}
        try:
            for name, read, default in self._variables:
                value = given.get(name, Undefined)
                if value is not Undefined:
                    found[name] = read(value)
                elif default is not Undefined:
                    found[name] = default()
        except Exception:
            return None
        return found


def _variable(contract: GraphQLSchema, definition: VariableDefinitionNode) -> tuple[str, Read, Any]:
    """Its name, what reads it, and what gives its value where none is given; Undefined: then it has none."""
    type_ = type_from_ast(contract, definition.type)
    assert is_input_type(type_)
    default: Any = _missing if isinstance(type_, GraphQLNonNull) else Undefined
    if definition.default_value is not None:
        default = partial(value_from_ast, definition.default_value, type_)
    return definition.variable.name.value, _reader(type_), default


def _missing() -> Any:
    raise NotFitting


def _reader(type_: GraphQLInputType) -> Read:
    if isinstance(type_, GraphQLNonNull):
        return _present(_reader_of_value(type_.of_type))
    read = _reader_of_value(type_)
    return lambda value: None if value is None else read(value)


def _present(read: Read) -> Read:
    def present(value: Any) -> Any:
        if value is None:
            raise NotFitting
        return read(value)

    return present


def _reader_of_value(type_: GraphQLInputType) -> Read:
    if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
        return _leaf(type_.parse_value)
    if isinstance(type_, GraphQLList):
        return _list(_reader(type_.of_type))
    assert isinstance(type_, GraphQLInputObjectType)
    return _object(type_)


def _leaf(parse: Read) -> Read:
    def leaf(value: Any) -> Any:
        parsed = parse(value)
        if parsed is Undefined:
            raise NotFitting
        return parsed

    return leaf


def _list(read: Read) -> Read:
    """A list, or one item that stands for a list of one."""
    return lambda value: [read(item) for item in value] if isinstance(value, list) else [read(value)]


def _object(type_: GraphQLInputObjectType) -> Read:
    @cache
    def fields() -> list[tuple[str, str, Read, Any]]:  # not before they are needed: a type may hold itself
        return [
            (name, field.out_name or name, _reader(field.type), _default(field)) for name, field in type_.fields.items()
        ]

    def read_object(value: Any) -> Any:
        if type_.is_one_of or not isinstance(value, dict) or not value.keys() <= type_.fields.keys():
            raise NotFitting
        found = {}
        for name, out_name, read, default in fields():
            if name in value:
                found[out_name] = read(value[name])
            elif default is _missing:
                raise NotFitting
            elif default is not Undefined:
                found[out_name] = default
        return type_.out_type(found)

    return read_object


def _default(field: Any) -> Any:
    if field.default_value is not Undefined:
        return field.default_value
    return _missing if isinstance(field.type, GraphQLNonNull) else Undefined
