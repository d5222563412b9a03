"""A new key for access tokens: nobody is locked out, nothing is restarted, and the log tells of it."""

from datetime import timedelta
from pathlib import Path

import orjson
from click.testing import CliRunner
from factories import Exchange
from joserfc.jwk import ECKey
from traces import entries

from exchange.cli import main
from exchange.identity.signed_claims import read_signed_claims
from exchange.journeys.rotate_keys import rotate_token_key
from exchange.key_files import token_keys
from exchange.store.member_register import SqlMemberRegister
from exchange.vault.key_ring import READ_AGAIN_SECONDS
from schema.vocabulary.scope import Scope


def published(exchange: Exchange) -> list[str]:
    keys = exchange.client.get("/oauth/jwks").get_json()["keys"]
    return [key["kid"] for key in keys if key["alg"] == "ES256"]


def test_tokens_hold_from_one_key_to_the_next(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    (first,) = published(exchange)
    exchange.clock.instant += timedelta(days=1)
    second = rotate_token_key(exchange.services, token_keys(exchange.settings), "test")
    exchange.clock.instant += timedelta(seconds=READ_AGAIN_SECONDS)
    assert published(exchange) == [first, second]

    exchange.clock.instant += timedelta(seconds=exchange.settings.token_key_lead_seconds - 2 * READ_AGAIN_SECONDS)
    old = bank.fetch_token()
    assert read_signed_claims(old, 4096).header()["kid"] == first
    exchange.clock.instant += timedelta(seconds=READ_AGAIN_SECONDS)
    assert published(exchange) == [second, first]
    exchange.integrate()
    for client in (exchange.client, exchange.another_worker()):
        assert "errors" not in bank.ask(consent_id=consent_id, client=client).get_json()

    assert read_signed_claims(bank.fetch_token(), 4096).header()["kid"] == second
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    exchange.clock.instant += timedelta(seconds=exchange.settings.token_key_overlap_seconds)
    assert published(exchange) == [second]


def test_the_operator_makes_a_key_and_the_log_tells_of_it(exchange: Exchange) -> None:
    told = CliRunner().invoke(main, ["keys", "rotate-token"], env=environment(exchange))
    assert told.exit_code == 0, told.output
    assert len(list(token_keys(exchange.settings).glob("*.pem"))) == 2
    entry = entries(exchange)[-1].fields
    assert (entry["act"], entry["actor"]) == ("token_key_made", "operator")
    assert entry["key"] in told.output


def test_the_operator_says_where_a_member_is_reached(exchange: Exchange, tmp_path: Path) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(_key_set())
    given = ["--name", "A", "--class", "BANK", "--licence", "L", "--scope", "consent:request", "--jwks", str(jwks)]
    reached = ["--redirect-uri", "https://a.example/back", "--redirect-uri", "https://a.example/2", "--contact", "010"]
    told = CliRunner().invoke(main, ["member", "add", "bank-a", *given, *reached], env=environment(exchange))
    assert told.exit_code == 0, told.output
    kept = SqlMemberRegister(exchange.engine).find("bank-a")
    assert kept is not None
    assert (kept.redirect_uris, kept.contact) == (("https://a.example/back", "https://a.example/2"), "010")
    assert kept.scopes == {Scope.CONSENT_REQUEST}
    bad = ["member", "add", "bank-b", *given, "--redirect-uri", "http://a.example/back"]
    told = CliRunner().invoke(main, bad, env=environment(exchange))
    assert told.exit_code == 1
    assert "REDIRECT_URIS_NOT_VALID" in told.output
    assert SqlMemberRegister(exchange.engine).find("bank-b") is None


def environment(exchange: Exchange) -> dict[str, str]:
    url = exchange.engine.url.render_as_string(hide_password=False)
    return {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url}


def _key_set() -> bytes:
    public = ECKey.generate_key("P-256").as_dict(private=False)
    return orjson.dumps({"keys": [{**public, "kid": "k1"}]})
