"""Our linear check of fields that are laid together finds what graphql-core's finds, on documents made at random."""

from graphql import (
    DocumentNode,
    GraphQLObjectType,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    is_interface_type,
    is_union_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.errors import BadRequest
from exchange.planning.document_limits import validation_rules
from exchange.planning.merged_fields import check_merging
from schema.contract import build_contract

CONTRACT = build_contract()
LEAVES = ("id", "state", "a: id", "a: state", "id: state", "__typename")
MONEY = ("balance", "creditLimit", "m: balance", "m: creditLimit")
HISTORY = ("history", "history(months: 3)", "history(months: $n)", "h: history(months: 3)", "h: history(months: 4)")
HEAD = """query ($n: Int) { creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"},
  purpose: LOAN_APPROVAL) { everything: accounts(first: $n) { totalCount } one: accounts(first: 1) { nodes { ...F1 } }
  two: accounts(first: 1) { nodes { ...F2 } } three: accounts(first: 1) { nodes { ...F3 } }
  accounts(first: 1) { nodes { ...F0 """
"""Uses every fragment and the variable, so that nothing is wrong with a document but what is meant to be."""

leaf = st.sampled_from(LEAVES)
money = st.builds(
    "{} {{ {} }}".format, st.sampled_from(MONEY), st.sampled_from(("minor", "currency", "minor currency"))
)
month = st.lists(st.sampled_from(("month", "x: month", "x: status", "status")), min_size=1, max_size=2).map(" ".join)
history = st.builds("{} {{ {} }}".format, st.sampled_from(HISTORY), month)
spread = st.sampled_from(("...F1", "...F2", "...F3"))
one = st.one_of(leaf, money, history, spread)
condition = st.builds("... {} {{ {} }}".format, st.sampled_from(("", "on Account", "@skip(if: false)")), one)
selection = st.lists(st.one_of(one, condition), min_size=1, max_size=5).map(" ".join)


def fragments(contents: list[str]) -> str:
    """Each may spread those after it alone, so that there is no circle."""
    texts = []
    for number, content in enumerate(contents):
        allowed = content
        for earlier in range(number + 1):
            allowed = allowed.replace(f"...F{earlier}", "id")
        texts.append(f"fragment F{number} on Account {{ {allowed} }}")
    return " ".join(texts)


def conflicts(document: DocumentNode) -> bool:
    try:
        check_merging(document, depth_max=15)
    except BadRequest:
        return True
    return False


@settings(max_examples=400)
@given(selection, st.lists(selection, min_size=4, max_size=4))
def test_the_two_agree_on_which_documents_are_valid(at_root: str, contents: list[str]) -> None:
    document = parse(f"{HEAD} {at_root} }} }} }} }} {fragments(contents)}")
    assert not validate(CONTRACT, document, validation_rules(introspection=True))
    theirs = validate(CONTRACT, document, [OverlappingFieldsCanBeMergedRule])
    assert conflicts(document) == bool(theirs), theirs


def test_no_field_gives_an_interface_or_a_union_and_so_one_place_has_one_type() -> None:
    for kind in CONTRACT.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                given = get_named_type(field.type)
                assert not (is_interface_type(given) or is_union_type(given)), f"{kind.name}.{name}"


def test_a_field_of_an_interface_has_the_type_that_those_who_implement_it_give_it() -> None:
    for kind in CONTRACT.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for interface in kind.interfaces:
                for name, field in interface.fields.items():
                    assert str(field.type) == str(kind.fields[name].type), f"{kind.name}.{name}"
