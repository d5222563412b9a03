"""Identities that were furnished and are not believed yet, as rows for a person to look at."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from exchange.clock import new_id
from exchange.intake.contribution import Identifier, SubjectRecord
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.subject import ReviewKind


@dataclass(frozen=True, slots=True)
class ClaimedIdentity:
    """Who a member said that a borrower is: the documents as furnished, the names, the birth date if it said one."""

    documents: tuple[Identifier, ...]
    names: tuple[str, ...]
    birth_date: date | None


def review_row(
    kind: ReviewKind,
    cipher: SubjectCipher,
    contributor: str,
    subject: SubjectRecord,
    now: datetime,
    other_subject_key: UUID | None = None,
) -> dict[str, Any]:
    """A row of `subject_review` about the borrower whose cipher this is. The claim is sealed under the borrower's key.

    `other_subject_key`: the other file that the record's documents lead to (IDS_DISAGREE).
    """
    review_id = new_id(now)
    documents = [(subject.id_type, subject.country, subject.id_number)]
    documents += [(each.id_type, each.country, each.id_number) for each in subject.other_ids]
    birth_date = subject.birth_date.isoformat() if subject.birth_date else None
    claim = orjson.dumps({"documents": documents, "names": subject.names, "birth_date": birth_date})
    return {
        "subject_key": cipher.subject_key,
        "review_id": review_id,
        "kind": kind.value,
        "contributor": contributor,
        "other_subject_key": other_subject_key,
        "claimed": cipher.seal("subject_review", "claimed", review_id.bytes, claim),
        "claim_check": cipher.commit(orjson.dumps(["identity claimed", kind, claim.decode(), other_subject_key])),
        "raised_at": now,
    }


def open_claim(cipher: SubjectCipher, review_id: UUID, claimed: bytes) -> ClaimedIdentity:
    """The identity in a review. Raises IntegrityError."""
    claim = orjson.loads(cipher.unseal("subject_review", "claimed", review_id.bytes, claimed))
    return ClaimedIdentity(
        tuple(Identifier(IdType(id_type), country, number) for id_type, country, number in claim["documents"]),
        tuple(claim["names"]),
        date.fromisoformat(claim["birth_date"]) if claim["birth_date"] else None,
    )
