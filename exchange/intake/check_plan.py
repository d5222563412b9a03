"""The rules of a repayment plan. All faults at once."""

from datetime import date
from itertools import pairwise

from exchange.intake.contribution import Fault
from exchange.intake.noun_checks import (
    LIST_MAX,
    check_accounts,
    check_amount,
    check_mandate_of,
    check_reference,
    currency_unknown,
    faults_of,
)
from exchange.intake.noun_records import Acting, PlanOption, PlanRecord
from schema.vocabulary.plan import ENDED, NEXT_STATES, PlanState, ReportingTreatment

OPTIONS_MIN = 2
"""The borrower has the right to choose."""
INSTALMENTS_MAX = 600
DAYS_PAST_DUE_MAX = 32_767

_AGREED = frozenset({PlanState.ACCEPTED, PlanState.ACTIVE, PlanState.COMPLETED, PlanState.BROKEN})
_EITHER = frozenset({PlanState.WITHDRAWN})
"""A plan may be withdrawn before and after it was accepted."""


def check_plan(
    record: PlanRecord, acting: Acting, held: PlanState | None = None, corrects: bool = False
) -> tuple[Fault, ...]:
    """Every rule that a plan breaks. `held`: the state it was last reported in; a correction may come from any."""
    today = acting.now.date()
    days = record.days_past_due_before
    broken = (
        ("currency", "CURRENCY_UNKNOWN", currency_unknown(record.currency)),
        ("state", "PLAN_STATE_MOVE", not corrects and not _may_follow(held, record.state)),
        ("days_past_due_before", "NUMBER_OUT_OF_RANGE", days is not None and not 0 <= days <= DAYS_PAST_DUE_MAX),
        (
            "days_past_due_before",
            "DAYS_BEFORE_MISSING",
            days is None and record.reporting_treatment is ReportingTreatment.FREEZE_STATUS,
        ),
        ("proposed_on", "DATE_IN_FUTURE", record.proposed_on > today),
        ("answer_by", "DATES_OUT_OF_ORDER", _before(record.answer_by, record.proposed_on)),
    )
    return (
        *check_reference(record.reference),
        *check_accounts(record.account_references),
        *check_mandate_of(acting, record.mandate_id is not None, record.proposed_on),
        *faults_of(broken),
        *check_amount("waived", record.waived_minor),
        *_check_options(record),
        *_check_schedule(record),
        *_check_days(record, today),
    )


def _may_follow(held: PlanState | None, state: PlanState) -> bool:
    return held is None or held is state or state in NEXT_STATES[held]


def _check_options(record: PlanRecord) -> list[Fault]:
    chosen, options = record.chosen_option, record.options
    agreed = record.state in _AGREED
    broken = (
        ("options", "OPTIONS_TOO_FEW", len(options) < OPTIONS_MIN),
        ("options", "LIST_TOO_LONG", len(options) > LIST_MAX),
        ("options", "OPTION_NOT_CONSISTENT", not all(map(_is_consistent, options))),
        ("chosen_option", "CHOSEN_OPTION_MISSING", agreed and chosen is None),
        ("chosen_option", "CHOSEN_OPTION_UNKNOWN", chosen is not None and not 0 <= chosen < len(options)),
        ("chosen_option", "CHOSEN_TOO_EARLY", chosen is not None and not agreed and record.state not in _EITHER),
    )
    return faults_of(broken)


def _is_consistent(option: PlanOption) -> bool:
    """The last instalment may be smaller than the others, and nothing is below zero."""
    if not 1 <= option.instalments <= INSTALMENTS_MAX or option.amount_minor < 0 or (option.waived_minor or 0) < 0:
        return False
    most = option.instalments * option.amount_minor
    return most - option.amount_minor <= option.total_minor <= most


def _check_schedule(record: PlanRecord) -> list[Fault]:
    schedule = record.schedule
    days = [record.proposed_on, *(instalment.due_on for instalment in schedule)]
    amounts = [amount for each in schedule for amount in (each.amount_minor, each.paid_minor or 0)]
    total = _total_agreed(record)
    broken = (
        ("schedule", "SCHEDULE_MISSING", record.state in _AGREED and not schedule),
        ("schedule", "LIST_TOO_LONG", len(schedule) > INSTALMENTS_MAX),
        ("schedule", "SCHEDULE_OUT_OF_ORDER", not _ascends(days)),
        ("schedule", "AMOUNT_NEGATIVE", any(amount < 0 for amount in amounts)),
        (
            "schedule",
            "SCHEDULE_SUM_DIFFERS",
            bool(schedule) and total is not None and sum(each.amount_minor for each in schedule) != total,
        ),
    )
    return faults_of(broken)


def _total_agreed(record: PlanRecord) -> int | None:
    chosen = record.chosen_option
    if chosen is None or not 0 <= chosen < len(record.options):
        return None
    return record.options[chosen].total_minor


def _ascends(days: list[date]) -> bool:
    """From the proposal on; the first instalment may fall due on its day."""
    return days[0] <= days[min(1, len(days) - 1)] and all(one < next_ for one, next_ in pairwise(days[1:]))


def _check_days(record: PlanRecord, today: date) -> list[Fault]:
    accepted, ended, state = record.accepted_on, record.ended_on, record.state
    expected = None if state in _EITHER else state in _AGREED
    broken = (
        ("accepted_on", "DAY_DOES_NOT_FIT_STATE", expected is not None and (accepted is not None) is not expected),
        ("accepted_on", "DATES_OUT_OF_ORDER", _before(accepted, record.proposed_on)),
        ("accepted_on", "DATE_IN_FUTURE", _before(today, accepted)),
        ("ended_on", "DAY_DOES_NOT_FIT_STATE", (ended is not None) is not (state in ENDED)),
        ("ended_on", "DATES_OUT_OF_ORDER", _before(ended, accepted or record.proposed_on)),
        ("ended_on", "DATE_IN_FUTURE", _before(today, ended)),
        ("stop_collection_until", "DATES_OUT_OF_ORDER", _before(record.stop_collection_until, record.proposed_on)),
        ("stop_collection_until", "STOP_AFTER_END", _before(ended, record.stop_collection_until)),
    )
    return faults_of(broken)


def _before(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day < other
