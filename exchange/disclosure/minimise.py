"""Takes away what the law or the consent does not let the reader see, even of the parts that were released.

1. Negative information whose conduct ended longer ago than the law lets it be shown is left out (Regulation on the
   Credit Reporting Industry, art. 16: five years): whole delinquencies, closed bad accounts, and in histories the
   code and the amounts of the month.
2. Months outside the consent's data range are left out.
3. Histories are cut to the length asked for.
"""

from datetime import date

from consent.policy.resolve import retention_ended
from exchange.handover import OpenRows, Plan, Row, SectionName
from schema.vocabulary.account import AccountState
from schema.vocabulary.payment_status import NEGATIVE, PaymentStatus

_HISTORIES = ("history_days_past_due", "history_past_due_minor", "history_balance_minor", "history_paid_minor")
_BAD_END = frozenset({AccountState.BAD_DEBT, AccountState.WRITTEN_OFF, AccountState.IN_RECOVERY})


def minimise(opened: OpenRows, today: date) -> OpenRows:
    """The rows without what may not be shown on `today`."""
    plan, rows = opened.plan, dict(opened.rows)
    if SectionName.DELINQUENCY in rows:
        rows[SectionName.DELINQUENCY] = [
            r for r in rows[SectionName.DELINQUENCY] if not _ended(plan, r["ended_on"], today)
        ]
    if SectionName.ACCOUNT in rows:
        shown = (row for row in rows[SectionName.ACCOUNT] if not _closed_badly_long_ago(plan, row, today))
        rows[SectionName.ACCOUNT] = [_with_shown_months(plan, row, today) for row in shown]
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


def _closed_badly_long_ago(plan: Plan, row: Row, today: date) -> bool:
    return row["state"] in _BAD_END and _ended(plan, row["closed_on"], today)


def _with_shown_months(plan: Plan, row: Row, today: date) -> Row:
    if not row.get("history_codes"):
        return row
    codes, newest = row["history_codes"], row["history_month"]
    shown = _shown_positions(plan, _month_number(newest), len(codes))
    if not shown:
        return {**row, "history_codes": "", **{name: None for name in _HISTORIES if name in row}}
    masked = {position for position in shown if _is_past_negative(plan, codes, newest, position, today)}
    beside = {
        name: [None if position in masked else row[name][position] for position in shown]
        for name in _HISTORIES
        if row.get(name)
    }
    shown_codes = "".join(PaymentStatus.UNKNOWN if position in masked else codes[position] for position in shown)
    return {**row, **beside, "history_codes": shown_codes, "history_month": first_of_month(newest, shown[0])}


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
