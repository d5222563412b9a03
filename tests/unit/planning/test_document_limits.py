"""What a document may hold as it is written, whether it is valid or not."""

from dataclasses import replace

import pytest
from document_bombs import BOMBS
from graphql import OverlappingFieldsCanBeMergedRule, get_introspection_query, parse

from exchange.errors import BadRequest
from exchange.planning.document_limits import (
    FIELDS_MAX,
    FRAGMENTS_MAX,
    OPERATIONS_MAX,
    VARIABLES_MAX,
    Written,
    check_document,
    validation_rules,
)
from exchange.planning.merged_fields import SELECTIONS_MAX, check_merging
from exchange.planning.operation import VALIDATION_CHARACTERS_MAX, Operations
from exchange.settings import Settings
from schema.contract import build_contract

SETTINGS = replace(Settings(), introspection=True)
ALIASES_MAX = SETTINGS.query_aliases_max


@pytest.fixture(scope="module")
def operations() -> Operations:
    return Operations(build_contract(), SETTINGS)


def written(text: str) -> Written:
    return check_document(parse(text), SETTINGS)


def test_everything_is_counted_once_wherever_it_stands() -> None:
    document = """
    query Q($a: Int @one, $b: Int) @two { x: y(first: $a) @three { z ...F ... @four { w } } }
    mutation M { v }
    fragment F on T @five { u: t { s } ...G }
    fragment G on T { r }
    """
    assert written(document) == Written(operations=2, fragments=2, variables=2, fields=10, aliases=2, directives=5)


def test_what_is_no_operation_and_no_fragment_is_left_to_validation() -> None:
    assert written("type T { a: Int } schema { query: T } { b }") == Written(operations=1, fields=1)


@pytest.mark.parametrize(
    ("just_enough", "one_more", "code"),
    [
        ("{" + "a " * FIELDS_MAX + "}", "{" + "a " * (FIELDS_MAX + 1) + "}", "DOCUMENT_TOO_LARGE"),
        ("{a} " * OPERATIONS_MAX, "{a} " * (OPERATIONS_MAX + 1), "DOCUMENT_TOO_LARGE"),
        ("fragment F on T {a} " * FRAGMENTS_MAX, "fragment F on T {a} " * (FRAGMENTS_MAX + 1), "DOCUMENT_TOO_LARGE"),
        (
            f"query({'$a: Int ' * VARIABLES_MAX}) {{a}}",
            f"query({'$a: Int ' * (VARIABLES_MAX + 1)}) {{a}}",
            "DOCUMENT_TOO_LARGE",
        ),
        ("{" + "a: b " * ALIASES_MAX + "}", "{" + "a: b " * (ALIASES_MAX + 1) + "}", "TOO_MANY_ALIASES"),
        ("{ a " + "@b " * ALIASES_MAX + "}", "{ a " + "@b " * (ALIASES_MAX + 1) + "}", "TOO_MANY_DIRECTIVES"),
    ],
    ids=["fields", "operations", "fragments", "variables", "aliases", "directives"],
)
def test_a_document_at_a_limit_is_taken_and_one_past_it_is_not(just_enough: str, one_more: str, code: str) -> None:
    written(just_enough)
    with pytest.raises(BadRequest) as caught:
        written(one_more)
    assert caught.value.stable_code == code


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_made_to_cost_much_is_refused(operations: Operations, name: str) -> None:
    text, code = BOMBS[name]
    assert len(text) <= SETTINGS.query_bytes_max
    with pytest.raises(BadRequest) as caught:
        operations.prepare(text, None).check_limits({})
    assert caught.value.stable_code == code
    assert len(caught.value.sentence) <= VALIDATION_CHARACTERS_MAX


def test_a_fragment_that_is_spread_again_in_the_same_place_is_not_walked_again() -> None:
    """Counted, so that it does not depend on how fast a machine is: written out it would be 2 to the power of 49."""
    assert (
        check_merging(parse(BOMBS["nested fragments, more of them"][0]), SETTINGS.query_depth_max) < 5 * FRAGMENTS_MAX
    )


def test_a_walk_that_does_not_end_soon_is_given_up() -> None:
    document = parse(BOMBS["two ways on each of a few levels"][0])
    with pytest.raises(BadRequest, match=str(SELECTIONS_MAX)) as caught:
        check_merging(document, SETTINGS.query_depth_max)
    assert caught.value.stable_code == "QUERY_TOO_COSTLY"


def test_the_usual_introspection_is_taken_where_it_is_allowed_and_refused_elsewhere(operations: Operations) -> None:
    query = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    operations.prepare(query, None).check_limits({})
    elsewhere = Operations(build_contract(), replace(SETTINGS, introspection=False))
    for refused in (query, '{ __type(name: "Query") { name } }'):
        with pytest.raises(BadRequest) as caught:
            elsewhere.prepare(refused, None)
        assert caught.value.stable_code == "GRAPHQL_VALIDATION_FAILED"
    elsewhere.prepare("{ __typename }", None).check_limits({})


def test_one_rule_alone_is_left_out() -> None:
    assert OverlappingFieldsCanBeMergedRule not in validation_rules(introspection=True)
    assert len(validation_rules(introspection=False)) == len(validation_rules(introspection=True)) + 1
