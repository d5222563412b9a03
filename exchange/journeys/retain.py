"""Retention: what the law no longer lets us keep is deleted, what it lets nobody see is hidden, and each act is logged.

It goes through the borrowers in the order of their keys, a bounded number in each transaction, and notes how far it has
come: a run that was killed goes on there. Whatever is done to a borrower's records stands in the borrower's own part
of the log, in the same transaction. Run by the owner of the tables: no web worker may delete or change versions.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.policy.resolve import anniversary, ceiling_years
from consent.policy.retention import deleting_years, retention_rules
from exchange.clock import new_id
from exchange.errors import BadRequest, ExchangeError
from exchange.intake.account_content import COLUMNS, HISTORY, content_bytes, content_of_row
from exchange.intake.contribution import History
from exchange.intake.forget_expired import masked_history
from exchange.journeys.erase_subject import erase_pending
from exchange.journeys.log_act import entry_about_nobody, log_in_file
from exchange.journeys.measure_quality import measure_quality
from exchange.journeys.retention_work import HistoryChange, Judge, Work, work_for
from exchange.journeys.services import Services
from exchange.store import retention
from exchange.store.log_rows import append_log_entry
from exchange.store.subject_file import subject_file
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.scope import FieldClass

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
"""How often the daily process looks whether it is time."""

Wait = Callable[[float], bool]
"""Waits so many seconds; true where it is time to stop."""


@dataclass(frozen=True, slots=True)
class RetentionOutcome:
    """What a run did, or (`dry_run`) would do. `subjects`: borrowers of whom something changed. `counts`: how many
    records, by action, kind of record and rule.
    """

    run_id: UUID | None
    ran_for: date
    dry_run: bool
    subjects: int
    counts: Mapping[str, int]


@dataclass(slots=True)
class _Done:
    """What became of a batch."""

    subjects: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def retain(services: Services, actor: str, on: date | None = None, dry_run: bool = False) -> RetentionOutcome:
    """Does what the rules about keeping say `on` a day (None: today, UTC), and carries out the erasures that were asked
    for as far as nothing stands against them any more. A dry run changes nothing.

    Raises BadRequest for a day to come: what is deleted too early cannot be brought back.
    """
    today = services.clock.now().date()
    day = on or today
    if dry_run:
        return _look_through(services, _judge(services, day))
    if day > today:
        raise BadRequest("Retention runs for today or a day before; with a dry run, for any.", "RETENTION_IN_FUTURE")
    outcome = _run(services, _judge(services, day), actor)
    erase_pending(services, actor)
    return outcome


def keep_daily(services: Services, actor: str, wait: Wait) -> None:
    """Once a day, from `retention_hour` on (UTC), until `wait` says to stop: members' data is measured, and retention
    runs. Where a run fails, that is told on standard error, and it is tried again.
    """
    while True:
        try:
            if is_due(services):
                measure_quality(services, actor)
                outcome = retain(services, actor)
                logger.info("retention.done day=%s borrowers=%d", outcome.ran_for, outcome.subjects)
        except ExchangeError as fault:
            logger.error("retention.failed code=%s", fault.stable_code)
        if wait(PAUSE_SECONDS):
            return


def is_due(services: Services) -> bool:
    """Whether the hour has come, and retention has not yet run for this day."""
    now = services.clock.now()
    if now.hour < services.settings.retention_hour:
        return False
    with services.transaction() as connection:
        return not retention.finished_for(connection, now.date())


def _judge(services: Services, day: date) -> Judge:
    return Judge(retention_rules(services.pack, day), day, ZoneInfo(services.settings.time_zone))


def _run(services: Services, judge: Judge, actor: str) -> RetentionOutcome:
    now = services.clock.now()
    with services.transaction() as connection:
        run_id = retention.begin_run(connection, new_id(now), judge.today, services.pack.version, now).run_id
    while True:
        with services.transaction() as connection:
            run = retention.hold_run(connection, run_id)
            borrowers = _next(services, connection, run.last_subject_key)
            if not borrowers or run.finished_at is not None:
                if run.finished_at is None:
                    _finish(services, connection, run, actor)
                return RetentionOutcome(run_id, judge.today, False, run.subjects, run.counts)
            done = _go_through(services, connection, borrowers, judge, run_id, actor)
            counts = dict(Counter(run.counts) + done.counts)
            retention.keep_progress(
                connection,
                run_id,
                last_subject_key=borrowers[-1],
                subjects=run.subjects + done.subjects,
                counts=counts,
            )


def _next(services: Services, connection: Connection, after: UUID | None) -> list[UUID]:
    return retention.next_borrowers(connection, after, services.settings.retention_batch)


def _go_through(
    services: Services, connection: Connection, borrowers: list[UUID], judge: Judge, run_id: UUID, actor: str
) -> _Done:
    done = _Done()
    if (years := _years_shown(judge)) is not None:
        retention.fill_display_until(connection, borrowers, years)
    for borrower in _with_work(connection, borrowers, judge):
        work = _work_held(connection, borrower, judge)
        if work.counts:
            _carry_out(services, connection, borrower, work, run_id, actor)
            done.subjects += 1
            done.counts += work.counts
    return done


def _look_through(services: Services, judge: Judge) -> RetentionOutcome:
    subjects, counts, last = 0, Counter[str](), None
    with services.transaction() as connection:
        while borrowers := _next(services, connection, last):
            for held in retention.records_of(connection, borrowers, _contacts_before(judge)).values():
                work = work_for(held, judge)
                subjects += bool(work.counts)
                counts += work.counts
            last = borrowers[-1]
    return RetentionOutcome(None, judge.today, True, subjects, dict(counts))


def _with_work(connection: Connection, borrowers: Iterable[UUID], judge: Judge) -> list[UUID]:
    """The borrowers of whom something seems to be due, before their rows are held."""
    found = retention.records_of(connection, list(borrowers), _contacts_before(judge))
    return sorted(borrower for borrower, held in found.items() if work_for(held, judge).counts)


def _work_held(connection: Connection, borrower: UUID, judge: Judge) -> Work:
    """What is due once nobody else can change the borrower's rows."""
    retention.hold_borrower(connection, borrower)
    found = retention.records_of(connection, [borrower], _contacts_before(judge), held=True)
    return work_for(found.get(borrower, retention.HeldRecords()), judge)


