"""A borrower complains of how a member behaved, takes that back, and reads what came of it.

hold the file -> check -> gather the evidence -> write, start the clocks, tell -> log entry
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.policy.rules import Act
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest, ParametersNotValid
from exchange.handover import Borrower
from exchange.journeys.complaint_evidence import DAYS_MAX, FILED, digest_of, entries_about, gather, period_of
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of, own_look
from exchange.journeys.own_words import SensitiveWords
from exchange.journeys.services import Services
from exchange.journeys.start_due import start_due
from exchange.journeys.tell import Said, tell_borrower, tell_member
from exchange.journeys.written_words import fault_of, sensitive_in, tidied
from exchange.store.complaint_evidence import Party, contacts_since, parties_of
from exchange.store.complaints import (
    StoredComplaint,
    add_complaint,
    complaints_of,
    put_withdrawn,
)
from exchange.store.joined_files import files_merged_into
from exchange.store.notices import settle_notices
from exchange.store.own_file import OwnFile
from exchange.store.running_clocks import RunningClock, clocks_about, meet_clock
from exchange.vault.field_cipher import SubjectCipher
from exchange.vault.likeness import LikenessKey
from schema.vocabulary.complaint import OPEN, ComplaintCategory, ComplaintState
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

CLOCKS = (ClockKind.COMPLAINT_ANSWER, ClockKind.COMPLAINT_FINDING)
LATELY_MAX = 20
"""So many complaints may be filed in 30 days, also where some were taken back: each is read by people, and has evidence
gathered for it.
"""
READ = "complaint_read"
"""The act of reading a complaint's words."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint as it is written. `lender`: for whom the member collected, if for another. The days: when it
    happened, if that is known. `keep_words`: the borrower confirmed words that were flagged.
    """

    category: ComplaintCategory | None
    member_id: str
    lender: str | None
    words: str
    first_day: date | None = None
    last_day: date | None = None
    keep_words: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a draft is sound: of whom, about what, and the words, tidied."""

    party: Party
    category: ComplaintCategory
    words: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a form begins with: of whom one may complain and, where a contact or a look led to it, whom, which day."""

    parties: tuple[Party, ...]
    chosen: tuple[str, str | None] | None = None
    day: date | None = None
    category: ComplaintCategory | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read the complaint's words. `officer`: an officer of the authority did."""

    at: datetime
    member_id: str
    officer: bool


@dataclass(frozen=True, slots=True)
class OwnComplaint:
    """A complaint with its words opened, its clocks (the answer's, the finding's) and who read it, oldest first."""

    complaint: StoredComplaint
    words: str
    answer: str | None
    finding_words: str | None
    clocks: tuple[RunningClock, ...]
    readings: tuple[Reading, ...]
    time_zone: str

    @property
    def is_open(self) -> bool:
        """Whether it can be taken back."""
        return self.complaint.state in OPEN


def begin(services: Services, borrower: Borrower, about: UUID | None = None, look: UUID | None = None) -> Beginning:
    """What the form shows first. `about`: a contact (one that is not there chooses nothing); `look`: a look.

    Raises BadRequest LOOK_NOT_FOUND.
    """
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        parties = tuple(parties_of(connection, _files(connection, borrower)))
        zone = ZoneInfo(file.time_zone)
        if about is not None:
            made = [
                each for each in contacts_since(connection, file.subject_key, _LONG_AGO) if each.action_key == about
            ]
            for contact in made:
                lender = None if contact.lender == contact.actor else contact.lender
                return Beginning(parties, (contact.actor, lender), contact.started_at.astimezone(zone).date())
        if look is not None:
            _, seen = own_look(connection, borrower, look)
            day = seen.asked_at.astimezone(zone).date()
            return Beginning(parties, (seen.member_id, None), day, ComplaintCategory.CONSENT)
    return Beginning(parties)


def check_complaint(services: Services, borrower: Borrower, draft: Draft) -> Checked:
    """What would be filed of a draft.

    Raises ParametersNotValid with every fault; SensitiveWords, where nothing else is wrong.
    """
    with services.transaction() as connection:
        return _checked(services, connection, borrower, own_file_of(connection, borrower), draft)


