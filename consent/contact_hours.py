"""The debtor's own clock: when nobody is contacted, and how long leave given now may last.

Clocks are put forward and back, so an hour may be missing or come twice. Every minute is looked at by what the clock
on the debtor's wall shows then; nothing is reckoned with lengths of days.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from consent.policy.contact_terms import Hours

_MINUTE = timedelta(minutes=1)
_LONGEST_NIGHT = timedelta(days=2)


def leave_ends(hours: Sequence[Hours], now: datetime, zone: ZoneInfo, validity: timedelta) -> datetime:
    """When leave given now ends, in UTC: after its validity, with the debtor's day, or as quiet hours begin."""
    today = now.astimezone(zone).date()

    def is_over(here: datetime) -> bool:
        return here.date() != today or any(each.is_quiet(here.time()) for each in hours)

    return _first_minute(is_over, now, zone, validity) or now.astimezone(UTC) + validity


def quiet_ends(hours: Sequence[Hours], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When it is quiet by none of these hours any more, in UTC; None: not within two days."""

    def is_over(here: datetime) -> bool:
        return not any(each.is_quiet(here.time()) for each in hours)

    return _first_minute(is_over, now, zone, _LONGEST_NIGHT)


def _first_minute(
    holds: Callable[[datetime], bool], now: datetime, zone: ZoneInfo, within: timedelta
) -> datetime | None:
    """The first full minute after now, and before so long after it, at whose local time this holds."""
    start = now.astimezone(UTC)
    minute = start.replace(second=0, microsecond=0) + _MINUTE
    while minute < start + within:
        if holds(minute.astimezone(zone)):
            return minute
        minute += _MINUTE
    return None
