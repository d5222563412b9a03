"""How members conduct themselves: what regulators are shown of each, counted from the log and the files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from exchange.errors import BadRequest
from exchange.handover import EventFilter
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.openable import Auditor
from exchange.journeys.reconcile_consents import check_period
from exchange.journeys.services import Services
from exchange.store.conduct import (
    Counted,
    looks_by_day,
    looks_unrecognised,
    members_that_look,
    notices_unanswered,
    records_submitted,
    refusals_by_reason,
    refusals_by_rule,
)
from exchange.store.quality import newest_quality
from schema.vocabulary.member_class import ContributionLevel, MemberClass
from schema.vocabulary.scope import Scope

DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class DayCount:
    """The looks of one day, in the time zone of the settings."""

    day: date
    granted: int
    refused: int


@dataclass(frozen=True, slots=True)
class DataQuality:
    """A member's newest measures: shares from 0 to 1 and the index from 0 to 100; None: nothing to measure.

    `measured_level`: what it was found to contribute.
    """

    measured_on: date
    index: float | None
    completeness: float | None
    timeliness: float | None
    consistency: float | None
    dispute_rate: float | None
    upheld_share: float | None
    measured_level: ContributionLevel | None


@dataclass(frozen=True, slots=True)
class MemberConduct:
    """One member in a period. `per_day` has every day of it, those without a look too.

    A refused look may have several reasons, and each may name a rule. `unrecognised`: looks that borrowers marked in
    the period as not recognised. `fault_rate` is the share of records at fault in the files it sent; None: it sent
    none. The notices are those without an answer now: whose time is over, and whose time still runs. `quality` is None
    for members that were never measured.
    """

    member_id: str
    name: str
    member_class: MemberClass
    looks: int
    granted: int
    refused: int
    refused_by_rule: Mapping[str, int]
    refused_by_reason: Mapping[str, int]
    per_day: tuple[DayCount, ...]
    unrecognised: int
    records_read: int
    records_faulty: int
    fault_rate: float | None
    notices_overdue: int
    notices_waiting: int
    quality: DataQuality | None


def conduct(
    services: Services, auditor: Auditor, from_time: datetime, until_time: datetime, member_id: str | None = None
) -> tuple[MemberConduct, ...]:
    """Every member but regulators, or this one alone, from `from_time` up to but without `until_time`; logs that.

    Only what has its place in the log is counted. Raises Refused without audit:read, BadRequest PERIOD_NOT_VALID for
    no period or more than 366 days, BadRequest MEMBER_UNKNOWN.
    """
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_period(from_time, until_time)
    if until_time - from_time > timedelta(days=DAYS_MAX):
        raise BadRequest(f"Ask for {DAYS_MAX} days at most.", "PERIOD_NOT_VALID")
    counted, zone, now = Counted(from_time, until_time, member_id), services.settings.time_zone, services.clock.now()
    with services.connection() as connection:
        members = members_that_look(connection, member_id)
        by_day = looks_by_day(connection, counted, zone)
        by_rule = refusals_by_rule(connection, counted)
        by_reason = refusals_by_reason(connection, counted)
        unrecognised = looks_unrecognised(connection, counted)
        submitted = records_submitted(connection, counted)
        unanswered = notices_unanswered(connection, member_id, now)
        measured = newest_quality(connection, [row.member_id for row in members])
    if member_id is not None and not members:
        raise BadRequest("No member of this id is registered.", "MEMBER_UNKNOWN")
    _log(services, auditor, counted)
    days = _days(from_time, until_time, zone)
    figures = {id_: [DayCount(*each[1:]) for each in by_day if each[0] == id_] for id_ in {row[0] for row in by_day}}
    return tuple(
        _conduct(
            *(row.member_id, row.name, MemberClass(row.member_class)),
            _every_day(days, figures.get(row.member_id, [])),
            by_rule.get(row.member_id, {}),
            by_reason.get(row.member_id, {}),
            unrecognised.get(row.member_id, 0),
            submitted.get(row.member_id, (0, 0)),
            unanswered.get(row.member_id, (0, 0)),
            data_quality(measured.get(row.member_id)),
        )
        for row in members
    )


def _conduct(
    member_id: str,
    name: str,
    member_class: MemberClass,
    per_day: tuple[DayCount, ...],
    by_rule: Mapping[str, int],
    by_reason: Mapping[str, int],
    unrecognised: int,
    records: tuple[int, int],
    notices: tuple[int, int],
    quality: DataQuality | None,
) -> MemberConduct:
    granted, refused = sum(day.granted for day in per_day), sum(day.refused for day in per_day)
    return MemberConduct(
        member_id=member_id,
        name=name,
        member_class=member_class,
        looks=granted + refused,
        granted=granted,
        refused=refused,
        refused_by_rule=_most_first(by_rule),
        refused_by_reason=_most_first(by_reason),
        per_day=per_day,
        unrecognised=unrecognised,
        records_read=records[0],
        records_faulty=records[1],
        fault_rate=records[1] / records[0] if records[0] else None,
        notices_overdue=notices[0],
        notices_waiting=notices[1],
        quality=quality,
    )


def data_quality(row: Row[Any] | None) -> DataQuality | None:
    """The measures in a row of `member_quality`."""
    if row is None:
        return None
    level = row.measured_level and ContributionLevel(row.measured_level)
    shares = (row.completeness, row.timeliness, row.consistency, row.dispute_rate, row.upheld_share)
    return DataQuality(row.measured_on, row.quality_index, *shares, level)


def _days(from_time: datetime, until_time: datetime, time_zone: str) -> list[date]:
    zone = ZoneInfo(time_zone)
    first = from_time.astimezone(zone).date()
    last = (until_time - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _every_day(days: Sequence[date], counts: Sequence[DayCount]) -> tuple[DayCount, ...]:
    by_day = {count.day: count for count in counts}
    return tuple(by_day.get(day, DayCount(day, 0, 0)) for day in days)


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _log(services: Services, auditor: Auditor, counted: Counted) -> None:
    seen = EventFilter(member_id=counted.member_id, from_time=counted.from_time, until_time=counted.until_time)
    with services.transaction() as connection:
        log_view(services, connection, auditor, "conduct_viewed", {"wanted": wanted_in_words(seen)})
