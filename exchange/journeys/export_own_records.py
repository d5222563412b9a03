"""A member takes its own current accounts along, in Metro 2, by the operator's hand. That it did is in the log.

What is written is what the member itself contributed: its accounts, and of a borrower the document, name and birth date
that the accounts are held under. Addresses, telephones and employers are left out: another member may have told them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.handover import Member
from exchange.intake.account_content import account_of_row
from exchange.intake.contribution import AccountRecord, Contribution, DelinquencyRecord, SubjectRecord
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.joint_account import furnished_reference, is_joint
from exchange.intake.metro2.reader import LANGUAGE
from exchange.intake.metro2.time_zones import time_zone_of
from exchange.intake.metro2.unsaid import Unsaid
from exchange.intake.metro2.writer import FileHeader, write_metro2
from exchange.journeys.contributed_rows import held_delinquency
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store import append
from exchange.store.append import HeldAccount
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import registered_member
from exchange.store.own_records import Page, own_accounts, read_one_moment
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.submission import FileFormat

PAGE_ACCOUNTS = 1_000
_LINES_AROUND = 2  # header and trailer

Joint = dict[str, list[Contribution]]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: accounts, the accounts that the format cannot hold, and how often each field was not said."""

    accounts: int
    not_written: int
    unsaid: dict[Unsaid, int]


def export_own_records(services: Services, member_id: str, file: BinaryIO, actor: str) -> Exported:
    """Writes the member's current accounts as Metro 2, and then the log entry: the file is the member's only once this
    returns. Memory grows with the further borrowers of its accounts alone.

    Raises BadRequest where there is no such member, IntegrityError, Unavailable.
    """
    lines = not_written = 0
    lost: Counter[Unsaid] = Counter()
    with services.transaction() as connection:
        read_one_moment(connection, services.settings.import_statement_timeout_ms)
        member = registered_member(connection, member_id)
        records = _records(services, connection, member_id)
        for written in write_metro2(records, _header(services, member)):
            file.write(written.line)
            lost.update(written.unsaid)
            lines += bool(written.line)
            not_written += not written.line
    accounts = lines - _LINES_AROUND
    with services.transaction() as connection:
        _log(services, connection, member_id, accounts, actor)
    return Exported(accounts, not_written, dict(lost))


def _header(services: Services, member: Member) -> FileHeader:
    today = services.clock.now().date()
    return FileHeader(member.name, member.member_id, today, today)


def _records(services: Services, connection: Connection, member_id: str) -> Iterator[Contribution]:
    """Every account, each followed by those of its further borrowers."""
    joint: Joint = {}
    for record in _read(services, connection, member_id, further_borrowers=True):
        if is_joint(record.account.reference):
            joint.setdefault(furnished_reference(record.account.reference), []).append(record)
    for record in _read(services, connection, member_id):
        if not is_joint(record.account.reference):
            yield record
            yield from joint.pop(record.account.reference, ())
    for alone in joint.values():
        yield from alone


def _read(
    services: Services, connection: Connection, member_id: str, further_borrowers: bool = False
) -> Iterator[Contribution]:
    after: tuple[UUID, UUID] | None = None
    while page := own_accounts(connection, member_id, after, PAGE_ACCOUNTS, further_borrowers):
        yield from _opened(services, connection, page)
        after = page[-1]["subject_key"], page[-1]["account_key"]


def _opened(services: Services, connection: Connection, page: Page) -> Iterator[Contribution]:
    wrapped = append.newest_keys(connection, {row["subject_key"] for row in page})
    held = [HeldAccount(row["subject_key"], row["account_key"]) for row in page]
    late = append.fetch_delinquencies(connection, held)
    for row in page:
        if row["subject_key"] in wrapped:  # otherwise the borrower was erased
            cipher = services.keys.open(wrapped[row["subject_key"]])
            shown = [one for one in late.get(row["account_key"], []) if one["suppressed_by"] is None]
            account = account_of_row(row, _unsealed(cipher, "account", "account_ref", row["account_key"], row))
            # By their ends: a furnisher may state of the last one that it began before an earlier one.
            shown.sort(key=lambda one: one["ended_on"] or date.max)
            delinquencies = [held_delinquency(one).record for one in shown]
            yield Contribution(0, _subject(row, cipher), account, _with_stated(account, delinquencies))


def _with_stated(account: AccountRecord, late: list[DelinquencyRecord]) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies, the last marked as stated by the furnisher where its history alone would give another day."""
    if not late or account.history is None:
        return tuple(late)
    derived = derive_delinquencies(account.history, account.reported_on)
    stated = not derived or derived[-1].first_delinquent_on != late[-1].first_delinquent_on
    return (*late[:-1], replace(late[-1], stated=stated))


def _subject(row: Any, cipher: SubjectCipher) -> SubjectRecord:
    key = row["subject_key"]
    born_on = _unsealed(cipher, "subject", "birth_date", key, row)
    return SubjectRecord(
        id_type=IdType(row["id_type"]),
        country=row["country"],
        id_number=_unsealed(cipher, "subject", "id_number", key, row),
        names=tuple(orjson.loads(_unsealed(cipher, "subject", "names", key, row))),
        time_zone=time_zone_of(""),
        language=LANGUAGE,
        birth_date=date.fromisoformat(born_on) if born_on else None,
        synthetic=row["synthetic_identity"],
    )


def _unsealed(cipher: SubjectCipher, table: str, column: str, row_key: UUID, row: Any) -> str:
    sealed = row[column]
    return "" if sealed is None else cipher.unseal(table, column, row_key.bytes, sealed).decode()


def _log(services: Services, connection: Connection, member_id: str, accounts: int, actor: str) -> None:
    fields: dict[str, FieldValue] = {
        "act": "records_exported",
        "member": member_id,
        "format": FileFormat.METRO2.value,
        "accounts": accounts,
        "actor": actor,
    }
    append_log_entry(connection, entry_about_nobody(services, services.clock.now(), fields))
