"""Joins what is newly reported of an account with what is already held of it. Nothing held is lost by a shorter report.

The months reported win; older and newer months that the report does not hold stay. Of two reports the later one says
how the account stands today. A first delinquency once reported never moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from exchange.intake.contribution import AccountRecord, Amounts, Contribution, DelinquencyRecord, History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.months import first_day, month_number, month_of_number
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, PaymentStatus

Value = TypeVar("Value")
_FAR_FUTURE = date.max


class VersionReason(StrEnum):
    """Why an account got a new version."""

    UPDATE = "UPDATE"
    CORRECTION = "CORRECTION"
    BACKDATED = "BACKDATED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class HeldDelinquency:
    """A delinquency as the exchange holds it now."""

    delinquency_key: UUID
    version: int
    record: DelinquencyRecord


@dataclass(frozen=True, slots=True)
class DelinquencyChanges:
    """What becomes of an account's delinquencies: new versions with their numbers, keys no longer current, and
    whether a date of first delinquency would have moved.
    """

    added: tuple[tuple[DelinquencyRecord, int], ...]
    superseded: tuple[UUID, ...]
    moved: bool


def version_reason(held: AccountRecord, reported: AccountRecord) -> VersionReason:
    """Why the account changes."""
    if reported.withdrawn:
        return VersionReason.WITHDRAWN
    if reported.reported_on > held.reported_on:
        return VersionReason.UPDATE
    return VersionReason.CORRECTION if reported.reported_on == held.reported_on else VersionReason.BACKDATED


def merge_account(held: AccountRecord, reported: AccountRecord) -> AccountRecord:
    """The account after the report."""
    newest = held if reported.reported_on < held.reported_on else reported
    return replace(newest, history=merge_history(held.history, reported.history))


def at_most_60_months(account: AccountRecord) -> AccountRecord:
    """The account with the newest 60 months of its history."""
    kept = _cut(account.history)
    return account if kept is account.history else replace(account, history=kept)


def merge_history(held: History | None, reported: History | None) -> History | None:
    """Month by month: what is reported, else what is held, else unknown; at most the newest 60 months."""
    if held is None or reported is None:
        return _cut(reported or held)
    newest = max(month_number(held.month), month_number(reported.month))
    oldest = min(_oldest(held), _oldest(reported))
    months = range(newest, max(oldest, newest - HISTORY_MONTHS_MAX + 1) - 1, -1)
    return History(
        month_of_number(newest),
        "".join(_merged(months, held, held.codes, reported, reported.codes, PaymentStatus.UNKNOWN.value)),
        _amounts(months, held, held.days_past_due, reported, reported.days_past_due),
        _amounts(months, held, held.past_due_minor, reported, reported.past_due_minor),
        _amounts(months, held, held.balance_minor, reported, reported.balance_minor),
        _amounts(months, held, held.paid_minor, reported, reported.paid_minor),
    )


def merged_delinquencies(merged: AccountRecord, contribution: Contribution) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies that the merged history shows, with what the report says of the last one. A backdated report
    says nothing of the last one.
    """
    if merged.history is None or merged.withdrawn:
        return ()
    backdated = contribution.account.reported_on < merged.reported_on
    last = contribution.delinquencies[-1] if contribution.delinquencies and not backdated else None
    stated = last.first_delinquent_on if last and last.stated else None
    shown = derive_delinquencies(merged.history, merged.reported_on, stated)
    if not shown or last is None:
        return shown
    dates = {name: getattr(shown[-1], name) for name in ("first_delinquent_on", "first_late_month", "last_late_month")}
    peak = max(shown[-1].peak_days_past_due, last.peak_days_past_due)
    return (*shown[:-1], replace(last, **dates, peak_days_past_due=peak, stated=shown[-1].stated))


