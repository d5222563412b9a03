"""The days that a form asks for, first and last included, in the time zone of the pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from exchange.web.language import gettext as _
from exchange.web.language import to_translate

FROM, UNTIL = "from", "until"
DEFAULT_DAYS = 30

_DAY = re.compile(r"(?:19[7-9]|2\d\d)\d-\d{2}-\d{2}")  # no year so far off that its last day has none after it
_NOT_A_DAY = {
    FROM: to_translate("Write the first day as year-month-day, such as 2026-05-01"),
    UNTIL: to_translate("Write the last day as year-month-day, such as 2026-05-31"),
}
_WRONG_ORDER = to_translate("The last day must not be before the first")


@dataclass(slots=True)
class Period:
    """What was typed for the first and the last day, the instants these mean, and what is wrong, by field.

    `from_time` is included, `until_time` is not; None: no such limit.
    """

    typed: Mapping[str, str]
    from_time: datetime | None = None
    until_time: datetime | None = None
    faults: dict[str, str] = field(default_factory=dict)


def read_period(given: Mapping[str, str], time_zone: str) -> Period:
    """The period in an address or form; a day that is not there is no limit."""
    zone = ZoneInfo(time_zone)
    period = Period({name: given.get(name, "").strip() for name in (FROM, UNTIL)})
    first, last = (_read_day(period, name) for name in (FROM, UNTIL))
    if first and last and last < first:
        period.faults[UNTIL] = _(_WRONG_ORDER)
    if not period.faults:
        period.from_time = _midnight(first, zone) if first else None
        period.until_time = _midnight(last + timedelta(days=1), zone) if last else None
    return period


def read_whole_period(given: Mapping[str, str], time_zone: str, now: datetime) -> Period:
    """The same with both ends: what is left out is the last 30 days, today included."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    last = given.get(UNTIL, "").strip() or today.isoformat()
    day = _day(last) or today
    first = given.get(FROM, "").strip() or (day - timedelta(days=DEFAULT_DAYS - 1)).isoformat()
    return read_period({FROM: first, UNTIL: last}, time_zone)


def _read_day(period: Period, name: str) -> date | None:
    text = period.typed[name]
    day = _day(text)
    if text and day is None:
        period.faults[name] = _(_NOT_A_DAY[name])
    return day


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
