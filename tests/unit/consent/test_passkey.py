"""A passkey's signature over a consent: what makes it count, and that everything else does not."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from consent_cases import KEY, KEY_ID, an_artefact
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from software_authenticator import EDDSA, ES256, RS256, SoftwareAuthenticator

from consent.artefact import ArtefactNotValid, ConsentArtefact, GivenBy, GivingMethod
from consent.passkey import PasskeySignature, PasskeySignatureDoesNotMatch, thumbprint, verify_passkey
from consent.signature import ConsentSignatureDoesNotMatch, Signatures, digest, sign, verify
from exchange.identity.cose_key import jwk_of

ORIGIN, RP_ID = "https://exchange.example", "exchange.example"
CHALLENGE = bytes(range(32))
EXCHANGE = {KEY_ID: KEY.public_key()}
ALGORITHMS = pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])


def from_text(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def signed(challenge: bytes = CHALLENGE, **changes: Any) -> PasskeySignature:
    authenticator = SoftwareAuthenticator(**({"origin": ORIGIN, "rp_id": RP_ID} | changes))
    return signed_by(authenticator, challenge)


def signed_by(authenticator: SoftwareAuthenticator, challenge: bytes) -> PasskeySignature:
    response = authenticator.assert_challenge(challenge)["response"]
    return PasskeySignature(
        jwk_of(authenticator.public_key()),
        from_text(response["clientDataJSON"]),
        from_text(response["authenticatorData"]),
        from_text(response["signature"]),
    )


def refused(given: PasskeySignature, challenge: bytes = CHALLENGE, origin: str = ORIGIN, words: str = ".") -> None:
    with pytest.raises(PasskeySignatureDoesNotMatch, match=words):
        verify_passkey(given, challenge, origin)


@ALGORITHMS
def test_what_a_passkey_signed_verifies(algorithm: int) -> None:
    verify_passkey(signed(algorithm=algorithm), CHALLENGE, ORIGIN)


@ALGORITHMS
def test_any_changed_byte_is_found(algorithm: int) -> None:
    good = signed(algorithm=algorithm)
    for name in ("client_data", "authenticator_data", "signature"):
        value = getattr(good, name)
        for place in range(len(value)):
            changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
            refused(replace(good, **{name: changed}))


@ALGORITHMS
def test_another_key_of_the_same_kind_is_found(algorithm: int) -> None:
    good, other = signed(algorithm=algorithm), signed(algorithm=algorithm)
    refused(replace(good, public_key=other.public_key), words="not by this passkey")


def test_a_key_of_another_kind_does_not_choose_the_algorithm() -> None:
    by_kind = [signed(algorithm=algorithm) for algorithm in (ES256, EDDSA, RS256)]
    for good in by_kind:
        for other in by_kind:
            if good is not other:
                refused(replace(good, public_key=other.public_key), words="not by this passkey")


def test_another_challenge_is_found() -> None:
    refused(signed(), challenge=bytes(32), words="another challenge")
    refused(signed(b""), challenge=b"\0", words="another challenge")


def test_another_origin_and_another_domain_are_found() -> None:
    refused(signed(), origin="https://exchange.example:8443", words="another origin")
    refused(signed(), origin="http://exchange.example", words="another origin")
    refused(signed(origin="https://evil.example"), words="another origin")
    refused(signed(cross_origin=True), words="another origin")
    refused(signed(rp_id="evil.example"), words="another domain")


def test_the_user_must_be_present_and_verified() -> None:
    refused(signed(user_present=False), words="present")
    refused(signed(user_verified=False), words="present")


@pytest.mark.parametrize(
    "client_data", [b"", b"\xff", b"[]", b"7", b"[" * 100_000, b'{"type":"webauthn.create"}', b"{}"]
)
def test_client_data_of_another_kind_is_found(client_data: bytes) -> None:
    refused(replace(signed(), client_data=client_data))


def test_registering_is_not_signing() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, RP_ID)
    user = {"id": to_text(b"u")}
    response = authenticator.register({"user": user, "challenge": to_text(CHALLENGE)})["response"]
    given = replace(signed_by(authenticator, CHALLENGE), client_data=from_text(response["clientDataJSON"]))
    refused(given, words="not asked to sign")


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct"},
        {"crv": "P-384"},
        {"d": "AAAA"},
        {"alg": "none"},
        {"x": ""},
        {"x": 7},
        {"y": "AAAA"},
        {"kty": None},
    ],
)
def test_a_public_key_that_is_none_is_refused(change: dict[str, Any]) -> None:
    good = signed()
    refused(replace(good, public_key={**good.public_key, **change}), words="not by this passkey")


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """RFC 7638, section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q"
        "MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap"
        "JzKnqDKgw"
    )
    assert thumbprint({"kty": "RSA", "n": n, "e": "AQAB"}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_signature_has_one_spelling() -> None:
    values = signed().to_values()
    assert PasskeySignature.from_values(json.loads(json.dumps(values))).to_values() == values
    for name in ("client_data", "authenticator_data", "signature"):
        for wrong in (values[name] + "=", values[name] + "\n", "", 7, None, "*"):
            with pytest.raises(PasskeySignatureDoesNotMatch):
                PasskeySignature.from_values({**values, name: wrong})
    for wrong_slot in ({}, {**values, "more": 1}, {**values, "method": "WRITTEN"}, {**values, "public_key": 7}):
        with pytest.raises(PasskeySignatureDoesNotMatch):
            PasskeySignature.from_values(wrong_slot)


# In a consent


def given_by_passkey(
    algorithm: int = ES256, **changes: Any
) -> tuple[ConsentArtefact, Signatures, SoftwareAuthenticator]:
    authenticator = SoftwareAuthenticator(ORIGIN, RP_ID, algorithm=algorithm)
    named = frozenset({thumbprint(jwk_of(authenticator.public_key()))})
    artefact = an_artefact(given_by=GivenBy(GivingMethod.PASSKEY, key_thumbprints=named, origin=ORIGIN), **changes)
    slot = signed_by(authenticator, digest(artefact.to_canonical()))
    return artefact, sign(artefact, KEY, KEY_ID, slot), authenticator


def does_not_verify(canonical: bytes, signatures: Signatures) -> None:
    with pytest.raises(ConsentSignatureDoesNotMatch):
        verify(canonical, signatures, EXCHANGE)


@ALGORITHMS
def test_a_consent_by_passkey_verifies_and_reads_back(algorithm: int) -> None:
    artefact, signatures, _ = given_by_passkey(algorithm)
    canonical = artefact.to_canonical()
    assert ConsentArtefact.from_canonical(canonical) == artefact
    verify(canonical, Signatures.from_values(json.loads(json.dumps(signatures.to_values()))), EXCHANGE)


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "bank-b"},
        {"data_life_days": 0, "purpose_text": "Something else."},
        {"contribution_allowed": False},
        {"notice_digest": "c" * 64},
        {"supersedes": UUID(int=9)},
        {"subject_key": UUID(int=9)},
    ],
)
def test_whoever_holds_the_exchanges_key_cannot_change_what_the_borrower_signed(change: dict[str, Any]) -> None:
    artefact, signatures, _ = given_by_passkey()
    forged = replace(artefact, **change)
    countersigned = sign(forged, KEY, KEY_ID, PasskeySignature.from_values(signatures.borrower))
    does_not_verify(forged.to_canonical(), countersigned)


