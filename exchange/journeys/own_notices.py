"""A borrower's notices: what they were told, what is new, who looked since, and what members owe them by now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from exchange.handover import Borrower
from exchange.journeys.notice_facts import said_in
from exchange.journeys.own_act import own_file_of
from exchange.journeys.services import Services
from exchange.store.joined_files import files_merged_into
from exchange.store.member_register import names_of
from exchange.store.notices import StoredNotice, count_unseen_by_borrower, mark_seen, notices_to_borrower
from exchange.store.own_file import count_others_looks_since, last_visit
from exchange.store.running_clocks import RunningClock, clocks_overdue
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

NOTICES_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class OwnNotice:
    """One notice. `said` by name: ids, codes and days; `member_name`: of the member that it is about, where one is.

    `new`: the borrower has not seen it before.
    """

    notice_id: UUID
    kind: NoticeKind
    about: UUID | None
    member_name: str | None
    said: Mapping[str, Any]
    written_at: datetime
    due_at: datetime | None
    new: bool


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that is owed to the borrower, and late. `member_name` None: by the exchange or the authority."""

    kind: ClockKind
    about: UUID
    member_name: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of the notices, newest first. `older` is `newest` of the next page; None on the last one.

    `looks_new`: how many looks by others there were since the last visit, which was at `looked_since` (None: ever).
    """

    notices: tuple[OwnNotice, ...]
    older: UUID | None
    looks_new: int
    looked_since: datetime | None
    overdue: tuple[Overdue, ...]


def read_inbox(services: Services, borrower: Borrower, newest: UUID | None = None) -> Inbox:
    """The notices from `newest` down (None: from the last one); those shown count as seen from now on.

    Raises BadRequest once the file was erased.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        key = own_file_of(connection, borrower).subject_key
        stored = notices_to_borrower(connection, _files(connection, key), newest, NOTICES_PER_PAGE + 1)
        shown = stored[:NOTICES_PER_PAGE]
        mark_seen(connection, shown, now)
        since = last_visit(connection, key, borrower.session_digest)
        looks_new = count_others_looks_since(connection, key, since)
        late = clocks_overdue(connection, key, now)
        members = [said_in(each.body).get("member") for each in shown] + [clock.member_id for clock in late]
        names = names_of(connection, {each for each in members if isinstance(each, str)})
    return Inbox(
        notices=tuple(_notice(each, names) for each in shown),
        older=stored[NOTICES_PER_PAGE].notice_id if len(stored) > NOTICES_PER_PAGE else None,
        looks_new=looks_new,
        looked_since=since,
        overdue=tuple(_overdue(clock, names) for clock in late),
    )


def count_unseen(services: Services, borrower: Borrower) -> int:
    """How many notices were not seen; new looks are announced apart (`who_looked`).

    Raises BadRequest once the file was erased.
    """
    with services.connection() as connection:
        key = own_file_of(connection, borrower).subject_key
        return count_unseen_by_borrower(connection, _files(connection, key))


def _files(connection: Connection, subject_key: UUID) -> tuple[UUID, ...]:
    """The borrower's file and those that were joined with it: what was told there was told to the same person."""
    return subject_key, *files_merged_into(connection, subject_key)


def _notice(stored: StoredNotice, names: Mapping[str, str]) -> OwnNotice:
    said = said_in(stored.body)
    return OwnNotice(
        notice_id=stored.notice_id,
        kind=NoticeKind(stored.kind),
        about=stored.about,
        member_name=names.get(str(said.get("member"))),
        said=said,
        written_at=stored.written_at,
        due_at=stored.due_at,
        new=stored.seen_at is None,
    )


def _overdue(clock: RunningClock, names: Mapping[str, str]) -> Overdue:
    return Overdue(clock.kind, clock.about, names.get(clock.member_id or ""), clock.due_at)
