"""What is stored does not match its proof: nothing is told, and the log says that a look was stopped."""

from typing import Any

import pytest
from factories import ALICE, BOB, Exchange, report_of
from sqlalchemy import Table, select, update
from traces import assert_only_logged, entries, error_of, inquiries, looks, marks
from werkzeug.test import TestResponse

from consent.artefact import Fetch
from exchange.store.tables.account import account
from exchange.store.tables.consent import consent
from exchange.store.tables.subject import subject, subject_key


def assert_stopped(answer: TestResponse) -> None:
    assert answer.status_code == 500
    assert error_of(answer)["extensions"]["code"] == "INTEGRITY"
    assert "data" not in answer.get_json()
    assert ALICE.id_number not in answer.get_data(as_text=True)


def change(exchange: Exchange, table: Table, **values: Any) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(update(table).values(values))


def stored(exchange: Exchange, column: Any) -> Any:
    with exchange.engine.connect() as connection:
        return connection.scalar(select(column))


@pytest.mark.parametrize("forgery", ["wider artefact", "no JSON", "other signature", "no signature", "unknown state"])
def test_a_forged_consent_opens_nothing_and_the_borrower_sees_the_attempt(exchange: Exchange, forgery: str) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
    artefact, signatures = stored(exchange, consent.c.artefact), stored(exchange, consent.c.signatures)
    other = {**signatures, "exchange": {**signatures["exchange"], "value": "A" * 86}}
    change(
        exchange,
        consent,
        **{
            "wider artefact": {"artefact": artefact.replace(b'"fetch":"ONCE"', b'"fetch":"PERIODIC"')},
            "no JSON": {"artefact": b"anything"},
            "other signature": {"signatures": other},
            "no signature": {"signatures": {}},
            "unknown state": {"state": "EVER"},
        }[forgery],
    )
    before = marks(exchange)

    answer = bank.ask(consent_id=consent_id)

    assert_stopped(answer)
    assert "OpenBureau-Receipt" in answer.headers
    assert_only_logged(exchange, before, known=True)
    entry, inquiry = entries(exchange)[-1], inquiries(exchange)[-1]
    assert (entry.subject_key, entry.fields["granted"], entry.fields["reasons"]) == (alice, False, ["INTEGRITY"])
    assert (inquiry.granted, inquiry.reasons, inquiry.leaf_hash) == (False, ["INTEGRITY"], entry.leaf_hash)


def test_a_genuine_consent_in_the_place_of_another_opens_nothing(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice, bob = exchange.borrower(), exchange.borrower(BOB)
    of_alice, of_bob = exchange.consent(bank.member_id), exchange.consent(bank.member_id, BOB)
    with exchange.engine.begin() as connection:
        taken = connection.execute(
            select(consent.c.artefact, consent.c.signatures).where(consent.c.subject_key == bob)
        ).one()
        connection.execute(update(consent).where(consent.c.subject_key == alice).values(taken._asdict()))
    before = marks(exchange)

    answer = bank.ask(consent_id=of_alice)

    codes = [reason["code"] for reason in error_of(answer)["extensions"]["reasons"]]
    assert codes == ["CONSENT_NOT_FOUND", "SUBJECT_DIFFERS"]
    assert str(of_bob) not in answer.get_data(as_text=True)
    assert (marks(exchange).uses, marks(exchange).account_scans) == (before.uses, before.account_scans)


def test_a_sealed_name_that_was_moved_to_another_borrower_is_not_shown(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice, bob = exchange.borrower(ALICE, "Alice"), exchange.borrower(BOB, "Bob")
    consent_id = exchange.consent(bank.member_id)
    with exchange.engine.begin() as connection:
        names = dict(connection.execute(select(subject.c.subject_key, subject.c.names)).all())
        for mine, other in ((alice, bob), (bob, alice)):
            connection.execute(update(subject).where(subject.c.subject_key == mine).values(names=names[other]))

    answer = bank.ask(consent_id=consent_id)

    assert_stopped(answer)
    assert "Bob" not in answer.get_data(as_text=True)
    acts = [(entry.fields["act"], entry.fields["granted"]) for entry in entries(exchange)[-2:]]
    assert acts == [("look", True), ("look_stopped", False)]
    shown_without = bank.ask(consent_id=consent_id, query=report_of("accounts(first: 1) { totalCount }"))
    assert "errors" not in shown_without.get_json()


def test_account_references_swapped_between_two_accounts_of_one_borrower_are_not_shown(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    keys = [exchange.account(alice, bank.member_id, reference) for reference in ("FIRST", "SECOND")]
    consent_id = exchange.consent(bank.member_id)
    with exchange.engine.begin() as connection:
        sealed = dict(connection.execute(select(account.c.account_key, account.c.account_ref)).all())
        for mine, other in (keys, reversed(keys)):
            connection.execute(update(account).where(account.c.account_key == mine).values(account_ref=sealed[other]))
    assert_stopped(bank.ask(consent_id=consent_id))


def test_a_borrowers_key_that_was_changed_opens_nothing_and_is_logged(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    wrapped = stored(exchange, subject_key.c.wrapped)
    change(exchange, subject_key, wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    before = marks(exchange)

    answer = bank.ask(consent_id=consent_id)

    assert_stopped(answer)
    assert_only_logged(exchange, before)
    entry = entries(exchange)[-1]
    assert entry.fields == {
        "act": "look_stopped", "member": bank.member_id, "granted": False, "reasons": ["INTEGRITY"],
    }  # fmt: skip
    assert looks(exchange) == []
