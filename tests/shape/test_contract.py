"""The contract: every field that shows something of the file names the class that opens it, and its columns."""

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
)

from exchange.planning.sources import ALWAYS, SECTION_OF, SOURCES
from exchange.web.graphql.roots import ROOTS
from exchange.web.graphql.run import bound_contract
from schema.contract import PRINT, build_contract, field_classes, print_contract
from schema.vocabulary.scope import FieldClass, Scope

CONTRACT = build_contract()
OF_NO_FILE = {"Money", "PageInfo", "Disclosure", "Withheld"}
"""Types below a report that say nothing of the file by themselves."""
PARTS_OF_PAGES = {"nodes", "edges", "pageInfo", "totalCount", "node", "cursor"}
"""Fields of connections: they open with the field that holds the connection."""
OPEN = {("CreditReport", "asOf"), ("CreditReport", "disclosure")}


def below(type_: GraphQLObjectType, seen: set[str]) -> set[tuple[str, str]]:
    """Every (type, field) that a report can lead to."""
    if type_.name in seen:
        return set()
    seen.add(type_.name)
    found = {(type_.name, name) for name in type_.fields}
    for field in type_.fields.values():
        child = get_named_type(field.type)
        if isinstance(child, GraphQLObjectType):
            found |= below(child, seen)
    return found


REPORT = CONTRACT.type_map["CreditReport"]
assert isinstance(REPORT, GraphQLObjectType)
OF_REPORTS = below(REPORT, set())


def test_every_field_that_shows_something_of_the_file_is_scoped() -> None:
    unscoped = OF_REPORTS - set(field_classes())
    about_the_file = {
        (type_, field)
        for type_, field in unscoped - OPEN
        if type_ not in OF_NO_FILE and not (type_.endswith(("Connection", "Edge")) and field in PARTS_OF_PAGES)
    }
    assert about_the_file == set()


def test_every_scoped_field_is_of_a_report() -> None:
    assert set(field_classes()) <= OF_REPORTS


def never_null() -> set[tuple[str, str]]:
    """Scoped fields that cannot be null."""
    return {place for place in field_classes() if isinstance(type_of(place), GraphQLNonNull)}


def type_of(place: tuple[str, str]) -> GraphQLOutputType:
    declared = CONTRACT.type_map[place[0]]
    assert isinstance(declared, GraphQLObjectType)
    return declared.fields[place[1]].type


def holds(place: tuple[str, str], type_: str) -> bool:
    """The field is of this type, or of a page or list of it."""
    return get_named_type(type_of(place)).name in {type_, f"{type_}Connection"}


def test_every_scoped_field_can_be_null_but_ids_and_whom_a_record_is_from() -> None:
    assert {field for _, field in never_null()} == {"id", "furnisherClass", "ownBook"}


def test_a_scoped_field_that_is_never_null_opens_with_whatever_holds_its_object() -> None:
    classes = field_classes()
    for type_, field in never_null():
        holders = {classes[place] for place in classes if holds(place, type_)}
        assert holders == {classes[type_, field]}, (type_, field)


def test_every_scoped_field_says_in_the_contract_what_opens_it() -> None:
    for (type_, field), opened_by in field_classes().items():
        declared = CONTRACT.type_map[type_]
        assert isinstance(declared, GraphQLObjectType)
        assert f"Opened by {opened_by} ({opened_by.scope.value})" in (declared.fields[field].description or "")


def test_every_scoped_field_has_its_columns_and_no_other_field_has() -> None:
    parts = {("CreditReport", part) for part in SECTION_OF}
    assert set(SOURCES) | parts == set(field_classes())
    assert not set(SOURCES) & parts
    assert {section for section, _ in SOURCES.values()} <= set(ALWAYS) == set(SECTION_OF.values())


def test_every_class_has_a_scope_a_phrase_and_a_field() -> None:
    assert set(field_classes().values()) == set(FieldClass)
    for field_class in FieldClass:
        assert isinstance(field_class.scope, Scope)
        assert field_class.phrase


def test_every_root_field_has_its_journey() -> None:
    contract = bound_contract()
    roots = [root for root in (contract.query_type, contract.mutation_type, contract.subscription_type) if root]
    assert {name for root in roots for name in root.fields} == set(ROOTS)
    assert all(field.resolve.args == (name,) for root in roots for name, field in root.fields.items())


def test_the_printed_contract_is_fresh() -> None:
    assert PRINT.read_text() == print_contract(), "run `make print` and read the difference"


@pytest.mark.parametrize("name", sorted(name for name in CONTRACT.type_map if not name.startswith("__")))
def test_every_type_field_argument_and_value_is_described(name: str) -> None:
    type_ = CONTRACT.type_map[name]
    assert type_.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for field_name, field in type_.fields.items():
            assert field.description, f"{name}.{field_name}"
            for argument_name, argument in getattr(field, "args", {}).items():
                assert argument.description, f"{name}.{field_name}({argument_name})"
    if isinstance(type_, GraphQLEnumType):
        assert all(value.description for value in type_.values.values())
