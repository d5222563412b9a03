"""Looks under a lawful ground instead of a consent: decided, logged and shown like any other."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, REPORT, Bank, Exchange
from sqlalchemy import update
from traces import entries, error_of, inquiries, looks

from consent.question import GroundKind
from exchange.errors import BadRequest
from exchange.journeys.lawful_grounds import OrderedLook, end_recorded_ground, record_ground
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.subject import subject
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

WITH_GROUND = REPORT.replace("$consentId: ID", "$consentId: ID, $groundId: ID").replace(
    "consentId: $consentId", "consentId: $consentId, groundId: $groundId"
)


def recorded(exchange: Exchange, recipient: str, **changes: Any) -> UUID:
    """A court's order for fraud checks at this member, for all parts of Alice's file."""
    ordered: dict[str, Any] = {
        "kind": GroundKind.COURT,
        "reference": "(2026) 沪 01 No. 7",
        "recipient": recipient,
        "purpose": Purpose.FRAUD_CHECK,
        "field_classes": frozenset(FieldClass),
        "expires_at": exchange.clock.now() + timedelta(days=30),
        "document_digest": b"o" * 32,
    }
    return record_ground(exchange.services, ALICE, OrderedLook(**(ordered | changes)), "operator")


def ask(bank: Bank, ground_id: UUID | str | None, consent_id: UUID | None = None, **more: Any) -> Any:
    whom = {"idType": ALICE.id_type, "country": ALICE.country, "idNumber": ALICE.id_number}
    variables = {
        "subject": whom,
        "purpose": more.get("purpose", Purpose.FRAUD_CHECK),
        "consentId": str(consent_id) if consent_id else None,
        "groundId": str(ground_id) if ground_id else None,
        "staff": {"id": "s-17", "name": "Wang Fang"},
    }
    return bank.post({"query": WITH_GROUND, "variables": variables}, more.get("client"))


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in error_of(answer)["extensions"]["reasons"]]


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    return exchange.borrower()


def test_a_look_under_a_court_order_is_answered_logged_and_shown(exchange: Exchange, alice: UUID) -> None:
    bank = exchange.bank()
    exchange.account(alice, bank.member_id)
    ground_id = recorded(exchange, bank.member_id)

    answer = ask(bank, ground_id)

    report = answer.get_json()["data"]["creditReport"]
    assert report["disclosure"]["basis"] == "COURT"
    assert report["accounts"]["totalCount"] == 1
    (row,) = inquiries(exchange)
    assert (row.basis, row.ground_id, row.consent_id, row.granted) == ("COURT", ground_id, None, True)
    (look,) = looks(exchange)
    assert (look.fields["basis"], look.fields["ground"], look.fields["consent"]) == ("COURT", str(ground_id), None)
    (entry,) = [entry for entry in entries(exchange) if entry.fields["act"] == "ground_recorded"]
    assert (entry.subject_key, entry.sequence, entry.fields["kind"]) == (alice, 1, "COURT")
    assert "沪" not in str(entry.fields)


def test_a_freeze_does_not_stop_a_court(exchange: Exchange, alice: UUID) -> None:
    bank = exchange.bank()
    ground_id = recorded(exchange, bank.member_id)
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(security_freeze=True))
    assert "errors" not in ask(bank, ground_id).get_json()
    assert "SUBJECT_FROZEN" in codes(bank.ask(consent_id=exchange.consent(bank.member_id)))


def test_a_regulator_needs_its_own_ground_and_scope(exchange: Exchange, alice: UUID) -> None:
    scopes = frozenset({Scope.AUDIT_OPEN, Scope.AUDIT_READ})
    regulator = exchange.bank("regulator", member_class=MemberClass.REGULATOR, scopes=scopes)
    ground_id = recorded(exchange, "regulator", kind=GroundKind.REGULATOR)
    regulator.fetch_token("audit:open")
    assert ask(regulator, ground_id).get_json()["data"]["creditReport"]["disclosure"]["basis"] == "REGULATOR"
    assert codes(ask(regulator, None)) == ["GROUND_MISSING"]
    assert codes(ask(regulator, uuid4())) == ["GROUND_NOT_FOUND"]
    regulator.fetch_token("audit:read")
    assert set(codes(ask(regulator, ground_id))) == {"SCOPE_MISSING"}


def test_a_ground_opens_no_more_than_it_says(exchange: Exchange, alice: UUID) -> None:
    bank, other = exchange.bank(), exchange.bank("other-bank")
    ground_id = recorded(exchange, bank.member_id, field_classes=frozenset({FieldClass.ACCOUNTS}))
    shown = ask(bank, ground_id).get_json()["data"]["creditReport"]
    assert shown["disclosure"]["released"] == ["ACCOUNTS"]
    assert shown["subject"] is None
    assert "RECIPIENT_DIFFERS" in codes(ask(other, ground_id))
    assert "PURPOSE_NOT_COVERED" in codes(ask(bank, ground_id, purpose=Purpose.COLLECTION))
    exchange.later(days=30)
    bank.fetch_token()
    assert "GROUND_EXPIRED" in codes(ask(bank, ground_id))
    assert [row.granted for row in inquiries(exchange)] == [True, False, False, False]
    assert {row.ground_id for row in inquiries(exchange)} == {ground_id}


def test_an_ended_ground_stops_the_next_answer_on_every_worker(exchange: Exchange, alice: UUID) -> None:
    bank, another = exchange.bank(), exchange.another_worker()
    ground_id = recorded(exchange, bank.member_id)
    for worker in (exchange.client, another):
        assert "errors" not in ask(bank, ground_id, client=worker).get_json()
    end_recorded_ground(exchange.services, ALICE, ground_id, "operator")
    for worker in (exchange.client, another):
        assert codes(ask(bank, ground_id, client=worker)) == ["GROUND_EXPIRED"]
    with pytest.raises(BadRequest):
        end_recorded_ground(exchange.services, ALICE, ground_id, "operator")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "FRAUD_DUTY"},
        {"recipient": "other-bank"},
        {"purpose": "COLLECTION"},
        {"field_classes": ["ACCOUNTS"]},
        {"expires_at": "2030-01-01T00:00:00+00:00"},
        {"entry_id": UUID(int=1)},
    ],
)
def test_a_ground_that_is_not_as_it_was_logged_opens_nothing(
    exchange: Exchange, alice: UUID, change: dict[str, Any]
) -> None:
    bank, _ = exchange.bank(), exchange.bank("other-bank")
    ground_id = recorded(exchange, bank.member_id)
    with exchange.engine.begin() as connection:
        connection.execute(update(lawful_ground).values(change))
    answer = ask(bank, ground_id)
    assert error_of(answer)["extensions"]["code"] == "INTEGRITY"
    assert [row.granted for row in inquiries(exchange)] == [False]


def test_a_ground_about_another_borrower_is_not_found(exchange: Exchange, alice: UUID) -> None:
    bank = exchange.bank()
    exchange.borrower(BOB)
    ordered = OrderedLook(
        GroundKind.COURT, "No. 8", bank.member_id, Purpose.FRAUD_CHECK, frozenset(FieldClass),
        exchange.clock.now() + timedelta(days=1), b"o" * 32,
    )  # fmt: skip
    of_bob = record_ground(exchange.services, BOB, ordered, "operator")
    assert codes(ask(bank, of_bob)) == ["GROUND_NOT_FOUND"]


def test_a_question_names_one_basis(exchange: Exchange, alice: UUID) -> None:
    bank = exchange.bank()
    consent_id, ground_id = exchange.consent(bank.member_id), recorded(exchange, bank.member_id)
    assert error_of(ask(bank, ground_id, consent_id))["extensions"]["code"] == "TWO_BASES_NAMED"
    assert error_of(ask(bank, "no-id"))["extensions"]["code"] == "GROUND_ID_NOT_VALID"
    assert inquiries(exchange) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": " "},
        {"field_classes": frozenset()},
        {"kind": GroundKind.REGULATOR},
        {"recipient": "nobody"},
        {"expires_at": None},
    ],
)
def test_a_ground_that_cannot_be_is_not_recorded(exchange: Exchange, alice: UUID, wrong: dict[str, Any]) -> None:
    given = {"recipient": exchange.bank().member_id, **wrong}
    if given.get("expires_at", 0) is None:
        given["expires_at"] = exchange.clock.now()
    with pytest.raises(BadRequest):
        recorded(exchange, **given)
    assert [entry for entry in entries(exchange) if entry.fields["act"] == "ground_recorded"] == []
