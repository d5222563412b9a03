"""Joins two files that are one person's, for instance one under a passport and one under a resident id.

What members contributed goes to the surviving file, sealed anew under its key; both documents lead there from then on.
What was logged about the other file stays under its own key, with its own count, and goes with it: the borrower sees
those looks too. Its consents and everything else that opened it end, so nobody reads on under what was given for less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest, Unavailable
from exchange.journeys.end_powers import end_powers, log_about
from exchange.journeys.find_borrower import Document, borrower_of
from exchange.journeys.known_identity import open_identity, seal_identity
from exchange.journeys.move_rows import Move, MoveReason
from exchange.journeys.services import Services
from exchange.store.file_powers import standing_authorities
from exchange.store.joined_files import change_who, hold_files, move_documents, who_is
from exchange.store.subject_file import SubjectFile, subject_file
from exchange.vault.field_cipher import SubjectCipher

FILES_MERGED = "files_merged"
_LASTING = ("deceased_on", "incapacity_since")
_VULNERABILITY = ("vulnerability", "vulnerability_verified_by", "vulnerability_until")


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge. `birth_dates_differed`: the surviving file's one stands."""

    accounts: int
    records: int
    statements: int
    documents: int
    consents_ended: int
    birth_dates_differed: bool


def merge_subjects(
    services: Services, survivor: Document, other: Document, evidence_digest: bytes, actor: str
) -> Merged:
    """Joins the file of `other` into that of `survivor`. `evidence_digest`: SHA-256 of what shows that it is right.

    Raises BadRequest (SUBJECT_UNKNOWN, SUBJECTS_SAME, SUBJECT_MADE_UP), Unavailable SUBJECT_BUSY.
    """
    with services.transaction() as connection:
        stays, goes = (borrower_of(services, connection, document).subject_key for document in (survivor, other))
        return merge_files(services, connection, stays, goes, {"actor": actor, "document": evidence_digest.hex()})


def merge_files(
    services: Services, connection: Connection, survivor: UUID, other: UUID, why: Mapping[str, FieldValue]
) -> Merged:
    """The same in the caller's transaction. `why` goes into the log: the `actor`, and what the merge rests on.

    1. Both files are held, and they are still two.
    2. All that opened the other file ends.
    3. What members contributed moves, sealed anew.
    4. The survivor's identity is that of both, and all documents lead there.
    5. The log says so in both files; from then on the other one is part of the survivor.
    """
    files = _hold_both(services, connection, survivor, other)  # 1
    who = {"actor": why["actor"], "reason": MoveReason.MERGED.value}
    consents_ended = end_powers(services, connection, files[1], who)  # 2
    now = services.clock.now()
    target, source = (services.keys.open(file.wrapped_key) for file in files)
    move = Move(connection, services.keys.lookup_tokens(), source, target, MoveReason.MERGED, now)
    moved = move.carry_out(None)  # 3
    differed = _join_identities(connection, target, source, now)
    documents = move_documents(connection, other, survivor)  # 4
    told = {
        "act": FILES_MERGED,
        "accounts": len(moved.account_keys),
        "records": len(moved.record_keys),
        "statements": moved.statements,
        **why,
    }
    log_about(services, connection, files[0], {**told, "part": "SURVIVES", "other_file": str(other)})
    log_about(services, connection, files[1], {**told, "part": "ENDS", "other_file": str(survivor)})
    change_who(connection, other, {"merged_into": survivor}, MoveReason.MERGED.value, now)  # 5
    return Merged(
        len(moved.account_keys), len(moved.record_keys), moved.statements, documents, consents_ended, differed
    )


def _hold_both(services: Services, connection: Connection, survivor: UUID, other: UUID) -> list[SubjectFile]:
    if survivor == other:
        raise BadRequest("Both documents lead to one file already.", "SUBJECTS_SAME")
    hold_and_beside(services, connection, survivor, other)
    rows = [who_is(connection, key) for key in (survivor, other)]
    if any(row["merged_into"] for row in rows):
        raise busy()
    if rows[0]["synthetic_identity"] != rows[1]["synthetic_identity"]:
        raise BadRequest("A made-up borrower and a real one are not one person.", "SUBJECT_MADE_UP")
    return [subject_file(connection, key) for key in (survivor, other)]


def hold_and_beside(services: Services, connection: Connection, *files: UUID) -> None:
    """Holds these files, and the logs of the others in which the end of their powers will be noted.

    Raises Unavailable SUBJECT_BUSY.
    """
    now = services.clock.now()
    beside = {key for file in files for pair in standing_authorities(connection, file, now) for key in pair}
    if not hold_files(connection, files, beside):
        raise busy()


def busy() -> Unavailable:
    """What is raised while somebody else is changing one of the files."""
    return Unavailable("An import, or somebody else, is at work on this file. Try again later.", "SUBJECT_BUSY")


def _join_identities(connection: Connection, target: SubjectCipher, source: SubjectCipher, now: datetime) -> bool:
    """The survivor is known by what was known of both. Whether their birth dates differed."""
    row, other = (who_is(connection, cipher.subject_key) for cipher in (target, source))
    known, further = open_identity(row, target), open_identity(other, source)
    joined = seal_identity(known.joined_with(further), target)
    changes = {**joined, **_protections(row, other), **_alert(row, other, target, source)}
    change_who(connection, target.subject_key, changes, MoveReason.MERGED.value, now)
    return None not in (known.birth_date, further.birth_date) and known.birth_date != further.birth_date


def _protections(row: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What protects the borrower in either file protects them in the joined one."""
    lasting = {name: row[name] if row[name] is not None else other[name] for name in _LASTING}
    vulnerable = row if row["vulnerability"] is not None else other
    frozen = row["security_freeze"] or other["security_freeze"]
    return {**lasting, **{name: vulnerable[name] for name in _VULNERABILITY}, "security_freeze": frozen}


def _alert(
    row: Mapping[str, Any], other: Mapping[str, Any], target: SubjectCipher, source: SubjectCipher
) -> dict[str, Any]:
    """A fraud alert of the other file, where the survivor has none."""
    if row["fraud_alert"] is not None or other["fraud_alert"] is None:
        return {}
    alert = source.unseal("subject", "fraud_alert", source.subject_key.bytes, other["fraud_alert"])
    sealed = target.seal("subject", "fraud_alert", target.subject_key.bytes, alert)
    return {"fraud_alert": sealed, "fraud_alert_until": other["fraud_alert_until"]}
