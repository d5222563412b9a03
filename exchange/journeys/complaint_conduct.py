"""What the complaints of a period say of each member, and which of them are near-identical."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from exchange.audit.alike import groups_alike
from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.handover import EventFilter
from exchange.journeys.log_view import log_view, require_scope, wanted_in_words
from exchange.journeys.openable import Auditor
from exchange.journeys.reconcile_consents import check_period
from exchange.journeys.services import Services
from exchange.store.complaint_counts import (
    SketchedComplaint,
    answers_overdue,
    borrowers_contacted,
    complaints_by_category,
    findings,
    sketches,
    times_to_answer,
)
from exchange.store.conduct import Counted, members_that_look
from schema.vocabulary.complaint import ComplaintCategory, Finding
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import Scope

DAYS_MAX = 366
ALIKE_MIN = 3
COMPARED_MAX = 20_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ComplaintConduct:
    """The complaints against one member that were filed in a period.

    `per_thousand`: complaints for each 1,000 borrowers whom it contacted in the period; None: it contacted nobody.
    `upheld_share`: the share of findings that upheld a complaint wholly or in part; None: nothing was found yet.
    `median_days`: to answer; None: it answered none. `overdue`: answers that are overdue now, whenever filed.
    """

    member_id: str
    name: str
    member_class: MemberClass
    complaints: int
    by_category: Mapping[ComplaintCategory, int]
    contacted: int
    per_thousand: float | None
    found: int
    upheld_share: float | None
    answered: int
    median_days: float | None
    overdue: int


@dataclass(frozen=True, slots=True)
class AlikeComplaints:
    """Complaints that are near-identical: how many, of whom, about what, and the newest one as an example."""

    size: int
    members: Mapping[str, int]
    categories: Mapping[ComplaintCategory, int]
    first_at: datetime
    last_at: datetime
    example: UUID


@dataclass(frozen=True, slots=True)
class AlikeGroups:
    """The groups of a period, the largest first. `compared` complaints; `whole`: these were all."""

    groups: tuple[AlikeComplaints, ...]
    compared: int
    whole: bool


def complaint_conduct(
    services: Services, auditor: Auditor, from_time: datetime, until_time: datetime, member_id: str | None = None
) -> tuple[ComplaintConduct, ...]:
    """Every member but regulators, or this one alone; logs that.

    Raises Refused without audit:read, BadRequest PERIOD_NOT_VALID for no period or more than 366 days.
    """
    counted = _counted(services, auditor, from_time, until_time, member_id)
    now = services.clock.now()
    with services.transaction() as connection:
        members = members_that_look(connection, member_id)
        by_category = complaints_by_category(connection, counted)
        found = findings(connection, counted)
        taken = times_to_answer(connection, counted)
        overdue = answers_overdue(connection, member_id, now)
        contacted = borrowers_contacted(connection, counted)
        log_view(services, connection, auditor, "conduct_viewed", _said(counted, len(members)))
    return tuple(
        _conduct(
            *(row.member_id, row.name, MemberClass(row.member_class)),
            by_category.get(row.member_id, {}),
            found.get(row.member_id, {}),
            taken.get(row.member_id, []),
            overdue.get(row.member_id, 0),
            contacted.get(row.member_id, 0),
        )
        for row in members
    )


def complaints_alike(services: Services, auditor: Auditor, from_time: datetime, until_time: datetime) -> AlikeGroups:
    """The groups of three or more near-identical complaints among the newest 20,000 of a period; logs that.

    Raises as `complaint_conduct` does.
    """
    counted = _counted(services, auditor, from_time, until_time, None)
    with services.transaction() as connection:
        found = sketches(connection, counted, COMPARED_MAX + 1)
        log_view(services, connection, auditor, "complaints_compared", _said(counted, min(len(found), COMPARED_MAX)))
    compared = {each.complaint_id: each for each in found[:COMPARED_MAX]}
    groups = groups_alike({name: each.sketch for name, each in compared.items()})
    large = tuple(_alike([compared[name] for name in group]) for group in groups if len(group) >= ALIKE_MIN)
    return AlikeGroups(large, len(compared), len(found) <= COMPARED_MAX)


def _counted(
    services: Services, auditor: Auditor, from_time: datetime, until_time: datetime, member_id: str | None
) -> Counted:
    require_scope(services, auditor, Scope.AUDIT_READ)
    check_period(from_time, until_time)
    if until_time - from_time > timedelta(days=DAYS_MAX):
        raise BadRequest("Ask for 366 days at most.", "PERIOD_NOT_VALID")
    return Counted(from_time, until_time, member_id)


def _said(counted: Counted, found: int) -> dict[str, FieldValue]:
    wanted = EventFilter(member_id=counted.member_id, from_time=counted.from_time, until_time=counted.until_time)
    return {"wanted": wanted_in_words(wanted), "found": found}


def _conduct(
    member_id: str,
    name: str,
    member_class: MemberClass,
    by_category: Mapping[ComplaintCategory, int],
    found: Mapping[Finding, int],
    taken: Sequence[timedelta],
    overdue: int,
    contacted: int,
) -> ComplaintConduct:
    complaints, decided = sum(by_category.values()), sum(found.values())
    return ComplaintConduct(
        member_id=member_id,
        name=name,
        member_class=member_class,
        complaints=complaints,
        by_category=dict(sorted(by_category.items(), key=lambda each: -each[1])),
        contacted=contacted,
        per_thousand=1_000 * complaints / contacted if contacted else None,
        found=decided,
        upheld_share=1 - found.get(Finding.NOT_UPHELD, 0) / decided if decided else None,
        answered=len(taken),
        median_days=median(each / _DAY for each in taken) if taken else None,
        overdue=overdue,
    )


def _alike(group: Sequence[SketchedComplaint]) -> AlikeComplaints:
    newest_first = sorted(group, key=lambda each: each.filed_at, reverse=True)
    return AlikeComplaints(
        size=len(group),
        members=dict(Counter(each.against for each in newest_first).most_common()),
        categories=dict(Counter(each.category for each in newest_first).most_common()),
        first_at=newest_first[-1].filed_at,
        last_at=newest_first[0].filed_at,
        example=newest_first[0].complaint_id,
    )
