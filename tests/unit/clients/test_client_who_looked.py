"""The client's check of a borrower's list: any entry left out, changed, moved, doubled or borrowed is found out."""

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbureau_client import DoesNotMatch, Policy, WitnessesMissing
from openbureau_client.cli import main
from openbureau_client.encoding import from_base64url
from openbureau_client.errors import ListDoesNotMatch, ListNotComplete, NoteDoesNotMatch, SignedWordsDoNotMatch
from openbureau_client.who_looked import verify_list

from exchange.audit.checkpoint import Checkpoint, KeySigner, Verifier, sign_note
from exchange.audit.completeness import state_count
from exchange.audit.cosignature import Ed25519Cosigner, cosignature_line
from exchange.audit.entry import EntryDraft, build_entry, open_all_fields
from exchange.audit.merkle import Tree
from exchange.audit.proof import prove_each
from exchange.audit.receipt import ReceiptKey
from tests.memory_log import MemoryLog

LISTS = 1_000
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
ALICE, BOB = UUID(int=0xA11CE), UUID(int=0xB0B)
EXCHANGE, LOG = Ed25519PrivateKey.from_private_bytes(b"e" * 32), Ed25519PrivateKey.from_private_bytes(b"l" * 32)
SIGNING = ReceiptKey("x1", EXCHANGE)
SIGNER = KeySigner("openbureau.example/log", LOG)
VKEY = Verifier(SIGNER.name, SIGNER.public_key).vkey
PUBLIC = b64encode(EXCHANGE.public_key().public_bytes_raw()).decode().rstrip("=").replace("+", "-").replace("/", "_")
KEYS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x1", "x": PUBLIC}]}

Evidence = dict[str, Any]
Mutation = Callable[[Evidence, random.Random], Evidence | None]


def entry(chance: random.Random, subject: UUID, sequence: int) -> EntryDraft:
    fields = {
        "act": "look",
        "member": chance.choice(["harbour-bank", "clover-finance", "self"]),
        "staff": ["s-17", "Wang Fang"],
        "granted": chance.random() < 0.7,
        "released": ["ACCOUNTS", "PAYMENT_HISTORY"][: chance.randrange(3)],
        "consent_use": chance.choice([None, 1, 7]),
        "rules": ["cn.cir.18"],
    }
    about = {"subject": str(subject), "sequence": sequence}
    return build_entry(NOW, about, fields, (chance.randbytes(32), chance.randbytes(32)))


def lists(seed: int) -> tuple[Evidence, Evidence]:
    """Evidence for two borrowers whose entries lie in one log, in a random order of borrowers."""
    chance = random.Random(seed)
    owners = [ALICE] * chance.randrange(1, 9) + [BOB] * chance.randrange(1, 4)
    chance.shuffle(owners)
    drafts: dict[UUID, list[tuple[int, EntryDraft]]] = {ALICE: [], BOB: []}
    for index, owner in enumerate(owners):
        drafts[owner].append((index, entry(chance, owner, len(drafts[owner]) + 1)))
    leaves = sorted((index, draft.leaf_hash) for mine in drafts.values() for index, draft in mine)
    growth = Tree(MemoryLog(), 0).append([leaf for _, leaf in leaves])
    log = MemoryLog(tiles=dict(growth.tiles))
    checkpoint = Checkpoint(SIGNER.name, len(leaves), Tree(log, len(leaves)).root())
    note = sign_note(checkpoint.body(), SIGNER)
    made = []
    for owner, mine in drafts.items():
        proofs = prove_each(log, note, [(index, draft.leaf_hash) for index, draft in mine])
        made.append(
            {
                "v": 1,
                "kind": "openbureau-looks",
                "count": state_count(SIGNING, owner, len(mine), 0, checkpoint, NOW),
                "checkpoint": note,
                "entries": [
                    {
                        "leaf": draft.leaf.decode(),
                        "opening": json.loads(
                            open_all_fields(draft.subject_opening or b"", draft.service_opening, hidden={"staff"})
                        ),
                        "proof": proof,
                    }
                    for (_, draft), proof in zip(mine, proofs, strict=True)
                ],
            }
        )
    return made[0], made[1]


def check(evidence: Evidence) -> Any:
    return verify_list(json.dumps(evidence).encode(), KEYS, [VKEY])


def omit_any(evidence: Evidence, chance: random.Random) -> Evidence:
    del evidence["entries"][chance.randrange(len(evidence["entries"]))]
    return evidence


def omit_last(evidence: Evidence, chance: random.Random) -> Evidence:
    evidence["entries"].pop()
    return evidence


def omit_first(evidence: Evidence, chance: random.Random) -> Evidence:
    evidence["entries"].pop(0)
    return evidence


def double(evidence: Evidence, chance: random.Random) -> Evidence:
    entries = evidence["entries"]
    entries.insert(chance.randrange(len(entries) + 1), chance.choice(entries))
    return evidence


