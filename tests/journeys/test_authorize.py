"""A member asks, a borrower decides, the member gets what was allowed: through the door, with nothing left over."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from consent_flow import (
    BACK,
    DETAILS,
    a_borrower,
    parameters,
    push,
    redeem,
    refresh,
    requesting_bank,
    send,
)
from factories import ALICE, BOB, Bank, Exchange
from sqlalchemy import func, select, update
from traces import assert_only_refused, entries, error_of, marks
from unit.identity.identity_cases import Exchange as IdentityRoom
from unit.identity.test_software_statement import ISSUER_JWKS, TRUSTED, a_statement

from consent.lifecycle import ConsentState
from exchange.errors import BadRequest
from exchange.identity.member_keys import MemberKeys
from exchange.identity.member_request import OAuthRefused
from exchange.identity.secret_text import digest_of
from exchange.journeys.authorize import allow_request, open_request, refuse_request
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.register_by_statement import registration
from exchange.store.tables.authorization import authorization_code, pushed_request
from exchange.store.tables.member import member
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.purpose import Purpose


def refused(call: Any, *given: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        call(*given)
    return caught.value.stable_code


def codes(exchange: Exchange) -> int:
    with exchange.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(authorization_code)).scalar_one()


def the_yes(exchange: Exchange, bank: Bank, **request: Any) -> tuple[UUID, dict[str, str]]:
    """Alice's consent, and what her browser brings back."""
    alice = exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    target = allow_request(exchange.services, a_borrower(alice), bank.member_id, push(bank, **request), consent_id)
    assert target.startswith(BACK + "?")
    return consent_id, parameters(target)


