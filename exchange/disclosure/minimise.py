"""Takes away what the law or the consent does not let the reader see, even of the parts that were released.

1. Negative information whose conduct ended longer ago than the law lets it be shown is left out (Regulation on the
   Credit Reporting Industry, art. 16: five years): whole delinquencies, closed bad accounts, and the codes of months.
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
    count = month.year * 12 + month.month - 1 - months_back
    return date(count // 12, count % 12 + 1, 1)


def _ended(plan: Plan, ended_on: date | None, today: date) -> bool:
    years = plan.grant.negative_retention_years
    return years is not None and ended_on is not None and retention_ended(ended_on, years, today)


def _closed_badly_long_ago(plan: Plan, row: Row, today: date) -> bool:
    return row["state"] in _BAD_END and _ended(plan, row["closed_on"], today)


def _with_shown_months(plan: Plan, row: Row, today: date) -> Row:
    codes = row.get("history_codes")
    if not codes:
        return row
    newest, grant = row["history_month"], plan.grant
    kept = [
        position
        for position in range(min(len(codes), plan.history_months))
        if _in_range(first_of_month(newest, position), grant.history_from, grant.history_to)
    ]
    if not kept:
        return {**row, "history_codes": "", **{name: None for name in _HISTORIES if name in row}}
    first, last = kept[0], kept[-1] + 1
    cut = {name: row[name][first:last] for name in _HISTORIES if row.get(name)}
    shown = "".join(
        PaymentStatus.UNKNOWN
        if code in NEGATIVE and _ended(plan, first_of_month(newest, position - 1), today)
        else code
        for position, code in enumerate(codes[first:last], start=first)
    )
    return {**row, **cut, "history_codes": shown, "history_month": first_of_month(newest, first)}


def _in_range(month: date, start: date | None, end: date | None) -> bool:
    return (start is None or month >= start.replace(day=1)) and (end is None or month <= end)