def put_one_in_anothers_place(evidence: Evidence, chance: random.Random) -> Evidence | None:
    entries = evidence["entries"]
    if len(entries) < 2:
        return None
    one, other = chance.sample(range(len(entries)), 2)
    entries[one] = entries[other]
    return evidence


def swap(evidence: Evidence, chance: random.Random) -> Evidence | None:
    entries = evidence["entries"]
    if len(entries) < 2:
        return None
    one, other = chance.sample(range(len(entries)), 2)
    entries[one], entries[other] = entries[other], entries[one]
    return evidence


def change_a_field(evidence: Evidence, chance: random.Random) -> Evidence:
    fields = chance.choice(evidence["entries"])["opening"]["fields"]
    name = chance.choice(sorted(fields))
    old = fields[name]
    fields[name] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else [*(old or []), "x"]
    return evidence


def drop_a_field(evidence: Evidence, chance: random.Random) -> Evidence:
    opening = chance.choice(evidence["entries"])["opening"]
    name = chance.choice(sorted(opening["fields"]))
    del opening["fields"][name], opening["salts"][name]
    return evidence


def change_a_salt_or_digest(evidence: Evidence, chance: random.Random) -> Evidence:
    opening = chance.choice(evidence["entries"])["opening"]
    group = opening[chance.choice(["salts", "digests"])]
    name = chance.choice(sorted(group))
    raw = bytearray(b64decode(group[name]))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    group[name] = b64encode(raw).decode()
    return evidence


def changed_character(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice([c for c in "0aZ+/=\n x" if c != text[at]]) + text[at + 1 :]


def change_the_leaf(evidence: Evidence, chance: random.Random) -> Evidence:
    one = chance.choice(evidence["entries"])
    one["leaf"] = changed_character(one["leaf"], chance)
    return evidence


def change_the_proof(evidence: Evidence, chance: random.Random) -> Evidence:
    one = chance.choice(evidence["entries"])
    one["proof"] = changed_character(one["proof"], chance)
    return evidence


def swap_proofs(evidence: Evidence, chance: random.Random) -> Evidence | None:
    entries = evidence["entries"]
    if len(entries) < 2:
        return None
    one, other = chance.sample(entries, 2)
    one["proof"], other["proof"] = other["proof"], one["proof"]
    return evidence


def change_the_checkpoint(evidence: Evidence, chance: random.Random) -> Evidence:
    evidence["checkpoint"] = changed_character(evidence["checkpoint"], chance)
    return evidence


def change_the_count(evidence: Evidence, chance: random.Random) -> Evidence:
    evidence["count"] = changed_character(evidence["count"], chance)
    return evidence


MUTATIONS: list[Mutation] = [
    omit_any, omit_last, omit_first, double, put_one_in_anothers_place, swap, change_a_field, drop_a_field,
    change_a_salt_or_digest, change_the_leaf, change_the_proof, swap_proofs, change_the_checkpoint, change_the_count,
]  # fmt: skip


def test_of_a_thousand_lists_the_untouched_pass_and_every_mutation_is_found_out() -> None:
    tried = 0
    for seed in range(LISTS):
        evidence, foreign = lists(seed)
        chance = random.Random(seed)
        verified = check(evidence)
        assert len(verified.looks) == len(evidence["entries"])
        assert verified.subject == str(ALICE)
        for mutate in MUTATIONS:
            mutated = mutate(deepcopy(evidence), chance)
            if mutated is None:
                continue
            tried += 1
            with pytest.raises(DoesNotMatch):
                check(mutated)
                pytest.fail(f"{mutate.__name__} of list {seed} was not found out")
        for borrowed in (foreign["entries"][0], foreign["entries"][-1]):
            with pytest.raises(DoesNotMatch):
                check({**evidence, "entries": [*evidence["entries"], borrowed]})
            with pytest.raises(DoesNotMatch):
                check({**evidence, "entries": [borrowed, *evidence["entries"][1:]]})
        with pytest.raises(DoesNotMatch):
            check({**evidence, "entries": foreign["entries"]})
        with pytest.raises(DoesNotMatch):
            check({**evidence, "count": foreign["count"]})
    assert tried > 13 * LISTS


def test_the_error_names_the_entry() -> None:
    evidence, _ = lists(3)
    evidence["entries"][1]["opening"]["fields"]["member"] = "somebody-else"
    with pytest.raises(ListDoesNotMatch) as fault:
        check(evidence)
    assert fault.value.entry == 2
    assert str(fault.value).startswith("Entry 2: ")


def test_an_entry_left_out_is_told_apart_from_one_that_was_changed() -> None:
    evidence, _ = lists(3)
    whole = len(evidence["entries"])
    with pytest.raises(ListNotComplete, match=f"has {whole - 1} entries; the exchange has signed for {whole}"):
        check({**evidence, "entries": evidence["entries"][:-1]})
    with pytest.raises(ListNotComplete, match="Entry 1: it is number 2"):
        check({**evidence, "entries": evidence["entries"][1:]})


def test_a_borrower_without_entries_has_a_list_that_is_empty_and_whole() -> None:
    tree_size, root = 7, b"r" * 32
    checkpoint = Checkpoint(SIGNER.name, tree_size, root)
    evidence = {
        "v": 1,
        "kind": "openbureau-looks",
        "count": state_count(SIGNING, ALICE, 0, 2, checkpoint, NOW),
        "checkpoint": sign_note(checkpoint.body(), SIGNER),
        "entries": [],
    }
    verified = check(evidence)
    assert (verified.entries, verified.subject, verified.waiting) == ((), None, 2)


def test_a_count_made_under_another_checkpoint_is_refused() -> None:
    evidence, _ = lists(3)
    older = Checkpoint(SIGNER.name, 1, b"r" * 32)
    with pytest.raises(ListDoesNotMatch, match="not counted under this checkpoint"):
        check({**evidence, "count": state_count(SIGNING, ALICE, len(evidence["entries"]), 0, older, NOW)})


def test_other_keys_do_not_stand_for_the_exchange_or_the_log() -> None:
    evidence, _ = lists(3)
    content = json.dumps(evidence).encode()
    other = Verifier(SIGNER.name, EXCHANGE.public_key().public_bytes_raw()).vkey
    with pytest.raises(NoteDoesNotMatch):
        verify_list(content, KEYS, [other])
    with pytest.raises(SignedWordsDoNotMatch):
        verify_list(content, {"keys": []}, [VKEY])
    with pytest.raises(NoteDoesNotMatch):
        verify_list(content, KEYS, [])


def test_a_receipt_or_another_kind_of_signed_words_is_no_count() -> None:
    evidence, _ = lists(3)
    protected, payload, signature = evidence["count"].split(".")
    header = json.loads(from_base64url(protected)) | {"typ": "openbureau-copy"}
    renamed = b64encode(json.dumps(header).encode()).decode().rstrip("=")
    with pytest.raises(SignedWordsDoNotMatch):
        check({**evidence, "count": f"{renamed}.{payload}.{signature}"})


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"v":1}', b'{"v":1,"kind":"openbureau-looks"}'])
def test_something_else_is_no_list(content: bytes) -> None:
    with pytest.raises(ListDoesNotMatch):
        verify_list(content, KEYS, [VKEY])


