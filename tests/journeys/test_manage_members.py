"""Operators change members; every act is in the log with its change, and a refused one changes and logs nothing."""

import pytest
from factories import ALICE, Exchange
from joserfc.jwk import ECKey
from sqlalchemy import select
from traces import entries, marks

from exchange.errors import BadRequest
from exchange.handover import NOBODY
from exchange.journeys.manage_members import change_member_status, replace_member_keys
from exchange.store.tables.member import member
from schema.vocabulary.member_class import MemberStatus


def status_of(exchange: Exchange, member_id: str) -> str | None:
    with exchange.engine.connect() as connection:
        return connection.scalar(select(member.c.status).where(member.c.member_id == member_id))


def test_every_change_of_a_member_is_logged_with_its_actor(exchange: Exchange) -> None:
    bank = exchange.bank()
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "an-operator")
    told = [(entry.fields["act"], entry.fields["member"], entry.fields["actor"]) for entry in entries(exchange)]
    assert told == [
        ("member_registered", bank.member_id, "test"),
        ("member_status", bank.member_id, "an-operator"),
    ]
    assert {entry.subject_key for entry in entries(exchange)} == {NOBODY}
    assert status_of(exchange, bank.member_id) == "SUSPENDED"


@pytest.mark.parametrize("member_id", ["harbour-bank", "self", "", "a b", "-a", "a" * 65])
def test_an_id_that_is_taken_or_cannot_be_one_registers_nobody(exchange: Exchange, member_id: str) -> None:
    exchange.bank("harbour-bank")
    before = marks(exchange)
    with pytest.raises(BadRequest):
        exchange.bank(member_id)
    assert marks(exchange) == before


def test_faulty_keys_register_nobody_and_replace_nothing(exchange: Exchange) -> None:
    bank = exchange.bank()
    private = {"keys": [{**ECKey.generate_key("P-256").as_dict(private=True), "kid": "k1"}]}
    before = marks(exchange)
    for jwks in (private, {"keys": []}, {}):
        with pytest.raises(BadRequest) as refused:
            replace_member_keys(exchange.services, bank.member_id, jwks, "test")
        assert refused.value.stable_code == "JWKS_NOT_VALID"
        with pytest.raises(BadRequest):
            exchange.bank("new-bank", jwks=jwks)
    assert marks(exchange) == before
    assert status_of(exchange, "new-bank") is None
    assert bank.fetch_token()


def test_a_member_that_is_not_there_cannot_be_changed(exchange: Exchange) -> None:
    before = marks(exchange)
    with pytest.raises(BadRequest) as refused:
        change_member_status(exchange.services, "nobody", MemberStatus.REMOVED, "test")
    assert refused.value.stable_code == "MEMBER_UNKNOWN"
    assert marks(exchange) == before


def test_a_suspended_member_gets_no_token_until_it_is_readmitted(exchange: Exchange) -> None:
    bank = exchange.bank()
    exchange.borrower(ALICE)
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    with pytest.raises(AssertionError, match="suspended"):
        bank.fetch_token()
    change_member_status(exchange.services, bank.member_id, MemberStatus.ACTIVE, "test")
    assert bank.fetch_token()


def test_replaced_keys_count_from_the_next_token_on(exchange: Exchange) -> None:
    bank = exchange.bank()
    old, new = bank.key, ECKey.generate_key("P-256")
    public = {**new.as_dict(private=False), "kid": "k1", "use": "sig", "alg": "ES256"}
    replace_member_keys(exchange.services, bank.member_id, {"keys": [public]}, "test")
    with pytest.raises(AssertionError, match="invalid_client"):
        bank.fetch_token()
    bank.key = new
    assert bank.fetch_token()
    assert old is not bank.key


def test_a_consent_to_nobody_we_know_is_not_taken(exchange: Exchange) -> None:
    exchange.borrower()
    before = marks(exchange)
    with pytest.raises(BadRequest):
        exchange.consent("no-such-member")
    assert marks(exchange) == before