def change_delinquencies(
    held: Sequence[HeldDelinquency], shown: Sequence[DelinquencyRecord], oldest_month: date
) -> DelinquencyChanges:
    """What changes where `held` is current and `shown` is what the history since `oldest_month` now shows."""
    waiting = list(held)
    added: list[tuple[DelinquencyRecord, int]] = []
    superseded: list[UUID] = []
    moved = False
    for record in shown:
        same = next((other for other in waiting if _overlap(other.record, record)), None)
        if same is None:
            added.append((record, 1))
            continue
        waiting.remove(same)
        moved = moved or _moves(same.record, record)
        kept = _keep_first(same.record, record, oldest_month)
        if _content(kept) != _content(same.record):
            added.append((kept, same.version + 1))
            superseded.append(same.delinquency_key)
    # What the history covers and no longer shows was corrected away; what lies before it is not touched.
    superseded += [other.delinquency_key for other in waiting if other.record.first_delinquent_on >= oldest_month]
    return DelinquencyChanges(tuple(added), tuple(superseded), moved)


def oldest_month(history: History) -> date:
    """The oldest month of a history."""
    return month_of_number(_oldest(history))


def _oldest(history: History) -> int:
    return month_number(history.month) - len(history.codes) + 1


def _cut(history: History | None) -> History | None:
    if history is None or len(history.codes) <= HISTORY_MONTHS_MAX:
        return history
    beside = (history.days_past_due, history.past_due_minor, history.balance_minor, history.paid_minor)
    kept = [None if amounts is None else amounts[:HISTORY_MONTHS_MAX] for amounts in beside]
    return History(history.month, history.codes[:HISTORY_MONTHS_MAX], *kept)


def _merged(
    months: range,
    held: History,
    held_values: Sequence[Value],
    reported: History,
    reported_values: Sequence[Value],
    absent: Value,
) -> list[Value]:
    """The values of `months`, newest first: reported, else held, else `absent`."""
    held_from, reported_from = month_number(held.month), month_number(reported.month)
    values = []
    for month in months:
        if 0 <= reported_from - month < len(reported_values):
            values.append(reported_values[reported_from - month])
        elif 0 <= held_from - month < len(held_values):
            values.append(held_values[held_from - month])
        else:
            values.append(absent)
    return values


def _amounts(
    months: range, held: History, held_amounts: Amounts | None, reported: History, reported_amounts: Amounts | None
) -> Amounts | None:
    if held_amounts is None and reported_amounts is None:
        return None
    # A month that is reported without amounts has none: what was held of it belonged to the old report.
    reported_values = reported_amounts or (None,) * len(reported.codes)
    return tuple(_merged(months, held, held_amounts or (), reported, reported_values, None))


def _overlap(held: DelinquencyRecord, shown: DelinquencyRecord) -> bool:
    held_from, shown_from = first_day(held.first_delinquent_on), first_day(shown.first_delinquent_on)
    held_to, shown_to = held.ended_on or _FAR_FUTURE, shown.ended_on or _FAR_FUTURE
    return held_from < shown_to and min(shown_from, shown.first_late_month) < held_to


def _moves(held: DelinquencyRecord, shown: DelinquencyRecord) -> bool:
    """Whether the furnisher now states another month. What was only derived never contradicts what is held."""
    return shown.stated and first_day(shown.first_delinquent_on) != first_day(held.first_delinquent_on)


def _keep_first(held: DelinquencyRecord, shown: DelinquencyRecord, oldest_month: date) -> DelinquencyRecord:
    """What the history now shows, from the first day that was reported. A peak before its oldest month stays known."""
    peak = shown.peak_days_past_due
    if held.first_delinquent_on < oldest_month:
        peak = max(peak, held.peak_days_past_due)
    return replace(
        shown,
        first_delinquent_on=held.first_delinquent_on,
        peak_days_past_due=peak,
        charge_off_on=shown.charge_off_on or held.charge_off_on,
        charge_off_minor=shown.charge_off_minor or held.charge_off_minor,
    )


def _content(record: DelinquencyRecord) -> tuple[object, ...]:
    return (
        record.first_delinquent_on,
        record.peak_days_past_due,
        record.cured_on,
        record.ended_on,
        record.charge_off_minor,
        record.reason,
        record.prior_notice_sent_at,
    )
