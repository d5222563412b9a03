"""Takes away what the law or the consent does not let the reader see, even of the parts that were released.

1. Negative information whose conduct ended longer ago than the law lets it be shown is left out (Regulation on the
   Credit Reporting Industry, art. 16: five years): whole delinquencies, public records, repayment plans and contacts
   about debts, closed bad accounts, and in histories the code and the amounts of the month.
2. Months that a rule hides show neither their code nor their amounts.
3. Months, and contacts about debts, outside the consent's data range are left out.
4. Histories are cut to the length asked for.
5. An alert or a need of care that has ended is not told.

The days count from today, also where a report is about the past; what is known today about a record decides as well.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date

from consent.policy.resolve import retention_ended
from exchange.handover import OpenRows, Plan, Row, SectionName
from schema.vocabulary.account import AccountState
from schema.vocabulary.payment_status import NEGATIVE, PaymentStatus

_HISTORIES = ("history_days_past_due", "history_past_due_minor", "history_balance_minor", "history_paid_minor")
_BAD_END = frozenset({AccountState.BAD_DEBT, AccountState.WRITTEN_OFF, AccountState.IN_RECOVERY})


def minimise(opened: OpenRows, today: date) -> OpenRows:
    """The rows without what may not be shown on `today`."""
    plan, rows = opened.plan, dict(opened.rows)
    for section in rows.keys() & _TOO_OLD.keys():
        rows[section] = [row for row in rows[section] if not _TOO_OLD[section](plan, row, today)]
    if SectionName.COLLECTION_ACTION in rows:
        rows[SectionName.COLLECTION_ACTION] = [
            row for row in rows[SectionName.COLLECTION_ACTION] if _in_range(plan, _day(row))
        ]
    if SectionName.ACCOUNT in rows:
        rows[SectionName.ACCOUNT] = [_with_shown_months(plan, row, today) for row in rows[SectionName.ACCOUNT]]
    if SectionName.SUBJECT in rows:
        rows[SectionName.SUBJECT] = [_without_past_alerts(row, today) for row in rows[SectionName.SUBJECT]]
    return OpenRows(plan, rows)


def first_of_month(month: date, months_back: int) -> date:
    """The first day of the month that lies `months_back` before `month`."""
    years, months = divmod(_month_number(month) - months_back, 12)
    return date(years, months + 1, 1)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _ended(plan: Plan, ended_on: date | None, today: date) -> bool:
    years = plan.grant.negative_retention_years
    return years is not None and ended_on is not None and retention_ended(ended_on, years, today)


def _conduct_ended(plan: Plan, row: Row, today: date) -> bool:
    return _ended(plan, row["ended_on"], today) or _ended(plan, row.get("ended_on_today"), today)


def _not_to_be_shown(plan: Plan, row: Row, today: date) -> bool:
    last_days = (row.get("display_until"), row.get("display_until_today"))
    return _conduct_ended(plan, row, today) or any(last < today for last in last_days if last)


def _contacted_long_ago(plan: Plan, row: Row, today: date) -> bool:
    return _ended(plan, _day(row), today)


def _closed_badly_long_ago(plan: Plan, row: Row, today: date) -> bool:
    ends = ((row["state"], row["closed_on"]), (row.get("state_today"), row.get("closed_on_today")))
    return any(state in _BAD_END and _ended(plan, closed_on, today) for state, closed_on in ends)


_TOO_OLD: dict[SectionName, Callable[[Plan, Row, date], bool]] = {
    SectionName.ACCOUNT: _closed_badly_long_ago,
    SectionName.DELINQUENCY: _not_to_be_shown,
    SectionName.PUBLIC_RECORD: _conduct_ended,
    SectionName.REPAYMENT_PLAN: _conduct_ended,
    SectionName.COLLECTION_ACTION: _contacted_long_ago,
}


def _day(action: Row) -> date:
    day: date = action["started_at"].astimezone(UTC).date()
    return day


def _in_range(plan: Plan, day: date) -> bool:
    start, end = plan.grant.history_from, plan.grant.history_to
    return (start is None or day >= start) and (end is None or day <= end)


def _without_past_alerts(row: Row, today: date) -> Row:
    alert_until, care_until = row.get("fraud_alert_until"), row.get("vulnerability_until")
    shown = dict(row)
    if alert_until and alert_until.astimezone(UTC).date() < today:
        shown |= {"fraud_alert": None, "fraud_alert_until": None}
    if care_until and care_until < today:
        shown |= {"vulnerability": None, "vulnerability_until": None}
    return shown


def _with_shown_months(plan: Plan, row: Row, today: date) -> Row:
    if not row.get("history_codes"):
        return row
    codes, newest = row["history_codes"], row["history_month"]
    shown = _shown_positions(plan, _month_number(newest), len(codes))
    if not shown:
        return {**row, "history_codes": "", **{name: None for name in _HISTORIES if name in row}}
    masked = _masked_positions(plan, row, shown, today)
    beside = {name: _without(row[name], shown, masked) for name in _HISTORIES if row.get(name)}
    shown_codes = codes[shown.start : shown.stop]
    if masked:
        shown_codes = "".join(PaymentStatus.UNKNOWN if position in masked else codes[position] for position in shown)
    return {**row, **beside, "history_codes": shown_codes, "history_month": first_of_month(newest, shown.start)}


def _masked_positions(plan: Plan, row: Row, shown: range, today: date) -> set[int]:
    """The positions that are shown without their code and amounts: hidden by a rule, or negative too long ago."""
    codes, newest = row["history_codes"], row["history_month"]
    hidden = frozenset(row.get("hidden_months") or ())
    masked = {position for position in shown if first_of_month(newest, position) in hidden} if hidden else set()
    if _ended(plan, first_of_month(newest, shown.stop - 2), today):  # Of the oldest month: else no other has either.
        masked |= {position for position in shown if _is_past_negative(plan, codes, newest, position, today)}
    return masked


def _without(values: Sequence[int | None], shown: range, masked: set[int]) -> Sequence[int | None]:
    if not masked:
        return values[shown.start : shown.stop]
    return [None if position in masked else values[position] for position in shown]


def _shown_positions(plan: Plan, newest: int, length: int) -> range:
    """The positions of a history, newest first, that lie in the data range and within the length asked for."""
    start, end = plan.grant.history_from, plan.grant.history_to
    first = max(0, newest - _month_number(end)) if end else 0
    stop = min(length, newest - _month_number(start) + 1) if start else length
    return range(first, min(stop, first + plan.history_months))


def _is_past_negative(plan: Plan, codes: str, newest: date, position: int, today: date) -> bool:
    """Whether this month is negative and its conduct ended too long ago: on the first of the next month, at the
    earliest, since the code says how the month ended."""
    return codes[position] in NEGATIVE and _ended(plan, first_of_month(newest, position - 1), today)
