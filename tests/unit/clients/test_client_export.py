"""The client's check of an export: any byte or line that is changed, left out, doubled or moved is found out."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import DoesNotMatch, Policy
from openbureau_client.cli import main
from openbureau_client.consents_against_looks import Reconciler, UnmatchedLook
from openbureau_client.errors import (
    EvidenceDoesNotMatch,
    ExportDoesNotMatch,
    ExportNotComplete,
    NoteDoesNotMatch,
    SignedWordsDoNotMatch,
)
from openbureau_client.export import VerifiedExport, verify_export

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.entry import EntryDraft, build_entry, open_fields
from exchange.audit.evidence_pack import key_set, signed_manifest
from exchange.audit.inclusion_paths import InclusionPaths
from exchange.audit.merkle import Tree
from exchange.audit.receipt import ReceiptKey
from exchange.clock import new_id
from tests.memory_log import MemoryLog

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
MILLISECONDS = int(NOW.timestamp() * 1000)
SIGNING = ReceiptKey("x1", Ed25519PrivateKey.from_private_bytes(b"e" * 32))
SIGNER = KeySigner("openbureau.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
VKEY = Verifier(SIGNER.name, SIGNER.public_key).vkey
KEYS = key_set(SIGNING)
SIZE = 12
CONSENT = str(UUID(int=0xC0))

Parts = dict[str, bytes]
Lines = list[dict[str, Any]]


def draft_of(place: int) -> EntryDraft:
    act = "consent_given" if place % 4 == 0 else "look"
    fields = {"act": act, "member": "harbour-bank", "consent": CONSENT, "staff": ["s-17", "Wang Fang"]}
    if act == "look":
        fields |= {"basis": "CONSENT", "granted": True}
    seeds = bytes([place]) * 32, bytes([place, 1]) * 16
    return build_entry(NOW + timedelta(seconds=place), {"subject": str(UUID(int=7)), "sequence": place}, fields, seeds)


DRAFTS = [draft_of(place) for place in range(SIZE)]
LOG = MemoryLog(tiles=dict(Tree(MemoryLog(), 0).append([draft.leaf_hash for draft in DRAFTS]).tiles))
ROOT = Tree(LOG, SIZE).root()
NOTE = sign_note(Checkpoint(SIGNER.name, SIZE, ROOT).body(), SIGNER)


def line_of(place: int) -> dict[str, Any]:
    draft, paths = DRAFTS[place], InclusionPaths(LOG, SIZE)
    names = [name for name in json.loads(draft.service_opening)["fields"] if name != "staff"]
    return {
        "index": place,
        "leaf": draft.leaf.decode(),
        "opening": json.loads(open_fields(names, draft.service_opening)),
        "path": [b64encode(beside).decode() for beside in paths.path(place)],
    }


def export_of(lines: Lines, **changes: Any) -> Parts:
    """An export with these lines, rightly signed; `changes` are parts of the manifest."""
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    said = {
        "kind": "openbureau-export", "issuer": "https://bureau.example", "log_origin": SIGNER.name, "tree_size": SIZE,
        "checkpoint": NOTE, "wanted": {}, "events": len(lines), "contiguous": True, "first_index": lines[0]["index"],
        "last_index": lines[-1]["index"], "order": "index",
    }  # fmt: skip
    parts = {"README.txt": b"Plain words.\n", "events.jsonl": content}
    digests = {name: sha256(part).hexdigest() for name, part in parts.items()}
    return parts | signed_manifest(SIGNING, "openbureau-export", said | changes, digests)


def stretch(first: int = 2, stop: int = 9) -> Lines:
    return [line_of(place) for place in range(first, stop)]


def zipped(parts: Parts) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return kept.getvalue()


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., VerifiedExport]:
    def check(parts: Parts | bytes, keys: Any = KEYS, trust: Any = (VKEY,)) -> VerifiedExport:
        kept = tmp_path / "export.zip"
        kept.write_bytes(parts if isinstance(parts, bytes) else zipped(parts))
        return verify_export(kept, keys, trust)

    return check


Check = Callable[..., VerifiedExport]


def test_a_whole_stretch_says_so_and_what_became_of_its_consents(check: Check) -> None:
    found = check(export_of(stretch()))
    assert (found.events, found.whole, found.first, found.last) == (7, True, 2, 8)
    assert found.checkpoint == type(found.checkpoint)(SIGNER.name, SIZE, ROOT)
    assert found.consents is not None
    assert (found.consents.looks, found.consents.matched, found.consents.unmatched) == (5, 5, 0)


def test_a_filtered_export_is_not_whole_and_tells_nothing_of_consents(check: Check) -> None:
    lines = [line_of(9), line_of(4), line_of(1)]
    found = check(export_of(lines, contiguous=False, first_index=None, last_index=None, wanted={"act": "look"}))
    assert (found.events, found.whole, found.consents, found.wanted) == (3, False, None, {"act": "look"})
    with pytest.raises(ExportNotComplete, match="twice"):
        check(export_of([*lines, lines[0]], contiguous=False, first_index=None, last_index=None))


def test_every_changed_byte_of_every_part_is_found_out(check: Check) -> None:
    parts = export_of(stretch(3, 6))
    check(parts)
    unseen = []
    for name, content in parts.items():
        for at in range(len(content)):
            changed = content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]
            try:
                check(parts | {name: changed})
            except DoesNotMatch:
                continue
            unseen.append((name, at))
    assert unseen == []


def test_every_changed_byte_of_the_zip_is_found_out_or_changes_no_part(check: Check) -> None:
    parts = export_of(stretch(3, 5))
    whole, expected = zipped(parts), check(parts)
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        try:
            assert check(changed) == expected, at
        except DoesNotMatch:
            continue


def left_out(lines: Lines) -> Lines:
    return lines[:3] + lines[4:]


def doubled(lines: Lines) -> Lines:
    return [*lines[:3], lines[2], *lines[3:]]


def moved(lines: Lines) -> Lines:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


@pytest.mark.parametrize("change", [left_out, doubled, moved])
def test_an_event_left_out_doubled_or_moved_is_found_out_though_rightly_signed(
    check: Check, change: Callable[[Lines], Lines]
) -> None:
    with pytest.raises(ExportNotComplete) as fault:
        check(export_of(change(stretch())))
    assert fault.value.entry is not None


@pytest.mark.parametrize(
    "changes",
    [{"events": 6}, {"events": 8}, {"first_index": 1}, {"first_index": None}, {"last_index": 9}, {"last_index": 7}],
    ids=str,
)
def test_a_manifest_that_promises_other_events_is_found_out_though_rightly_signed(
    check: Check, changes: dict[str, Any]
) -> None:
    with pytest.raises(ExportNotComplete):
        check(export_of(stretch(), **changes))


def another_value(line: dict[str, Any]) -> None:
    line["opening"]["fields"]["member"] = "clover-finance"


def another_leaf(line: dict[str, Any]) -> None:
    line["leaf"] = line_of(0)["leaf"]


def another_path(line: dict[str, Any]) -> None:
    line["path"] = line_of(0)["path"]


def shorter_path(line: dict[str, Any]) -> None:
    line["path"] = line["path"][:-1]


def words_beside(line: dict[str, Any]) -> None:
    line["note"] = "believe me"


def no_opening(line: dict[str, Any]) -> None:
    line["opening"] = None


def index_as_truth(line: dict[str, Any]) -> None:
    line["index"] = True


@pytest.mark.parametrize(
    "change",
    [another_value, another_leaf, another_path, shorter_path, words_beside, no_opening, index_as_truth],
)
def test_a_line_that_does_not_hold_is_named_though_rightly_signed(
    check: Check, change: Callable[[dict[str, Any]], None]
) -> None:
    lines = stretch()
    change(lines[4])
    with pytest.raises(ExportDoesNotMatch, match="Entry 5") as fault:
        check(export_of(lines))
    assert fault.value.entry == 5


def test_other_keys_and_other_kinds_do_not_stand_for_the_exchange_or_the_log(check: Check) -> None:
    parts = export_of(stretch())
    other = Verifier(SIGNER.name, SIGNING.key.public_key().public_bytes_raw()).vkey
    with pytest.raises(SignedWordsDoNotMatch):
        check(parts, {"keys": []})
    with pytest.raises(NoteDoesNotMatch):
        check(parts, KEYS, Policy([other]))
    with pytest.raises(NoteDoesNotMatch):
        check(parts, KEYS, ())
    evidence = signed_manifest(SIGNING, "openbureau-evidence", json.loads(parts["manifest.json"]), {})
    with pytest.raises(SignedWordsDoNotMatch):
        check(parts | evidence)


@pytest.mark.parametrize("content", [b"", b"PK", zipped({}), zipped({"events.jsonl": b""})], ids=["", "PK", "0", "1"])
def test_something_else_is_no_export(check: Check, content: bytes) -> None:
    with pytest.raises((EvidenceDoesNotMatch, ExportDoesNotMatch)):
        check(content)


def test_the_command_tells_what_an_export_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, keys = tmp_path / "export.zip", tmp_path / "keys.json"
    kept.write_bytes(zipped(export_of(stretch())))
    keys.write_text(json.dumps(KEYS))
    arguments = ["verify-export", str(kept), "--keys", str(keys), "--log-key", VKEY]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["events"], said["whole"], said["consents"]["unmatched"]) == (7, True, 0)
    kept.write_bytes(zipped(export_of(left_out(stretch()))))
    assert main(arguments) == 2
    assert "EXPORT_INCOMPLETE" in capsys.readouterr().err


def look(consent: str | None, member: str = "harbour-bank", **changes: Any) -> dict[str, Any]:
    return {"act": "look", "basis": "CONSENT", "granted": True, "consent": consent, "member": member} | changes


def given(consent: str, member: str = "harbour-bank") -> dict[str, Any]:
    return {"act": "consent_given", "consent": consent, "member": member}


def told(*events: dict[str, Any], from_the_beginning: bool = False) -> tuple[int, int, int, tuple[UnmatchedLook, ...]]:
    reconciler = Reconciler(from_the_beginning, MILLISECONDS)
    for index, fields in enumerate(events):
        reconciler.see(index, fields)
    found = reconciler.tell()
    assert found.looks == found.matched + found.before + found.unmatched
    return found.matched, found.before, found.unmatched, found.faults


def test_looks_are_matched_with_consents_whatever_their_order() -> None:
    assert told(given(CONSENT), look(CONSENT), look(CONSENT)) == (2, 0, 0, ())
    assert told(look(CONSENT), given(CONSENT)) == (1, 0, 0, ())


def test_a_consent_that_is_not_in_the_file_was_given_before_unless_nothing_was_before() -> None:
    older = str(new_id(NOW - timedelta(days=30)))
    assert told(look(older)) == (0, 1, 0, ())
    never = (UnmatchedLook(0, "NEVER_GIVEN"),)
    assert told(look(older), from_the_beginning=True) == (0, 0, 1, never)


def test_a_consent_that_was_drafted_within_the_period_must_be_in_the_file() -> None:
    newer, just_before = str(new_id(NOW + timedelta(minutes=5))), str(new_id(NOW + timedelta(seconds=5)))
    assert told(look(newer)) == (0, 0, 1, (UnmatchedLook(0, "NEVER_GIVEN"),))
    assert told(look(just_before)) == (0, 1, 0, ())
    assert told(look("no id of ours")) == (0, 0, 1, (UnmatchedLook(0, "NEVER_GIVEN"),))


def test_a_look_without_a_consent_or_under_anothers_is_unmatched() -> None:
    assert told(look(None)) == (0, 0, 1, (UnmatchedLook(0, "NO_CONSENT_NAMED"),))
    another = told(given(CONSENT), look(CONSENT, "clover-finance"), look(CONSENT, "clover-finance"))
    assert another == (0, 0, 2, (UnmatchedLook(1, "GIVEN_TO_ANOTHER"),))


def test_refused_looks_and_looks_on_other_grounds_need_no_consent() -> None:
    assert told(look(None, granted=False), look(None, basis="COURT_ORDER"), {"act": "submission"}) == (0, 0, 0, ())
