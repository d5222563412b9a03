"""How borrowers sign in, in SQL: who is enrolled, their authenticator app and recovery codes.

Every statement belongs to the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from exchange.store.tables.sign_in import enrolment, recovery_code, totp
from exchange.store.tables.subject import subject


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What signing in needs of a borrower's file. `id_number` is sealed."""

    id_number: bytes
    language: str
    synthetic_identity: bool


@dataclass(frozen=True, slots=True)
class StoredTotp:
    """An authenticator app that was set up. `secret` is sealed."""

    secret: bytes
    last_step: int
    confirmed_at: datetime


def know_person(connection: Connection, subject_key: UUID) -> KnownPerson:
    """The borrower's file, as far as signing in needs it."""
    columns = select(subject.c.id_number, subject.c.language, subject.c.synthetic_identity)
    return KnownPerson(*connection.execute(columns.where(subject.c.subject_key == subject_key)).one())


def record_enrolment(
    connection: Connection, subject_key: UUID, proofed_by: str, evidence: bytes, language: str, now: datetime
) -> bool:
    """Notes that a borrower's identity was proved. False: it was before, which stays as it was."""
    row = {
        "subject_key": subject_key,
        "proofed_by": proofed_by,
        "proofed_at": now,
        "evidence": evidence,
        "language": language,
    }
    added = insert_or(enrolment).values(row).on_conflict_do_nothing().returning(enrolment.c.subject_key)
    return connection.execute(added).first() is not None


def find_totp(connection: Connection, subject_key: UUID) -> StoredTotp | None:
    """The borrower's authenticator app."""
    row = connection.execute(
        select(totp.c.secret, totp.c.last_step, totp.c.confirmed_at).where(totp.c.subject_key == subject_key)
    ).one_or_none()
    return StoredTotp(*row) if row else None


def put_totp(connection: Connection, subject_key: UUID, secret: bytes, step: int, now: datetime) -> None:
    """An authenticator app whose first code (of `step`) was right, in place of an earlier one."""
    values = {"secret": secret, "last_step": step, "confirmed_at": now}
    statement = insert_or(totp).values(subject_key=subject_key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["subject_key"], set_=values))


def spend_totp_step(connection: Connection, subject_key: UUID, step: int) -> bool:
    """False: a code of this step or a later one was used already."""
    fresh = update(totp).where(totp.c.subject_key == subject_key, totp.c.last_step < step)
    return connection.execute(fresh.values(last_step=step)).rowcount == 1


def remove_totp(connection: Connection, subject_key: UUID) -> bool:
    """False: the borrower has none."""
    return connection.execute(delete(totp).where(totp.c.subject_key == subject_key)).rowcount == 1


def replace_recovery_codes(connection: Connection, subject_key: UUID, hashes: Sequence[str]) -> None:
    """New codes, numbered from 0, in place of all earlier ones."""
    connection.execute(delete(recovery_code).where(recovery_code.c.subject_key == subject_key))
    rows = [{"subject_key": subject_key, "code_no": number, "hash": each} for number, each in enumerate(hashes)]
    connection.execute(insert(recovery_code), rows)


def find_recovery_hash(connection: Connection, subject_key: UUID, code_no: int) -> str | None:
    """The hash of a code that was not used yet."""
    return connection.execute(select(recovery_code.c.hash).where(*_unused(subject_key, code_no))).scalar()


def spend_recovery_code(connection: Connection, subject_key: UUID, code_no: int, code_hash: str, now: datetime) -> bool:
    """False: it was used, or replaced, in the meantime."""
    spent = update(recovery_code).where(*_unused(subject_key, code_no), recovery_code.c.hash == code_hash)
    return connection.execute(spent.values(used_at=now)).rowcount == 1


def count_recovery_codes(connection: Connection, subject_key: UUID) -> int:
    """How many a borrower still has."""
    unused = (recovery_code.c.subject_key == subject_key, recovery_code.c.used_at.is_(None))
    return connection.execute(select(func.count()).select_from(recovery_code).where(*unused)).scalar_one()


def _unused(subject_key: UUID, code_no: int) -> tuple[ColumnElement[bool], ...]:
    codes = recovery_code.c
    return codes.subject_key == subject_key, codes.code_no == code_no, codes.used_at.is_(None)
