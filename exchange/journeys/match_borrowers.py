"""Whose records these are: finds the borrowers of a batch by their documents, compares who they are said to be with who
is held, and makes the borrowers who are not known yet.

Doubts are not decided here: they are put before a person (`subject_review`), and the caller is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.clock import new_id
from exchange.errors import IntegrityError
from exchange.handover import IdentityChecks, WrappedKey
from exchange.intake.contribution import Identifier, SubjectRecord
from exchange.intake.match_subject import conflicts, identity_checks
from exchange.journeys.contributed_rows import SUBJECT_COLUMNS, Provenance, sealed_birth_date, subject_row
from exchange.journeys.raised_reviews import review_row
from exchange.store import append
from exchange.store.subject_reviews import add_reviews, identities_of
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.key_hierarchy import KeyHierarchy
from exchange.vault.lookup_token import LookupTokens
from schema.vocabulary.identifiers import normalise_id_number
from schema.vocabulary.subject import ReviewKind

Candidates = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Documents:
    """The borrower of one record: as furnished, the first number in its one spelling, and the look-up tokens of each
    document, newest index key first.
    """

    subject: SubjectRecord
    id_number: str
    tokens: tuple[Candidates, ...]


@dataclass(slots=True)
class Borrower:
    """A borrower of a batch: what is held of who it is, and what was said of it and agrees."""

    cipher: SubjectCipher
    checks: IdentityChecks
    agreed: set[object] = field(default_factory=set)


def documents_of(subject: SubjectRecord, id_number: str, tokens: LookupTokens) -> Documents:
    """The documents of a checked record; `id_number` is the first one's normalised number."""
    first = tokens.candidates(subject.id_type, subject.country, id_number)
    others = [
        tokens.candidates(other.id_type, other.country, normalise_id_number(other.id_type, other.id_number))
        for other in subject.other_ids
    ]
    return Documents(subject, id_number, (first, *others))


class BorrowerMatcher:
    """The borrowers of one batch: `find`, then `open` the records that are to be applied, then `doubt` for each."""

    def __init__(self, connection: Connection, keys: KeyHierarchy, origin: Provenance) -> None:
        self._connection = connection
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
        self._known = append.find_subjects(self._connection, tokens)
        while merged := self._merged_meanwhile():
            self._known |= append.find_subjects(self._connection, merged)

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
        wrapped = append.newest_keys(self._connection, wanted) if wanted else {}
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
        add_reviews(self._connection, self._reviews)
        append.add_birth_dates(self._connection, self._birth_dates, self._origin.recorded_at)
        append.claim_subjects(self._connection, self._identifiers)

    def _merged_meanwhile(self) -> list[bytes]:
        """The tokens that led to a borrower who is part of another one by now."""
        if not self._known:
            return []
        self._held = identities_of(self._connection, set(self._known.values()))
        return [token for token, key in self._known.items() if key not in self._held]

    def _make(self, records: Sequence[Documents]) -> None:
        """The borrowers of records none of whose documents is known."""
        fresh: dict[UUID, Documents] = {}
        assigned: dict[bytes, UUID] = {}
        rows = []
        for record in records:
            tokens = [candidates[0][1] for candidates in record.tokens]
            key = next((assigned[token] for token in tokens if token in assigned), None)
            if key is None:
                key = new_id(self._origin.recorded_at)
                fresh[key] = record
            rows += [row for row in _identifier_rows(record, key) if row[0] not in assigned]
            assigned |= {token: assigned.get(token, key) for token in tokens}
        claimed = append.claim_subjects(self._connection, rows)
        self._known |= claimed
        ours = fresh.keys() & set(claimed.values())
        self._write_new({key: fresh[key] for key in fresh if key in ours})
        others = set(claimed.values()) - ours
        if others:
            self._held |= identities_of(self._connection, others)

    def _write_new(self, fresh: Mapping[UUID, Documents]) -> None:
        rows, wrapped = [], []
        for key, record in fresh.items():
            new_key, cipher = self._keys.create(key)
            checks = identity_checks(cipher.commit, record.subject)
            said = (record.subject.names, record.subject.birth_date)
            self._borrowers[key] = Borrower(cipher, checks, {said})
            wrapped.append(new_key)
            rows.append(subject_row(record.subject, record.id_number, cipher, checks, self._origin))
        # From here the new borrowers are there for every later statement of this transaction.
        append.add_subjects(self._connection, SUBJECT_COLUMNS, rows, wrapped)

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
        return [row for row, missing in zip(_identifier_rows(record, key), unknown, strict=True) if missing]


def _identifier_rows(record: Documents, subject_key: UUID) -> list[append.IdentifierRow]:
    """A row for each document: token, index key, id type, country, borrower."""
    subject = record.subject
    documents = (Identifier(subject.id_type, subject.country, subject.id_number), *subject.other_ids)
    return [
        (candidates[0][1], candidates[0][0], document.id_type.value, document.country, subject_key)
        for document, candidates in zip(documents, record.tokens, strict=True)
    ]