def test_another_passkey_than_the_consent_names_is_refused() -> None:
    artefact, _, _ = given_by_passkey()
    stranger = signed_by(SoftwareAuthenticator(ORIGIN, RP_ID), digest(artefact.to_canonical()))
    with pytest.raises(ConsentSignatureDoesNotMatch, match="another passkey"):
        verify(artefact.to_canonical(), sign(artefact, KEY, KEY_ID, stranger), EXCHANGE)


def test_a_slot_of_another_method_or_without_its_parts_is_refused() -> None:
    artefact, signatures, _ = given_by_passkey()
    slots: list[dict[str, Any]] = [{}, {"method": "PASSKEY"}, {"method": "REFUSED"}, {"method": "WRITTEN", "value": ""}]
    slots += [{**signatures.borrower, name: ""} for name in signatures.borrower]
    for slot in slots:
        does_not_verify(artefact.to_canonical(), replace(signatures, borrower=slot))


def test_a_refused_consent_is_signed_by_the_exchange_alone() -> None:
    artefact = an_artefact(given_by=GivenBy(GivingMethod.REFUSED))
    signatures = sign(artefact, KEY, KEY_ID)
    verify(artefact.to_canonical(), signatures, EXCHANGE)
    assert signatures.to_values()["borrower"] == {"method": "REFUSED"}
    does_not_verify(artefact.to_canonical(), replace(signatures, borrower={"method": "REFUSED", "value": "x"}))


@pytest.mark.parametrize(
    "given",
    [
        GivenBy(GivingMethod.PASSKEY),
        GivenBy(GivingMethod.PASSKEY, key_thumbprints=frozenset({"A" * 43})),
        GivenBy(GivingMethod.PASSKEY, key_thumbprints=frozenset({"A" * 42}), origin=ORIGIN),
        GivenBy(GivingMethod.PASSKEY, key_thumbprints=frozenset({"A" * 43}), origin=ORIGIN + "/"),
        GivenBy(GivingMethod.PASSKEY, key_thumbprints=frozenset({"A" * 43}), origin="https://Exchange.example"),
        GivenBy(GivingMethod.PASSKEY, "b" * 64, frozenset({"A" * 43}), ORIGIN),
        GivenBy(GivingMethod.WRITTEN, "b" * 64, origin=ORIGIN),
        GivenBy(GivingMethod.WRITTEN),
        GivenBy(GivingMethod.REFUSED, "b" * 64),
        GivenBy(GivingMethod.REFUSED, acted_by=UUID(int=3)),
    ],
)
def test_a_way_of_giving_that_contradicts_itself_is_refused(given: GivenBy) -> None:
    with pytest.raises(ArtefactNotValid, match="given_by"):
        an_artefact(given_by=given)


def test_a_representative_is_another_person() -> None:
    artefact, _, _ = given_by_passkey()
    acted = replace(artefact.given_by, acted_by=artefact.subject_key)
    with pytest.raises(ArtefactNotValid, match="acted_by"):
        replace(artefact, given_by=acted)


def test_an_ecdsa_signature_turned_round_is_the_same_signature_and_changes_nothing() -> None:
    """(r, n - s) verifies wherever (r, s) does: nothing may hang on a signature's bytes being unique."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    good = signed()
    r, s = decode_dss_signature(good.signature)
    verify_passkey(replace(good, signature=encode_dss_signature(r, order - s)), CHALLENGE, ORIGIN)
