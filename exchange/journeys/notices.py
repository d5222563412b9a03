"""Notices to members: fetched by them; those of withdrawals answered, and shown to the borrower with who is late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.reasons import Reason
from exchange.errors import NotAuthenticated, Refused
from exchange.handover import Caller, Member
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import entry_about, entry_about_nobody
from exchange.journeys.notice_facts import facts_in
from exchange.journeys.notice_reach import NOTICE_SCOPES, kinds_within
from exchange.journeys.services import Services
from exchange.journeys.write_act import by_whom, spend_proof
from exchange.planning.selection import check_size
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import admitted_member
from exchange.store.notices import (
    StoredNotice,
    count_notices_to,
    find_notice_to,
    mark_seen,
    notices_of_kind,
    notices_to,
    put_answer,
)
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.running_clocks import meet_clock
from exchange.store.subject_file import next_sequence
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.notice import NoticeAnswer, NoticeKind
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope

ARTICLE_CHARACTERS_MAX = 100
ANSWERED_KINDS = frozenset({NoticeKind.CONSENT_WITHDRAWN})
"""The kinds that a member answers as notices. What others ask for is done where they lead: a dispute is answered."""
_NO_ANSWER = "Only the notice of a withdrawn consent is answered in this way."
_ANSWERED_BEFORE = "You answered this notice before; the first answer stands."


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as its borrower or its member sees it. `late`: what is due was not done in time. `signed` is a compact
    JWS; `facts` are what it says, by name.
    """

    notice_id: UUID
    kind: NoticeKind
    about: UUID | None
    member_id: str
    member_name: str
    signed: str
    facts: tuple[tuple[str, str], ...]
    written_at: datetime
    due_at: datetime | None
    seen_at: datetime | None
    answered_at: datetime | None
    answer: NoticeAnswer | None
    article: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Some of a member's notices, the oldest first."""

    notices: tuple[NoticeView, ...]
    total: int
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the notice as it stands, or what is wrong as (argument, code, sentence)."""

    notice: NoticeView | None
    wrong: tuple[tuple[str, str, str], ...] = ()


def fetch_notices(
    services: Services,
    request: Request,
    first: int,
    after: UUID | None,
    unanswered: bool,
    only: Collection[NoticeKind] = (),
) -> NoticePage:
    """A page of the caller's notices of the kinds that its scopes open (`only`: of these); each is marked as seen.

    Raises BadRequest for a page of another size, Refused without any scope, NotAuthenticated with a revoked token.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    now = services.clock.now()
    with services.transaction() as connection:
        member = admit_told(connection, request.caller)
        kinds = kinds_within(request.caller.scopes & member.scopes)
        kinds &= ANSWERED_KINDS if unanswered else kinds
        kinds &= frozenset(only) or kinds
        found = notices_to(connection, member.member_id, kinds, after, first + 1, unanswered)
        total = count_notices_to(connection, member.member_id, kinds, unanswered)
        mark_seen(connection, found[:first], now)
    views = tuple(view_notice(one, now) for one in found[:first])
    return NoticePage(views, total, has_next=len(found) > first, has_previous=after is not None)


def answer_notice(
    services: Services, request: Request, notice_id: UUID | None, answer: NoticeAnswer, article: str | None
) -> Answered:
    """Takes a member's answer to a notice: once, logged in the borrower's file. The same answer may come again.

    Raises Refused without the scope, NotAuthenticated with a revoked token or a proof used before.
    """
    said = _as_stored(answer, article)
    now = services.clock.now()
    with services.transaction() as connection:
        member = admit_told(connection, request.caller, frozenset({Scope.CONSENT_REQUEST}))
        found = find_notice_to(connection, member.member_id, notice_id) if notice_id else None
        if found is None or NoticeKind(found.kind) not in kinds_within(request.caller.scopes & member.scopes):
            return Answered(None, (("noticeId", "NOTICE_NOT_FOUND", "No notice to you has this id."),))
        if NoticeKind(found.kind) not in ANSWERED_KINDS:
            return Answered(view_notice(found, now), (("noticeId", "NOTICE_WITHOUT_ANSWER", _NO_ANSWER),))
        if wrong := _faults(answer, article):
            return Answered(view_notice(found, now), wrong)
        file = hold_own_file(connection, found.subject_key)
        leaf_hash = _take(services, connection, request, found, file, said, now)
        stands = find_notice_to(connection, member.member_id, found.notice_id) or found
    if leaf_hash:
        request.leaves.append(leaf_hash)
    if stands.answer != said:
        return Answered(view_notice(stands, now), (("answer", "NOTICE_ANSWERED", _ANSWERED_BEFORE),))
    return Answered(view_notice(stands, now))