@pytest.mark.parametrize("extra", [{"note": "x"}, {"entries": {}}, {"entries": ["x"]}, {"entries": [{"leaf": "{}"}]}])
def test_a_list_of_another_form_is_refused(extra: dict[str, Any]) -> None:
    evidence, _ = lists(3)
    with pytest.raises(ListDoesNotMatch):
        check({**evidence, **extra})


def test_the_command_says_whether_the_list_is_whole(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    evidence, _ = lists(3)
    (tmp_path / "keys.json").write_text(json.dumps(KEYS))
    (tmp_path / "looks.json").write_text(json.dumps(evidence))
    arguments = ["verify-looks", str(tmp_path / "looks.json"), "--keys", str(tmp_path / "keys.json"), "--log-key", VKEY]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["complete"] and said["entries"] == len(evidence["entries"])
    assert "Wang Fang" not in json.dumps(said)

    del evidence["entries"][-1]
    (tmp_path / "looks.json").write_text(json.dumps(evidence))
    assert main(arguments) == 2
    assert "LIST_INCOMPLETE" in capsys.readouterr().err


def test_a_list_is_believed_only_with_the_witnesses_asked_for(tmp_path, capsys):
    witness = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
    policy = Policy([VKEY], [witness.verifier.vkey])
    evidence = lists(7)[0]
    with pytest.raises(WitnessesMissing):
        verify_list(json.dumps(evidence).encode(), KEYS, policy)
    note = evidence["checkpoint"]
    line = cosignature_line(witness, note.rpartition("\n\n")[0] + "\n", 1_780_000_000)
    cosigned = json.dumps(evidence).replace(json.dumps(note)[1:-1], json.dumps(note + line)[1:-1])
    assert verify_list(cosigned.encode(), KEYS, policy).entries
    (tmp_path / "looks.json").write_text(json.dumps(evidence))
    (tmp_path / "keys.json").write_text(json.dumps(KEYS))
    command = ["verify-looks", str(tmp_path / "looks.json"), "--keys", str(tmp_path / "keys.json"), "--log-key", VKEY]
    command += ["--witness", witness.verifier.vkey]
    assert main(command) == 2
    assert "WITNESSES_MISSING" in capsys.readouterr().err
    assert main([*command, "--quorum", "0"]) == 0
    (tmp_path / "looks.json").write_text(cosigned)
    assert main(command) == 0
