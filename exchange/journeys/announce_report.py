"""A member announces negative information to the borrower through the exchange, before it reports it (cn.cir.15).

What was announced counts as the prior notice of a delinquency that the member then reports: sent when it was announced,
delivered when the borrower saw it or the message gateway took it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.handover import Member
from exchange.intake.contribution import AccountRecord, DelinquencyRecord, Fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.find_borrower import Document
from exchange.journeys.notice_facts import said_in
from exchange.journeys.services import Services
from exchange.journeys.tell import Said, tell_borrower
from exchange.journeys.write_act import Fields, find_held, log_write, refuse_faulty, refuse_unknown
from exchange.store.joined_files import files_merged_into
from exchange.store.messages import sent_about
from exchange.store.notices import StoredNotice, borrower_notices_of_kind
from exchange.store.records import own_accounts
from schema.vocabulary.notice import NoticeKind

CHANNEL = "OPENBUREAU"
"""By what such a notice was sent, as a delinquency says it."""
ACCOUNTS_MAX = 100
KIND = "PRIOR_NOTICE"
STANDING_MAX = 20
"""So many announcements of one member to one borrower may lie ahead: a warning is none if it never ends."""
_ENOUGH = f"You announced {STANDING_MAX} reports to this borrower that are still ahead."
_TOO_MANY = f"Name at most {ACCOUNTS_MAX} accounts."
_NOT_YOURS = "You report no account of this borrower under one of these references."


@dataclass(frozen=True, slots=True)
class Announced:
    """What was announced. `accounts` are keys; none: an account that is not reported yet."""

    notice_id: UUID
    member_id: str
    accounts: frozenset[str]
    expected_on: date
    sent_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What came of it: what stands announced, or what is wrong as (argument, code, sentence)."""

    announced: Announced | None = None
    wrong: tuple[tuple[str, str, str], ...] = ()


def announce_negative_report(
    services: Services, request: Request, document: Document, references: Sequence[str], expected_on: date
) -> Announcement:
    """Tells a borrower that the caller will report late payments on these accounts. The same again changes nothing.

    Raises Refused without the scope or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller)
    with services.transaction() as connection:
        file = find_held(services, connection, document)
        if isinstance(file, Fault):
            refused = refuse_unknown(services, connection, request, member, KIND, [file])
            leaf_hash, announcement = refused.leaf_hash, Announcement(wrong=_as_errors(file))
        else:
            key = file.subject_key
            accounts = _accounts(services, connection, key, member, references)
            if faults := _faults(services, references, accounts, expected_on):
                refused = refuse_faulty(services, connection, request, member, file, KIND, faults)
                if refused.leaf_hash:
                    request.leaves.append(refused.leaf_hash)
                return Announcement(wrong=tuple((each.field, each.code, each.sentence) for each in faults))
            named, before = frozenset(str(each) for each in accounts), announced_to(connection, key)
            held = _standing(before, member, named, expected_on)
            if held is not None:
                return Announcement(held)
            if _announced_enough(before, member, services.clock.now().date()):
                return Announcement(wrong=(("expectedOn", "ANNOUNCED_ENOUGH", _ENOUGH),))
            said: Said = {"member": member.member_id, "accounts": sorted(named), "expected_on": expected_on.isoformat()}
            notice_id = tell_borrower(services, connection, key, NoticeKind.NEGATIVE_REPORT_AHEAD, None, said)
            fields: Fields = {"act": "negative_report_announced", "notice": str(notice_id), **said}
            leaf_hash = log_write(services, connection, request, member, file, fields)
            announcement = Announcement(_standing(announced_to(connection, key), member, named, expected_on))
    if leaf_hash:
        request.leaves.append(leaf_hash)
    return announcement


def announced_to(connection: Connection, subject_key: UUID) -> list[Announced]:
    """Everything that members announced to a borrower, the oldest first; also what was announced to an earlier file."""
    kind, files = NoticeKind.NEGATIVE_REPORT_AHEAD.value, (subject_key, *files_merged_into(connection, subject_key))
    return [_announced(connection, each) for each in borrower_notices_of_kind(connection, files, kind)]


def rests_on_announcement(late: DelinquencyRecord) -> bool:
    """Whether the prior notice of a delinquency is one that the exchange knows best: none is named, or one of ours."""
    return late.prior_notice_sent_at is None or late.prior_notice_channel == CHANNEL


def with_announcements(
    delinquencies: Sequence[DelinquencyRecord],
    account: AccountRecord,
    account_key: UUID | None,
    member_id: str,
    announced: Sequence[Announced],
) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies; those that name no prior notice with the last one that the member sent through the exchange:
    about this account, after the borrower fell behind and not after the day of the report. One that names a notice of
    ours which there is not has none.
    """
    theirs = [
        one
        for one in announced
        if one.member_id == member_id and (not one.accounts or str(account_key) in one.accounts)
    ]
    return tuple(_with_notice(each, account, theirs) for each in delinquencies)


