"""Whose records these are: finds the borrowers of a batch by their documents, compares who they are said to be with who
is held, and makes the borrowers who are not known yet.

Doubts are not decided here: they are put before a person (`subject_review`), and the caller is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from exchange.clock import new_id
from exchange.errors import IntegrityError
from exchange.handover import IdentityChecks, WrappedKey
from exchange.intake.contribution import Identifier, SubjectRecord
from exchange.intake.match_subject import conflicts, identity_checks
from exchange.journeys.borrower_documents import Documents, share_out
from exchange.journeys.contributed_rows import SUBJECT_COLUMNS, Provenance, sealed_birth_date
from exchange.journeys.new_records import NewBorrower, new_borrowers
from exchange.journeys.raised_reviews import review_row
from exchange.store import append
from exchange.store.asking import Ask
from exchange.store.subject_reviews import add_reviews, identities_of
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy
from schema.vocabulary.subject import ReviewKind


@dataclass(slots=True)
class Borrower:
    """A borrower of a batch: what is held of who it is, and what was said of it and agrees."""

    cipher: SubjectCipher
    checks: IdentityChecks
    agreed: set[object] = field(default_factory=set)


class BorrowerMatcher:
    """The borrowers of one batch: `find`, then `open` the records that are to be applied, then `doubt` for each."""

    def __init__(self, ask: Ask, keys: KeyHierarchy, origin: Provenance, ahead: Mapping[bytes, NewBorrower]) -> None:
        """`ahead`: borrowers made in case they are new, by the newest token of their first number."""
        self._ask = ask
        self._ahead = ahead
        self._keys = keys
        self._origin = origin
        self._known: dict[bytes, UUID] = {}
        self._held: dict[UUID, IdentityChecks] = {}
        self._borrowers: dict[UUID, Borrower] = {}
        self._reviews: list[Mapping[str, Any]] = []
        self._birth_dates: dict[UUID, tuple[bytes, bytes]] = {}
        self._identifiers: list[append.IdentifierRow] = []

    def find(self, records: Iterable[Documents]) -> None:
        """Looks up every document. Nobody found is merged or split before the transaction ends."""
        tokens = [token for record in records for candidates in record.tokens for _, token in candidates]
        self._known = self._ask(append.find_subjects, tokens)
        while merged := self._merged_meanwhile():
            self._known |= self._ask(append.find_subjects, merged)

    def keys_of(self, record: Documents) -> list[UUID]:
        """The borrowers to whom the documents of a record lead: none, one, or several who may be one person."""
        known = self._known
        if len(record.tokens) == 1 and len(record.tokens[0]) == 1:
            key = known.get(record.tokens[0][0][1])
            return [] if key is None else [key]
        return list({known[token]: None for each in record.tokens for _, token in each if token in known})

    def borrower_of(self, record: Documents) -> Borrower:
        """The borrower of a record, once opened."""
        return self._borrowers[self.keys_of(record)[0]]

    def open(self, records: Sequence[Documents]) -> None:
        """Opens the keys of the borrowers of these records, and makes those borrowers who are not known yet."""
        self._make([record for record in records if not self.keys_of(record)])
        wanted = {key for record in records for key in self.keys_of(record)} - self._borrowers.keys()
        wrapped = self._ask(append.newest_keys, wanted) if wanted else {}
        for key in wanted:
            self._borrowers[key] = Borrower(self._opened(wrapped.get(key)), self._held[key])

    def doubt(self, record: Documents) -> ReviewKind | None:
        """What a person must look at about the borrower of an opened record; None: it is who the record says."""
        subject, keys = record.subject, self.keys_of(record)
        borrower = self._borrowers[keys[0]]
        if len(keys) > 1:
            self._review(ReviewKind.IDS_DISAGREE, borrower, subject, keys[1])
            return ReviewKind.IDS_DISAGREE
        said = (subject.names, subject.birth_date)
        if said not in borrower.agreed:
            claimed = identity_checks(borrower.cipher.commit, subject)
            doubts = conflicts(borrower.checks, claimed)
            for doubt in doubts:
                self._review(doubt, borrower, subject)
            if doubts:
                return doubts[0]
            borrower.agreed.add(said)
            self._add_birth_date(borrower, subject, claimed)
        if subject.other_ids:
            self._identifiers += self._missing_identifiers(record, keys[0])
        return None

    def write(self) -> None:
        """Writes what was found out: reviews, birth dates and further documents of borrowers who are held."""
        self._ask(add_reviews, self._reviews)
        self._ask(append.add_birth_dates, self._birth_dates, self._origin.recorded_at)
        self._ask(append.claim_subjects, self._identifiers)

    def _merged_meanwhile(self) -> list[bytes]:
        """The tokens that led to a borrower who is part of another one by now."""
        if not self._known:
            return []
        self._held = self._ask(identities_of, set(self._known.values()))
        return [token for token, key in self._known.items() if key not in self._held]

    def _make(self, records: Sequence[Documents]) -> None:
        """The borrowers of records none of whose documents is known."""
        fresh, borrower_of = share_out(records, self._key_for)
        rows = {row[0]: row for record in records for row in _identifier_rows(record, borrower_of)}
        claimed = self._ask(append.claim_subjects, list(rows.values()))
        self._known |= claimed
        ours = fresh.keys() & set(claimed.values())
        self._write_new({key: fresh[key] for key in fresh if key in ours})
        others = set(claimed.values()) - ours
        if others:
            self._held |= self._ask(identities_of, others)

    def _key_for(self, record: Documents) -> UUID:
        made = self._made_ahead(record)
        return new_id(self._origin.recorded_at) if made is None else made.cipher.subject_key

    def _made_ahead(self, record: Documents) -> NewBorrower | None:
        """The borrower that was made of this very record ahead of time."""
        made = self._ahead.get(record.newest[0])
        return made if made is not None and made.documents is record else None

    def _write_new(self, fresh: Mapping[UUID, Documents]) -> None:
        ahead = {key: made for key, record in fresh.items() if (made := self._made_ahead(record))}
        missing = {key: record for key, record in fresh.items() if key not in ahead}
        new = ahead | new_borrowers(missing, self._keys, self._origin)
        for key, borrower in new.items():
            subject = borrower.documents.subject
            self._borrowers[key] = Borrower(borrower.cipher, borrower.checks, {(subject.names, subject.birth_date)})
        if new:
            # From here the new borrowers are there for every later statement of this transaction.
            rows, wrapped, sequences = zip(*(borrower.lines for borrower in new.values()), strict=True)
            self._ask(append.add_subjects, SUBJECT_COLUMNS, rows, wrapped, sequences)

    def _opened(self, wrapped: WrappedKey | None) -> SubjectCipher:
        if wrapped is None:
            raise IntegrityError("A borrower is known to the look-up and has no key.")
        return self._keys.open(wrapped)

    def _review(
        self, kind: ReviewKind, borrower: Borrower, subject: SubjectRecord, other_key: UUID | None = None
    ) -> None:
        origin = self._origin
        self._reviews.append(
            review_row(kind, borrower.cipher, origin.contributor, subject, origin.recorded_at, other_key)
        )

    def _add_birth_date(self, borrower: Borrower, subject: SubjectRecord, claimed: IdentityChecks) -> None:
        """A borrower of whom no birth date was held has one from now on."""
        if borrower.checks.birth is None and claimed.birth is not None and subject.birth_date is not None:
            borrower.checks = IdentityChecks(claimed.birth, borrower.checks.names)
            sealed = sealed_birth_date(subject.birth_date, borrower.cipher)
            self._birth_dates[borrower.cipher.subject_key] = sealed, claimed.birth

    def _missing_identifiers(self, record: Documents, key: UUID) -> list[append.IdentifierRow]:
        unknown = [not any(token in self._known for _, token in candidates) for candidates in record.tokens]
        rows = _identifier_rows(record, dict.fromkeys(record.newest, key))
        return [row for row, missing in zip(rows, unknown, strict=True) if missing]


def _identifier_rows(record: Documents, borrower_of: Mapping[bytes, UUID]) -> list[append.IdentifierRow]:
    """A row for each document: token, index key, id type, country, borrower."""
    subject = record.subject
    documents = (Identifier(subject.id_type, subject.country, subject.id_number), *subject.other_ids)
    return [
        (token, index_key_id, document.id_type.value, document.country, borrower_of[token])
        for document, ((index_key_id, token), *_) in zip(documents, record.tokens, strict=True)
    ]
