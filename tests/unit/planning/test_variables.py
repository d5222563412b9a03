"""Which variables decide what is selected, and how long lists are."""

from graphql import parse

from exchange.planning.variables import variables_in, variables_of_directives, variables_of_lists

DOCUMENT = parse("""
query ($a: Boolean!, $b: Boolean!, $c: Int, $d: Int, $e: String, $f: ID) @include(if: $a) {
  notices(first: $c, after: $e) { ...Part @skip(if: $b) }
  creditReport(subject: {idNumber: $f}) { accounts(last: 5) { nodes { history(months: $d) { month } } } }
}
fragment Part on NoticeConnection { totalCount }
""")


def test_directives_and_lists_name_their_variables_wherever_they_stand() -> None:
    assert variables_of_directives(DOCUMENT) == {"a", "b"}
    assert variables_of_lists(DOCUMENT) == {"c", "d"}
    assert set(variables_in(DOCUMENT)) == {"a", "b", "c", "d", "e", "f"}
