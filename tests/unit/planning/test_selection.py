"""Which fields an operation selects: as graphql-core would resolve them, and no other."""

from typing import Any

import pytest
from graphql import GraphQLResolveInfo, execute_sync, parse, validate

from exchange.errors import BadRequest
from exchange.planning.selection import Selection, read_selection
from schema.contract import build_contract
from schema.vocabulary.scope import FieldClass

HEAD = 'creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"}, purpose: LOAN_APPROVAL)'


def selected(selection: str, declared: str = "", fragments: str = "", /, **variables: Any) -> Selection:
    """What is selected of a report."""
    found: list[Selection] = []

    def resolve(_root: None, info: GraphQLResolveInfo, **_arguments: Any) -> None:
        found.append(read_selection(info))

    contract = build_contract()
    assert contract.query_type
    contract.query_type.fields["creditReport"].resolve = resolve
    document = parse(f"query {declared} {{ {HEAD} {{ {selection} }} }} {fragments}")
    assert validate(contract, document) == []
    for error in execute_sync(contract, document, variable_values=variables).errors or ():
        raise error.original_error or error
    (only,) = found
    return only


def test_nested_fields_are_named_with_their_types() -> None:
    found = selected("subject { names } accounts(first: 1) { edges { node { balance { minor } } } }")
    assert found.fields == {
        ("CreditReport", "subject"), ("Subject", "names"), ("CreditReport", "accounts"),
        ("AccountConnection", "edges"), ("AccountEdge", "node"), ("Account", "balance"), ("Money", "minor"),
    }  # fmt: skip
    assert found.classes == {FieldClass.IDENTITY, FieldClass.ACCOUNTS}
    assert found.history_months == 0


def test_fragments_aliases_and_repeated_fields_are_seen_through() -> None:
    found = selected(
        "mine: subject { a: names } ...Part subject { country } ... on CreditReport { summary { lenders } }",
        "",
        "fragment Part on CreditReport { subject { birthDate ...More } } fragment More on Subject { idNumber }",
    )
    assert {name for type_, name in found.fields if type_ == "Subject"} == {
        "names", "country", "birthDate", "idNumber",
    }  # fmt: skip
    assert ("Summary", "lenders") in found.fields


@pytest.mark.parametrize("shown", [True, False])
def test_skip_and_include_decide_with_their_variables(shown: bool) -> None:
    found = selected(
        "asOf subject @include(if: $shown) { names } ...Part @skip(if: $hidden)",
        "($shown: Boolean!, $hidden: Boolean!)",
        "fragment Part on CreditReport { summary { accounts } }",
        shown=shown,
        hidden=not shown,
    )
    expected = {FieldClass.IDENTITY, FieldClass.ACCOUNTS} if shown else set()
    assert found.classes == expected


def test_type_names_are_no_fields_of_the_file() -> None:
    found = selected("__typename asOf disclosure { leafHash __typename }")
    assert found.classes == frozenset()
    assert ("CreditReport", "__typename") not in found.fields


@pytest.mark.parametrize(
    ("selection", "months"),
    [
        ("accounts(first: 1) { nodes { history { month } } }", 24),
        ("accounts(first: 1) { nodes { history(months: 7) { month } } }", 7),
        ("accounts(first: 1) { nodes { a: history(months: 7) { month } b: history(months: 60) { month } } }", 60),
        ("summary { lateMonths } accounts(first: 1) { nodes { history(months: 7) { month } } }", 24),
        ("summary { lateMonths } accounts(first: 1) { nodes { history(months: 36) { month } } }", 36),
        ("summary { accounts }", 0),
    ],
)
def test_the_history_is_as_long_as_the_longest_that_is_needed(selection: str, months: int) -> None:
    assert selected(selection).history_months == months


@pytest.mark.parametrize(
    "selection",
    [
        "accounts { totalCount }",
        "accounts(first: null) { totalCount }",
        "accounts(first: 1, last: 1) { totalCount }",
        'accounts(after: "x") { totalCount }',
        "inquiries(first: 0) { totalCount }",
        "delinquencies(last: 101) { totalCount }",
        "accounts(first: 1) { nodes { history(months: 0) { month } } }",
        "accounts(first: 1) { nodes { history(months: 61) { month } } }",
    ],
)
def test_a_page_or_history_of_no_size_that_is_given_is_refused_before_the_look(selection: str) -> None:
    with pytest.raises(BadRequest) as refused:
        selected(selection)
    assert refused.value.stable_code == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("selection", "declared", "given"),
    [
        ("accounts(first: $size) { totalCount }", "($size: Int)", {}),
        ("accounts(first: $size) { totalCount }", "($size: Int = 5)", {"size": None}),
        ("accounts(first: 1) { nodes { history(months: $size) { month } } }", "($size: Int = 5)", {"size": None}),
    ],
)
def test_a_size_from_a_variable_that_is_null_is_refused_too(selection: str, declared: str, given: Any) -> None:
    with pytest.raises(BadRequest):
        selected(selection, declared, **given)


def test_the_smallest_and_largest_sizes_are_taken() -> None:
    assert selected("a: accounts(first: 1) { totalCount } b: accounts(last: 100) { totalCount }")
    assert selected("accounts(first: 1) { nodes { history(months: 60) { month } } }").history_months == 60
