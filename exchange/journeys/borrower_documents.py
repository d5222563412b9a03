"""The identity documents of records, with the tokens under which their borrowers are looked up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from exchange.intake.contribution import SubjectRecord
from exchange.vault.lookup_token import LookupTokens
from schema.vocabulary.identifiers import normalise_id_number

Candidates = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Documents:
    """The borrower of one record: as furnished, the first number in its one spelling, and the look-up tokens of each
    document, newest index key first.
    """

    subject: SubjectRecord
    id_number: str
    tokens: tuple[Candidates, ...]

    @property
    def newest(self) -> list[bytes]:
        """The newest token of each document."""
        return [candidates[0][1] for candidates in self.tokens]


def documents_of(subject: SubjectRecord, id_number: str, tokens: LookupTokens) -> Documents:
    """The documents of a checked record; `id_number` is the first one's normalised number."""
    first = tokens.candidates(subject.id_type, subject.country, id_number)
    others = [
        tokens.candidates(other.id_type, other.country, normalise_id_number(other.id_type, other.id_number))
        for other in subject.other_ids
    ]
    return Documents(subject, id_number, (first, *others))


def share_out(
    records: Iterable[Documents], key_of: Callable[[Documents], UUID]
) -> tuple[dict[UUID, Documents], dict[bytes, UUID]]:
    """New borrowers for records none of whose documents is known; records that share a document are of one borrower.

    Gives the first record of each borrower by its key, made by `key_of`, and the borrower of each newest token.
    """
    first: dict[UUID, Documents] = {}
    borrower_of: dict[bytes, UUID] = {}
    for record in records:
        tokens = record.newest
        key = next((borrower_of[token] for token in tokens if token in borrower_of), None)
        if key is None:
            key = key_of(record)
            first[key] = record
        for token in tokens:
            borrower_of.setdefault(token, key)
    return first, borrower_of
