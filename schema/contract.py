"""Joins the types into the contract. `python -m schema.contract` prints it; `contract.graphql` is that print."""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import graphene
from graphene.utils.str_converters import to_camel_case, to_snake_case
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, print_schema

from schema.types.mutation import Mutation
from schema.types.query import Query
from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

PRINT = Path(__file__).with_name("contract.graphql")


def build_contract() -> GraphQLSchema:
    """The executable schema. Fields resolve from plain values; the service binds the root fields.

    A value is looked up by the field's name in Python, in a dictionary or as an attribute; a function found there is
    called with the field's arguments.
    """
    contract = graphene.Schema(query=Query, mutation=Mutation, auto_camelcase=True).graphql_schema
    for type_ in contract.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                field.resolve = _plain_value(to_snake_case(name))
    return contract


def _plain_value(attribute: str) -> Callable[..., Any]:
    def resolve(root: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        value = root.get(attribute) if isinstance(root, dict) else getattr(root, attribute, None)
        return value(**arguments) if callable(value) else value

    return resolve


@cache
def field_classes() -> Mapping[tuple[str, str], FieldClass]:
    """The class that opens each scoped field, by type name and field name."""
    found: dict[tuple[str, str], FieldClass] = {}
    for name, type_ in build_contract().type_map.items():
        declared = getattr(getattr(type_, "graphene_type", None), "_meta", None)
        for attribute, declaration in (getattr(declared, "fields", None) or {}).items():
            if isinstance(declaration, ScopedField):
                found[name, declaration.name or to_camel_case(attribute)] = declaration.field_class
    return found


def print_contract() -> str:
    """The contract in the schema definition language."""
    return print_schema(build_contract()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(print_contract())
