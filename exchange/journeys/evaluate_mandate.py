"""A lender evaluates the agency that it mandated, at least once a year. A clock runs until it has.

The clock starts with the mandate and ends with the evaluation, or with the mandate. It is due on the day that the
mandate names; where the pack's rule sets an earlier one, on that.
"""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from consent.policy import resolve
from consent.policy.rules import Act, Deadline, Rule
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.handover import NOBODY
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD, check_words
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.journeys.write_act import Written, committed, log_write_about_nobody
from exchange.store import mandates
from exchange.store.mandate_evaluations import StoredEvaluation, add_evaluation, newest_evaluation
from exchange.store.mandates import StoredMandate
from exchange.store.running_clocks import RunningClock, clocks_about, meet_clock, start_clock
from exchange.store.submissions import hold_turn
from schema.vocabulary.mandate import EvaluationFinding, MandateState
from schema.vocabulary.running_clock import ClockKind

MANDATE_RULE = "mandate"
"""Stands for a rule where the mandate alone sets the day."""
_EVALUATION = ClockKind.MANDATE_EVALUATION
_DAY = timedelta(days=1)


def evaluate_mandate(
    services: Services, request: Request, reference: str, finding: EvaluationFinding, words: str | None
) -> Written:
    """Keeps what the lender found, and stops the clock. The same again on the same day changes nothing.

    Where the mandate runs on, and the pack wants it done again, the next clock starts. Raises Refused without the scope
    or standing, NotAuthenticated with a revoked token or a proof used before.
    """
    member = admit_contributor(services, request.caller)
    now = services.clock.now()
    with services.transaction() as connection:
        hold_turn(connection, member.member_id)
        held = mandates.find_by_reference(connection, member.member_id, reference)
        if held is None:
            return Written(faults=(fault(THE_RECORD, "reference", "RECORD_UNKNOWN"),))
        if faults := tuple(check_words("words", words)):
            return Written(faults=faults)
        if _is_said_today(newest_evaluation(connection, held.mandate_id), finding, words, now):
            return Written(held.mandate_id, held.version)
        kept = StoredEvaluation(held.mandate_id, new_id(now), now, held.version, finding.value, words)
        add_evaluation(connection, kept)
        meet_clock(connection, NOBODY, held.mandate_id, _EVALUATION, now)
        _start_next(services, connection, held, now)
        fields: dict[str, FieldValue] = {
            "act": "mandate_evaluated",
            "agency": held.agency,
            "mandate": str(held.mandate_id),
            "version": held.version,
            "finding": finding.value,
        }
        leaf_hash = log_write_about_nobody(services, connection, request, member, fields)
    return committed(request, Written(held.mandate_id, held.version, changed=True, leaf_hash=leaf_hash))


def run_evaluation_clock(services: Services, connection: Connection, mandate: StoredMandate) -> None:
    """Has the clock of a mandate run as the mandate stands: to its day, or, once it has ended, no more."""
    now = services.clock.now()
    if mandate.state == MandateState.ENDED:
        meet_clock(connection, NOBODY, mandate.mandate_id, _EVALUATION, now)
        return
    if newest_evaluation(connection, mandate.mandate_id) is not None:
        return
    due_at, rule = _due(services, mandate, now)
    running = [clock for clock in clocks_about(connection, NOBODY, mandate.mandate_id) if clock.met_at is None]
    if [clock.due_at for clock in running] == [due_at]:
        return
    meet_clock(connection, NOBODY, mandate.mandate_id, _EVALUATION, now)
    _start(connection, mandate, rule, now, due_at)


def _due(services: Services, mandate: StoredMandate, now: datetime) -> tuple[datetime, str]:
    """The end of the last day, UTC, and the rule that sets it."""
    due_at, rule = _end_of(mandate.evaluation_due_on), _deadline(services, now)
    if rule is None or not isinstance(rule.terms, Deadline):
        return due_at, MANDATE_RULE
    by_law = _end_of(mandate.starts_on) + timedelta(days=rule.terms.days)
    return min(due_at, by_law), rule.id


def _start_next(services: Services, connection: Connection, mandate: StoredMandate, now: datetime) -> None:
    rule = _deadline(services, now)
    if rule is None or not isinstance(rule.terms, Deadline) or mandate.state == MandateState.ENDED:
        return
    due_at = now + timedelta(days=rule.terms.days)
    if due_at < _end_of(mandate.ends_on):
        _start(connection, mandate, rule.id, now, due_at)


def _start(connection: Connection, mandate: StoredMandate, rule: str, now: datetime, due_at: datetime) -> None:
    who = (mandate.mandate_id, mandate.lender)
    start_clock(connection, RunningClock(NOBODY, new_id(now), _EVALUATION, *who, rule, now, due_at))


def _deadline(services: Services, now: datetime) -> Rule | None:
    return resolve.deadline(services.pack, Act.EVALUATE_MANDATE, now.date())


def _end_of(day: date) -> datetime:
    return datetime.combine(day + _DAY, time.min, UTC)


def _is_said_today(
    newest: StoredEvaluation | None, finding: EvaluationFinding, words: str | None, now: datetime
) -> bool:
    if newest is None or (newest.finding, newest.words) != (finding.value, words):
        return False
    return newest.evaluated_at.astimezone(UTC).date() == now.astimezone(UTC).date()
