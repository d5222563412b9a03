"""A foreign client, npm openid-client: it can do all that a lender does, and is refused all that it may not."""

from urllib.parse import urlencode

import pytest
from blackbox.places import BACK, Failed, Place
from consent_flow import parameters
from factories import ALICE

from consent.lifecycle import ConsentState
from exchange.journeys.manage_consent import move_consent


def test_everything_it_needs_is_in_the_discovery_document(place: Place) -> None:
    metadata = place.lender("discover")
    assert metadata["issuer"] == place.exchange.settings.issuer
    assert metadata["require_pushed_authorization_requests"] is True
    assert metadata["authorization_response_iss_parameter_supported"] is True


def test_client_credentials_with_a_nonce_that_it_has_to_learn_first(place: Place) -> None:
    consent_id = place.exchange.consent(place.bank.member_id)
    body = place.lender("credentials", scope="credit:read delinquency:read")
    assert body["token_type"] == "dpop"  # The library writes it so.
    assert "refresh_token" not in body
    answer = place.ask(body["access_token"], str(consent_id))
    assert (answer["status"], answer["receipt"]) == (200, True)
    assert answer["body"]["data"]["creditReport"]["accounts"]["totalCount"] == 1


def test_from_a_pushed_request_to_a_report_and_on_to_its_end(place: Place) -> None:
    address = place.push()
    assert set(parameters(address)) == {"client_id", "request_uri"}
    granted = place.lender("redeem", back=place.allow(address))
    consent_id = granted["authorization_details"][0]["consent_id"]
    assert place.ask(granted["access_token"], consent_id)["body"]["data"]["creditReport"]["summary"]["accounts"] == 1
    assert place.lender("introspect", token=granted["access_token"])["active"] is True

    refreshed = place.lender("refresh", refresh_token=granted["refresh_token"])
    assert "refresh_token" not in refreshed
    assert "errors" not in place.ask(refreshed["access_token"], consent_id)["body"]

    place.lender("revoke", token=granted["refresh_token"])
    with pytest.raises(Failed) as caught:
        place.lender("refresh", refresh_token=granted["refresh_token"])
    assert caught.value.oauth == "invalid_grant"
    with pytest.raises(Failed) as caught:
        place.ask(refreshed["access_token"], consent_id)
    assert caught.value.oauth == "invalid_token"
    assert place.lender("introspect", token=refreshed["access_token"]) == {"active": False}


def test_after_a_withdrawal_nothing_more_is_given(place: Place) -> None:
    granted = place.lender("redeem", back=place.allow(place.push()))
    consent_id = granted["authorization_details"][0]["consent_id"]
    assert "errors" not in place.ask(granted["access_token"], consent_id)["body"]
    move_consent(place.exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    refused = place.ask(granted["access_token"], consent_id)["body"]
    assert refused["data"]["creditReport"] is None
    assert refused["errors"][0]["extensions"]["code"] == "CONSENT_REVOKED"
    with pytest.raises(Failed) as caught:
        place.lender("refresh", refresh_token=granted["refresh_token"])
    assert caught.value.oauth == "invalid_grant"


def test_a_borrowers_no_comes_back_as_one(place: Place) -> None:
    with pytest.raises(Failed) as caught:
        place.lender("redeem", back=place.refuse(place.push()))
    assert caught.value.oauth == "access_denied"


def test_a_code_brought_twice_ends_what_it_bought(place: Place) -> None:
    back = place.allow(place.push())
    granted = place.lender("redeem", back=back)
    with pytest.raises(Failed) as caught:
        place.lender("redeem", back=back)
    assert caught.value.oauth == "invalid_grant"
    with pytest.raises(Failed) as caught:
        place.ask(granted["access_token"], granted["authorization_details"][0]["consent_id"])
    assert caught.value.oauth == "invalid_token"


def test_a_code_needs_its_own_verifier_and_its_own_key(place: Place) -> None:
    back = place.allow(place.push())
    for given, error in (({"wrong_verifier": True}, "invalid_grant"), ({"key": 1}, "invalid_dpop_proof")):
        with pytest.raises(Failed) as caught:
            place.lender("redeem", back=back, **given)
        assert caught.value.oauth == error
    assert place.lender("redeem", back=back)["access_token"]


def test_a_token_is_worth_nothing_with_another_key(place: Place) -> None:
    granted = place.lender("redeem", back=place.allow(place.push()))
    with pytest.raises(Failed) as caught:
        place.ask(granted["access_token"], granted["authorization_details"][0]["consent_id"], key=1)
    assert caught.value.oauth == "invalid_token"


def test_an_answer_of_another_server_is_not_taken_for_ours(place: Place) -> None:
    back = parameters(place.allow(place.push()))
    for mixed in ({**back, "iss": "https://evil.example"}, {name: back[name] for name in back if name != "iss"}):
        with pytest.raises(Failed) as caught:
            place.lender("redeem", back=f"{BACK}?{urlencode(mixed)}")
        assert caught.value.oauth is None  # The library itself would not have it: nothing reached us.
    assert place.lender("redeem", back=f"{BACK}?{urlencode(back)}")["access_token"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"redirect_uri": BACK + "/more"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "audit:read"}, "invalid_scope"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"dpop_jkt": "x" * 43}, "invalid_dpop_proof"),
        ({"request": "e30.e30.x"}, "request_not_supported"),
    ],
)
def test_a_bad_request_is_refused_when_it_is_pushed(place: Place, changes: dict[str, str], error: str) -> None:
    with pytest.raises(Failed) as caught:
        place.push(changes=changes)
    assert caught.value.oauth == error


def test_a_request_without_any_key_is_refused(place: Place) -> None:
    with pytest.raises(Failed) as caught:
        place.push(proof=False)
    assert caught.value.oauth == "invalid_request"


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"])
def test_other_grants_are_refused(place: Place, grant_type: str) -> None:
    with pytest.raises(Failed) as caught:
        place.lender("grant", type=grant_type, parameters={"username": "a", "password": "b"})
    assert caught.value.oauth == "unsupported_grant_type"
