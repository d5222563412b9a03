"""Documents made to cost much more than they weigh, each as large as it may be and still get past the limit before."""

from collections.abc import Iterable

from exchange.planning.document_limits import FIELDS_MAX, FRAGMENTS_MAX, OPERATIONS_MAX, VARIABLES_MAX

HEAD = 'creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"}, purpose: LOAN_APPROVAL)'
ACCOUNTS = "accounts(first: 1) { nodes { id } }"


def _numbered(pattern: str, count: int) -> str:
    return " ".join(pattern.replace("#", str(n)).replace("+", str(n + 1)) for n in range(count))


def _fragments(of_type: str, contents: Iterable[str]) -> str:
    return " ".join(f"fragment F{n} on {of_type} {{ {content} }}" for n, content in enumerate(contents))


def _spread(count: int) -> str:
    return _numbered("...F#", count)


def _nested(count: int) -> str:
    contents = [f"a{n}: balance {{ minor }} ...F{n + 1} ...F{n + 1}" for n in range(count)]
    begin = f"{{ {HEAD} {{ accounts(first: 100) {{ nodes {{ ...F0 }} }} }} }} "
    return begin + _fragments("Account", [*contents, "id"])


def _paths(count: int) -> str:
    """A document that stands for 2 to the power of `count` different fields of the introspection's types."""
    contents = [f"a: ofType {{ ...F{n + 1} }} b: ofType {{ ...F{n + 1} }}" for n in range(count)]
    return '{ __type(name: "Query") { ...F0 } } ' + _fragments("__Type", [*contents, "name"])


