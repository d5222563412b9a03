"""Evidence of one look, as the borrower and the member whose look it was take it away and check it offline."""

import hashlib
import io
import json
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import ALICE, BOB, REPORT, STAFF, Bank, Exchange, variables
from openbureau_client import cli
from openbureau_client.errors import DoesNotMatch
from openbureau_client.evidence import Evidence, verify_evidence, write_evidence
from openbureau_client.session import Answer, Session
from sqlalchemy import update
from traces import entries, inquiries, looks, marks
from werkzeug.test import TestResponse

from exchange.audit.cosignature import Ed25519Cosigner
from exchange.errors import BadRequest, Unavailable
from exchange.handover import Borrower
from exchange.journeys.evidence_of_look import evidence_for_borrower
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.own_report import own_report
from exchange.store.tables.log import log_opening
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.scope import Scope

SCOPES = "credit:read"


def trust(exchange: Exchange) -> tuple[dict[str, object], list[str]]:
    """The keys, from where somebody trusts them."""
    vkey = exchange.client.get("/log/key").get_data(as_text=True).strip()
    return exchange.client.get("/oauth/jwks").get_json(), [vkey]


def fetch(bank: Bank, leaf_hash: bytes | str, token: str | None = None) -> TestResponse:
    if not bank.token:
        bank.fetch_token(SCOPES)
    token = bank.token if token is None else token
    path = f"/evidence/{leaf_hash.hex() if isinstance(leaf_hash, bytes) else leaf_hash}"
    digest = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    headers = {"Authorization": f"DPoP {token}", "DPoP": bank.proof(path, "GET", ath=digest)}
    return bank.exchange.client.get(path, headers=headers)


def check(exchange: Exchange, tmp_path: Path, content: bytes) -> Evidence:
    kept = tmp_path / "kept.zip"
    kept.write_bytes(content)
    return verify_evidence(kept, *trust(exchange))


def ask(bank: Bank, consent_id: UUID | None) -> Answer:
    question = json.dumps({"query": REPORT, "variables": variables(consent_id=consent_id)}).encode()
    answer = bank.post(question)
    said = answer.get_json()
    return Answer(said["data"], said.get("errors", []), question, answer.get_data(),
                  answer.headers["OpenBureau-Receipt"], answer.status_code)  # fmt: skip


def only_look(exchange: Exchange) -> UUID:
    """The key of the one look there was."""
    (inquiry,) = inquiries(exchange)
    return UUID(str(inquiry.inquiry_key))


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return exchange.bank()


@pytest.fixture
def alice(exchange: Exchange) -> Iterator[UUID]:
    yield exchange.borrower()


def test_a_borrower_takes_the_evidence_of_a_look_from_its_page(
    exchange: Exchange, bank: Bank, alice: UUID, tmp_path: Path
) -> None:
    consent_id = exchange.consent(bank.member_id)
    bank.ask(consent_id=consent_id)
    signed_in = exchange.borrower_signed_in(alice)
    key = only_look(exchange)
    waiting = signed_in.client.get(f"/looks/{key}/evidence.zip")
    assert waiting.status_code == 503
    exchange.integrate()

    assert f'href="/looks/{key}/evidence.zip"' in signed_in.client.get(f"/looks/{key}").get_data(as_text=True)
    answer = signed_in.client.get(f"/looks/{key}/evidence.zip")

    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="look-{key}.zip"'
    verified = check(exchange, tmp_path, answer.get_data())
    (look,) = verified.looks
    assert verified.receipt is None
    assert (look.given_to, look.issuer) == ("self", exchange.settings.issuer)
    assert look.fields["subject"] == str(alice)
    assert (look.fields["sequence"], look.fields["consent"], look.fields["granted"]) == (2, str(consent_id), True)
    assert look.hidden == ("staff",)
    assert STAFF["name"].encode() not in b"".join(parts_of(answer.get_data()).values())


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_nobody_gets_the_evidence_of_a_look_at_another_file(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    key = only_look(exchange)
    bob = exchange.borrower(BOB, "李明")
    with pytest.raises(BadRequest) as absent:
        evidence_for_borrower(exchange.services, Borrower(bob, b"s" * 32, "PASSKEY", "en"), key)
    assert absent.value.stable_code == "LOOK_NOT_FOUND"
    stranger = exchange.app.test_client().get(f"/looks/{key}/evidence.zip")
    assert stranger.status_code == 303
    assert stranger.headers["Location"].startswith("/sign-in")
    assert exchange.borrower_signed_in(bob).client.get(f"/looks/{key}/evidence.zip").status_code == 404


def test_an_own_look_has_its_evidence_too(exchange: Exchange, alice: UUID, tmp_path: Path) -> None:
    borrower = exchange.borrower_signed_in(alice).borrower
    own_report(exchange.services, borrower)
    (own,) = looks(exchange)
    key = only_look(exchange)
    with pytest.raises(Unavailable) as waiting:
        evidence_for_borrower(exchange.services, borrower, key)
    assert waiting.value.stable_code == "LOG_BEHIND"
    exchange.integrate()
    (look,) = check(exchange, tmp_path, evidence_for_borrower(exchange.services, borrower, key)).looks
    assert look.leaf_hash == own.leaf_hash
    assert look.fields["member"] == "self"


def test_evidence_names_the_witnesses_of_the_log(exchange: Exchange, alice: UUID, tmp_path: Path) -> None:
    borrower = exchange.borrower_signed_in(alice).borrower
    own_report(exchange.services, borrower)
    exchange.integrate()
    vkey = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32)).verifier.vkey
    named = tmp_path / "witnesses.toml"
    named.write_text(f'[[witness]]\nname = "One"\nvkey = "{vkey}"\nurl = "https://witness.example"\n')
    settings = replace(exchange.settings, witnesses=str(named))
    content = evidence_for_borrower(replace(exchange.services, settings=settings), borrower, only_look(exchange))
    assert parts_of(content)["witnesses.txt"].decode() == f"{vkey}\n"
    assert check(exchange, tmp_path, content).looks
    assert "witnesses.txt" not in parts_of(evidence_for_borrower(exchange.services, borrower, only_look(exchange)))


