"""A member, with the client's own code, and the service, with its sealed openings, can show what happened."""

import hashlib
import json
from base64 import b64decode

import pytest
from factories import ALICE, REPORT, STAFF, Exchange, several_reports, variables
from openbureau_client import ReceiptDoesNotMatch, verify_opening, verify_proof, verify_receipt
from sqlalchemy import select
from traces import entries, looks

from exchange.audit.entry import open_fields
from exchange.store.tables.log import log_opening


def keys(exchange: Exchange) -> dict[str, object]:
    return exchange.client.get("/oauth/jwks").get_json()


def test_a_receipt_is_for_this_member_this_question_and_these_bytes(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    question = json.dumps({"query": "{ __typename }"}).encode()
    assert "OpenBureau-Receipt" not in bank.post(question).headers

    question = json.dumps({"query": REPORT, "variables": variables(consent_id=consent_id)}).encode()
    answer = bank.post(question)

    body, receipt = answer.get_data(), answer.headers["OpenBureau-Receipt"]
    said = verify_receipt(receipt, body, keys(exchange))
    assert (said.member, said.log_origin) == (bank.member_id, exchange.settings.log_origin)
    assert said.request_digest == hashlib.sha256(question).digest()
    assert said.issued_at == int(exchange.clock.now().timestamp())
    assert said.integrate_by - said.issued_at == exchange.settings.pending_stop_seconds
    leaf = b64decode(answer.get_json()["data"]["creditReport"]["disclosure"]["leafHash"])
    assert said.leaves == (leaf,)


def test_a_receipt_fails_on_every_kind_of_changed_byte(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    answer = bank.ask(consent_id=exchange.consent(bank.member_id))
    body, receipt = answer.get_data(), answer.headers["OpenBureau-Receipt"]
    known = keys(exchange)
    for place in range(0, len(body), 97):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(ReceiptDoesNotMatch):
            verify_receipt(receipt, changed, known)
    for changed in (body + b" ", body[:-1], b""):
        with pytest.raises(ReceiptDoesNotMatch):
            verify_receipt(receipt, changed, known)
    other = bank.ask(consent_id=None).headers["OpenBureau-Receipt"]
    with pytest.raises(ReceiptDoesNotMatch):
        verify_receipt(other, body, known)


def test_a_refusal_has_its_receipt_too(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    answer = bank.ask(consent_id=None)
    said = verify_receipt(answer.headers["OpenBureau-Receipt"], answer.get_data(), keys(exchange))
    assert said.leaves == (entries(exchange)[-1].leaf_hash,)


def test_every_leaf_of_a_receipt_is_proved_once_the_log_was_signed(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    answer = bank.ask(query=several_reports(consent_id, None, consent_id))
    leaves = verify_receipt(answer.headers["OpenBureau-Receipt"], answer.get_data(), keys(exchange)).leaves
    vkey = exchange.client.get("/log/key").get_data(as_text=True).strip()
    for leaf in leaves:
        waiting = exchange.client.get(f"/log/proof/{leaf.hex()}")
        assert (waiting.status_code, waiting.headers["Retry-After"]) == (404, "1")

    exchange.integrate()

    places = []
    for leaf in leaves:
        proof = exchange.client.get(f"/log/proof/{leaf.hex()}")
        assert proof.status_code == 200
        places.append(verify_proof(proof.get_data(as_text=True), leaf, [vkey]).index)
    assert len(set(places)) == 3
    assert exchange.client.get(f"/log/proof/{'00' * 32}").status_code == 404


def test_an_opening_shows_what_was_done_and_belongs_to_its_leaf(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token("credit:read")
    question = json.dumps({"query": REPORT, "variables": variables(consent_id=consent_id)}).encode()
    answer = bank.post(question)

    (look,) = looks(exchange)

    assert look.fields == {
        "act": "look",
        "subject": str(alice),
        "sequence": 2,
        "member": bank.member_id,
        "staff": [STAFF["id"], STAFF["name"]],
        "purpose": "LOAN_APPROVAL",
        "basis": "CONSENT",
        "consent": str(consent_id),
        "ground": None,
        "consent_use": 1,
        "requested": ["ACCOUNTS", "DELINQUENCIES", "IDENTITY", "INQUIRIES", "PAYMENT_HISTORY"],
        "granted": True,
        "released": ["ACCOUNTS", "IDENTITY", "INQUIRIES", "PAYMENT_HISTORY"],
        "withheld": ["DELINQUENCIES"],
        "rules": answer.get_json()["data"]["creditReport"]["disclosure"]["rules"],
        "reasons": [],
        "pack": exchange.services.pack.version,
        "request_digest": hashlib.sha256(question).hexdigest(),
    }


def test_a_member_can_be_shown_some_fields_of_an_entry_and_check_them_with_the_clients_code(
    exchange: Exchange,
) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    bank.ask(consent_id=exchange.consent(bank.member_id))
    with exchange.engine.connect() as connection:
        row = connection.execute(select(log_opening).where(log_opening.c.sequence == 2)).one()
    opening = exchange.services.keys.log_cipher().unseal_opening(row.entry_id, row.service_opening)

    shown = verify_opening(row.leaf, open_fields({"member", "released"}, opening))

    assert set(shown) == {"member", "released"}
    assert shown["member"] == bank.member_id


def test_what_is_public_or_stored_in_the_clear_names_no_borrower(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    bank.ask(consent_id=exchange.consent(bank.member_id))
    bank.ask(consent_id=None)
    with exchange.engine.connect() as connection:
        rows = connection.execute(select(log_opening)).all()
    for row in rows:
        for stored in (row.leaf, row.subject_opening or b"", row.service_opening):
            for personal in (ALICE.id_number, "王芳", STAFF["name"], str(alice), bank.member_id):
                assert personal.encode() not in stored
