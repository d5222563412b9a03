"""Divides a file that holds two persons' records: chosen accounts go to a new file with its own key and documents.

The way back from a merge, or from an import under a wrong document. The looks and the log stay where they are. All that
opened the file ends: who of the two gave a consent, or made a passkey, is not known.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.intake.match_subject import spellings
from exchange.journeys.end_powers import end_powers, log_about
from exchange.journeys.find_borrower import Document, borrower_of, lookup_tokens
from exchange.journeys.known_identity import LISTS, KnownIdentity, open_identity, seal_identity
from exchange.journeys.merge_subjects import hold_and_beside
from exchange.journeys.move_rows import Chosen, Move, MoveReason
from exchange.journeys.services import Services
from exchange.store.append import find_accounts
from exchange.store.joined_files import add_file, change_who, files_merged_into, move_documents, who_is
from exchange.store.subject_file import SubjectFile, subject_file
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.identifiers import IdType, normalise_id_number

FILE_SPLIT = "file_split"


@dataclass(frozen=True, slots=True)
class Parting:
    """What goes to the new file, and who that is. `accounts` are (contributor, its own reference); `record_keys` name
    public records and assessments; the first of `documents` becomes the new file's main one.
    """

    documents: tuple[Document, ...]
    names: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...] = ()
    record_keys: frozenset[UUID] = frozenset()
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """What came of a split: the new file, and how much went there."""

    subject_key: UUID
    accounts: int
    records: int
    statements: int
    documents: int
    consents_ended: int


def split_subject(
    services: Services, original: Document, parting: Parting, evidence_digest: bytes, actor: str
) -> Split:
    """Divides the file of `original`. `evidence_digest`: SHA-256 of what shows that it is right.

    1. The file is held, and everything named is in it; its main document stays.
    2. All that opened it ends.
    3. The new file is made, and the documents lead there.
    4. The accounts move, sealed anew, with what belongs to them.
    5. The original file no longer goes by the other's names; a file that was merged under a moved document goes along.
    6. The log says so in both files.

    Raises BadRequest (SUBJECT_UNKNOWN, SPLIT_NOT_VALID), Unavailable SUBJECT_BUSY.
    """
    with services.transaction() as connection:
        file = borrower_of(services, connection, original)
        hold_and_beside(services, connection, file.subject_key)  # 1
        dividing = _Dividing(services, connection, file, parting)
        chosen = dividing.checked()
        who = {"actor": actor, "reason": MoveReason.SPLIT.value}
        consents_ended = end_powers(services, connection, file, who)  # 2
        new = dividing.new_file()  # 3
        documents = move_documents(connection, file.subject_key, new.subject_key, dividing.tokens())
        moved = dividing.move_to(new).carry_out(chosen)  # 4
        if chosen.record_keys - moved.record_keys:
            raise BadRequest("One of these records is not in this file.", "SPLIT_NOT_VALID")
        dividing.forget_other_person(new.subject_key)  # 5
        told: dict[str, FieldValue] = {
            "act": FILE_SPLIT,
            "accounts": len(moved.account_keys),
            "records": len(moved.record_keys),
            "statements": moved.statements,
            "actor": actor,
            "document": evidence_digest.hex(),
        }
        log_about(services, connection, file, {**told, "part": "ORIGINAL", "other_file": str(new.subject_key)})  # 6
        log_about(services, connection, new, {**told, "part": "NEW", "other_file": str(file.subject_key)})
    return Split(
        new.subject_key, len(moved.account_keys), len(moved.record_keys), moved.statements, documents, consents_ended
    )


@dataclass(frozen=True, slots=True)
class _Dividing:
    """A split in one transaction, which holds the file."""

    services: Services
    connection: Connection
    file: SubjectFile
    parting: Parting

    def tokens(self) -> list[bytes]:
        """The look-up tokens of the documents that move."""
        return [token for document in self.parting.documents for token in lookup_tokens(self.services, document)]

    def checked(self) -> Chosen:
        """What is to move. Raises BadRequest with everything that is wrong."""
        held = self._held_accounts()
        missing = [number for number, account in enumerate(self.parting.accounts, 1) if account not in held]
        checks = (
            (any(spellings(name) for name in self.parting.names), "Say who the other person is: a name at least."),
            (bool(self.parting.documents), "Name at least one document of the other person."),
            (all(map(self._leads_here, self.parting.documents)), "One of these documents does not lead to this file."),
            (not set(self.tokens()) & self._main_tokens(), "The file's main document stays: name others."),
            (not missing, f"These accounts are not in this file (counted from 1): {', '.join(map(str, missing))}."),
        )
        if wrong := [sentence for holds, sentence in checks if not holds]:
            raise BadRequest(" ".join(wrong), "SPLIT_NOT_VALID")
        return Chosen(frozenset(held.values()), self.parting.record_keys)

    def new_file(self) -> SubjectFile:
        """The other person's file, still without any record."""
        now = self.services.clock.now()
        wrapped, cipher = self.services.keys.create(new_id(now))
        row, main = who_is(self.connection, self.file.subject_key), self.parting.documents[0]
        number = normalise_id_number(main.id_type, main.id_number)
        lists: dict[str, tuple[str, ...]] = dict.fromkeys(LISTS, ())
        identity = KnownIdentity(lists | {"names": self.parting.names}, self.parting.birth_date)
        added: dict[str, Any] = {
            "subject_key": cipher.subject_key,
            "id_type": main.id_type.value,
            "country": main.country.upper(),
            "id_number": cipher.seal("subject", "id_number", cipher.subject_key.bytes, number.encode()),
            **seal_identity(identity, cipher),
            **{name: row[name] for name in ("time_zone", "language", "jurisdiction", "synthetic_identity")},
            "split_from": self.file.subject_key,
            "recorded_at": now,
        }
        add_file(self.connection, added, wrapped)
        return SubjectFile(cipher.subject_key, wrapped)

    def move_to(self, new: SubjectFile) -> Move:
        """The move from the file to the new one."""
        source, target = (self.services.keys.open(file.wrapped_key) for file in (self.file, new))
        tokens, now = self.services.keys.lookup_tokens(), self.services.clock.now()
        return Move(self.connection, tokens, source, target, MoveReason.SPLIT, now)

    def forget_other_person(self, new_key: UUID) -> None:
        """The original file goes by its own names; a file that was merged under a moved document goes along."""
        now, key = self.services.clock.now(), self.file.subject_key
        cipher = self.services.keys.open(self.file.wrapped_key)
        known = open_identity(who_is(self.connection, key), cipher).without_names(self.parting.names)
        change_who(self.connection, key, seal_identity(known, cipher), MoveReason.SPLIT.value, now)
        moved = set(self.tokens())
        for merged in files_merged_into(self.connection, key):
            earlier = self.services.keys.open(subject_file(self.connection, merged).wrapped_key)
            if moved & self._tokens_of_main(merged, earlier):
                change_who(self.connection, merged, {"merged_into": new_key}, MoveReason.SPLIT.value, now)

    def _held_accounts(self) -> dict[tuple[str, str], UUID]:
        tokens = self.services.keys.lookup_tokens()
        wanted = {
            token: (contributor, reference)
            for contributor, reference in self.parting.accounts
            for _, token in tokens.account_candidates(contributor, reference)
        }
        found = find_accounts(self.connection, list(wanted)).items()
        here = self.file.subject_key
        return {wanted[token]: held.account_key for token, held in found if held.subject_key == here}

    def _leads_here(self, document: Document) -> bool:
        return borrower_of(self.services, self.connection, document).subject_key == self.file.subject_key

    def _main_tokens(self) -> set[bytes]:
        return self._tokens_of_main(self.file.subject_key, self.services.keys.open(self.file.wrapped_key))

    def _tokens_of_main(self, key: UUID, cipher: SubjectCipher) -> set[bytes]:
        row: Any = who_is(self.connection, key)
        number = cipher.unseal("subject", "id_number", key.bytes, row["id_number"]).decode()
        return set(lookup_tokens(self.services, Document(IdType(row["id_type"]), row["country"], number)))
