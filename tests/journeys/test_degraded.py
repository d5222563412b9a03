"""Something an answer needs is down: the exchange says so and when to come again, and tells nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories import Exchange
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from traces import error_of, marks
from werkzeug.test import TestResponse

from exchange.app import make_app
from exchange.store.engine import make_engine


def assert_come_again(answer: TestResponse, code: str) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert error_of(answer)["extensions"]["code"] == code
    assert "data" not in answer.get_json()
    assert "OpenBureau-Receipt" not in answer.headers


def test_a_database_that_is_not_there_is_unavailable_at_every_door(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    nowhere = make_engine(exchange.settings, "postgresql://nobody@127.0.0.1:1/none")
    worker = make_app(exchange.settings, nowhere, exchange.clock).test_client()
    before = marks(exchange)

    assert_come_again(bank.ask(consent_id=consent_id, client=worker), "UNAVAILABLE")
    assert_come_again(bank.post(b'{"query": "{ __typename }"}', worker), "UNAVAILABLE")
    for answer in (
        worker.post("/graphql"),
        worker.get("/log/checkpoint"),
        worker.get(f"/log/proof/{'00' * 32}"),
        worker.post("/oauth/token", data={"grant_type": "client_credentials"}),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.request.path
        assert answer.get_json()["code"] == "UNAVAILABLE"
    assert worker.get("/health/live").status_code == 200
    assert worker.get("/health/ready").status_code == 503
    assert marks(exchange) == before


CUT_WHILE_RECORDING = """
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
    CREATE TRIGGER cut BEFORE INSERT ON log_pending FOR EACH ROW EXECUTE FUNCTION cut()"""


def test_a_connection_that_is_cut_while_the_look_is_recorded_tells_nothing(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    assert bank.ask(consent_id=consent_id).status_code == 200
    before = marks(exchange)
    with exchange.engine.begin() as connection:
        connection.exec_driver_sql(CUT_WHILE_RECORDING)
    answer = bank.ask(consent_id=consent_id)
    with exchange.engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION cut CASCADE")

    assert_come_again(answer, "UNAVAILABLE")
    after = marks(exchange)
    assert (after.entries, after.inquiries, after.uses) == (before.entries, before.inquiries, before.uses)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


def test_a_borrower_who_is_locked_for_too_long_is_unavailable_and_not_half_done(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    impatient = make_engine(replace(exchange.settings, statement_timeout_ms=200), str(exchange.engine.url))
    worker = make_app(exchange.settings, impatient, exchange.clock).test_client()
    before = marks(exchange)
    with exchange.engine.begin() as connection:
        connection.execute(text("SELECT 1 FROM subject_sequence FOR UPDATE"))
        assert_come_again(bank.ask(consent_id=consent_id, client=worker), "UNAVAILABLE")
    impatient.dispose()
    after = marks(exchange)
    assert (after.entries, after.inquiries, after.uses) == (before.entries, before.inquiries, before.uses)


def test_disclosure_stops_while_the_log_is_behind_and_goes_on_once_it_has_caught_up(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    exchange.clock.instant += timedelta(seconds=exchange.settings.pending_stop_seconds)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    exchange.clock.instant += timedelta(seconds=1)
    before = marks(exchange)

    assert_come_again(bank.ask(consent_id=consent_id), "LOG_BEHIND")

    assert marks(exchange) == before
    ready = exchange.client.get("/health/ready")
    assert (ready.status_code, ready.get_json()["code"]) == (503, "LOG_BEHIND")
    assert bank.post(b'{"query": "{ __typename }"}').status_code == 200
    exchange.integrate()
    exchange.clock.instant += timedelta(seconds=1)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    assert exchange.client.get("/health/ready").status_code == 200


def test_a_fault_of_our_own_is_told_without_its_words(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, product="A PRODUCT THAT IS NONE")
    answer = bank.ask(
        consent_id=exchange.consent(bank.member_id),
        query="""query ($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
          creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff) {
            accounts(first: 1) { nodes { product state } } } }""",
    )
    error = error_of(answer)
    assert (answer.status_code, error["extensions"]["code"]) == (200, "INTERNAL")
    assert error["path"] == ["creditReport", "accounts", "nodes", 0, "product"]
    assert answer.get_json()["data"]["creditReport"]["accounts"]["nodes"] == [{"product": None, "state": "NORMAL"}]
    assert "A PRODUCT" not in answer.get_data(as_text=True) + caplog.text
    assert "unexpected GraphQLError" in caplog.text


def test_a_token_request_is_unavailable_where_the_database_is_lost(exchange: Exchange) -> None:
    bank = exchange.bank()
    bank.fetch_token()

    def lost(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    event.listen(exchange.engine, "before_cursor_execute", lost)
    bank.token = ""
    answer = exchange.client.post("/oauth/token", headers={"DPoP": bank.proof("/oauth/token")})
    event.remove(exchange.engine, "before_cursor_execute", lost)
    assert answer.status_code == 503