def file_complaint(services: Services, borrower: Borrower, draft: Draft) -> UUID:
    """Files a complaint with the evidence that the exchange holds. Returns its id. Raises as `check_complaint`."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        checked = _checked(services, connection, borrower, file, draft)
        filed = _filed(services, connection, borrower, file, checked, draft, now)
        key = LikenessKey(services.keys.lookup_tokens().likeness_key)
        add_complaint(connection, filed, key.sketch(checked.words))
        due = _start_clocks(services, connection, filed)
        _tell(services, connection, filed, due)
        log_own_act(services, connection, borrower, file, _fields(FILED, filed) | {
            "digest": digest_of(filed.evidence),
            "pack": services.pack.version,
        })  # fmt: skip
    return filed.complaint_id


def withdraw_complaint(services: Services, borrower: Borrower, complaint_id: UUID) -> None:
    """Takes a complaint back; its clocks stop. Raises BadRequest COMPLAINT_NOT_FOUND, COMPLAINT_CLOSED."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        filed = _own(connection, file, complaint_id)
        if filed.state not in OPEN:
            raise BadRequest("This complaint is closed already.", "COMPLAINT_CLOSED")
        put_withdrawn(connection, filed, now)
        close_clocks(connection, filed, now)
        log_own_act(services, connection, borrower, file, _fields("complaint_withdrawn", filed))


def list_complaints(services: Services, borrower: Borrower) -> tuple[StoredComplaint, ...]:
    """The borrower's complaints, the newest first; their words stay sealed."""
    with services.transaction() as connection:
        return tuple(complaints_of(connection, own_file_of(connection, borrower).subject_key))


def own_complaint(services: Services, borrower: Borrower, complaint_id: UUID) -> OwnComplaint:
    """One complaint in full. Raises BadRequest COMPLAINT_NOT_FOUND, IntegrityError where its evidence was changed."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        filed = _own(connection, file, complaint_id)
        clocks = clocks_about(connection, file.subject_key, complaint_id)
        entries = entries_about(services, connection, filed)
    cipher = services.keys.open(file.wrapped_key)
    readings = tuple(
        Reading(at, str(fields["member"]), fields.get("officer") is not None and fields["member"] != filed.against)
        for at, fields in entries
        if fields["act"] == READ
    )
    return OwnComplaint(
        complaint=filed,
        words=unsealed(cipher, filed, "words", filed.words) or "",
        answer=unsealed(cipher, filed, "answer", filed.answer),
        finding_words=unsealed(cipher, filed, "finding_words", filed.finding_words),
        clocks=tuple(sorted(clocks, key=lambda clock: clock.due_at)),
        readings=readings,
        time_zone=file.time_zone,
    )


def close_clocks(connection: Connection, filed: StoredComplaint, now: datetime) -> None:
    """Nothing more is due about a complaint."""
    for kind in CLOCKS:
        meet_clock(connection, filed.subject_key, filed.complaint_id, kind, now)
    settle_notices(connection, filed.subject_key, filed.complaint_id, NoticeKind.COMPLAINT_FILED, now)


def unsealed(cipher: SubjectCipher, filed: StoredComplaint, column: str, blob: bytes | None) -> str | None:
    """What stands sealed in a column of a complaint."""
    return None if blob is None else cipher.unseal("complaint", column, filed.complaint_id.bytes, blob).decode()


def _filed(
    services: Services,
    connection: Connection,
    borrower: Borrower,
    file: OwnFile,
    checked: "Checked",
    draft: Draft,
    now: datetime,
) -> StoredComplaint:
    complaint_id = new_id(now)
    period = period_of(draft.first_day, draft.last_day, ZoneInfo(file.time_zone), now)
    files = _files(connection, borrower)
    cipher = services.keys.open(file.wrapped_key)
    return StoredComplaint(
        subject_key=file.subject_key,
        complaint_id=complaint_id,
        category=checked.category,
        against=checked.party.member_id,
        lender=checked.party.lender,
        words=cipher.seal("complaint", "words", complaint_id.bytes, checked.words.encode()),
        evidence=gather(services, connection, file, files, checked.party, checked.category, period),
        state=ComplaintState.FILED,
        filed_at=now,
        pack_version=services.pack.version,
    )


def _start_clocks(services: Services, connection: Connection, filed: StoredComplaint) -> RunningClock | None:
    """Starts the member's clock and the authority's; returns the member's."""
    about = services, connection, filed.subject_key
    answer = start_due(*about, ClockKind.COMPLAINT_ANSWER, Act.ANSWER_COMPLAINT, filed.complaint_id, filed.against)
    start_due(*about, ClockKind.COMPLAINT_FINDING, Act.FIND_COMPLAINT, filed.complaint_id, None)
    return answer


