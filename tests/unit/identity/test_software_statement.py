"""Members that register themselves: only by the word of somebody trusted, and never as more than a member."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey
from joserfc.jws import JWSRegistry

from exchange.errors import BadRequest
from exchange.handover import Member
from exchange.identity.member_keys import MemberKeys
from exchange.identity.member_request import OAuthRefused
from exchange.identity.software_statement import read_software_statement, read_trusted_issuers
from exchange.settings import Settings
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope
from tests.unit.identity.identity_cases import (
    BANK_KEY,
    ISSUER,
    OTHER_KEY,
    Exchange,
    public_jwk,
    segment,
    sign,
    without_none,
)

TRUSTED = "https://licences.example"
ISSUER_KEY = ECKey.generate_key("P-256")
ISSUER_JWKS = {"keys": [public_jwk(ISSUER_KEY, kid="2026")]}
JWKS = {"keys": [public_jwk(BANK_KEY, kid="key-1")]}
CLAIMS: dict[str, Any] = {
    "iss": TRUSTED,
    "software_id": "bank-n",
    "client_name": "New Bank",
    "member_class": "BANK",
    "licence": "L-9",
    "contribution_level": "FULL",
    "scope": "credit:read consent:request",
    "jwks": JWKS,
    "redirect_uris": ["https://bank-n.example/back"],
    "contacts": ["privacy@bank-n.example"],
}


def a_statement(exchange: Exchange, key: Any = ISSUER_KEY, header: Mapping[str, Any] = {}, **changes: Any) -> str:
    claims = {**CLAIMS, "iat": exchange.seconds, "exp": exchange.seconds + 3600, **changes}
    return sign(without_none({"alg": "ES256", "kid": "2026", **header}), without_none(claims), key)


def read(exchange: Exchange, statement: str) -> Member:
    member, issuer = read_software_statement(statement, {TRUSTED: MemberKeys(ISSUER_JWKS)}, ISSUER, exchange.now)
    assert issuer == TRUSTED
    return member


def refusal(exchange: Exchange, statement: str) -> OAuthRefused:
    with pytest.raises(OAuthRefused) as caught:
        read(exchange, statement)
    return caught.value


def test_everything_about_a_member_is_in_its_statement(exchange: Exchange) -> None:
    member = read(exchange, a_statement(exchange))
    assert member == Member(
        "bank-n", "New Bank", MemberClass.BANK, "L-9", MemberStatus.ACTIVE, ContributionLevel.FULL,
        frozenset({Scope.CREDIT_READ, Scope.CONSENT_REQUEST}), JWKS, ("https://bank-n.example/back",),
        "privacy@bank-n.example",
    )  # fmt: skip


@pytest.mark.parametrize("changes", [{"aud": ISSUER}, {"jti": "1"}, {"software_version": "2"}])
def test_more_may_be_said(exchange: Exchange, changes: dict[str, Any]) -> None:
    assert read(exchange, a_statement(exchange, **changes)).member_id == "bank-n"


BAD_STATEMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "another key": ("invalid_software_statement", {"key": OTHER_KEY}),
    "an unknown key": ("invalid_software_statement", {"header": {"kid": "2025"}}),
    "no key": ("invalid_software_statement", {"header": {"kid": None}}),
    "another type": ("invalid_software_statement", {"header": {"typ": "at+jwt"}}),
    "an extension": ("invalid_software_statement", {"header": {"crit": ["exp"]}}),
    "a stranger": ("unapproved_software_statement", {"iss": "https://evil.example"}),
    "nobody": ("unapproved_software_statement", {"iss": None}),
    "several": ("unapproved_software_statement", {"iss": [TRUSTED]}),
    "for another exchange": ("invalid_software_statement", {"aud": "https://other.example"}),
    "without an end": ("invalid_software_statement", {"exp": None}),
    "ended": ("invalid_software_statement", {"exp": 1}),
    "an end that is true": ("invalid_software_statement", {"exp": True}),
    "a regulator": ("invalid_software_statement", {"member_class": "REGULATOR"}),
    "opening the log": ("invalid_software_statement", {"scope": "credit:read audit:open"}),
    "managing members": ("invalid_software_statement", {"scope": "members:manage"}),
    "an unknown scope": ("invalid_software_statement", {"scope": "openid"}),
    "no scope": ("invalid_software_statement", {"scope": ""}),
    "an id that is none": ("invalid_software_statement", {"software_id": "bank n"}),
    "no licence": ("invalid_software_statement", {"licence": " "}),
    "a name that cannot be shown": ("invalid_software_statement", {"client_name": "Bank\x00"}),
    "no contact": ("invalid_software_statement", {"contacts": []}),
    "a private key": (
        "invalid_software_statement",
        {"jwks": {"keys": [{**BANK_KEY.as_dict(private=True), "kid": "key-1"}]}},
    ),
    "no keys": ("invalid_software_statement", {"jwks": None}),
    "an address in clear": ("invalid_software_statement", {"redirect_uris": ["http://bank-n.example/back"]}),
}


@pytest.mark.parametrize(("error", "changes"), BAD_STATEMENTS.values(), ids=BAD_STATEMENTS)
def test_a_bad_statement_makes_no_member(exchange: Exchange, error: str, changes: dict[str, Any]) -> None:
    assert refusal(exchange, a_statement(exchange, **changes)).error == error


def test_every_fault_is_told_at_once(exchange: Exchange) -> None:
    told = refusal(
        exchange, a_statement(exchange, licence=" ", jwks={}, redirect_uris=["x"], contacts=None)
    ).description
    assert all(word in told for word in ("licence", "key set", "address 1", "contacts"))


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_a_statement_of_another_algorithm_makes_no_member(exchange: Exchange, alg: str) -> None:
    secret = OctKey.import_key(ISSUER_KEY.as_pem(private=False).replace(b"-----", b"").strip())
    statement = a_statement(exchange, key=secret, header={"alg": "HS256"})
    if alg == "none":
        statement = statement.rpartition(".")[0] + "."
    assert refusal(exchange, statement).error == "invalid_software_statement"


def test_a_statement_that_misnames_its_algorithm_makes_no_member(exchange: Exchange) -> None:
    claims = a_statement(exchange).split(".")[1]
    text = f"{segment({'alg': 'PS256', 'kid': '2026'})}.{claims}"
    signature = JWSRegistry.algorithms["ES256"].sign(text.encode(), ISSUER_KEY)
    assert refusal(exchange, f"{text}.{segment(signature)}").error == "invalid_software_statement"


def test_trusted_issuers_are_read_from_a_file_and_nobody_is_trusted_without_one(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({TRUSTED: ISSUER_JWKS}))
    assert read_trusted_issuers(Settings()) == {}
    assert read_trusted_issuers(Settings(trusted_issuers=str(file)))[TRUSTED].find("2026")
    file.write_text(json.dumps({TRUSTED: {"keys": []}}))
    with pytest.raises(BadRequest):
        read_trusted_issuers(Settings(trusted_issuers=str(file)))
    for text in ("[]", "{"):
        file.write_text(text)
        with pytest.raises(ValueError, match="OPENBUREAU_TRUSTED_ISSUERS"):
            read_trusted_issuers(Settings(trusted_issuers=str(file)))
    file.unlink()
    with pytest.raises(ValueError, match="OPENBUREAU_TRUSTED_ISSUERS"):
        read_trusted_issuers(Settings(trusted_issuers=str(file)))
