"""Limits of an operation: cost, depth, aliases, directives and reports, in time linear in the document."""

from collections import Counter
from typing import Any

import pytest
from factories import REPORT
from graphql import get_operation_ast, parse, validate
from graphql.language.ast import FragmentDefinitionNode

from exchange.errors import BadRequest
from exchange.planning import limits
from exchange.planning.limits import Size, check_limits
from exchange.settings import Settings
from schema.contract import build_contract

CONTRACT = build_contract()
LIMITLESS = Settings(
    query_depth_max=10**9, query_cost_max=10**30, query_aliases_max=10**9, reports_per_request_max=10**9
)
HEAD = 'creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"}, purpose: LOAN_APPROVAL)'


def size_of(query: str, settings: Settings = LIMITLESS, /, **variables: Any) -> Size:
    document = parse(query)
    assert validate(CONTRACT, document) == []
    operation = get_operation_ast(document)
    assert operation
    return check_limits(document, operation, variables, settings)


def cost_below(selection: str, declared: str = "", /, **variables: Any) -> int:
    """The cost of what is selected of a report."""
    return size_of(f"query {declared} {{ {HEAD} {{ {selection} }} }}", **variables).cost - 1


def test_a_field_costs_one_and_what_lies_below_a_list_its_length_times() -> None:
    assert cost_below("asOf") == 1
    assert cost_below("accounts(first: 7) { totalCount nodes { id state } }") == 1 + 7 * (1 + 1 + 2)
    assert cost_below("accounts(last: 7) { totalCount }") == 1 + 7
    assert cost_below("accounts(first: 2) { nodes { history(months: 3) { month } } }") == 1 + 2 * (1 + 1 + 3)


def test_a_history_of_no_stated_length_counts_as_long_as_it_will_be() -> None:
    assert cost_below("accounts(first: 1) { nodes { history { month } } }") == 1 + 1 + 1 + 24


@pytest.mark.parametrize(("given", "length"), [(9, 9), (9.0, 9), (True, 1), (None, 1), ("9", 1), (float("inf"), 1)])
def test_a_length_may_come_from_a_variable(given: Any, length: int) -> None:
    assert cost_below("accounts(first: $n) { totalCount }", "($n: Int)", n=given) == 1 + length


def test_a_length_may_come_from_a_variables_default() -> None:
    assert cost_below("accounts(first: $n) { totalCount }", "($n: Int = 8)") == 1 + 8
    assert cost_below("accounts(first: $n) { totalCount }", "($n: Int = 8)", n=3) == 1 + 3


def test_a_length_below_one_counts_as_one() -> None:
    assert cost_below("accounts(first: -5) { totalCount }") == 2


def test_fragments_count_wherever_they_are_spread() -> None:
    query = f"{{ {HEAD} {{ ...A ... on CreditReport {{ x: asOf }} ...A }} }} fragment A on CreditReport {{ y: asOf }}"
    size = size_of(query)
    assert (size.cost, size.depth, size.aliases, size.reports) == (4, 2, 3, 1)


def test_directives_count_on_fields_spreads_fragments_and_the_operation() -> None:
    query = """query @a { __typename @include(if: true) ... @skip(if: false) { __typename } }"""
    document = parse(query)
    operation = get_operation_ast(document)
    assert operation
    assert check_limits(document, operation, {}, LIMITLESS).directives == 3


def test_the_usual_report_is_far_from_every_limit() -> None:
    size = size_of(REPORT, Settings())
    assert size.cost * 4 < Settings().query_cost_max
    assert size.depth < Settings().query_depth_max


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"{{ {HEAD} {{ asOf }} }}", "QUERY_TOO_DEEP"),
        ("{ __typename __schema { __typename } }", "QUERY_TOO_COSTLY"),
        ("{ a: __typename }", "TOO_MANY_ALIASES"),
        ("{ __typename @skip(if: true) }", "TOO_MANY_DIRECTIVES"),
    ],
)
def test_each_limit_holds_at_its_border(query: str, code: str) -> None:
    tight = {
        "QUERY_TOO_DEEP": Settings(query_depth_max=1),
        "QUERY_TOO_COSTLY": Settings(query_cost_max=2),
        "TOO_MANY_ALIASES": Settings(query_aliases_max=0),
        "TOO_MANY_DIRECTIVES": Settings(query_aliases_max=0),
    }[code]
    with pytest.raises(BadRequest) as refused:
        size_of(query, tight)
    assert refused.value.stable_code == code
    assert size_of(query, Settings())


def test_reports_are_counted_through_aliases() -> None:
    query = f"{{ a: {HEAD} {{ asOf }} b: {HEAD} {{ asOf }} }}"
    assert size_of(query).reports == 2
    with pytest.raises(BadRequest) as refused:
        size_of(query, Settings(reports_per_request_max=1))
    assert refused.value.stable_code == "TOO_MANY_REPORTS"


def test_a_fragment_is_measured_once_however_often_it_stands_for_itself() -> None:
    levels = 60
    parts = [f"fragment F{n} on Account {{ a{n}: id ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    bomb = f"{{ {HEAD} {{ accounts(first: 1) {{ nodes {{ ...F0 }} }} }} }} {' '.join(parts)}"
    bomb += f" fragment F{levels} on Account {{ id }}"
    document = parse(bomb)
    measured: Counter[str] = Counter()

    class Counted(limits._Measure):
        def selection(self, selection_set: Any) -> Size:
            for name, fragment in self.fragments.items():
                measured[name] += fragment.selection_set is selection_set
            return super().selection(selection_set)

    operation = get_operation_ast(document)
    assert operation
    size = Counted(document, {}).operation(operation)

    assert size.cost > 2**levels
    assert set(measured.values()) == {1}
    assert len(measured) == sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions)
    with pytest.raises(BadRequest):
        check_limits(document, operation, {}, Settings())