def _tell(services: Services, connection: Connection, filed: StoredComplaint, due: RunningClock | None) -> None:
    due_at = due.due_at if due else None
    by = due_at.date().isoformat() if due_at else None
    said: Said = {"member": filed.against, "category": filed.category.value, "by": by}
    about = NoticeKind.COMPLAINT_FILED, filed.complaint_id, said
    tell_member(services, connection, filed.subject_key, filed.against, *about, due_at=due_at)
    if filed.lender is not None:
        tell_member(services, connection, filed.subject_key, filed.lender, *about)
    tell_borrower(services, connection, filed.subject_key, *about)


def _checked(services: Services, connection: Connection, borrower: Borrower, file: OwnFile, draft: Draft) -> Checked:
    parties = parties_of(connection, _files(connection, borrower))
    party = next((each for each in parties if (each.member_id, each.lender) == (draft.member_id, draft.lender)), None)
    said, faults = (
        tidied(draft.words),
        _faults_of_days(draft, services.clock.now().astimezone(ZoneInfo(file.time_zone))),
    )
    if draft.category is None:
        faults.append(("category", "CATEGORY_MISSING", "Choose what it is about."))
    if party is None:
        faults.append(("against", "PARTY_NOT_KNOWN", "Choose of whom you complain."))
    lately = services.clock.now() - timedelta(days=_LATELY_DAYS)
    if sum(each.filed_at > lately for each in complaints_of(connection, file.subject_key)) >= LATELY_MAX:
        faults.append(("against", "COMPLAINTS_TOO_MANY", _TOO_MANY))
    if fault := fault_of(said):
        faults.append(fault)
    if faults or party is None or draft.category is None:
        raise ParametersNotValid(faults)
    if (found := sensitive_in(services, said)) and not draft.keep_words:
        raise SensitiveWords(found)
    return Checked(party, draft.category, said)


def _faults_of_days(draft: Draft, now: datetime) -> list[tuple[str, str, str]]:
    first, last, today = draft.first_day or draft.last_day, draft.last_day or draft.first_day, now.date()
    if first is None or last is None:
        return []
    if first > today or last > today:
        return [("last_day", "DAY_NOT_VALID", "The day must not lie ahead.")]
    if last < first:
        return [("last_day", "DAY_NOT_VALID", "The last day must not be before the first")]
    if last - first > timedelta(days=DAYS_MAX) or today - first > timedelta(days=_YEARS_BACK_DAYS):
        return [("first_day", "DAY_NOT_VALID", "Name at most a year, and no day more than five years ago.")]
    return []


def _own(connection: Connection, file: OwnFile, complaint_id: UUID) -> StoredComplaint:
    for filed in complaints_of(connection, file.subject_key):
        if filed.complaint_id == complaint_id:
            return filed
    raise BadRequest("There is no such complaint of yours.", "COMPLAINT_NOT_FOUND")


def _files(connection: Connection, borrower: Borrower) -> list[UUID]:
    return [borrower.subject_key, *files_merged_into(connection, borrower.subject_key)]


def _fields(act: str, filed: StoredComplaint) -> dict[str, FieldValue]:
    return {
        "act": act,
        "complaint": str(filed.complaint_id),
        "kind": filed.category.value,
        "against": filed.against,
        "lender": filed.lender,
    }


_TOO_MANY = "You filed 20 complaints in the last 30 days. Wait until the first of them is 30 days old."
_LATELY_DAYS = 30
_YEARS_BACK_DAYS = 5 * 366
_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
