"""Who looked at my file: every look, granted or refused, by which rule, and the proof that the list is whole.

What is shown of a look is what its log entry was opened to, after it was checked against the entry's public leaf.
Where files were joined, each has its own list, numbered and proved on its own; `earlier` names one that is not the
present file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.completeness import state_count
from exchange.audit.entry import open_all_fields, verify_opening
from exchange.audit.proof import prove, prove_each
from exchange.errors import Unavailable
from exchange.handover import THE_BORROWER, Borrower
from exchange.journeys.own_act import earlier_file_of, own_look
from exchange.journeys.plain_words import RuleInWords, Words, reason_in_words, rule_in_words
from exchange.journeys.services import Services
from exchange.store.engine import database_errors
from exchange.store.joined_files import files_merged_into
from exchange.store.mandates import mandate_lender
from exchange.store.own_file import (
    StoredEntry,
    StoredLook,
    count_looks,
    count_others_looks_since,
    last_visit,
    list_entries,
    list_looks,
    places_of,
)
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

LOOKS_PER_PAGE = 20
EVIDENCE_KIND = "openbureau-looks"
HIDDEN_FROM_EVIDENCE = frozenset({"staff"})
"""The name of a lender's member of staff does not leave with the borrower; its digest stays."""

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as the list shows it. `own`: by the borrower. `new`: since the borrower's last visit.

    `member_name` and `member_class` are None for own looks. `reasons` say why it was refused.
    """

    inquiry_key: UUID
    sequence: int
    asked_at: datetime
    member_id: str
    member_name: str | None
    member_class: MemberClass | None
    purpose: Purpose
    basis: str
    consent_id: UUID | None
    granted: bool
    own: bool
    new: bool
    unrecognised: bool
    released: tuple[FieldClass, ...]
    withheld: tuple[FieldClass, ...]
    reasons: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class LookDetail:
    """One look in full. `proof` is None while its entry waits for the next checkpoint.

    `mandate_lender`: for whom an agency looked that collects for it; None: it looked on another basis.
    `ground_reference`: the case or file number of the lawful ground, where the look rests on one and not on a consent.
    `as_of`: the file was asked for as it stood at that instant; None: as it stood at the look.
    """

    look: Look
    member_contact: str
    staff_id: str | None
    consent_use: int | None
    as_of: datetime | None
    ground_reference: str | None
    mandate_lender: str | None
    hard: bool
    requested: tuple[FieldClass, ...]
    rules: tuple[RuleInWords, ...]
    pack_version: str
    leaf_hash: bytes
    leaf_index: int | None
    proof: str | None
    unrecognised_at: datetime | None
    unrecognised_words: str | None


@dataclass(frozen=True, slots=True)
class WhoLooked:
    """One page of the looks, newest first. `entries_total` counts all log entries about the borrower, looks or not.

    `new_since_last_visit` counts looks by others. `older` is `newest` of the next page; None on the last one.
    `earlier_files` are those that were joined with the borrower's file.
    """

    looks: tuple[Look, ...]
    looks_total: int
    entries_total: int
    new_since_last_visit: int
    older: int | None
    earlier_files: tuple[UUID, ...]


def who_looked(
    services: Services, borrower: Borrower, newest: int | None = None, earlier: UUID | None = None
) -> WhoLooked:
    """The looks from sequence number `newest` down (None: from the last one).

    Raises BadRequest where there is no such earlier file, IntegrityError where a look does not match its log entry.
    """
    with services.transaction() as connection:
        file = earlier_file_of(connection, borrower, earlier)
        visited_at = last_visit(connection, borrower.subject_key, borrower.session_digest)
        stored = list_looks(connection, file.subject_key, newest, LOOKS_PER_PAGE + 1)
        looks_total = count_looks(connection, file.subject_key)
        new = count_others_looks_since(connection, file.subject_key, visited_at)
        earlier_files = files_merged_into(connection, borrower.subject_key)
    cipher = services.keys.open(file.wrapped_key)
    looks = [_look(each, _opened(services, cipher, each.entry), visited_at) for each in stored]
    older = looks[LOOKS_PER_PAGE].sequence if len(looks) > LOOKS_PER_PAGE else None
    seen = tuple(looks[:LOOKS_PER_PAGE])
    return WhoLooked(seen, looks_total, file.sequence_last, new, older, tuple(earlier_files))


def look(services: Services, borrower: Borrower, inquiry_key: UUID) -> LookDetail:
    """One look in full. Raises BadRequest where there is none with this id in the borrower's file, IntegrityError."""
    with services.transaction() as connection:
        file, stored = own_look(connection, borrower, inquiry_key)
        visited_at = last_visit(connection, borrower.subject_key, borrower.session_digest)
    cipher = services.keys.open(file.wrapped_key)
    fields = _opened(services, cipher, stored.entry)
    index, proof = proof_of(services, stored.entry.leaf_hash)
    return LookDetail(
        look=_look(stored, fields, visited_at),
        member_contact=stored.member_contact or "",
        staff_id=fields["staff"][0] if fields["staff"] else None,
        consent_use=fields["consent_use"],
        as_of=datetime.fromisoformat(fields["as_of"]) if fields.get("as_of") else None,
        ground_reference=_unsealed(cipher, "lawful_ground", "reference", stored.ground_id, stored.ground_reference),
        mandate_lender=_mandate_lender(services, fields),
        hard=stored.hard,
        requested=_classes(fields["requested"]),
        rules=tuple(rule_in_words(services.pack, rule) for rule in fields["rules"]),
        pack_version=fields["pack"],
        leaf_hash=stored.entry.leaf_hash,
        leaf_index=index,
        proof=proof,
        unrecognised_at=stored.unrecognised_at,
        unrecognised_words=_unsealed(cipher, "unrecognised_look", "words", inquiry_key, stored.unrecognised_words),
    )


