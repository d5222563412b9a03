"""An account as it is reported by itself: its months as a list, and what is said of its delinquencies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from exchange.intake.contribution import AccountRecord, DelinquencyRecord, Fault, History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.fault_codes import fault
from exchange.intake.months import first_day, last_day, month_number
from exchange.intake.noun_checks import THE_RECORD
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.payment_status import PaymentStatus


@dataclass(frozen=True, slots=True)
class ReportedMonth:
    """One month of an account. `month` is any day of it."""

    month: date
    status: PaymentStatus
    days_past_due: int | None = None
    past_due_minor: int | None = None
    balance_minor: int | None = None
    paid_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedDelinquency:
    """What is said of one time that the borrower fell behind; its late months are those of the history."""

    first_delinquent_on: date
    reason: DelinquencyReason = DelinquencyReason.UNKNOWN
    charge_off_on: date | None = None
    charge_off_minor: int | None = None
    prior_notice_sent_at: datetime | None = None
    prior_notice_delivered_at: datetime | None = None
    prior_notice_channel: str | None = None


def history_of(months: Sequence[ReportedMonth]) -> tuple[History | None, list[Fault]]:
    """The months as a history, and a fault where one is there twice, or is missing between two others."""
    if not months:
        return None, []
    newest_first = sorted(months, key=lambda each: month_number(each.month), reverse=True)
    steps = {month_number(newer.month) - month_number(older.month) for newer, older in pairwise(newest_first)}
    broken = (("MONTH_TWICE", 0 in steps), ("MONTH_MISSING", any(step > 1 for step in steps)))
    faults = [fault(THE_RECORD, "months", code) for code, is_broken in broken if is_broken]
    history = History(
        first_day(newest_first[0].month),
        "".join(each.status.value for each in newest_first),
        _beside([each.days_past_due for each in newest_first]),
        _beside([each.past_due_minor for each in newest_first]),
        _beside([each.balance_minor for each in newest_first]),
        _beside([each.paid_minor for each in newest_first]),
    )
    return (None, faults) if faults else (history, [])


def delinquencies_of(
    account: AccountRecord, reported: Sequence[ReportedDelinquency]
) -> tuple[tuple[DelinquencyRecord, ...], list[Fault]]:
    """The delinquencies that the account's history shows, with what is reported of each, and a fault where something is
    reported that no month shows.
    """
    waiting = sorted(reported, key=lambda each: each.first_delinquent_on)
    last = waiting[-1].first_delinquent_on if waiting else None
    runs = derive_delinquencies(account.history, account.reported_on, last) if account.history else ()
    joined = []
    for run in runs:
        end = last_day(run.last_late_month)
        said = next((each for each in waiting if each.first_delinquent_on <= end), None)
        if said is not None:
            waiting.remove(said)
        joined.append(_joined(run, said) if said else run)
    if waiting:
        return tuple(joined), [fault(THE_RECORD, "first_delinquent_on", "FIRST_DELINQUENCY_WITHOUT_ARREARS")]
    return tuple(joined), []


def _joined(run: DelinquencyRecord, said: ReportedDelinquency) -> DelinquencyRecord:
    return replace(
        run,
        first_delinquent_on=said.first_delinquent_on,
        reason=said.reason,
        charge_off_on=said.charge_off_on,
        charge_off_minor=said.charge_off_minor,
        prior_notice_sent_at=said.prior_notice_sent_at,
        prior_notice_delivered_at=said.prior_notice_delivered_at,
        prior_notice_channel=said.prior_notice_channel,
        stated=True,
    )


def _beside(amounts: list[int | None]) -> tuple[int | None, ...] | None:
    return None if all(amount is None for amount in amounts) else tuple(amounts)
