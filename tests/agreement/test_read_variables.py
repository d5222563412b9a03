"""Variables are read as graphql-core reads them, or left to it: the same values, and no others."""

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, get_operation_ast, get_variable_values, parse
from hypothesis import given
from hypothesis import strategies as st

from exchange.planning.read_variables import VariablesReader
from schema.contract import build_contract

MADE_UP = build_schema(
    """
    enum Kind { ONE TWO }
    input Within { depth: Int! = 2 again: Within kinds: [Kind!] }
    type Query {
      ask(
        text: String, id: ID!, flag: Boolean = true, many: [[Int]!], kind: Kind!, within: Within, always: Within!
      ): Int
    }
    """
)
DECLARED = """query ($text: String, $id: ID!, $flag: Boolean = true, $many: [[Int]!], $kind: Kind! = ONE,
    $within: Within, $always: Within! = {kinds: [TWO]}) {
        ask(text: $text, id: $id, flag: $flag, many: $many, kind: $kind, within: $within, always: $always) }"""
NAMES = ("text", "id", "flag", "many", "kind", "within", "always", "depth", "again", "kinds", "unknown")
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 2**33) | st.floats() | st.sampled_from(("", "x", "ONE", "TWO", "3"))
)


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(NAMES), values, max_size=4)


VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | objects(inner), max_leaves=6)


def both_ways(contract: GraphQLSchema, query: str, variables: dict[str, Any]) -> tuple[Any, Any]:
    """What graphql-core reads (None: it finds faults), and what we do."""
    definitions = get_operation_ast(parse(query)).variable_definitions  # type: ignore[union-attr]  # it has one
    stock = get_variable_values(contract, definitions, variables)
    return (stock if isinstance(stock, dict) else None), VariablesReader(contract, definitions).read(variables)


@given(objects(VALUES).map(lambda given: {"id": "1", "kind": "TWO"} | given))
def test_made_up_values_are_read_alike(variables: dict[str, Any]) -> None:
    stock, ours = both_ways(MADE_UP, DECLARED, variables)
    assert repr(stock) == repr(ours)  # not-a-number is not equal to itself


@pytest.mark.parametrize(
    "variables",
    [
        {"subject": {"idType": "PASSPORT", "country": "CN", "idNumber": "E1"}, "purpose": "LOAN_APPROVAL"},
        {"subject": {"idType": "PASSPORT", "country": "CN", "idNumber": "E1"}, "purpose": "LOAN"},
        {"subject": {"idType": "PASSPORT", "country": "CN"}, "purpose": "LOAN_APPROVAL"},
        {"subject": {"idType": "PASSPORT", "country": "CN", "idNumber": 1}, "purpose": "LOAN_APPROVAL"},
        {"subject": None, "purpose": "LOAN_APPROVAL"},
        {"subject": {"idType": "SSN", "country": "US", "idNumber": "1"}, "purpose": "COLLECTION", "asOf": "2026-05-03"},
        {"subject": {"idType": "SSN", "country": "US", "idNumber": "1"}, "purpose": "COLLECTION", "asOf": "yesterday"},
        {"purpose": "COLLECTION"},
    ],
)
def test_a_reports_variables_are_read_alike(variables: dict[str, Any]) -> None:
    query = """query ($subject: SubjectInput!, $purpose: Purpose!, $staff: StaffInput, $asOf: DateTime) {
        creditReport(subject: $subject, purpose: $purpose, staff: $staff, asOf: $asOf) { asOf } }"""
    stock, ours = both_ways(build_contract(), query, variables)
    assert stock == ours
