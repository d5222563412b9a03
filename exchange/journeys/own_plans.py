"""Borrowers answer offers of repayment plans: accept an option, ask for other terms, or refuse.

hold the file -> is it still open? -> a new version -> log entry -> the answer -> tell the members -> commit

Members write to the same file only while they hold it too: of an acceptance and a withdrawal of the offer, whichever
commits first holds. From the commit of an acceptance on, nobody may collect until the day that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.policy.rules import Act
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import held_own_file, log_own_act
from exchange.journeys.own_words import checked_words
from exchange.journeys.plan_versions import KIND, add_plan_version, tell_parties, terms_agreed, terms_ended
from exchange.journeys.record_rows import RecordReason
from exchange.journeys.services import Services
from exchange.journeys.start_due import start_due
from exchange.store.own_file import OwnFile
from exchange.store.plan_replies import StoredReply, add_reply
from exchange.store.plans import PlanRow, current_plan
from exchange.store.running_clocks import meet_clock
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import PlanReply, PlanState
from schema.vocabulary.running_clock import ClockKind

INSTALMENTS_MAX = 600
FIRST_DUE_DAYS_MAX = 366
"""How far ahead the first payment of a counter-offer may lie."""

_ACTS = {
    PlanReply.ACCEPTED: "plan_accepted",
    PlanReply.COUNTERED: "plan_countered",
    PlanReply.REJECTED: "plan_rejected",
}
_ANSWERABLE = {
    PlanReply.ACCEPTED: frozenset({PlanState.PROPOSED}),
    PlanReply.COUNTERED: frozenset({PlanState.PROPOSED}),
    PlanReply.REJECTED: frozenset({PlanState.PROPOSED, PlanState.COUNTERED}),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """The version of a plan that the borrower read, and answers."""

    plan_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """What a borrower offers instead: so many monthly payments of so much, from a day on."""

    instalments: int
    amount_minor: int
    first_due_on: date


class CounterNotValid(BadRequest):
    """A counter-offer cannot be taken. `faults`: field and sentence of each."""

    code = "COUNTER_NOT_VALID"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


def accept_option(services: Services, borrower: Borrower, offer: Offer, option: int) -> None:
    """Accepts an option, counted from 0: the plan is agreed, with the schedule that the option gives today.

    Raises BadRequest, and nothing is changed: PLAN_NOT_FOUND, PLAN_NOT_OPEN, PLAN_ANSWER_LATE, PLAN_OFFER_CHANGED,
    PLAN_OPTION_NOT_FOUND.
    """
    with services.transaction() as connection:
        desk = _open_desk(services, connection, borrower, offer, PlanReply.ACCEPTED)
        if not 0 <= option < len(desk.row["options"]):
            raise BadRequest("There is no such option.", "PLAN_OPTION_NOT_FOUND")
        desk.answer(terms_agreed(desk.row, option, desk.today), option=option)


def check_counter(
    services: Services,
    borrower: Borrower,
    offer: Offer,
    wanted: CounterOffer,
    words: str = "",
    keep_words: bool = False,
) -> None:
    """Whether a counter-offer would be taken. Raises as `counter_offer`; nothing is changed."""
    _said(services, words, keep_words)
    with services.transaction() as connection:
        desk = _open_desk(services, connection, borrower, offer, PlanReply.COUNTERED)
        as_option(desk.row, wanted, desk.local_today)


def counter_offer(
    services: Services,
    borrower: Borrower,
    offer: Offer,
    wanted: CounterOffer,
    words: str = "",
    keep_words: bool = False,
) -> None:
    """Asks for other terms; the member is told, and may offer anew. A clock runs for it where the law sets a time.

    `keep_words`: the borrower confirmed words that were flagged. Raises as `accept_option`, and CounterNotValid,
    STATEMENT_TOO_LONG, SensitiveWords.
    """
    said = _said(services, words, keep_words)
    with services.transaction() as connection:
        desk = _open_desk(services, connection, borrower, offer, PlanReply.COUNTERED)
        counter = as_option(desk.row, wanted, desk.local_today)
        clock = start_due(
            services, connection, desk.file.subject_key, ClockKind.PLAN_ANSWER, Act.ANSWER_PLAN,
            offer.plan_id, desk.row["contributor"],
        )  # fmt: skip
        due_on = clock.due_at.date().isoformat() if clock else None
        desk.answer({"state": PlanState.COUNTERED.value}, counter=counter, words=said, due_on=due_on)


def refuse_plan(
    services: Services, borrower: Borrower, offer: Offer, words: str = "", keep_words: bool = False
) -> None:
    """Refuses an offer, or gives up a counter-offer: the plan ends. Raises as `counter_offer`."""
    said = _said(services, words, keep_words)
    with services.transaction() as connection:
        desk = _open_desk(services, connection, borrower, offer, PlanReply.REJECTED)
        desk.answer(terms_ended(PlanState.REJECTED, desk.today), words=said)
        meet_clock(connection, desk.file.subject_key, offer.plan_id, ClockKind.PLAN_ANSWER, services.clock.now())


def may_answer(row: PlanRow, reply: PlanReply, local_today: date) -> bool:
    """Whether the plan may be answered so: it is open, and its time has not gone by at the borrower's place."""
    return PlanState(row["state"]) in _ANSWERABLE[reply] and not is_late(row, local_today)