def test_a_borrowers_yes_opens_one_file_under_one_consent(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    assert (back["iss"], back["state"]) == (exchange.settings.issuer, "s-1")
    answer = redeem(bank, back["code"])
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["authorization_details"] == [{**DETAILS, "consent_id": str(consent_id)}]
    report = bank.ask(consent_id=consent_id).get_json()["data"]["creditReport"]
    assert report["accounts"]["totalCount"] == 1


def test_a_state_that_was_not_sent_does_not_come_back(exchange: Exchange) -> None:
    _, back = the_yes(exchange, requesting_bank(exchange), state="")
    assert set(back) == {"code", "iss"}


def test_a_token_under_one_consent_opens_nothing_under_another_nor_without(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    other = exchange.consent(bank.member_id, purpose=Purpose.CARD_APPROVAL)
    assert redeem(bank, back["code"]).status_code == 200
    before = marks(exchange)
    told = bank.ask(consent_id=other, purpose=Purpose.CARD_APPROVAL)
    assert_only_refused(exchange, told, before, "TOKEN_OF_ANOTHER_CONSENT")
    before = marks(exchange)
    told = bank.ask(consent_id=None)
    assert_only_refused(exchange, told, before, "TOKEN_OF_ANOTHER_CONSENT", "CONSENT_MISSING")
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


def test_a_token_of_the_members_own_opens_under_any_consent(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, _ = the_yes(exchange, bank)
    bank.fetch_token()
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()


def test_opening_a_request_uses_nothing_up(exchange: Exchange) -> None:
    bank = requesting_bank(exchange, contact="010-1234")
    request_uri = push(bank)
    for _ in range(3):
        opened = open_request(exchange.services, bank.member_id, request_uri)
    assert (opened.member.name, opened.member.contact) == ("Harbour-Bank", "010-1234")
    assert opened.requested.purpose is Purpose.LOAN_APPROVAL
    assert (opened.redirect_uri, opened.state) == (BACK, "s-1")
    alice = a_borrower(exchange.borrower())
    assert allow_request(exchange.services, alice, bank.member_id, request_uri, exchange.consent(bank.member_id))


def test_a_request_is_decided_on_once(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    alice, request_uri = a_borrower(exchange.borrower()), push(bank)
    consent_id = exchange.consent(bank.member_id)
    allow_request(exchange.services, alice, bank.member_id, request_uri, consent_id)
    asked = (exchange.services, bank.member_id, request_uri)
    assert refused(open_request, *asked) == "REQUEST_URI_USED"
    assert refused(refuse_request, *asked) == "REQUEST_URI_USED"
    again = (exchange.services, alice, bank.member_id, request_uri, consent_id)
    assert refused(allow_request, *again) == "REQUEST_URI_USED"
    assert codes(exchange) == 1


def test_a_refusal_goes_back_as_such_and_gives_no_code(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    request_uri = push(bank)
    back = parameters(refuse_request(exchange.services, bank.member_id, request_uri))
    assert (back["error"], back["iss"], back["state"]) == ("access_denied", exchange.settings.issuer, "s-1")
    assert "code" not in back
    assert refused(open_request, exchange.services, bank.member_id, request_uri) == "REQUEST_URI_USED"
    assert codes(exchange) == 0


def test_another_members_request_is_unknown_here(exchange: Exchange) -> None:
    bank, other = requesting_bank(exchange), requesting_bank(exchange, "clover-finance")
    request_uri = push(bank)
    assert refused(open_request, exchange.services, other.member_id, request_uri) == "REQUEST_URI_UNKNOWN"
    for nobody in ("nobody", "", "harbour-bank\x00", "x" * 1000):
        assert refused(open_request, exchange.services, nobody, request_uri) == "REQUEST_URI_UNKNOWN"
    assert refused(open_request, exchange.services, bank.member_id, request_uri + "x") == "REQUEST_URI_UNKNOWN"
    assert refused(refuse_request, exchange.services, other.member_id, request_uri) == "REQUEST_URI_UNKNOWN"
    assert open_request(exchange.services, bank.member_id, request_uri)


def test_an_expired_request_is_decided_on_by_nobody(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    alice, request_uri = a_borrower(exchange.borrower()), push(bank)
    consent_id = exchange.consent(bank.member_id)
    exchange.clock.instant += timedelta(seconds=exchange.settings.pushed_request_seconds)
    assert refused(open_request, exchange.services, bank.member_id, request_uri) == "REQUEST_URI_EXPIRED"
    asked = (exchange.services, alice, bank.member_id, request_uri, consent_id)
    assert refused(allow_request, *asked) == "REQUEST_URI_EXPIRED"
    assert codes(exchange) == 0


def test_a_member_that_may_not_act_or_moved_meanwhile_gets_nobody_sent(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    request_uri = push(bank)
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    assert refused(open_request, exchange.services, bank.member_id, request_uri) == "MEMBER_NOT_ACTIVE"
    assert refused(refuse_request, exchange.services, bank.member_id, request_uri) == "MEMBER_NOT_ACTIVE"
    change_member_status(exchange.services, bank.member_id, MemberStatus.ACTIVE, "test")
    with exchange.engine.begin() as connection:
        connection.execute(update(member).values(redirect_uris=[BACK + "/2"]))
    assert refused(refuse_request, exchange.services, bank.member_id, request_uri) == "MEMBER_NOT_ACTIVE"


def test_only_a_consent_of_this_borrower_for_this_member_as_it_was_asked_gives_a_code(exchange: Exchange) -> None:
    bank, other = requesting_bank(exchange), requesting_bank(exchange, "clover-finance")
    alice, bob = exchange.borrower(), exchange.borrower(BOB)
    services, asked = exchange.services, (bank.member_id, push(bank))
    withdrawn = exchange.consent(bank.member_id)
    move_consent(services, ALICE, withdrawn, ConsentState.REVOKED, "test")
    bad = {
        "another borrower's": exchange.consent(bank.member_id, BOB),
        "for another member": exchange.consent(other.member_id),
        "for another purpose": exchange.consent(bank.member_id, purpose=Purpose.CARD_APPROVAL),
        "for longer": exchange.consent(bank.member_id, expires_at=exchange.clock.now() + timedelta(days=300)),
        "withdrawn": withdrawn,
        "none": uuid4(),
    }
    for consent_id in bad.values():
        assert refused(allow_request, services, a_borrower(alice), *asked, consent_id) == "CONSENT_NOT_FOR_REQUEST"
    assert codes(exchange) == 0
    with exchange.engine.connect() as connection:
        assert connection.execute(select(pushed_request.c.used_at)).scalar_one() is None
    assert allow_request(services, a_borrower(bob), *asked, bad["another borrower's"])


def test_nobody_decides_for_somebody_whom_they_do_not_represent(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    alice, bob = exchange.borrower(), exchange.borrower(BOB)
    consent_id, request_uri = exchange.consent(bank.member_id), push(bank)
    with pytest.raises(BadRequest):
        allow_request(exchange.services, a_borrower(bob), bank.member_id, request_uri, consent_id, alice)
    assert codes(exchange) == 0


def test_a_code_brought_twice_is_refused_and_its_token_opens_nothing_more(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    refresh_token = redeem(bank, back["code"]).get_json()["refresh_token"]
    assert refresh(bank, refresh_token).status_code == 200
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    assert redeem(bank, back["code"]).get_json()["error"] == "invalid_grant"
    refused_look = bank.ask(consent_id=consent_id)
    assert (refused_look.status_code, error_of(refused_look)["extensions"]["code"]) == (401, "TOKEN_REVOKED")
    assert refresh(bank, refresh_token).get_json()["error"] == "invalid_grant"
    bank.fetch_token()
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    reasons = [reason for entry in entries(exchange) for reason in entry.fields.get("reasons", ())]
    assert reasons == ["CODE_REPLAYED", "TOKEN_REVOKED", "REFRESH_TOKEN_REVOKED"]


def test_a_revoked_refresh_token_takes_its_access_tokens_along(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    refresh_token = redeem(bank, back["code"]).get_json()["refresh_token"]
    assert send(bank, "/oauth/revoke", {"token": refresh_token}, proven=False).status_code == 200
    assert error_of(bank.ask(consent_id=consent_id))["extensions"]["code"] == "TOKEN_REVOKED"


def test_a_revoked_access_token_opens_nothing_on_any_worker(exchange: Exchange) -> None:
    bank, _ = requesting_bank(exchange), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    assert send(bank, "/oauth/revoke", {"token": bank.token}, proven=False).status_code == 200
    for client in (exchange.client, exchange.another_worker()):
        answer = bank.ask(consent_id=consent_id, client=client)
        assert error_of(answer)["extensions"]["code"] == "TOKEN_REVOKED"
    assert send(bank, "/oauth/introspect", {"token": bank.token}, proven=False).get_json() == {"active": False}


@pytest.mark.parametrize("state", [ConsentState.REVOKED, ConsentState.PAUSED])
def test_with_a_consent_its_tokens_end(exchange: Exchange, state: ConsentState) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    refresh_token = redeem(bank, back["code"]).get_json()["refresh_token"]
    assert send(bank, "/oauth/introspect", {"token": bank.token}, proven=False).get_json()["active"] is True
    move_consent(exchange.services, ALICE, consent_id, state, "test")
    told = refresh(bank, refresh_token).get_json()
    assert told["error"] == "invalid_grant"
    for token in (bank.token, refresh_token):
        assert send(bank, "/oauth/introspect", {"token": token}, proven=False).get_json() == {"active": False}
    assert error_of(bank.ask(consent_id=consent_id))["extensions"]["code"] == f"CONSENT_{state}"


def test_an_unused_code_dies_with_its_consent(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    consent_id, back = the_yes(exchange, bank)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    assert redeem(bank, back["code"]).get_json()["error"] == "invalid_grant"


def test_no_secret_is_stored(exchange: Exchange) -> None:
    bank = requesting_bank(exchange)
    _, back = the_yes(exchange, bank)
    with exchange.engine.connect() as connection:
        kept = connection.execute(select(authorization_code)).one()
        pushed = connection.execute(select(pushed_request)).one()
    assert kept.digest == digest_of(back["code"])
    assert back["code"] not in repr((kept, pushed))
    assert "request_uri" not in repr(pushed)


def test_no_other_origin_may_read_the_authorization_page(exchange: Exchange) -> None:
    for method in (exchange.client.get, exchange.client.options, exchange.client.post):
        answer = method("/oauth/authorize", headers={"Origin": "https://page.example"})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_member_registers_itself_by_a_statement_of_somebody_trusted_once(exchange: Exchange) -> None:
    register = registration(exchange.services, {TRUSTED: MemberKeys(ISSUER_JWKS)})
    assert register is not None
    at = IdentityRoom(clock=exchange.clock)
    assert register(a_statement(at)).member_id == "bank-n"
    assert entries(exchange)[-1].fields == {
        "act": "member_registered", "member": "bank-n", "actor": f"statement of {TRUSTED}",
    }  # fmt: skip
    with pytest.raises(OAuthRefused) as caught:
        register(a_statement(at))
    assert caught.value.code == "MEMBER_ID_TAKEN"
    assert registration(exchange.services, {}) is None
