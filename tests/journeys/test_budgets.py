"""What members may still ask: charged before an operation runs, settled after it, the same whichever worker answers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from factories import Bank, Exchange, make_exchange, report_of
from sqlalchemy import Engine, select
from traces import entries, error_of, looks, marks
from werkzeug.test import TestResponse

from exchange.cli.members import member
from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.store.tables.member import member as member_table
from exchange.store.tables.member_request import member_budget

LIMIT = 1_000
RATE_LIMIT = "{ rateLimit { cost limit remaining resetAt } }"
COSTLY = report_of("accounts(first: 60) { nodes { id state product } }")
"""May cost 242 points: the report, the accounts, and for each of sixty its node and three fields of it."""
CHEAP = "{ __typename }"


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(replace(settings, rate_points=LIMIT), engine, clock)
    yield exchange
    exchange.close()


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    bank = exchange.bank()
    exchange.account(exchange.borrower(), bank.member_id)
    exchange.integrate()
    return bank


def send(bank: Bank, query: str = CHEAP) -> TestResponse:
    return bank.post({"query": query})


def cost_of(answer: TestResponse) -> Mapping[str, Any]:
    cost: Mapping[str, Any] = answer.get_json()["extensions"]["cost"]
    return cost


def cost_in(refusal: TestResponse) -> Mapping[str, Any]:
    cost: Mapping[str, Any] = error_of(refusal)["extensions"]["cost"]
    return cost


def spend_all(bank: Bank) -> TestResponse:
    """Asks until a question is turned away for what it may cost."""
    for _ in range(LIMIT):
        answer = send(bank, f"{{ {' '.join(f'f{n}: __typename' for n in range(40))} }}")
        if answer.status_code == 429:
            return answer
    raise AssertionError("nothing was turned away")


def test_an_answer_says_what_it_might_have_cost_and_what_it_did(exchange: Exchange, bank: Bank) -> None:
    consent = exchange.consent(bank.member_id)
    answer = bank.ask(consent_id=consent, query=COSTLY)
    cost = cost_of(answer)
    assert answer.get_json()["data"]["creditReport"]["accounts"]["nodes"][0]["product"]
    assert cost["requested"] > 180
    assert cost["actual"] == 6  # creditReport, accounts, nodes, and three fields of one account
    assert (cost["limit"], cost["remaining"]) == (LIMIT, LIMIT - 6)
    assert cost["resetAt"] == "2026-06-01T08:01:00+00:00"


def test_what_was_charged_too_much_may_be_spent_again(exchange: Exchange, bank: Bank) -> None:
    consent = exchange.consent(bank.member_id)
    answers = [bank.ask(consent_id=consent, query=COSTLY) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert cost_of(answers[-1])["remaining"] == LIMIT - 60
    assert sum(cost_of(answer)["requested"] for answer in answers) > LIMIT


@pytest.mark.parametrize(
    "query",
    [
        "query ($id: ID!) { member(id: $id) { name } }",  # without its variable
        '{ creditReport(subject: {idType: RESIDENT_ID, country: "CN", idNumber: "1"}, purpose: LOAN_APPROVAL) '
        "{ asOf } }",
        '{ member(id: "nobody") { name } }',
    ],
)
def test_answers_with_errors_or_without_data_cost_too_a_point_at_least(bank: Bank, query: str) -> None:
    answer = send(bank, query)
    assert answer.status_code == 200
    assert cost_of(answer)["actual"] == 1
    assert cost_of(answer)["remaining"] == LIMIT - 1


@pytest.mark.parametrize("query", ["{", "{ nothing }", "{ a: __typename " + "{ b " * 3 + "}" * 4])
def test_a_document_that_does_not_fit_is_paid_for_though_it_never_runs(bank: Bank, query: str) -> None:
    answer = send(bank, query)
    assert error_of(answer)["extensions"]["code"].startswith("GRAPHQL_")
    assert "extensions" not in answer.get_json()
    assert cost_of(send(bank))["remaining"] == LIMIT - 2


def test_who_has_no_point_left_sends_no_more_documents_that_do_not_fit(exchange: Exchange, bank: Bank) -> None:
    while (answer := send(bank)).status_code == 200:
        pass
    assert cost_in(answer)["remaining"] == 0
    assert send(bank, "{ nothing }").status_code == 429


def test_who_has_spent_everything_is_turned_away_before_anything_is_looked_at(exchange: Exchange, bank: Bank) -> None:
    consent = exchange.consent(bank.member_id)
    spend_all(bank)
    exchange.later(seconds=13)
    before = marks(exchange)
    answer = bank.ask(consent_id=consent, query=COSTLY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "47")
    error = error_of(answer)
    assert error["extensions"]["code"] == "RATE_LIMITED"
    cost = error["extensions"]["cost"]
    assert cost["requested"] > cost["remaining"] >= 0
    assert (cost["limit"], cost["resetAt"]) == (LIMIT, "2026-06-01T08:01:00+00:00")
    assert "data" not in answer.get_json()
    assert "OpenBureau-Receipt" not in answer.headers
    assert marks(exchange) == before
    assert looks(exchange) == []


def test_the_proof_of_a_question_that_was_turned_away_is_spent(exchange: Exchange, bank: Bank) -> None:
    spend_all(bank)
    headers = {"DPoP": bank.proof("/graphql")}
    body = {"query": f"{{ {' '.join(f'f{n}: __typename' for n in range(40))} }}"}
    assert bank.post(body, **headers).status_code == 429
    replayed = bank.post(body, **headers)
    assert (replayed.status_code, error_of(replayed)["extensions"]["code"]) == (401, "PROOF_REPLAYED")


def test_the_next_window_begins_with_everything(exchange: Exchange, bank: Bank) -> None:
    refused = spend_all(bank)
    exchange.clock.instant += timedelta(seconds=int(refused.headers["Retry-After"]))
    assert cost_of(send(bank))["remaining"] == LIMIT - 1


def test_the_others_are_not_held_up(exchange: Exchange, bank: Bank) -> None:
    spend_all(bank)
    assert cost_of(send(exchange.bank("clover-finance")))["remaining"] == LIMIT - 1


def test_workers_share_a_budget_and_never_spend_more(exchange: Exchange, bank: Bank) -> None:
    other = exchange.another_worker()
    spend_all(bank)
    spent = 0
    while (answer := bank.post({"query": CHEAP}, client=other)).status_code == 200:
        spent += cost_of(answer)["actual"]
    assert spent < 40
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(member_budget.c.leased)) <= LIMIT


def test_an_operation_that_no_window_holds_is_not_worth_waiting_for(exchange: Exchange, bank: Bank) -> None:
    answer = send(bank, "{ notices(first: 100) { nodes { id kind signed writtenAt dueAt late answer article "
                        "answeredAt consentId a: id b: id } } }")  # fmt: skip
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (400, "QUERY_TOO_COSTLY")
    assert "Retry-After" not in answer.headers


def test_a_member_may_ask_how_it_stands(exchange: Exchange, bank: Bank) -> None:
    send(bank)
    answer = send(bank, RATE_LIMIT).get_json()
    assert answer["data"]["rateLimit"] == {
        "cost": 5,
        "limit": LIMIT,
        "remaining": LIMIT - 1 - 5,
        "resetAt": "2026-06-01T08:01:00+00:00",
    }
    assert answer["extensions"]["cost"]["remaining"] == LIMIT - 1 - 5


def test_a_token_of_a_member_that_is_gone_breaks_nothing(exchange: Exchange) -> None:
    bank = exchange.bank()
    bank.fetch_token()
    with exchange.engine.begin() as connection:
        connection.execute(member_table.delete().where(member_table.c.member_id == bank.member_id))
    answer = bank.ask(query=COSTLY)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (401, "TOKEN_REVOKED")
    with exchange.engine.connect() as connection:
        assert connection.execute(select(member_budget)).all() == []


def run(exchange: Exchange, *arguments: str) -> Result:
    """`openbureau member ...`"""
    environment = {
        "OPENBUREAU_HOME": str(exchange.settings.home),
        "OPENBUREAU_DATABASE_URL": exchange.engine.url.render_as_string(hide_password=False),
    }
    return CliRunner().invoke(member, list(arguments), env=environment)


def test_an_operator_gives_a_member_more_less_or_the_usual_number(exchange: Exchange, bank: Bank) -> None:
    for points, limit in (("5000", 5_000), ("100", 100), ("default", LIMIT)):
        assert run(exchange, "budget", bank.member_id, points).exit_code == 0
        exchange.later(minutes=2)
        bank.fetch_token()
        assert cost_of(send(bank))["limit"] == limit
        assert cost_of(send(bank))["remaining"] == limit - 2
    told = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "member_budget"]
    assert [(fields["member"], fields["points"]) for fields in told] == [
        (bank.member_id, 5_000), (bank.member_id, 100), (bank.member_id, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [(("nobody", "5"), 1), (("harbour-bank", "0"), 2), (("harbour-bank", "-1"), 2), (("harbour-bank", "many"), 2),
     (("harbour-bank", "2000000001"), 2)],
)  # fmt: skip
def test_a_budget_that_cannot_be_changes_nothing(
    exchange: Exchange, bank: Bank, arguments: tuple[str, ...], exit_code: int
) -> None:
    before = marks(exchange)
    assert run(exchange, "budget", *arguments).exit_code == exit_code
    assert marks(exchange) == before
    with exchange.engine.connect() as connection:
        assert connection.execute(select(member_budget)).all() == []


def test_a_suspended_member_is_still_told_so(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower()
    bank.fetch_token()
    assert run(exchange, "suspend", bank.member_id).exit_code == 0
    answer = bank.ask(query=COSTLY)
    assert "MEMBER_NOT_ACTIVE" in [reason["code"] for reason in error_of(answer)["extensions"]["reasons"]]
    assert cost_of(answer)["actual"] == 1
