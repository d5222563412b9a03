"""Identity proofing against an OpenID Connect provider: what is taken, and every answer that is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from identity_provider import IdentityProvider
from joserfc.jwk import ECKey

from exchange.clock import FixedClock
from exchange.errors import BadRequest, Unavailable
from exchange.identity.proofing.oidc import OidcProofing
from exchange.identity.proofing.provider_file import Provider, read_provider
from schema.vocabulary.identifiers import IdType

RETURN = "https://exchange.example/enrol/return"
STATE = "a-secret-and-fresh-state"
WANG = {"national_id": "19010119900101001X", "name": "王芳", "birthdate": "1990-01-01", "acr": "urn:example:high"}
FILE = """
name = "national-id"
issuer = "https://id.example"
client_id = "openbureau"
client_secret_file = "proofing.secret"
algorithms = ["ES256"]
scope = "openid profile"
acr_values = ["urn:example:high"]
id_type = "RESIDENT_ID"
country = "CN"

[claims]
id_number = "national_id"
names = "name"
birth_date = "birthdate"
"""


@pytest.fixture
def described(tmp_path: Path) -> Provider:
    path = tmp_path / "provider.toml"
    path.write_text(FILE)
    return read_provider(path)


@pytest.fixture
def provider(clock: FixedClock) -> IdentityProvider:
    return IdentityProvider(clock, claims=dict(WANG))


@pytest.fixture
def proofing(described: Provider, provider: IdentityProvider, clock: FixedClock) -> OidcProofing:
    return OidcProofing(described, provider.client_secret, clock, provider.transport())


def test_the_provider_tells_us_who_it_is(proofing: OidcProofing, provider: IdentityProvider) -> None:
    identity = proofing.finish(RETURN, STATE, provider.visit(proofing.begin(RETURN, STATE)))
    assert (identity.id_type, identity.country, identity.id_number) == (IdType.RESIDENT_ID, "CN", WANG["national_id"])
    assert (identity.names, identity.birth_date) == (("王芳",), date(1990, 1, 1))
    assert (identity.provider, identity.synthetic) == ("national-id", False)
    assert identity.evidence["acr"] == "urn:example:high"


def test_the_browser_is_sent_with_pkce_nonce_and_our_own_return(proofing: OidcProofing) -> None:
    address = urlsplit(proofing.begin(RETURN, STATE))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://id.example/authorize"
    assert (asked["redirect_uri"], asked["state"], asked["scope"]) == (RETURN, STATE, "openid profile")
    assert asked["code_challenge_method"] == "S256"
    assert asked["acr_values"] == "urn:example:high"
    assert len({asked["nonce"], asked["code_challenge"], asked["state"]}) == 3


def test_a_code_works_once(proofing: OidcProofing, provider: IdentityProvider) -> None:
    brought = provider.visit(proofing.begin(RETURN, STATE))
    proofing.finish(RETURN, STATE, brought)
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, brought)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"code": "unknown"},
        {"iss": "https://evil.example"},
    ],
    ids=str,
)
def test_another_answer_than_ours_is_refused(
    proofing: OidcProofing, provider: IdentityProvider, change: dict[str, str]
) -> None:
    brought = provider.visit(proofing.begin(RETURN, STATE))
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, brought | change)


@pytest.mark.parametrize("missing", ["state", "code", "iss"])
def test_an_answer_with_a_part_missing_is_refused(
    proofing: OidcProofing, provider: IdentityProvider, missing: str
) -> None:
    brought = provider.visit(proofing.begin(RETURN, STATE))
    del brought[missing]
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, brought)


def test_an_error_of_the_provider_enrols_nobody(proofing: OidcProofing) -> None:
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, {"error": "access_denied", "state": STATE, "iss": "https://id.example"})


def test_anothers_code_does_not_fit_our_session(proofing: OidcProofing, provider: IdentityProvider) -> None:
    """A code that was injected: the verifier and the nonce of this session are not those of its request."""
    theirs = provider.visit(proofing.begin(RETURN, "the attacker's own state"))
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, theirs | {"state": STATE})


def put(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda claims: claims.update(changes)


def drop(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda claims: claims.pop(name)


@pytest.mark.parametrize(
    "spoil",
    [
        put(iss="https://evil.example"),
        put(aud="another-client"),
        put(aud=["openbureau", "another-client"]),
        put(azp="another-client"),
        put(nonce="another"),
        put(exp=1),
        put(iat=9_999_999_999),
        put(acr="urn:example:low"),
        put(national_id=None),
        put(national_id=["19010119900101001X"]),
        put(birthdate="1990"),
        put(name=[1]),
        drop("iss"),
        drop("aud"),
        drop("exp"),
        drop("iat"),
        drop("sub"),
        drop("nonce"),
        drop("acr"),
        drop("national_id"),
    ],
)
def test_an_id_token_that_does_not_hold_is_refused(
    proofing: OidcProofing, provider: IdentityProvider, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    provider.spoil = spoil
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, provider.visit(proofing.begin(RETURN, STATE)))


def test_an_id_token_signed_by_anybody_else_is_refused(proofing: OidcProofing, provider: IdentityProvider) -> None:
    provider.signing_key = ECKey.generate_key("P-256", {"kid": "p1"})
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, provider.visit(proofing.begin(RETURN, STATE)))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_an_id_token_under_the_clients_secret_is_refused(proofing: OidcProofing, provider: IdentityProvider) -> None:
    provider.algorithm = "HS256"
    with pytest.raises(BadRequest):
        proofing.finish(RETURN, STATE, provider.visit(proofing.begin(RETURN, STATE)))


def test_only_the_algorithms_of_the_file_are_taken(
    described: Provider, provider: IdentityProvider, clock: FixedClock
) -> None:
    strict = OidcProofing(
        replace(described, algorithms=("PS256",)), provider.client_secret, clock, provider.transport()
    )
    with pytest.raises(BadRequest):
        strict.finish(RETURN, STATE, provider.visit(strict.begin(RETURN, STATE)))


def test_a_wrong_client_secret_is_refused(described: Provider, provider: IdentityProvider, clock: FixedClock) -> None:
    wrong = OidcProofing(described, "wrong", clock, provider.transport())
    with pytest.raises(BadRequest):
        wrong.finish(RETURN, STATE, provider.visit(wrong.begin(RETURN, STATE)))


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    proofing: OidcProofing, provider: IdentityProvider, said: dict[str, Any]
) -> None:
    provider.described = said
    with pytest.raises(Unavailable):
        proofing.begin(RETURN, STATE)


def test_a_provider_that_is_down_is_told_apart_from_a_refusal(
    proofing: OidcProofing, provider: IdentityProvider
) -> None:
    brought = provider.visit(proofing.begin(RETURN, STATE))
    provider.down = True
    with pytest.raises(Unavailable):
        proofing.finish(RETURN, STATE, brought)
    provider.down = False
    assert proofing.finish(RETURN, STATE, brought)


def test_a_faulty_file_is_told_with_every_fault_at_once(tmp_path: Path) -> None:
    path = tmp_path / "provider.toml"
    path.write_text('issuer = "http://id.example"\nalgorithms = ["none", "HS256"]\n[claims]\nfavourite = "x"\n')
    with pytest.raises(ValueError) as faults:
        read_provider(path)
    said = str(faults.value)
    for part in ("name", "client_id", "client_secret_file", "https", "algorithms", "favourite", "id_number", "country"):
        assert part in said


def test_the_kind_of_document_may_come_as_a_claim(
    described: Provider, provider: IdentityProvider, clock: FixedClock
) -> None:
    claims = {**described.claims, "id_type": "document", "country": "issued_by"}
    flexible = OidcProofing(
        replace(described, id_type=None, country="", claims=claims), provider.client_secret, clock, provider.transport()
    )
    provider.claims |= {"document": "PASSPORT", "issued_by": "FR"}
    identity = flexible.finish(RETURN, STATE, provider.visit(flexible.begin(RETURN, STATE)))
    assert (identity.id_type, identity.country) == (IdType.PASSPORT, "FR")
    provider.claims |= {"document": "LIBRARY_CARD"}
    with pytest.raises(BadRequest):
        flexible.finish(RETURN, STATE, provider.visit(flexible.begin(RETURN, STATE)))
