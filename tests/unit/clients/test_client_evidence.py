"""The client's check of kept evidence: every changed byte of every part is found out, and every other mixture."""

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import DoesNotMatch, Policy
from openbureau_client.errors import EvidenceDoesNotMatch, NoteDoesNotMatch, ReceiptDoesNotMatch, WitnessesMissing
from openbureau_client.evidence import verify_evidence, verify_parts, write_evidence
from openbureau_client.kept_zip import read_parts
from openbureau_client.report import QUERIES, QUERY, WholeReport
from openbureau_client.session import Answer

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.cosignature import Ed25519Cosigner, TimedSigner
from exchange.audit.entry import EntryDraft, build_entry, open_all_fields
from exchange.audit.evidence_pack import key_set, pack_evidence
from exchange.audit.merkle import Tree
from exchange.audit.proof import format_proof, prove
from exchange.audit.receipt import ReceiptKey, issue_receipt
from exchange.clock import FixedClock
from tests.memory_log import MemoryLog

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
CONSENT = UUID(int=0xC0)
SIGNING = ReceiptKey("x1", Ed25519PrivateKey.from_private_bytes(b"e" * 32))
SIGNER = KeySigner("openbureau.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
STRANGER = Ed25519Cosigner("witness.example/w2", Ed25519PrivateKey.from_private_bytes(b"v" * 32))
VKEY = Verifier(SIGNER.name, SIGNER.public_key).vkey
KEYS = key_set(SIGNING)
VARIABLES = {
    "subject": {"idType": "PASSPORT", "country": "CN", "idNumber": "E12345678"},
    "purpose": "LOAN_APPROVAL",
    "consentId": str(CONSENT),
    "staff": {"id": "s-17", "name": "Wang Fang"},
}

Parts = dict[str, bytes]


def question(**changes: Any) -> bytes:
    return json.dumps({"query": QUERY, "variables": VARIABLES | changes}).encode()


def logged(request: bytes, **changes: Any) -> EntryDraft:
    """The entry of a look."""
    fields = {
        "act": "look", "member": "harbour-bank", "staff": ["s-17", "Wang Fang"], "purpose": "LOAN_APPROVAL",
        "basis": "CONSENT", "consent": str(CONSENT), "consent_use": 1, "granted": True, "released": ["ACCOUNTS"],
        "rules": ["cn.cir.18"], "pack": "cn-1", "request_digest": hashlib.sha256(request).hexdigest(),
    }  # fmt: skip
    return build_entry(NOW, {"subject": str(UUID(int=7)), "sequence": 3}, fields | changes, (b"1" * 32, b"2" * 32))


def of_look(draft: EntryDraft, given_to: str = "harbour-bank", extra: bytes | None = None) -> bytes:
    """What the exchange gives, once a log of five leaves was signed and cosigned."""
    filler = [hashlib.sha256(bytes([place])).digest() for place in range(4)]
    growth = Tree(MemoryLog(), 0).append([*filler[:2], draft.leaf_hash, *filler[2:]])
    log = MemoryLog(tiles=dict(growth.tiles))
    checkpoint = Checkpoint(SIGNER.name, 5, Tree(log, 5).root())
    note = sign_note(checkpoint.body(), SIGNER, TimedSigner(WITNESS, FixedClock(NOW)))
    proof = prove(log, note, 2, draft.leaf_hash)
    if extra is not None:
        proof = format_proof(2, Tree(log, 5).inclusion_proof(2), note, extra)
    openings = [draft.service_opening] if given_to != "self" else [draft.subject_opening or b"", draft.service_opening]
    return pack_evidence(
        SIGNING,
        issuer="https://bureau.example",
        given_to=given_to,
        leaf=draft.leaf,
        opening=open_all_fields(*openings, hidden={"staff"} if given_to == "self" else ()),
        proof=proof,
        log_vkey=VKEY,
        witness_vkeys=[WITNESS.verifier.vkey],
        readme="Plain words.\n",
    )


def answered(request: bytes, *drafts: EntryDraft, **changes: Any) -> Answer:
    disclosure = {
        "leafHash": b64encode(drafts[0].leaf_hash).decode(), "basis": "CONSENT", "consentUse": 1,
        "released": ["ACCOUNTS"], "rules": ["cn.cir.18"], "pack": "cn-1",
    }  # fmt: skip
    body = json.dumps({"data": {"creditReport": {"accounts": None, "disclosure": disclosure | changes}}}).encode()
    receipt = issue_receipt(
        SIGNING,
        body,
        request_id="q1",
        member="harbour-bank",
        request_digest=hashlib.sha256(request).digest(),
        leaves=[draft.leaf_hash for draft in drafts],
        log_origin=SIGNER.name,
        issued_at=NOW,
        integrate_by=NOW,
    )
    return Answer(None, [], request, body, receipt, 200)


def of_member(tmp_path: Path, request: bytes | None = None, **changes: Any) -> Parts:
    """The parts of a member's evidence; `changes` are fields that were logged otherwise."""
    request = request or question()
    draft = logged(request, **changes)
    write_evidence(tmp_path / "made.zip", answered(request, draft), [of_look(draft)])
    return read_parts(tmp_path / "made.zip")


def of_borrower() -> Parts:
    return read_parts(io.BytesIO(of_look(logged(question()), "self")))


def zipped(parts: Parts) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return kept.getvalue()


def refused(parts: Parts, keys: Any = KEYS, trust: Any = (VKEY,)) -> bool:
    try:
        verify_parts(parts, keys, trust)
    except DoesNotMatch:
        return True
    return False


def test_a_members_evidence_shows_what_was_asked_answered_and_logged(tmp_path: Path) -> None:
    found = verify_parts(of_member(tmp_path), KEYS, [VKEY])
    (look,) = found.looks
    assert found.receipt is not None
    assert found.receipt.leaves == (look.leaf_hash,)
    assert (look.index, look.checkpoint.size, look.given_to) == (2, 5, "harbour-bank")
    assert (look.fields["consent"], look.hidden) == (str(CONSENT), ("sequence", "subject"))
    assert found.question_read


def test_a_borrowers_evidence_shows_the_look_and_hides_the_member_of_staff() -> None:
    found = verify_parts(of_borrower(), KEYS, [VKEY])
    (look,) = found.looks
    assert (found.receipt, found.question_read) == (None, False)
    assert (look.given_to, look.fields["sequence"], look.hidden) == ("self", 3, ("staff",))


@pytest.mark.parametrize("whose", ["member", "borrower"])
@pytest.mark.parametrize("trusted", [True, False], ids=["keys given", "keys inside"])
def test_every_changed_byte_of_every_part_is_found_out(tmp_path: Path, whose: str, trusted: bool) -> None:
    parts = of_member(tmp_path) if whose == "member" else of_borrower()
    believed: tuple[Any, Any] = (KEYS, [VKEY]) if trusted else (None, ())
    assert not refused(parts, *believed)
    unseen = []
    for name, content in parts.items():
        for at in range(len(content)):
            changed = content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]
            if not refused(parts | {name: changed}, *believed):
                unseen.append((name, at))
        for changed in (content + b"\n", content[:-1], b""):
            if not refused(parts | {name: changed}, *believed):
                unseen.append((name, len(changed)))
    assert unseen == []


