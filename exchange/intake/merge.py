"""Joins what is newly reported of an account with what is already held of it. Nothing held is lost by a shorter report.

The months reported win, but a month reported as unknown takes nothing away unless it is a correction; older and newer
months that the report does not hold stay. Of two reports the later one says how the account stands today. An account
that was taken back and is reported anew begins anew. A first delinquency once reported never moves, unless a correction
with its reason shows the arrears in other months.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from exchange.intake.account_content import delinquency_content
from exchange.intake.contribution import AccountRecord, Amounts, Contribution, DelinquencyRecord, History
from exchange.intake.derive_delinquencies import derive_delinquencies
from exchange.intake.months import first_day, month_number, month_of_number
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, NEGATIVE, PaymentStatus

Value = TypeVar("Value")
_Place = tuple[int | None, int | None]
_FAR_FUTURE = date.max
_NO_AMOUNTS: Amounts = (None,) * HISTORY_MONTHS_MAX
_SAYS_NOTHING = frozenset("#A")
_BELOW_30_DAYS = frozenset("N1*")


class VersionReason(StrEnum):
    """Why an account got a new version. BACKDATED: the report is older than what is held, or changes an older month."""

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
    corrects = reported.correction is not None
    older = rewrites(held.history, reported.history, not corrects) or _other_days(held.history, reported.history)
    if older or reported.reported_on < held.reported_on:
        return VersionReason.BACKDATED
    if corrects or reported.reported_on == held.reported_on:
        return VersionReason.CORRECTION
    return VersionReason.UPDATE


def rewrites(held: History | None, reported: History | None, from_30_days: bool = False) -> bool:
    """Whether a month older than the newest one held was in arrears and is not reported so now, or the other way round,
    or with another code of arrears. Months of which nothing was known may be told at any time.

    `from_30_days`: the furnisher's "on time" covers the first thirty days of arrears too.
    """
    return any(
        old != new
        and old not in _SAYS_NOTHING
        and new != PaymentStatus.UNKNOWN.value
        and (old in NEGATIVE or new in NEGATIVE)
        and not (from_30_days and old in _BELOW_30_DAYS and new in _BELOW_30_DAYS)
        for old, new in _older_months(held, reported, lambda history: history.codes)
    )


def merge_account(held: AccountRecord, reported: AccountRecord) -> AccountRecord:
    """The account after the report."""
    newest = held if reported.reported_on < held.reported_on else reported
    if reported.keeps_compliance_flag:
        newest = replace(newest, compliance_flag=held.compliance_flag)
    if held.withdrawn and not reported.withdrawn:
        return at_most_60_months(newest)
    return replace(newest, history=merge_history(held.history, reported.history, reported.correction is not None))


def at_most_60_months(account: AccountRecord) -> AccountRecord:
    """The account with the newest 60 months of its history."""
    kept = _cut(account.history)
    return account if kept is account.history else replace(account, history=kept)


def merge_history(held: History | None, reported: History | None, corrects: bool = False) -> History | None:
    """Month by month: what is reported, else what is held, else unknown; at most the newest 60 months. A correction may
    also take back what was known of a month.
    """
    if held is None or reported is None:
        return _cut(reported or held)
    ahead = month_number(reported.month) - month_number(held.month)
    if 0 <= ahead <= len(reported.codes) and (corrects or PaymentStatus.UNKNOWN.value not in reported.codes):
        return _continued(held, reported, len(reported.codes) - ahead)
    newest = max(month_number(held.month), month_number(reported.month))
    oldest = min(_oldest(held), _oldest(reported))
    months = range(newest, max(oldest, newest - HISTORY_MONTHS_MAX + 1) - 1, -1)
    places = [_place(month, held, reported, corrects) for month in months]
    return History(
        month_of_number(newest),
        "".join([_value(place, held.codes, reported.codes) or PaymentStatus.UNKNOWN.value for place in places]),
        _amounts(places, held.days_past_due, reported.days_past_due),
        _amounts(places, held.past_due_minor, reported.past_due_minor),
        _amounts(places, held.balance_minor, reported.balance_minor),
        _amounts(places, held.paid_minor, reported.paid_minor),
    )


def delinquency_changes(
    held: AccountRecord, merged: AccountRecord, contribution: Contribution, late: Sequence[HeldDelinquency]
) -> DelinquencyChanges:
    """What becomes of the delinquencies `late` that are held of `held`, now that `contribution` made it `merged`."""
    oldest = oldest_month(merged.history) if merged.history else merged.opened_on
    corrects = contribution.account.correction is not None and held.history is not None
    before = derive_delinquencies(held.history, held.reported_on) if corrects and held.history else ()
    return change_delinquencies(late, merged_delinquencies(merged, contribution), oldest, before)


def merged_delinquencies(merged: AccountRecord, contribution: Contribution) -> tuple[DelinquencyRecord, ...]:
    """The delinquencies that the merged history shows, with what the report says of the last one. A backdated report
    says nothing of the last one.
    """
    if merged.history is None or merged.withdrawn:
        return ()
    shown = derive_delinquencies(merged.history, merged.reported_on)
    backdated = contribution.account.reported_on < merged.reported_on
    last = contribution.delinquencies[-1] if contribution.delinquencies and not backdated else None
    if not shown or last is None or not _share_months(last, shown[-1]):
        return shown
    if last.stated:
        shown = derive_delinquencies(merged.history, merged.reported_on, last.first_delinquent_on)
    return (*shown[:-1], _told_of(last, shown[-1]))


def _told_of(last: DelinquencyRecord, shown: DelinquencyRecord) -> DelinquencyRecord:
    """What the report says of a delinquency, in the months in which the merged history shows it."""
    return replace(
        last,
        first_delinquent_on=shown.first_delinquent_on,
        first_late_month=shown.first_late_month,
        last_late_month=shown.last_late_month,
        peak_days_past_due=max(shown.peak_days_past_due, last.peak_days_past_due),
        cured_on=last.cured_on or shown.cured_on,
        ended_on=last.ended_on or shown.ended_on,
        stated=shown.stated,
    )


def change_delinquencies(
    held: Sequence[HeldDelinquency],
    shown: Sequence[DelinquencyRecord],
    oldest_month: date,
    corrected: Sequence[DelinquencyRecord] = (),
) -> DelinquencyChanges:
    """What changes where `held` is current and `shown` is what the history since `oldest_month` now shows.

    `corrected`: what the history showed before a correction. Where the correction lets a delinquency begin in another
    month, its first day follows; this is the only way in which it may move.
    """
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
        begins_anew = _begins_anew(record, corrected, oldest_month)
        moved = moved or (not begins_anew and _moves(same.record, record))
        kept = _keep_lost(same.record, record) if begins_anew else _keep_first(same.record, record, oldest_month)
        if delinquency_content(kept) != delinquency_content(same.record):
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


def _continued(held: History, reported: History, covered: int) -> History:
    """The usual case, month after month: what is reported, and behind it what is held, without its newest `covered`
    months.
    """

    def joined(before: Amounts | None, after: Amounts | None) -> Amounts | None:
        if before is None and after is None:
            return None
        newer = after or (None,) * len(reported.codes)
        older = (before or (None,) * len(held.codes))[covered:]
        return (newer + older)[:HISTORY_MONTHS_MAX]

    return History(
        reported.month,
        (reported.codes + held.codes[covered:])[:HISTORY_MONTHS_MAX],
        joined(held.days_past_due, reported.days_past_due),
        joined(held.past_due_minor, reported.past_due_minor),
        joined(held.balance_minor, reported.balance_minor),
        joined(held.paid_minor, reported.paid_minor),
    )


def _place(month: int, held: History, reported: History, corrects: bool) -> _Place:
    """Where the value of a month stands: (in the report, in what is held), one of them or none."""
    in_report, in_held = month_number(reported.month) - month, month_number(held.month) - month
    is_reported, is_held = 0 <= in_report < len(reported.codes), 0 <= in_held < len(held.codes)
    if is_reported and is_held and not corrects:
        unknown = PaymentStatus.UNKNOWN.value
        is_reported = reported.codes[in_report] != unknown or held.codes[in_held] == unknown
    if is_reported:
        return in_report, None
    return None, in_held if is_held else None


def _value(place: _Place, held: Sequence[Value], reported: Sequence[Value]) -> Value | None:
    in_report, in_held = place
    if in_report is not None:
        return reported[in_report]
    return None if in_held is None else held[in_held]


def _amounts(places: Sequence[_Place], held: Amounts | None, reported: Amounts | None) -> Amounts | None:
    if held is None and reported is None:
        return None
    # A month that is reported without amounts has none: what was held of it belonged to the old report.
    held, reported = held or _NO_AMOUNTS, reported or _NO_AMOUNTS
    return tuple([_value(place, held, reported) for place in places])


def _older_months(
    held: History | None, reported: History | None, values: Callable[[History], Sequence[Value] | None]
) -> Iterator[tuple[Value, Value]]:
    """(held, reported) of each month that both hold and that is older than the newest one held. That one may still
    have been open when it was reported.
    """
    if held is None or reported is None:
        return iter(())
    before, after = values(held), values(reported)
    if before is None or after is None:
        return iter(())
    ahead = month_number(reported.month) - month_number(held.month)
    return zip(before[max(1, -ahead) :], after[max(1 + ahead, 0) :], strict=False)


def _other_days(held: History | None, reported: History | None) -> bool:
    both = _older_months(held, reported, lambda history: history.days_past_due)
    return any(old != new and old is not None and new is not None for old, new in both)


def _begins_anew(shown: DelinquencyRecord, corrected: Sequence[DelinquencyRecord], oldest_month: date) -> bool:
    """Whether a correction gave these arrears another first month. A first month that the history no longer covers is
    not another one.
    """
    before = next((other for other in corrected if _share_months(other, shown)), None)
    if before is None or before.first_late_month == shown.first_late_month:
        return False
    return shown.first_late_month < before.first_late_month or before.first_late_month >= oldest_month


def _share_months(one: DelinquencyRecord, other: DelinquencyRecord) -> bool:
    return one.first_late_month <= other.last_late_month and other.first_late_month <= one.last_late_month


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
    return replace(_keep_lost(held, shown), first_delinquent_on=held.first_delinquent_on, peak_days_past_due=peak)


def _keep_lost(held: DelinquencyRecord, shown: DelinquencyRecord) -> DelinquencyRecord:
    """What the report does not repeat of an earlier one."""
    unknown = shown.reason is DelinquencyReason.UNKNOWN
    kept = {name: getattr(shown, name) or getattr(held, name) for name in _TOLD_ONCE}
    return replace(shown, reason=held.reason if unknown else shown.reason, **kept)


_TOLD_ONCE = (
    "charge_off_on", "charge_off_minor", "prior_notice_sent_at", "prior_notice_delivered_at", "prior_notice_channel",
)  # fmt: skip