def _carry_out(
    services: Services, connection: Connection, borrower: UUID, work: Work, run_id: UUID, actor: str
) -> None:
    cipher = services.keys.open(subject_file(connection, borrower).wrapped_key)
    gone = [row["account_key"] for row in work.accounts_deleted]
    earlier = retention.earlier_references(connection, borrower, gone)
    tokens = [token for row in (*work.accounts_deleted, *earlier) for token in _tokens(services, row, cipher)]
    retention.delete_accounts(connection, borrower, gone, tokens)
    for change in work.accounts:
        key = change.row["account_key"]
        retention.change_account(connection, borrower, key, _account_values(change, cipher, key))
    for change in work.versions:
        key = UUID(change.row["account_key"])
        values = _version_values(_account_values(change, cipher, key))
        retention.change_version(connection, borrower, key, change.row["version"], values)
    retention.delete_versions(connection, borrower, work.versions_deleted)
    for delinquency_key, mark in work.marks:
        retention.mark_delinquency(connection, borrower, delinquency_key, mark)
    for kind, keys in work.records_deleted.items():
        retention.delete_records(connection, borrower, kind, keys)
    _log(services, connection, borrower, cipher, work, run_id, actor)


def _tokens(services: Services, row: Mapping[str, Any], cipher: SubjectCipher) -> list[bytes]:
    """The look-up tokens under which an account is found by its reference."""
    sealed = _sealed(row["account_ref"])
    reference = cipher.unseal("account", "account_ref", row["account_key"].bytes, sealed).decode()
    candidates = services.keys.lookup_tokens().account_candidates(row["contributor"], reference)
    return [token for _, token in candidates]