BOMBS: dict[str, tuple[str, str]] = {
    "nested fragments": (_nested(10), "QUERY_TOO_COSTLY"),
    "nested fragments, more of them": (_nested(FRAGMENTS_MAX - 1), "QUERY_TOO_COSTLY"),
    "fragments, every one in every other": (
        f"{{ {_spread(28)} }} " + _fragments(
            "Query", [" ".join(f"...F{m}" for m in range(n + 1, 28)) + " __typename" for n in range(28)]
        ),
        "QUERY_TOO_COSTLY",
    ),
    "fragments in circles": (
        f"{{ {_spread(28)} }} " + _fragments("Query", [_spread(28)] * 28), "GRAPHQL_VALIDATION_FAILED",
    ),
    "a long circle": (
        "{ ...F0 } " + _fragments("Query", [f"...F{(n + 1) % FRAGMENTS_MAX}" for n in range(FRAGMENTS_MAX)]),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "two ways on each level": (_paths(FRAGMENTS_MAX // 2 - 1), "QUERY_TOO_DEEP"),
    "two ways on each of a few levels": (_paths(12), "QUERY_TOO_COSTLY"),
    "a deep chain of fragments": (
        '{ __type(name: "Query") { ...F0 } } '
        + _fragments("__Type", [*(f"{'ofType { ' * 10} ...F{n + 1} {'}' * 10}" for n in range(48)), "name"]),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a deep chain of conditions": (
        "{ ...F0 } "
        + _fragments("Query", [*(f"{'... { ' * 15} ...F{n + 1} {'}' * 15}" for n in range(4)), "__typename"]),
        "QUERY_TOO_DEEP",
    ),
    "unknown fragments": ("{" + _numbered("...x#", 900) + "}", "GRAPHQL_VALIDATION_FAILED"),
    "too many fragments": ("{" + _spread(200) + "} " + _fragments("Query", ["__typename"] * 200), "DOCUMENT_TOO_LARGE"),
    "unused fragments": (
        "{ __typename } " + _fragments("Query", ["__typename"] * FRAGMENTS_MAX), "GRAPHQL_VALIDATION_FAILED",
    ),
    "fragments of unknown types": (
        "{ __typename } " + _numbered("fragment F# on X# { a }", FRAGMENTS_MAX), "GRAPHQL_VALIDATION_FAILED",
    ),
    "ten thousand aliases": ("{" + _numbered("a#:__typename", 3_600) + "}", "GRAPHQL_PARSE_FAILED"),
    "aliases": ("{" + _numbered("a#:__typename", 600) + "}", "TOO_MANY_ALIASES"),
    "aliases in fragments": (
        "{" + "...F0 " * 20 + "} " + _fragments("Query", [_numbered("a#: __typename", 51)]), "TOO_MANY_ALIASES",
    ),
    "one directive many times": ("{ __typename " + "@skip(if: false) " * 280 + "}", "TOO_MANY_DIRECTIVES"),
    "unknown directives": ("{ __typename " + _numbered("@a#", 900) + "}", "TOO_MANY_DIRECTIVES"),
    "directives on many fields": ("{" + "... @skip(if: false) { __typename } " * 170 + "}", "TOO_MANY_DIRECTIVES"),
    "one field many times": ("{" + " __typename" * (FIELDS_MAX + 1) + "}", "DOCUMENT_TOO_LARGE"),
    "many fields that are not there": ("{" + _numbered("x#", FIELDS_MAX) + "}", "GRAPHQL_VALIDATION_FAILED"),
    "one list many times, two ways": (
        f"{{ {HEAD} {{ {(ACCOUNTS + ' ') * 140} accounts(first: 2) {{ nodes {{ id }} }} }} }}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "one list in many fragments, two ways": (
        f"{{ {HEAD} {{ {_spread(FRAGMENTS_MAX)} accounts(first: 2) {{ totalCount }} }} }} "
        + _fragments("CreditReport", [f"{ACCOUNTS} {ACCOUNTS}"] * FRAGMENTS_MAX),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "operations": (_numbered("query Q#{__typename}", 300), "DOCUMENT_TOO_LARGE"),
    "anonymous operations": ("{__typename} " * 500, "DOCUMENT_TOO_LARGE"),
    "operations, and variables in fragments": (
        _numbered("query Q#($a:String){...F0}", OPERATIONS_MAX)
        + _fragments("Query", [f"...F{n} " + "notices(first:$a){totalCount}" * 2 for n in range(1, FRAGMENTS_MAX)]),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "variables": ("query(" + _numbered("$a#:Int", 480) + "){__typename}", "DOCUMENT_TOO_LARGE"),
    "variables that are not used": (
        "query(" + _numbered("$a#:Int", VARIABLES_MAX) + "){__typename}", "GRAPHQL_VALIDATION_FAILED",
    ),
    "arguments": ("{ creditReport(" + _numbered("a#:1", 600) + "){ asOf } }", "GRAPHQL_VALIDATION_FAILED"),
    "one argument many times": ("{ creditReport(" + "purpose:X " * 600 + "){ asOf } }", "GRAPHQL_VALIDATION_FAILED"),
    "fields of an input": (
        "{ creditReport(subject:{" + _numbered("a#:1", 600) + "}){ asOf } }", "GRAPHQL_VALIDATION_FAILED",
    ),
    "one field of an input many times": (
        "{ creditReport(subject:{" + "idType:SSN " * 600 + "}){ asOf } }", "GRAPHQL_VALIDATION_FAILED",
    ),
    "a long name": ("{" + "a" * 60_000 + "}", "GRAPHQL_VALIDATION_FAILED"),
    "long names like ours": ("{" + ("creditReportcreditReport" * 40 + " ") * 60 + "}", "GRAPHQL_VALIDATION_FAILED"),
    "a long text": (HEAD.join("{}").replace("US", "x" * 60_000), "GRAPHQL_VALIDATION_FAILED"),
    "a long block": (
        '{ creditReport(subject: {country: """' + "\n   " * 12_000 + '"""}) { asOf } }', "GRAPHQL_VALIDATION_FAILED",
    ),
    "nested fields": ("{a" * 900 + "}" * 900, "GRAPHQL_PARSE_FAILED"),
    "nested fields that are there": (
        '{ __type(name: "Query") ' + "{ ofType " * 90 + "{ name }" + "}" * 90 + "}", "QUERY_TOO_DEEP",
    ),
    "nested lists": (f"{{ a(b: {'[' * 900}{']' * 900}) }}", "GRAPHQL_PARSE_FAILED"),
    "nested inputs": (f"{{ creditReport(subject: {'{a: ' * 90}1{'}' * 90}) {{ asOf }} }}", "GRAPHQL_VALIDATION_FAILED"),
    "comments": ("#\n" * 21_000 + "{", "GRAPHQL_PARSE_FAILED"),
    "commas": ("," * 62_000 + "{", "GRAPHQL_PARSE_FAILED"),
    "introspection upon introspection": (
        "{ __schema { types " + "{ fields { type " * 5 + "{ name }" + "} }" * 5 + "} }", "GRAPHQL_VALIDATION_FAILED",
    ),
}  # fmt: skip
"""Each document, and the code of its refusal."""
