"""Erases what is held about a borrower: all of it, or what may go today while the rest is kept for as long as it must.

Carried out by the owner of the tables: no web worker may delete. A borrower asks (`own_erasure`), an operator acts on a
letter, and retention completes what was begun once nothing stands against it any more.
"""

import logging
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.policy.retention import retention_rules
from exchange.clock import new_id
from exchange.errors import ExchangeError
from exchange.journeys.end_powers import end_consents, end_powers
from exchange.journeys.erasure_list import Erasures
from exchange.journeys.erasure_plan import ErasurePlan, plan_erasure
from exchange.journeys.find_borrower import Document, borrower_of
from exchange.journeys.log_act import entry_about_nobody, log_in_file
from exchange.journeys.merge_subjects import hold_and_beside
from exchange.journeys.services import Services
from exchange.journeys.tell import Said, tell_borrower, tell_member
from exchange.store import erasure as store
from exchange.store.erasure import Erased, ErasureRequest, WholeFile, read_whole_file
from exchange.store.joined_files import files_merged_into
from exchange.store.log_rows import append_log_entry
from exchange.store.retention import earlier_references
from exchange.store.running_clocks import meet_clock
from exchange.store.subject_file import SubjectFile, subject_file
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

logger = logging.getLogger(__name__)

FILE_ERASED = "file_erased"
_REFERENCES = ("account_ref", "previous_ref")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did, or (a dry run) would do. Not `whole`: something is kept, and the rest follows by itself."""

    subject_key: UUID
    whole: bool
    plan: ErasurePlan


def erase_subject(
    services: Services, document: Document, evidence_digest: bytes | None, actor: str, dry_run: bool = False
) -> Erasure:
    """Erases the borrower's file as far as may be, and remembers what is still to go. `evidence_digest`: SHA-256 of the
    borrower's letter. Raises BadRequest SUBJECT_UNKNOWN, Unavailable SUBJECT_BUSY.
    """
    with services.transaction() as connection:
        file = borrower_of(services, connection, document)
        if dry_run:
            plan = plan_for(services, connection, file.subject_key)
            return Erasure(file.subject_key, plan.whole, plan)
        request = store.request_of(connection, file.subject_key) or _requested(services, connection, file, actor)
        why = {"actor": actor, "document": evidence_digest.hex() if evidence_digest else None}
        done = _carry_out(services, connection, request, why)
    return _noted(services, done)


def erase_pending(services: Services, actor: str) -> list[Erasure]:
    """Carries out every request that is not done yet, each in a transaction of its own. One that cannot be done now,
    because somebody else is at work on the file, is left for the next time. Returns those that were begun, or changed
    something.
    """
    with services.transaction() as connection:
        requests = store.open_requests(connection)
    done = []
    for request in requests:
        try:
            with services.transaction() as connection:
                erasure = _carry_out(services, connection, request, {"actor": actor})
        except ExchangeError as fault:
            logger.warning("erasure.put_off code=%s", fault.stable_code)
            continue
        if erasure.whole or erasure.plan.gone or request.begun_at is None:
            done.append(_noted(services, erasure))
    Erasures(services).keep()
    return done


def replay_erasures(services: Services, actor: str, noted: Iterable[Erased] = ()) -> int:
    """After a backup was restored: erases again whoever was erased since it was made. Returns how many were readable.

    Known from the database, from the list beside it (`erasure_list`), and from `noted`.
    """
    with services.transaction() as connection:
        listed = (*noted, *Erasures(services).read(), *store.list_erased(connection))
    known = {each.subject_key: each for each in listed}
    again = 0
    for erased in known.values():
        with services.transaction() as connection:
            again += _erase_again(services, connection, erased)
        services.keys.forget(erased.subject_key)
    with services.transaction() as connection:
        fields: dict[str, Any] = {"act": "erasures_replayed", "actor": actor, "subjects": again}
        append_log_entry(connection, entry_about_nobody(services, services.clock.now(), fields))
    Erasures(services).keep(known.values())
    return again


def plan_for(services: Services, connection: Connection, borrower: UUID, first_time: bool = True) -> ErasurePlan:
    """What would go today, and what would stay."""
    return _planned(services, read_whole_file(connection, borrower, services.clock.now()), first_time)


def _planned(services: Services, file: WholeFile, first_time: bool) -> ErasurePlan:
    now = services.clock.now()
    return plan_erasure(file, retention_rules(services.pack, now.date()), now, first_time)


def _requested(services: Services, connection: Connection, file: SubjectFile, actor: str) -> ErasureRequest:
    now = services.clock.now()
    request = ErasureRequest(file.subject_key, new_id(now), actor, now, None)
    store.add_request(connection, request)
    return request


def _carry_out(services: Services, connection: Connection, request: ErasureRequest, why: Mapping[str, Any]) -> Erasure:
    """1. The file is held, with those that were merged into it: nobody writes to them meanwhile.
    2. What goes and what stays is decided from what is there now.
    3. Where nothing stays, the whole file goes; else what may go does, and the request is remembered.
    """
    borrower = request.subject_key
    merged = files_merged_into(connection, borrower)
    hold_and_beside(services, connection, borrower, *merged)  # 1
    whole_file = read_whole_file(connection, borrower, services.clock.now())
    plan = _planned(services, whole_file, first_time=request.begun_at is None)  # 2
    file = subject_file(connection, borrower)
    if plan.whole:  # 3
        _erase_whole(services, connection, file, plan, why)
        for key in merged:
            _wipe(services, connection, subject_file(connection, key), ErasurePlan(), why)
    else:
        _erase_part(services, connection, file, request, whole_file, plan, why)
    return Erasure(borrower, plan.whole, plan)


def _erase_whole(
    services: Services, connection: Connection, file: SubjectFile, plan: ErasurePlan, why: Mapping[str, Any]
) -> None:
    """1. All that opened the file ends; recipients of consents are told.
    2. The members that report are told that the file is gone.
    3. It goes, with its key.
    """
    key = file.subject_key
    end_powers(services, connection, file, {"actor": why["actor"], "reason": "ERASED"})  # 1
    for member_id in store.furnishers_of(connection, key):  # 2
        said: Said = {"whole": True, "erased_at": services.clock.now().isoformat()}
        tell_member(services, connection, key, member_id, NoticeKind.FILE_ERASED, None, said)
    _wipe(services, connection, file, plan, why)  # 3


def _wipe(
    services: Services, connection: Connection, file: SubjectFile, plan: ErasurePlan, why: Mapping[str, Any]
) -> None:
    """1. The file's last log entry says that it goes, and the table of erasures names it.
    2. The key goes, and everything that was sealed under it, found by it or led to it.
    """
    cipher = services.keys.open(file.wrapped_key)
    account_tokens = _all_tokens(services, connection, file.subject_key, cipher)
    leaf_hash = _log(services, connection, file, cipher, {**_told(plan, "WHOLE"), **why})  # 1
    store.add_erased(connection, Erased(file.subject_key, services.clock.now(), leaf_hash))
    store.wipe_file(connection, file.subject_key, account_tokens)  # 2


def _erase_part(
    services: Services,
    connection: Connection,
    file: SubjectFile,
    request: ErasureRequest,
    whole_file: WholeFile,
    plan: ErasurePlan,
    why: Mapping[str, Any],
) -> None:
    """What may go today goes, and is logged; the first time also what is no record. The rest is remembered."""
    key, now = file.subject_key, services.clock.now()
    first_time = request.begun_at is None
    if first_time:
        end_consents(services, connection, file, {"actor": why["actor"], "reason": "ERASED"})
        store.delete_closed_cases(connection, key)
        store.delete_side_details(connection, key)
        store.mark_begun(connection, request, now)
        meet_clock(connection, key, request.request_id, ClockKind.ERASURE, now)
    if not plan.gone and not first_time:
        return
    cipher = services.keys.open(file.wrapped_key)
    gone = [row["account_key"] for row in plan.accounts_gone]
    earlier = earlier_references(connection, key, gone)
    tokens = _tokens(services, [*plan.accounts_gone, *earlier], cipher)
    store.delete_part(
        connection, key, gone, tokens, plan.records_gone, plan.clearances_gone, plan.breaches_gone,
        plan.statements_gone,
    )  # fmt: skip
    leaf_hash = _log(services, connection, file, cipher, {**_told(plan, "PART"), **why})
    for member_id, ids in _gone_by_member(whole_file, plan).items():
        gone_of_theirs: Said = {"whole": False, "erased_at": now.isoformat(), "records": ids}
        tell_member(services, connection, key, member_id, NoticeKind.FILE_ERASED, None, gone_of_theirs)
    said: Said = {"whole": False, "leaf_hash": b64encode(leaf_hash).decode()}
    tell_borrower(services, connection, key, NoticeKind.FILE_ERASED, request.request_id, said)


def _erase_again(services: Services, connection: Connection, erased: Erased) -> bool:
    """Wipes a file that a restored backup brought back. Whether it was readable."""
    store.add_erased(connection, erased)
    readable = store.is_readable(connection, erased.subject_key)
    tokens: list[bytes] = []
    if readable:
        cipher = services.keys.open(subject_file(connection, erased.subject_key).wrapped_key)
        tokens = _all_tokens(services, connection, erased.subject_key, cipher)
    store.wipe_file(connection, erased.subject_key, tokens)
    return readable


def _noted(services: Services, done: Erasure) -> Erasure:
    """After the commit: nothing of the key stays in memory, and the list beside the database knows of it."""
    if done.whole:
        services.keys.forget(done.subject_key)
        Erasures(services).keep()
    return done


def _all_tokens(services: Services, connection: Connection, borrower: UUID, cipher: SubjectCipher) -> list[bytes]:
    rows = read_whole_file(connection, borrower, services.clock.now()).accounts
    earlier = earlier_references(connection, borrower, [row["account_key"] for row in rows])
    return _tokens(services, [*rows, *earlier], cipher)


def _tokens(services: Services, rows: Iterable[Mapping[str, Any]], cipher: SubjectCipher) -> list[bytes]:
    """The look-up tokens under which accounts are found by their references."""
    tokens = services.keys.lookup_tokens()
    found = []
    for row in rows:
        for name in _REFERENCES:
            sealed = row.get(name)
            if sealed is None:
                continue
            sealed = bytes.fromhex(sealed[2:]) if isinstance(sealed, str) else sealed
            reference = cipher.unseal("account", name, row["account_key"].bytes, sealed).decode()
            found += [token for _, token in tokens.account_candidates(row["contributor"], reference)]
    return found


def _gone_by_member(file: WholeFile, plan: ErasurePlan) -> dict[str, list[str]]:
    """The ids of the records that go, by the member that reported them."""
    told: dict[str, list[str]] = {}
    for row in plan.accounts_gone:
        told.setdefault(row["contributor"], []).append(str(row["account_key"]))
    for name, keys in plan.records_gone.items():
        whose = {key: row["contributor"] for row in file.records[name] for key in row.values() if key in keys}
        for key, contributor in whose.items():
            told.setdefault(contributor, []).append(str(key))
    return told


def _told(plan: ErasurePlan, part: str) -> dict[str, Any]:
    """What was erased, and what was not, as the log says it: `ACCOUNTS 3`, `OPEN_ACCOUNT 1`."""
    kept: dict[str, int] = {}
    for each in plan.kept:
        kept[each.because.value] = kept.get(each.because.value, 0) + each.count
    return {
        "act": FILE_ERASED,
        "part": part,
        "erased": [f"{what.value} {number}" for what, number in sorted(plan.gone.items())],
        "kept": [f"{because} {number}" for because, number in kept.items()],
        "rules": list(plan.rules),
    }


def _log(
    services: Services, connection: Connection, file: SubjectFile, cipher: SubjectCipher, fields: Mapping[str, Any]
) -> bytes:
    said = {**fields, "pack": services.pack.version}
    return log_in_file(services, connection, services.clock.now(), file.subject_key, cipher, said).leaf_hash
