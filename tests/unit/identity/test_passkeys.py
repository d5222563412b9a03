"""Passkeys against a software authenticator: what is taken, and everything that is not."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from software_authenticator import EDDSA, ES256, RS256, SoftwareAuthenticator

from exchange.errors import BadRequest
from exchange.handover import Passkey
from exchange.identity.passkeys import (
    RelyingParty,
    assertion_options,
    credential_id_of,
    registration_options,
    relying_party,
    verify_assertion,
    verify_registration,
)
from exchange.settings import Settings

PARTY = RelyingParty("exchange.example", "https://exchange.example")
CHALLENGE = bytes(range(32))
SOMEBODY = UUID(int=7)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
Response = dict[str, Any]


def an_authenticator(algorithm: int = ES256, **changes: Any) -> SoftwareAuthenticator:
    return SoftwareAuthenticator(PARTY.origin, PARTY.rp_id, algorithm, **changes)


def options(challenge: bytes = CHALLENGE) -> Response:
    return registration_options(PARTY, SOMEBODY, "•••• 001X", challenge, [])


def a_passkey(authenticator: SoftwareAuthenticator) -> Passkey:
    made = verify_registration(PARTY, CHALLENGE, authenticator.register(options()))
    return Passkey(made.credential_id, SOMEBODY, made.public_key, made.sign_count, "Phone", made.transports, NOW)


def test_the_relying_party_is_the_issuer() -> None:
    party = relying_party(Settings(issuer="https://exchange.example:8443"))
    assert (party.rp_id, party.origin) == ("exchange.example", "https://exchange.example:8443")


def test_a_browser_is_asked_for_a_discoverable_passkey_with_a_verified_user() -> None:
    asked = options()
    assert asked["rp"] == {"name": "OpenBureau", "id": "exchange.example"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert [each["alg"] for each in asked["pubKeyCredParams"]] == [ES256, EDDSA, RS256]


def test_signing_in_names_nobody_and_wants_a_verified_user() -> None:
    asked = assertion_options(PARTY, CHALLENGE)
    assert asked["allowCredentials"] == []
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "exchange.example"


def test_a_passkey_that_is_held_is_not_made_again() -> None:
    held = a_passkey(an_authenticator())
    asked = registration_options(PARTY, SOMEBODY, "•••• 001X", CHALLENGE, [held])
    assert [each["id"] for each in asked["excludeCredentials"]] == [_text(held.credential_id)]


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_passkey_of_each_kind_is_made_and_signs(algorithm: int) -> None:
    authenticator = an_authenticator(algorithm)
    passkey = a_passkey(authenticator)
    response = authenticator.sign_in(assertion_options(PARTY, CHALLENGE, [passkey]))
    signed = verify_assertion(PARTY, passkey, CHALLENGE, response)
    assert signed.credential_id == passkey.credential_id == credential_id_of(response)
    assert signed.sign_count == 1
    assert json.loads(signed.client_data)["origin"] == PARTY.origin


def test_any_challenge_can_be_signed() -> None:
    authenticator = an_authenticator()
    passkey = a_passkey(authenticator)
    digest = os.urandom(32)
    verify_assertion(PARTY, passkey, digest, authenticator.assert_challenge(digest))
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, os.urandom(32), authenticator.assert_challenge(digest))


def test_an_authenticator_without_a_counter_is_taken_again_and_again() -> None:
    authenticator = an_authenticator(counts=False)
    passkey = a_passkey(authenticator)
    for _ in range(2):
        verify_assertion(PARTY, passkey, CHALLENGE, authenticator.assert_challenge(CHALLENGE))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://exchange.example"},
        {"origin": "https://exchange.example:444"},
        {"origin": "https://exchange.example.evil.example"},
        {"rp_id": "evil.example"},
        {"user_verified": False},
        {"user_present": False},
        {"cross_origin": True},
    ],
    ids=str,
)
def test_a_passkey_is_neither_made_nor_used_elsewhere_or_without_its_user(change: dict[str, Any]) -> None:
    authenticator = an_authenticator()
    passkey = a_passkey(authenticator)
    for name, value in change.items():
        setattr(authenticator, name, value)
    with pytest.raises(BadRequest):
        verify_registration(PARTY, CHALLENGE, authenticator.register(options()))
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, CHALLENGE, authenticator.assert_challenge(CHALLENGE))


def test_one_ceremonys_answer_is_not_taken_for_the_other() -> None:
    authenticator = an_authenticator()
    passkey = a_passkey(authenticator)
    made, used = authenticator.register(options()), authenticator.assert_challenge(CHALLENGE)
    swapped = {**used, "response": {**used["response"], "clientDataJSON": made["response"]["clientDataJSON"]}}
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, CHALLENGE, swapped)
    swapped = {**made, "response": {**made["response"], "clientDataJSON": used["response"]["clientDataJSON"]}}
    with pytest.raises(BadRequest):
        verify_registration(PARTY, CHALLENGE, swapped)


@pytest.mark.parametrize("stored", [1, 2, 100])
def test_a_count_that_did_not_grow_is_refused(stored: int) -> None:
    authenticator = an_authenticator()
    passkey = replace(a_passkey(authenticator), sign_count=stored)
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, CHALLENGE, authenticator.assert_challenge(CHALLENGE))


def test_another_passkeys_signature_is_refused() -> None:
    mine, theirs = an_authenticator(), an_authenticator()
    passkey = a_passkey(mine)
    theirs.credential_id = mine.credential_id
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, CHALLENGE, theirs.assert_challenge(CHALLENGE))


def test_a_passkey_of_another_person_is_refused() -> None:
    authenticator = an_authenticator()
    passkey = a_passkey(authenticator)
    with pytest.raises(BadRequest):
        verify_assertion(
            PARTY, replace(passkey, user_handle=UUID(int=8)), CHALLENGE, authenticator.assert_challenge(CHALLENGE)
        )


def test_an_algorithm_that_we_did_not_ask_for_is_refused() -> None:
    authenticator = an_authenticator()
    key = cbor2.loads(authenticator.public_key())

    class Es384(SoftwareAuthenticator):
        def public_key(self) -> bytes:
            return cbor2.dumps({**key, 3: -35})

    with pytest.raises(BadRequest):
        verify_registration(PARTY, CHALLENGE, Es384(PARTY.origin, PARTY.rp_id).register(options()))


@pytest.mark.parametrize("length", [0, 1024])
def test_a_credential_id_has_1_to_1023_bytes(length: int) -> None:
    with pytest.raises(BadRequest):
        verify_registration(PARTY, CHALLENGE, an_authenticator(credential_id=bytes(length)).register(options()))


def without(name: str) -> Callable[[Response], Response]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize(
    "spoil",
    [
        without("id"),
        without("rawId"),
        without("response"),
        without("type"),
        lambda sent: {**sent, "type": "password"},
        lambda sent: {**sent, "id": "AAAA"},
        lambda sent: {**sent, "response": None},
        lambda sent: {**sent, "response": []},
        lambda sent: {**sent, "response": {}},
    ],
)
def test_what_is_no_credential_is_refused_and_nothing_else_happens(spoil: Callable[[Response], Response]) -> None:
    authenticator = an_authenticator()
    passkey = a_passkey(authenticator)
    with pytest.raises(BadRequest):
        verify_registration(PARTY, CHALLENGE, spoil(authenticator.register(options())))
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, passkey, CHALLENGE, spoil(authenticator.assert_challenge(CHALLENGE)))


ONE = an_authenticator(EDDSA)
ONES_PASSKEY = a_passkey(ONE)
MADE, USED = ONE.register(options()), ONE.assert_challenge(CHALLENGE)


@given(
    st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), st.integers(0, 10_000), st.integers(1, 255)
)
def test_a_changed_byte_is_never_taken(part: str, place: int, change: int) -> None:
    spoilt = _spoil(USED, part, place, change)
    with pytest.raises(BadRequest):
        verify_assertion(PARTY, ONES_PASSKEY, CHALLENGE, spoilt)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_attestation_is_a_refusal_or_another_key_never_an_error(place: int, change: int) -> None:
    """With no attestation nothing binds the key but its first use: what counts is that nothing else breaks."""
    try:
        made = verify_registration(PARTY, CHALLENGE, _spoil(MADE, "attestationObject", place, change))
    except BadRequest as refused:
        assert refused.stable_code == "PASSKEY_NOT_VALID"
    else:
        assert made.public_key


def _spoil(sent: Response, part: str, place: int, change: int) -> Response:
    content = bytearray(_bytes(sent["response"][part]))
    content[place % len(content)] ^= change
    return {**sent, "response": {**sent["response"], part: _text(bytes(content))}}


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