def test_a_member_takes_the_evidence_of_its_own_look(
    exchange: Exchange, bank: Bank, alice: UUID, tmp_path: Path
) -> None:
    answer = ask(bank, exchange.consent(bank.member_id))
    (logged,) = looks(exchange)
    waiting = fetch(bank, logged.leaf_hash)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (503, "1")
    exchange.integrate()

    given = fetch(bank, logged.leaf_hash)

    assert (given.status_code, given.content_type) == (200, "application/zip")
    assert (given.headers["Cache-Control"], "DPoP-Nonce" in given.headers) == ("no-store", True)
    (look,) = check(exchange, tmp_path, given.get_data()).looks
    assert look.hidden == ("sequence", "subject")
    assert look.fields["request_digest"] == hashlib.sha256(answer.request).hexdigest()
    assert look.fields["staff"] == [STAFF["id"], STAFF["name"]]
    assert str(alice).encode() not in b"".join(parts_of(given.get_data()).values())
    in_base64url = urlsafe_b64encode(logged.leaf_hash).rstrip(b"=").decode()
    assert fetch(bank, in_base64url).get_data() == given.get_data()

    kept = tmp_path / "evidence.zip"
    write_evidence(kept, answer, [given.get_data()])
    verified = verify_evidence(kept, *trust(exchange))
    assert verified.receipt is not None
    assert (verified.receipt.leaves, verified.looks[0].given_to) == ((logged.leaf_hash,), bank.member_id)
    assert not verified.question_read


def test_a_refused_look_has_its_evidence_too(exchange: Exchange, bank: Bank, alice: UUID, tmp_path: Path) -> None:
    answer = ask(bank, None)
    exchange.integrate()
    given = fetch(bank, looks(exchange)[0].leaf_hash).get_data()
    kept = tmp_path / "evidence.zip"
    write_evidence(kept, answer, [given])
    (look,) = verify_evidence(kept, *trust(exchange)).looks
    assert (look.fields["granted"], look.fields["released"]) == (False, [])