def test_every_changed_byte_of_the_zip_is_found_out_or_changes_no_part(tmp_path: Path) -> None:
    parts = of_member(tmp_path)
    whole = (tmp_path / "made.zip").read_bytes()
    harmless = 0
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        try:
            found = read_parts(io.BytesIO(changed))
        except EvidenceDoesNotMatch:
            continue
        assert found == parts or refused(found), at
        harmless += found == parts
    assert harmless < len(whole) / 4  # times, attributes and the like, in both directories


def test_a_part_less_or_more_or_twice_is_found_out(tmp_path: Path) -> None:
    for parts in (of_member(tmp_path), of_borrower()):
        for name in parts:
            assert refused({other: content for other, content in parts.items() if other != name}), name
        for name in ("more.txt", "look-0/more.txt", "look-1/leaf.json", "look-01/leaf.json"):
            assert refused(parts | {name: b"more"}), name
    twice = io.BytesIO(zipped(parts))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("leaf.json", b"{}")
    with pytest.raises(EvidenceDoesNotMatch, match="one name twice"):
        read_parts(twice)


@pytest.mark.parametrize(
    "changes",
    [
        {"member": "clover-finance"}, {"request_digest": "00" * 32}, {"purpose": "POST_LOAN"},
        {"consent": str(UUID(int=0xC1))}, {"consent": None}, {"staff": ["s-18", "Li Na"]}, {"granted": False},
        {"released": ["ACCOUNTS", "IDENTITY"]}, {"basis": "COURT_ORDER"}, {"consent_use": 2}, {"rules": []},
        {"pack": "cn-2"}, {"act": "statement_added"}, {"as_of": "2026-05-03T01:00:00+00:00"},
    ],
    ids=str,
)  # fmt: skip
def test_what_was_logged_must_be_what_was_asked_and_answered(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(EvidenceDoesNotMatch):
        verify_parts(of_member(tmp_path, **changes), KEYS, [VKEY])


def test_a_report_of_the_past_is_evidence_of_its_own_instant_alone(tmp_path: Path) -> None:
    request = question(asOf="2026-05-03T09:00:00+08:00")
    verify_parts(of_member(tmp_path, request, as_of="2026-05-03T01:00:00+00:00"), KEYS, [VKEY])
    for logged_as in ({"as_of": "2026-05-03T02:00:00+00:00"}, {}):
        with pytest.raises(EvidenceDoesNotMatch):
            verify_parts(of_member(tmp_path, request, **logged_as), KEYS, [VKEY])


def test_the_question_for_a_whole_report_is_our_own_too(tmp_path: Path) -> None:
    request = question().replace(json.dumps(QUERY).encode(), json.dumps(QUERIES[WholeReport]).encode())
    assert request != question()
    parts = of_member(tmp_path, request)
    assert verify_parts(parts, KEYS, [VKEY]).question_read
    with pytest.raises(EvidenceDoesNotMatch):
        verify_parts(of_member(tmp_path, request, purpose="POST_LOAN"), KEYS, [VKEY])


def test_the_look_of_another_answer_does_not_fit(tmp_path: Path) -> None:
    one, other = of_member(tmp_path), of_member(tmp_path, question(purpose="POST_LOAN"), purpose="POST_LOAN")
    assert not refused(other)
    for name in one:
        if one[name] != other[name]:
            assert refused(one | {name: other[name]}), name
    looks = {name: content for name, content in other.items() if name.startswith("look-")}
    assert refused(one | looks)


def test_another_members_or_the_borrowers_evidence_does_not_stand_for_the_members(tmp_path: Path) -> None:
    request = question()
    draft = logged(request)
    for given_to in ("self", "clover-finance"):
        write_evidence(tmp_path / "e.zip", answered(request, draft), [of_look(draft, given_to)])
        with pytest.raises(EvidenceDoesNotMatch, match="not the one that the receipt was given for"):
            verify_evidence(tmp_path / "e.zip", KEYS, [VKEY])


def test_several_looks_of_one_answer_each_have_their_evidence(tmp_path: Path) -> None:
    request = json.dumps({"query": "query { r0: creditReport }"}).encode()
    drafts = [logged(request), logged(request, granted=False, released=[])]
    write_evidence(tmp_path / "e.zip", answered(request, *drafts), [of_look(draft) for draft in drafts])
    found = verify_evidence(tmp_path / "e.zip", KEYS, [VKEY])
    assert [look.fields["granted"] for look in found.looks] == [True, False]
    assert not found.question_read
    parts = read_parts(tmp_path / "e.zip")
    swapped = {name.replace("look-0", "look-2").replace("look-1", "look-0").replace("look-2", "look-1"): content
               for name, content in parts.items()}  # fmt: skip
    assert refused(swapped)
    assert refused({name: content for name, content in parts.items() if not name.startswith("look-1/")})


def test_other_keys_do_not_stand_for_the_exchange_the_log_or_its_witnesses(tmp_path: Path) -> None:
    other = Verifier(SIGNER.name, SIGNING.key.public_key().public_bytes_raw()).vkey
    for parts in (of_member(tmp_path), of_borrower()):
        with pytest.raises(DoesNotMatch):
            verify_parts(parts, {"keys": []}, [VKEY])
        with pytest.raises(NoteDoesNotMatch):
            verify_parts(parts, KEYS, [other])
        verify_parts(parts, KEYS, Policy([VKEY], [WITNESS.verifier.vkey]))
        with pytest.raises(WitnessesMissing):
            verify_parts(parts, KEYS, Policy([VKEY], [WITNESS.verifier.vkey, STRANGER.verifier.vkey]))
        verify_parts(parts, KEYS, Policy([VKEY], [WITNESS.verifier.vkey, STRANGER.verifier.vkey], 1))


def test_a_proof_with_words_that_nobody_signed_is_refused() -> None:
    parts = read_parts(io.BytesIO(of_look(logged(question()), extra=b"believe me")))
    with pytest.raises(EvidenceDoesNotMatch, match="nothing vouches for"):
        verify_parts(parts, KEYS, [VKEY])


def old_evidence() -> Parts:
    """As members kept it before there were openings in it."""
    request = question()
    draft = logged(request)
    answer = answered(request, draft)
    return {
        "request.json": answer.request,
        "answer.json": answer.body,
        "receipt.txt": (answer.receipt or "").encode(),
        "keys.json": json.dumps(KEYS).encode(),
        "proof-0.txt": read_parts(io.BytesIO(of_look(draft)))["proof.txt"],
    }


def test_old_evidence_without_openings_still_verifies() -> None:
    parts, trust = old_evidence(), Policy([VKEY], [WITNESS.verifier.vkey])
    found = verify_parts(parts, KEYS, trust)
    assert found.receipt is not None
    assert (found.receipt.member, found.looks) == ("harbour-bank", ())
    assert verify_parts(parts).receipt == found.receipt
    for name in ("request.json", "answer.json", "receipt.txt", "proof-0.txt"):
        content = parts[name]
        for at in range(len(content)):
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            assert refused(parts | {name: changed}, KEYS, trust), (name, at)


def test_an_answer_without_a_receipt_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ReceiptDoesNotMatch):
        write_evidence(tmp_path / "e.zip", Answer(None, [], b"{}", b"{}", None, 200), [])
    assert not (tmp_path / "e.zip").exists()


def test_something_else_is_no_evidence(tmp_path: Path) -> None:
    kept = tmp_path / "e.zip"
    others: list[Parts] = [{}, {"keys.json": b"{}"}, {"look-0/keys.json": b"7"}, {"manifest.json": b"{}"}]
    for content in (b"", b"PK", b"no zip", *map(zipped, others)):
        kept.write_bytes(content)
        with pytest.raises(EvidenceDoesNotMatch):
            verify_evidence(kept, KEYS, [VKEY])