def _with_notice(late: DelinquencyRecord, account: AccountRecord, announced: list[Announced]) -> DelinquencyRecord:
    if not rests_on_announcement(late):
        return late
    fitting = [
        one
        for one in announced
        if late.first_delinquent_on <= one.sent_at.date() <= account.reported_on
        and late.prior_notice_sent_at in (None, one.sent_at)
    ]
    last = fitting[-1] if fitting else None
    return replace(
        late,
        prior_notice_sent_at=last.sent_at if last else None,
        prior_notice_delivered_at=last.delivered_at if last else None,
        prior_notice_channel=CHANNEL if last else None,
    )


def _accounts(
    services: Services, connection: Connection, subject_key: UUID, member: Member, references: Sequence[str]
) -> frozenset[UUID]:
    lookup = services.keys.lookup_tokens()
    tokens = [token for each in references for _, token in lookup.account_candidates(member.member_id, each)]
    return frozenset(own_accounts(connection, subject_key, member.member_id, tokens)) if tokens else frozenset()


def _faults(
    services: Services, references: Sequence[str], accounts: frozenset[UUID], expected_on: date
) -> tuple[Fault, ...]:
    wrong = []
    if len(references) > ACCOUNTS_MAX:
        wrong.append(("accountReferences", "LIST_TOO_LONG", _TOO_MANY))
    elif len(accounts) != len(set(references)):
        wrong.append(("accountReferences", "ACCOUNT_NOT_YOURS", _NOT_YOURS))
    if expected_on < services.clock.now().date():
        wrong.append(("expectedOn", "EXPECTED_DAY_PAST", "The day of the report must not lie in the past."))
    return tuple(Fault(THE_RECORD, *each) for each in wrong)


def _announced_enough(before: Sequence[Announced], member: Member, today: date) -> bool:
    ahead = [one for one in before if one.member_id == member.member_id and one.expected_on >= today]
    return len(ahead) >= STANDING_MAX


def _standing(
    announced: Sequence[Announced], member: Member, accounts: frozenset[str], expected_on: date
) -> Announced | None:
    wanted = (member.member_id, accounts, expected_on)
    return next((one for one in announced if (one.member_id, one.accounts, one.expected_on) == wanted), None)


def _announced(connection: Connection, stored: StoredNotice) -> Announced:
    said = said_in(stored.body)
    handed_over = sent_about(connection, stored.subject_key, stored.notice_id)
    reached = [at for at in (stored.seen_at, handed_over) if at is not None]
    return Announced(
        notice_id=stored.notice_id,
        member_id=said["member"],
        accounts=frozenset(said["accounts"]),
        expected_on=date.fromisoformat(said["expected_on"]),
        sent_at=stored.written_at,
        delivered_at=min(reached, default=None),
    )


def _as_errors(found: Fault) -> tuple[tuple[str, str, str], ...]:
    return ((found.field.replace("id_number", "idNumber"), found.code, found.sentence),)