def notices_of(services: Services, connection: Connection, subject_key: UUID) -> dict[UUID, tuple[NoticeView, ...]]:
    """What members were told of withdrawals, and answered, by the consent that it is about."""
    now = services.clock.now()
    told: dict[UUID, tuple[NoticeView, ...]] = {}
    for stored in notices_of_kind(connection, subject_key, NoticeKind.CONSENT_WITHDRAWN.value):
        if stored.about is not None:
            told[stored.about] = (*told.get(stored.about, ()), view_notice(stored, now))
    return told


def view_notice(stored: StoredNotice, now: datetime) -> NoticeView:
    """The notice as it stands at `now`."""
    answer, article = _from_stored(stored.answer)
    return NoticeView(
        notice_id=stored.notice_id,
        kind=NoticeKind(stored.kind),
        about=stored.about,
        member_id=stored.recipient or "",
        member_name=stored.recipient_name,
        signed=stored.body.decode(),
        facts=facts_in(stored.body),
        written_at=stored.written_at,
        due_at=stored.due_at,
        seen_at=stored.seen_at,
        answered_at=stored.answered_at,
        answer=answer,
        article=article,
        late=stored.due_at is not None and (stored.answered_at or now) > stored.due_at,
    )


def _take(
    services: Services,
    connection: Connection,
    request: Request,
    found: StoredNotice,
    file: OwnFile | None,
    said: str,
    now: datetime,
) -> bytes | None:
    """Writes the answer, its log entry and the spent proof in the caller's transaction, which holds the borrower.

    Returns the leaf's hash; None where the notice was answered before: nothing was written then. The entry is about
    nobody where the borrower's file was erased (`file` is None).
    """
    if not put_answer(connection, found, said, now):
        return None
    if found.about is not None:
        meet_clock(connection, found.subject_key, found.about, ClockKind.WITHDRAWAL_ANSWER, now)
    spend_proof(connection, request)
    fields: dict[str, Any] = {
        "act": "notice_answered",
        "member": found.recipient,
        "notice": str(found.notice_id),
        "consent": str(found.about),
        "answer": said,
        "late": found.due_at is not None and now > found.due_at,
        **by_whom(request),
    }
    if file is None:
        entry = entry_about_nobody(services, now, fields)
    else:
        cipher, sequence = services.keys.open(file.wrapped_key), next_sequence(connection, found.subject_key)
        entry = entry_about(services, now, found.subject_key, cipher, sequence, fields)
    append_log_entry(connection, entry)
    return entry.leaf_hash


def admit_told(connection: Connection, caller: Caller, needed: frozenset[Scope] = NOTICE_SCOPES) -> Member:
    """The member behind a token that holds one of the scopes needed. Raises NotAuthenticated, Refused."""
    member = admitted_member(connection, caller)
    if member is None:
        raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=caller.member_id)
    if not needed & caller.scopes & member.scopes:
        wanted = " or ".join(sorted(needed))
        raise Refused([Reason("SCOPE_MISSING", f"Your token needs the scope {wanted} for this.")])
    return member


def _faults(answer: NoticeAnswer, article: str | None) -> tuple[tuple[str, str, str], ...]:
    if answer is not NoticeAnswer.RETAINED_UNDER:
        wrong = article is not None
        return (("article", "ARTICLE_NOT_WANTED", "Only RETAINED_UNDER names an article."),) if wrong else ()
    if article is None or not article.strip() or len(article) > ARTICLE_CHARACTERS_MAX:
        sentence = f"Name the law and article, in 1 to {ARTICLE_CHARACTERS_MAX} characters."
        return (("article", "ARTICLE_MISSING", sentence),)
    return ()


def _as_stored(answer: NoticeAnswer, article: str | None) -> str:
    return f"{answer.value}({article})" if answer is NoticeAnswer.RETAINED_UNDER else answer.value


def _from_stored(text: str | None) -> tuple[NoticeAnswer | None, str | None]:
    if text is None:
        return None, None
    answer, named, article = text.partition("(")
    return NoticeAnswer(answer), article.removesuffix(")") if named else None