def evidence(services: Services, borrower: Borrower, earlier: UUID | None = None) -> bytes:
    """Everything that is needed to check, without us, that the list is true and whole: as JSON.

    `{"v", "kind", "count": signed statement, "checkpoint": signed note, "entries": [{"leaf", "opening", "proof"}]}`.
    Raises BadRequest where there is no such earlier file, Unavailable until the log has signed something,
    IntegrityError where an entry does not match.
    """
    log = services.log
    with database_errors():
        note = log.newest_note()  # Before the entries are read, so that none under the checkpoint is missed.
    if note is None:
        raise log_behind()
    checkpoint = checkpoint_in(note)
    with services.transaction() as connection:
        file = earlier_file_of(connection, borrower, earlier)
        entries = list_entries(connection, file.subject_key)
        places = places_of(connection, [entry.entry_id for entry in entries])
    under = [entry for entry in entries if places.get(entry.entry_id, checkpoint.size) < checkpoint.size]
    if under != entries[: len(under)]:  # A later entry got its place first: a moment, until the next checkpoint.
        raise log_behind()
    with database_errors():
        proofs = prove_each(log, note, [(places[entry.entry_id], entry.leaf_hash) for entry in under])
    cipher = services.keys.open(file.wrapped_key)
    waiting = len(entries) - len(under)
    now = services.clock.now()
    return orjson.dumps(
        {
            "v": 1,
            "kind": EVIDENCE_KIND,
            "count": state_count(services.signing, file.subject_key, len(under), waiting, checkpoint, now),
            "checkpoint": note,
            "entries": [
                {
                    "leaf": entry.leaf.decode(),
                    "opening": orjson.loads(opening_of(services, cipher, entry, HIDDEN_FROM_EVIDENCE)),
                    "proof": proof,
                }
                for entry, proof in zip(under, proofs, strict=True)
            ],
        },
        option=orjson.OPT_INDENT_2,
    )


def _opened(services: Services, cipher: SubjectCipher, entry: StoredEntry) -> Fields:
    """The fields of an entry, known to belong to its leaf."""
    return verify_opening(entry.leaf, opening_of(services, cipher, entry))


def opening_of(
    services: Services, cipher: SubjectCipher, entry: StoredEntry, hidden: frozenset[str] = frozenset()
) -> bytes:
    """An opening that shows every field of an entry but the hidden ones."""
    of_subject = cipher.unseal_opening(entry.entry_id, entry.subject_opening)
    of_service = services.keys.log_cipher().unseal_opening(entry.entry_id, entry.service_opening)
    return open_all_fields(of_subject, of_service, hidden=hidden)


def _look(stored: StoredLook, fields: Fields, visited_at: datetime | None) -> Look:
    own = fields["member"] == THE_BORROWER
    return Look(
        inquiry_key=stored.inquiry_key,
        sequence=fields["sequence"],
        asked_at=stored.entry.recorded_at,
        member_id=fields["member"],
        member_name=stored.member_name,
        member_class=MemberClass(stored.member_class) if stored.member_class else None,
        purpose=Purpose(fields["purpose"]),
        basis=fields["basis"],
        consent_id=UUID(fields["consent"]) if fields["consent"] else None,
        granted=fields["granted"],
        own=own,
        new=not own and (visited_at is None or stored.asked_at > visited_at),
        unrecognised=stored.unrecognised_at is not None,
        released=_classes(fields["released"]),
        withheld=_classes(fields["withheld"]),
        reasons=tuple(reason_in_words(code) for code in fields["reasons"]),
    )


def _mandate_lender(services: Services, fields: Fields) -> str | None:
    if not fields["granted"] or not fields.get("mandate"):
        return None
    with services.connection() as connection:
        return mandate_lender(connection, UUID(fields["mandate"]))


def _unsealed(cipher: SubjectCipher, table: str, column: str, row: UUID | None, blob: bytes | None) -> str | None:
    return None if row is None or blob is None else cipher.unseal(table, column, row.bytes, blob).decode()


def _classes(names: list[str]) -> tuple[FieldClass, ...]:
    return tuple(FieldClass(name) for name in names)


def proof_of(services: Services, leaf_hash: bytes) -> tuple[int | None, str | None]:
    """The leaf's index and the proof of its inclusion; None while it waits."""
    log = services.log
    with database_errors():
        index, note = log.leaf_index(leaf_hash), log.newest_note()
        if index is None or note is None or index >= checkpoint_in(note).size:
            return index, None
        return index, prove(log, note, index, leaf_hash)


def log_behind() -> Unavailable:
    """What is raised until the log has signed the entries that are asked for."""
    return Unavailable("The newest entries wait for the log's next checkpoint. Try again in a moment.", "LOG_BEHIND")