def is_late(row: PlanRow, local_today: date) -> bool:
    """Whether the last day for an answer has gone by at the borrower's place."""
    return row["answer_by"] is not None and row["answer_by"] < local_today


def as_option(row: PlanRow, wanted: CounterOffer, local_today: date) -> dict[str, Any]:
    """A counter-offer as options are stored. Its last payment is what remains of the whole. Raises CounterNotValid."""
    most_minor = most_owed(row)
    paid_before_last = (wanted.instalments - 1) * wanted.amount_minor
    days_ahead = (wanted.first_due_on - local_today).days
    rules = {
        "instalments": (1 <= wanted.instalments <= INSTALMENTS_MAX, f"Offer 1 to {INSTALMENTS_MAX} payments."),
        "amount": (
            wanted.amount_minor > 0 and paid_before_last < most_minor,
            "Offer more than nothing, and together not more than you owe.",
        ),
        "first_due_on": (
            1 <= days_ahead <= FIRST_DUE_DAYS_MAX,
            "Choose a day from tomorrow on, within a year, for the first payment.",
        ),
    }
    if faults := {field: sentence for field, (is_kept, sentence) in rules.items() if not is_kept}:
        raise CounterNotValid(faults)
    return {
        "plan_type": row["plan_type"],
        "instalments": wanted.instalments,
        "amount_minor": wanted.amount_minor,
        "total_minor": min(wanted.instalments * wanted.amount_minor, most_minor),
        "waived_minor": None,
        "first_due_on": wanted.first_due_on.isoformat(),
    }


def most_owed(row: PlanRow) -> int:
    """The most that the offer says is owed: what an option asks for with what it waives."""
    return max(option["total_minor"] + (option.get("waived_minor") or 0) for option in row["options"])


@dataclass(frozen=True, slots=True)
class _Desk:
    """One answer in its transaction, which holds the file."""

    services: Services
    connection: Connection
    borrower: Borrower
    file: OwnFile
    row: PlanRow
    reply: PlanReply

    @property
    def today(self) -> date:
        """The day by which records are dated: UTC."""
        return self.services.clock.now().date()

    @property
    def local_today(self) -> date:
        """The day at the borrower's place."""
        return local_day(self.services, self.file)

    def answer(
        self,
        changes: Mapping[str, Any],
        option: int | None = None,
        counter: Mapping[str, Any] | None = None,
        words: str | None = None,
        due_on: str | None = None,
    ) -> None:
        """Adds the version, its log entry and the answer, and tells the members."""
        services, connection, row = self.services, self.connection, self.row
        cipher = services.keys.open(self.file.wrapped_key)
        version = add_plan_version(services, connection, cipher, row, changes, RecordReason.BORROWER)
        fields = {
            "act": _ACTS[self.reply],
            "kind": KIND.value,
            "record": str(row["plan_key"]),
            "version": version,
            "option": option,
        }
        entry = log_own_act(services, connection, self.borrower, self.file, fields)
        now = services.clock.now()
        sealed = cipher.seal("plan_reply", "words", row["plan_key"].bytes, words.encode()) if words else None
        kept = StoredReply(
            subject_key=self.file.subject_key,
            plan_key=row["plan_key"],
            plan_version=row["version"],
            reply_id=new_id(now),
            contributor=row["contributor"],
            reply=self.reply.value,
            option=option,
            counter=counter,
            words=sealed,
            replied_at=now,
            leaf_hash=entry.leaf_hash,
        )
        add_reply(connection, kept)
        said = {"reply": self.reply.value, "option": option, "version": version, "by": due_on}
        tell_parties(services, connection, row, NoticeKind.PLAN_REPLIED, said)


def local_day(services: Services, file: OwnFile) -> date:
    """The day that it is at the borrower's place."""
    return services.clock.now().astimezone(ZoneInfo(file.time_zone)).date()


def _said(services: Services, words: str, keep_words: bool) -> str | None:
    """The borrower's words, where there are any."""
    return checked_words(services, words, keep_words) if words.strip() else None


def _open_desk(services: Services, connection: Connection, borrower: Borrower, offer: Offer, reply: PlanReply) -> _Desk:
    """The plan, held, once it is known that it may still be answered so."""
    file = held_own_file(connection, borrower)
    row = current_plan(connection, file.subject_key, offer.plan_id)
    if row is None:
        raise plan_not_found()
    local_today = local_day(services, file)
    if PlanState(row["state"]) not in _ANSWERABLE[reply]:
        raise BadRequest("This offer is not open any more.", "PLAN_NOT_OPEN")
    if is_late(row, local_today):
        raise BadRequest("The time to answer this offer is over.", "PLAN_ANSWER_LATE")
    if row["version"] != offer.version:
        raise BadRequest("The offer was changed meanwhile. Read it again.", "PLAN_OFFER_CHANGED")
    return _Desk(services, connection, borrower, file, row, reply)


def plan_not_found() -> BadRequest:
    """What is raised where the borrower has no such plan."""
    return BadRequest("There is no such plan of yours.", "PLAN_NOT_FOUND")
