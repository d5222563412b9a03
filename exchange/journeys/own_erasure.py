"""A borrower asks for their file to be erased, sees what goes and what has to stay, and may take the request back.

What is asked for here is carried out by the owner of the tables: `erase_subject`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from consent.policy.rules import Act
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.erase_subject import plan_for
from exchange.journeys.erasure_plan import ErasurePlan
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of
from exchange.journeys.plain_words import RuleInWords, rule_in_words
from exchange.journeys.services import Services
from exchange.journeys.start_due import start_due
from exchange.store import erasure as store
from exchange.store.erasure import ErasureRequest
from exchange.store.running_clocks import clocks_about, meet_clock
from schema.vocabulary.running_clock import ClockKind

BORROWER = "borrower"


@dataclass(frozen=True, slots=True)
class ErasureView:
    """What the borrower sees: what would go and stay today, what was asked for, and by when it has to be begun."""

    plan: ErasurePlan
    rules: dict[str, RuleInWords]
    asked_at: datetime | None
    begun_at: datetime | None
    due_at: datetime | None

    @property
    def last_day(self) -> date | None:
        """The last day on which something is kept; None: not known yet."""
        return self.plan.last_day


def view_erasure(services: Services, borrower: Borrower) -> ErasureView:
    """What an erasure would do to the borrower's file. Raises BadRequest once it was erased."""
    with services.transaction() as connection:
        key = own_file_of(connection, borrower).subject_key
        request = store.request_of(connection, key)
        plan = plan_for(services, connection, key, first_time=request is None or request.begun_at is None)
        clocks = clocks_about(connection, key, request.request_id) if request else []
    rules = {rule: rule_in_words(services.pack, rule) for rule in plan.rules}
    return ErasureView(
        plan,
        rules,
        asked_at=request.asked_at if request else None,
        begun_at=request.begun_at if request else None,
        due_at=clocks[0].due_at if clocks else None,
    )


def ask_erasure(services: Services, borrower: Borrower) -> UUID:
    """Notes that the borrower wants their file erased, and starts its clock. Asked again, nothing new is noted."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        if standing := store.request_of(connection, file.subject_key):
            return standing.request_id
        request = ErasureRequest(file.subject_key, new_id(now), BORROWER, now, None)
        store.add_request(connection, request)
        start_due(services, connection, file.subject_key, ClockKind.ERASURE, Act.ERASE, request.request_id, None)
        log_own_act(services, connection, borrower, file, {"act": "erasure_asked"})
    return request.request_id


def take_back_erasure(services: Services, borrower: Borrower) -> None:
    """Takes the request back: what has not gone yet stays. Raises BadRequest ERASURE_NOT_ASKED."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        request = store.request_of(connection, file.subject_key)
        if request is None or not store.take_back_request(connection, file.subject_key, now):
            raise BadRequest("You have not asked for an erasure.", "ERASURE_NOT_ASKED")
        meet_clock(connection, file.subject_key, request.request_id, ClockKind.ERASURE, now)
        log_own_act(services, connection, borrower, file, {"act": "erasure_taken_back"})
