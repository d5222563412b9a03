"""The GraphQL door: what cannot be read, does not fit or costs too much is refused before anything runs."""

import json
from dataclasses import replace
from typing import Any

import pytest
from factories import Bank, Exchange, make_exchange, report_of, several_reports, variables
from graphql import get_introspection_query
from sqlalchemy import Engine
from traces import error_of, marks
from werkzeug.test import TestResponse

from exchange.clock import FixedClock
from exchange.settings import Settings

RESPONSE_TYPE = "application/graphql-response+json"


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    bank = exchange.bank()
    bank.fetch_token()
    return bank


def code_of(answer: TestResponse) -> str:
    return error_of(answer)["extensions"]["code"]


def send(bank: Bank, query: Any, accept: str = RESPONSE_TYPE, **others: Any) -> TestResponse:
    return bank.post(json.dumps({"query": query, **others}).encode(), Accept=accept)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "NOT_JSON"),
        (b"{", "NOT_JSON"),
        (b'{"query": "\\ud800"}', "NOT_JSON"),
        (b"\xff\xfe", "NOT_JSON"),
        (b"[" * 5_000, "NOT_JSON"),
        (b"[]", "BAD_USER_INPUT"),
        (b'"{ __typename }"', "BAD_USER_INPUT"),
        (b"null", "BAD_USER_INPUT"),
        (b"{}", "BAD_USER_INPUT"),
        (b'{"query": 1}', "BAD_USER_INPUT"),
        (b'{"query": "{ __typename }", "variables": []}', "BAD_USER_INPUT"),
        (b'{"query": "{ __typename }", "variables": "x"}', "BAD_USER_INPUT"),
        (b'{"query": "{ __typename }", "operationName": 1}', "BAD_USER_INPUT"),
        (b'{"query": "' + b"#" * 64_000 + b'"}', "REQUEST_TOO_LONG"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
@pytest.mark.parametrize("accept", ["application/json", RESPONSE_TYPE])
def test_a_body_that_cannot_be_read_is_a_bad_request(
    exchange: Exchange, bank: Bank, body: bytes, code: str, accept: str
) -> None:
    before = marks(exchange)
    answer = bank.post(body, Accept=accept)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert answer.content_type == f"{accept}; charset=utf-8"
    assert marks(exchange) == before


def test_every_fault_of_a_body_is_told_at_once(bank: Bank) -> None:
    answer = bank.post(b'{"query": 1, "variables": 2, "operationName": 3}')
    assert [name in error_of(answer)["message"] for name in ("query", "variables", "operationName")] == [True] * 3


@pytest.mark.parametrize("kind", ["text/plain", "application/graphql", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(exchange: Exchange, bank: Bank, kind: str) -> None:
    headers = {"Authorization": f"DPoP {bank.token}", "DPoP": bank.proof("/graphql")}
    answer = exchange.client.post("/graphql", data=b'{"query":"{ __typename }"}', content_type=kind, headers=headers)
    assert (answer.status_code, code_of(answer)) == (400, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_taken(exchange: Exchange, method: str) -> None:
    answer = exchange.client.open("/graphql?query={__typename}", method=method)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.get_json()["code"] == "METHOD_NOT_ALLOWED"


HEAD = 'creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"}, purpose: LOAN_APPROVAL)'
REQUEST_ERRORS = {
    "parse": ("{", "GRAPHQL_PARSE_FAILED"),
    "nothing": ("", "GRAPHQL_PARSE_FAILED"),
    "too many tokens": ("{" + " __typename" * 4_000 + "}", "GRAPHQL_PARSE_FAILED"),
    "nested too deep to parse": ("{a" * 1_900 + "}" * 1_900, "GRAPHQL_PARSE_FAILED"),
    "nested lists": (f"{{ a(b: {'[' * 1_900}{']' * 1_900}) }}", "GRAPHQL_PARSE_FAILED"),
    "unknown field": ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown fragment": ("{ ...Nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "fragments in a circle": ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "wrong enum": (f"{{ {HEAD.replace('SSN', 'LIBRARY_CARD')} {{ asOf }} }}", "GRAPHQL_VALIDATION_FAILED"),
    "no purpose": (
        f"{{ {HEAD.replace(', purpose: LOAN_APPROVAL', '')} {{ asOf }} }}", "GRAPHQL_VALIDATION_FAILED",
    ),
    "null months": (
        f"{{ {HEAD} {{ accounts(first: 1) {{ nodes {{ history(months: null) {{ month }} }} }} }} }}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a mutation that is none": ("mutation { x }", "GRAPHQL_VALIDATION_FAILED"),
    "a subscription": ("subscription { x }", "BAD_USER_INPUT"),
    "too many equal fields": (f"{{ {HEAD} {{ {'asOf ' * 2_000} }} }}", "GRAPHQL_PARSE_FAILED"),
    "no operation": ("fragment A on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    "two operations": ("query A { __typename } query B { __typename }", "GRAPHQL_OPERATION_NOT_FOUND"),
}  # fmt: skip


@pytest.mark.parametrize("case", REQUEST_ERRORS)
def test_a_document_that_does_not_fit_is_400_or_200_as_the_media_type_asks(
    exchange: Exchange, bank: Bank, case: str
) -> None:
    document, code = REQUEST_ERRORS[case]
    before = marks(exchange)
    for accept, status in ((RESPONSE_TYPE, 400), ("application/json", 200), ("*/*", 200)):
        answer = send(bank, document, accept)
        assert (answer.status_code, code_of(answer)) == (status, code)
        assert "data" not in answer.get_json()
    assert marks(exchange) == before


def test_validation_stops_at_a_few_errors(bank: Bank) -> None:
    told = error_of(send(bank, "{" + " ".join(f"nothing{n}" for n in range(500)) + "}"))["message"]
    assert len(told) < 2_000


@pytest.mark.parametrize("name", ["C", ""])
def test_an_operation_that_is_not_in_the_document_is_not_run(bank: Bank, name: str) -> None:
    answer = send(bank, "query A { __typename }", operationName=name)
    assert (answer.status_code, code_of(answer)) == (400, "GRAPHQL_OPERATION_NOT_FOUND")


def test_the_named_operation_is_run(bank: Bank) -> None:
    answer = send(bank, "query A { a: __typename } query B { b: __typename }", operationName="B")
    assert answer.get_json()["data"] == {"b": "Query"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "FOR_FUN"},
        {"purpose": None},
        {"subject": {"idType": "LIBRARY_CARD", "country": "CN", "idNumber": "1234"}},
        {"subject": {"idType": "PASSPORT", "country": "CN"}},
        {"subject": {"idType": "PASSPORT", "country": "CN", "idNumber": "E1234", "more": 1}},
        {"subject": None},
        {"staff": {"id": "s-17"}},
        {"staff": {"id": ["a"], "name": "b"}},
    ],
    ids=str,
)
def test_variables_that_do_not_fit_are_a_bad_request_and_no_look(
    exchange: Exchange, bank: Bank, wrong: dict[str, Any]
) -> None:
    exchange.borrower()
    before = marks(exchange)
    answer = send(bank, report_of("asOf"), variables=variables() | wrong)
    assert answer.status_code == 400
    assert {error["extensions"]["code"] for error in answer.get_json()["errors"]} == {"BAD_USER_INPUT"}
    assert "data" not in answer.get_json()
    assert marks(exchange) == before


@pytest.mark.parametrize(
    ("declared", "selection"),
    [
        ("$purpose: Purpose = LOAN_APPROVAL", "asOf"),
        ("$purpose: Purpose!, $m: Int = 5", "accounts(first: 1) { nodes { history(months: $m) { month } } }"),
    ],
)
def test_a_variable_that_is_null_where_its_default_was_meant_is_a_bad_request_and_no_look(
    exchange: Exchange, bank: Bank, declared: str, selection: str
) -> None:
    exchange.borrower()
    query = report_of(selection).replace("$purpose: Purpose!", declared)
    given = variables() | ({"m": None} if "$m" in declared else {"purpose": None})
    before = marks(exchange)
    answer = send(bank, query, variables=given)
    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer.get_json()["data"] == {"creditReport": None}
    assert marks(exchange) == before


@pytest.mark.parametrize("text", ["\0", "a\0b"])
def test_a_text_with_the_character_that_no_table_holds_is_a_bad_request(
    exchange: Exchange, bank: Bank, text: str
) -> None:
    exchange.borrower()
    before = marks(exchange)
    member = "query ($id: ID!) { member(id: $id) { id } }"
    assert code_of(send(bank, member, variables={"id": text})) == "BAD_USER_INPUT"
    literal = json.dumps(text)
    assert code_of(send(bank, f"{{ member(id: {literal}) {{ id }} }}")) == "BAD_USER_INPUT"
    given = variables() | {"staff": {"id": "s-17", "name": text}}
    for _ in range(3):  # a compiled answer as well
        assert code_of(send(bank, report_of("asOf"), variables=given)) == "BAD_USER_INPUT"
    assert marks(exchange) == before


@pytest.mark.parametrize("consent_id", ["not an id", "", "123"])
def test_a_consent_id_that_is_none_is_a_bad_request_and_no_look(
    exchange: Exchange, bank: Bank, consent_id: str
) -> None:
    exchange.borrower()
    before = marks(exchange)
    answer = send(bank, report_of("asOf"), variables=variables() | {"consentId": consent_id})
    assert code_of(answer) == "CONSENT_ID_NOT_VALID"
    assert marks(exchange) == before


MONTHS = "months: 60) { month status daysPastDue balance { minor } paid { minor } }"
TOO_MUCH = {
    "cost": (
        report_of(f"accounts(first: 100) {{ nodes {{ history({MONTHS} }} }}"), {}, "QUERY_TOO_COSTLY",
    ),
    "cost through a variable": (
        report_of(f"accounts(first: $n) {{ nodes {{ history({MONTHS} }} }}").replace("query (", "query ($n: Int, "),
        {"n": 100}, "QUERY_TOO_COSTLY",
    ),
    "cost through a fraction": (
        report_of(f"accounts(first: $n) {{ nodes {{ history({MONTHS} }} }}").replace("query (", "query ($n: Int, "),
        {"n": 100.0}, "QUERY_TOO_COSTLY",
    ),
    "cost through a default": (
        report_of(f"accounts(first: $n) {{ nodes {{ history({MONTHS} }} }}").replace(
            "query (", "query ($n: Int = 100, "
        ),
        {}, "QUERY_TOO_COSTLY",
    ),
    "reports": (several_reports(*[None] * 11), {}, "TOO_MANY_REPORTS"),
    "reports in a fragment": (
        f"{{ ...A }} fragment A on Query {{ {' '.join(f'r{n}: {HEAD} {{ asOf }}' for n in range(11))} }}",
        {}, "TOO_MANY_REPORTS",
    ),
    "aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(51)) + "}", {}, "TOO_MANY_ALIASES"),
    "directives": (
        "{ __typename " + " ".join("@include(if: true)" for _ in range(1)) + " "
        + " ".join(f"... @include(if: true) {{ a{n}: __typename }}" for n in range(50)) + "}",
        {}, "TOO_MANY_DIRECTIVES",
    ),
    "depth": (
        "{" + "... {" * 61 + "__typename" + "}" * 62, {}, "QUERY_TOO_DEEP",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOO_MUCH)
def test_an_operation_that_is_too_much_is_refused_before_it_runs(exchange: Exchange, bank: Bank, case: str) -> None:
    document, given, code = TOO_MUCH[case]
    exchange.borrower()
    before = marks(exchange)
    answer = send(bank, document, variables=variables() | given)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert marks(exchange) == before


def test_ten_reports_and_fifty_aliases_are_taken(exchange: Exchange, bank: Bank) -> None:
    exchange.borrower()
    answer = send(bank, several_reports(*[None] * 10), variables=variables())
    assert len(answer.get_json()["errors"]) == 10
    aliases = "{" + " ".join(f"a{n}: __typename" for n in range(50)) + "}"
    assert send(bank, aliases).status_code == 200


def test_a_small_document_that_stands_for_billions_of_fields_is_refused(bank: Bank) -> None:
    parts = [f"fragment F{n} on Account {{ a{n}: balance {{ minor }} ...F{n + 1} ...F{n + 1} }}" for n in range(10)]
    bomb = " ".join([
        "{", HEAD, "{ accounts(first: 100) { nodes { ...F0 } } } }", *parts, "fragment F10 on Account { id }",
    ])  # fmt: skip
    assert len(bomb) < 1_000
    assert code_of(send(bank, bomb)) == "QUERY_TOO_COSTLY"


def test_introspection_is_refused_unless_the_operator_allows_it(
    settings: Settings, engine: Engine, clock: FixedClock, bank: Bank
) -> None:
    query = get_introspection_query()
    assert code_of(send(bank, query)) == "GRAPHQL_VALIDATION_FAILED"
    bank.exchange = make_exchange(replace(settings, introspection=True), engine, clock)
    bank.fetch_token()
    answer = send(bank, query)
    assert answer.get_json()["data"]["__schema"]["queryType"]["name"] == "Query"
    assert "OpenBureau-Receipt" not in answer.headers


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (RESPONSE_TYPE, RESPONSE_TYPE),
        (f"application/json;q=0.5, {RESPONSE_TYPE}", RESPONSE_TYPE),
        (f"{RESPONSE_TYPE};q=0.5, application/json", "application/json"),
        ("text/html", "application/json"),
    ],
)
def test_the_media_type_of_the_answer_is_the_one_asked_for(bank: Bank, accept: str, kind: str) -> None:
    answer = send(bank, "{ __typename }", accept)
    assert (answer.status_code, answer.content_type) == (200, f"{kind}; charset=utf-8")


def test_every_answer_is_kept_out_of_caches_and_frames(bank: Bank) -> None:
    answer = send(bank, "{ __typename }")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["DPoP-Nonce"]
    assert "Strict-Transport-Security" not in answer.headers


def test_behind_https_browsers_are_told_to_stay_there(settings: Settings, engine: Engine, clock: FixedClock) -> None:
    exchange = make_exchange(replace(settings, issuer="https://bureau.example"), engine, clock)
    assert "max-age" in exchange.client.get("/health/live").headers["Strict-Transport-Security"]


def test_aliases_fragments_and_directives_select_as_they_should(exchange: Exchange, bank: Bank) -> None:
    alice = exchange.borrower()
    exchange.account(alice, bank.member_id, "A-1")
    consent_id = exchange.consent(bank.member_id)
    query = (
        report_of("""
        ...All
        hidden: subject @include(if: false) { names }
        second: accounts(first: 1) { nodes { ref: accountRef ...Money @skip(if: false) } }
        """)
        + """
        fragment All on CreditReport { accounts(last: 1) { totalCount edges { node { ... on Account { id } } } } }
        fragment Money on Account { balance { currency } }"""
    )
    answer = send(bank, query, variables=variables(consent_id=consent_id)).get_json()
    assert "errors" not in answer, answer
    report = answer["data"]["creditReport"]
    assert set(report) == {"accounts", "second"}
    assert report["second"] == {"nodes": [{"ref": "A-1", "balance": {"currency": "CNY"}}]}
    assert report["accounts"]["totalCount"] == 1


def test_a_cursor_leads_to_the_next_page_and_a_foreign_one_nowhere(exchange: Exchange, bank: Bank) -> None:
    alice = exchange.borrower()
    for n in range(3):
        exchange.account(alice, bank.member_id, f"A-{n}")
    consent_id = exchange.consent(bank.member_id)
    query = report_of(
        "accounts(first: 2, after: $after) { nodes { accountRef } pageInfo { hasNextPage endCursor } }"
    ).replace("query (", "query ($after: String, ")

    def page(after: str | None) -> dict[str, Any]:
        return send(bank, query, variables=variables(consent_id=consent_id) | {"after": after}).get_json()

    first = page(None)["data"]["creditReport"]["accounts"]
    second = page(first["pageInfo"]["endCursor"])["data"]["creditReport"]["accounts"]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    shown = [node["accountRef"] for node in first["nodes"] + second["nodes"]]
    assert sorted(shown) == ["A-0", "A-1", "A-2"]
    for foreign in ("nonsense", "\u00e9", "AAAA", ""):
        answer = page(foreign)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert answer["data"]["creditReport"]["accounts"] is None