def test_what_is_not_its_own_look_is_unknown_to_a_member_in_the_same_words(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    other = exchange.bank("clover-finance")
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    (look,) = looks(exchange)
    given_consent = next(entry for entry in entries(exchange) if entry.fields["act"] == "consent_given")
    unknown = fetch(other, bytes(32))
    assert unknown.status_code == 404
    assert unknown.get_json() == {
        "type": "about:blank", "status": 404, "code": "LOOK_NOT_FOUND", "detail": "The log has no such look of yours.",
    }  # fmt: skip
    for asked in (fetch(other, look.leaf_hash), fetch(bank, given_consent.leaf_hash)):
        assert (asked.status_code, asked.get_data()) == (404, unknown.get_data())
    other.ask(consent_id=None)
    pending = looks(exchange)[-1]
    assert fetch(bank, pending.leaf_hash).get_data() == unknown.get_data()
    assert fetch(other, "no-hash").status_code == 400


def test_a_refused_caller_is_logged_and_a_proof_counts_once(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    (look,) = looks(exchange)
    path = f"/evidence/{look.leaf_hash.hex()}"
    before = marks(exchange)
    nameless = exchange.client.get(path)
    assert (nameless.status_code, "DPoP" in nameless.headers["WWW-Authenticate"]) == (401, True)
    bearer = exchange.client.get(path, headers={"Authorization": f"Bearer {bank.token}"})
    assert bearer.status_code == 401

    digest = urlsafe_b64encode(hashlib.sha256(bank.token.encode()).digest()).rstrip(b"=").decode()
    of_another_place = bank.proof("/graphql", "GET", ath=digest)
    headers = {"Authorization": f"DPoP {bank.token}", "DPoP": of_another_place}
    assert exchange.client.get(path, headers=headers).status_code == 401
    headers["DPoP"] = bank.proof(path, "GET", ath=digest)
    assert exchange.client.get(path, headers=headers).status_code == 200
    assert marks(exchange).entries == before.entries + 3  # evidence is given without an entry of its own
    again = exchange.client.get(path, headers=headers)
    assert (again.status_code, again.get_json()["code"]) == (401, "PROOF_REPLAYED")
    assert marks(exchange).entries == before.entries + 4
    assert [entry.fields["act"] for entry in entries(exchange)[-4:]] == ["caller_refused"] * 4


def test_a_suspended_member_gets_nothing(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    answer = fetch(bank, looks(exchange)[0].leaf_hash)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "MEMBER_NOT_ACTIVE")


def test_the_command_keeps_evidence_that_it_then_checks_offline(
    exchange: Exchange, bank: Bank, alice: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    consent_id = exchange.consent(bank.member_id)
    http = httpx.Client(transport=httpx.WSGITransport(app=exchange.app))
    clock = exchange.clock.now().timestamp
    session = Session(exchange.settings.issuer, bank.member_id, bank.key, "k1", [Scope.CREDIT_READ], http, clock)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ALICE.id_number}\n"))
    monkeypatch.setattr("time.sleep", lambda _seconds: exchange.integrate())
    kept, keys = tmp_path / "evidence.zip", tmp_path / "keys.json"
    known, (vkey,) = trust(exchange)
    keys.write_text(json.dumps(known))
    asked = ["report", "--issuer", exchange.settings.issuer, "--member", bank.member_id, "--key", "unused",
             "--purpose", "LOAN_APPROVAL", "--consent", str(consent_id), "--staff-id", "s-17",
             "--staff-name", "Wang Fang", "--evidence", str(kept)]  # fmt: skip

    assert cli.main(asked, session) == 0
    assert json.loads(capsys.readouterr().out)["disclosure"]["basis"] == "CONSENT"

    assert cli.main(["verify", str(kept), "--keys", str(keys), "--log-key", vkey]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["question_read"]
    assert said["looks"][0]["fields"]["consent"] == str(consent_id)
    assert (said["checked_keys"], said["checked_log"]) == ("those given", "by the keys given")
    assert cli.main(["verify", str(kept)]) == 0
    assert json.loads(capsys.readouterr().out)["checked_keys"] == "only those inside the evidence"
    kept.write_bytes(kept.read_bytes()[:-40])
    assert cli.main(["verify", str(kept), "--keys", str(keys), "--log-key", vkey]) == 2
    assert "EVIDENCE_MISMATCH" in capsys.readouterr().err


def test_evidence_that_is_wrong_in_our_own_store_is_not_given(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    bank.ask(consent_id=exchange.consent(bank.member_id))
    bank.ask(consent_id=None)
    exchange.integrate()
    first, second = looks(exchange)
    with exchange.engine.begin() as connection:
        changed = update(log_opening).where(log_opening.c.leaf_hash == first.leaf_hash)
        connection.execute(changed.values(leaf=second.leaf))
    answer = fetch(bank, first.leaf_hash)
    assert (answer.status_code, answer.get_json()["code"]) == (500, "OPENING_MISMATCH")


def test_a_members_zip_and_a_borrowers_are_not_taken_for_each_other(
    exchange: Exchange, bank: Bank, alice: UUID, tmp_path: Path
) -> None:
    answer = ask(bank, exchange.consent(bank.member_id))
    exchange.integrate()
    borrower = exchange.borrower_signed_in(alice).borrower
    borrowers = evidence_for_borrower(exchange.services, borrower, only_look(exchange))
    kept = tmp_path / "evidence.zip"
    write_evidence(kept, answer, [borrowers])
    with pytest.raises(DoesNotMatch, match="not the one that the receipt was given for"):
        verify_evidence(kept, *trust(exchange))