def _account_values(change: HistoryChange, cipher: SubjectCipher, account_key: UUID) -> dict[str, Any]:
    """The columns of an account that change, the commitment to its content among them."""
    values: dict[str, Any] = {"hidden_months": list(change.hidden_months) or None}
    if change.annotated_by is not None:
        values["annotated_by"] = change.annotated_by
    if change.masked:
        row = change.row
        reference = cipher.unseal("account", "account_ref", account_key.bytes, _sealed(row["account_ref"])).decode()
        values |= _masked(row, change.masked)
        # What an earlier version did not know yet, it does not have: its content is committed to without.
        content = content_of_row({**dict.fromkeys(COLUMNS), **row, **values})
        values["commitment"] = cipher.commit(content_bytes("account", reference, content))
    return values


def _masked(row: Mapping[str, Any], positions: frozenset[int]) -> dict[str, Any]:
    """The history's columns without what stands at these positions."""
    amounts = [None if row[name] is None else tuple(row[name]) for name in HISTORY[2:]]
    masked = masked_history(History(row["history_month"], row["history_codes"], *amounts), set(positions))
    beside = (masked.days_past_due, masked.past_due_minor, masked.balance_minor, masked.paid_minor)
    return {
        "history_codes": masked.codes,
        **{name: None if kept is None else list(kept) for name, kept in zip(HISTORY[2:], beside, strict=True)},
    }


def _sealed(value: bytes | str) -> bytes:
    r"""A sealed column, also as JSON holds it: `\x` and hexadecimal digits."""
    return bytes.fromhex(value[2:]) if isinstance(value, str) else value


def _version_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values as JSON holds them."""
    told = dict(values)
    if told["hidden_months"]:
        told["hidden_months"] = [month.isoformat() for month in told["hidden_months"]]
    if "commitment" in told:
        told["commitment"] = "\\x" + told["commitment"].hex()
    return told


def _log(
    services: Services,
    connection: Connection,
    borrower: UUID,
    cipher: SubjectCipher,
    work: Work,
    run_id: UUID,
    actor: str,
) -> None:
    fields = {
        "act": "retention_applied",
        "actor": actor,
        "run": str(run_id),
        "rules": sorted(work.rules),
        "retained": _told(work.counts),
        "pack": services.pack.version,
    }
    log_in_file(services, connection, services.clock.now(), borrower, cipher, fields)


def _finish(services: Services, connection: Connection, run: Any, actor: str) -> None:
    now = services.clock.now()
    fields = {
        "act": "retention_run",
        "actor": actor,
        "run": str(run.run_id),
        "ran_for": run.ran_for.isoformat(),
        "subjects": run.subjects,
        "retained": _told(run.counts),
        "pack": run.pack_version,
    }
    append_log_entry(connection, entry_about_nobody(services, now, fields))
    retention.keep_progress(connection, run.run_id, finished_at=now)


def _told(counts: Mapping[str, int]) -> list[str]:
    """What was done, as the log says it: `delete DELINQUENCIES cn.cir.16 2`."""
    return [f"{what} {number}" for what, number in sorted(counts.items())]


def _years_shown(judge: Judge) -> int | None:
    """For how many years after its end any delinquency may be shown."""
    noun = FieldClass.DELINQUENCIES
    about = (rule for rule in judge.rules if not rule.applies.member_classes)
    return ceiling_years(rule for rule in about if not rule.applies.field_classes or noun in rule.applies.field_classes)


def _contacts_before(judge: Judge) -> date:
    """Contacts that are younger than this need not be looked at: no rule deletes them yet."""
    years = deleting_years(judge.rules, FieldClass.COLLECTIONS)
    return anniversary(judge.today, -years) + timedelta(days=1) if years is not None else date.min
