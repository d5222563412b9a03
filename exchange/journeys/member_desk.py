"""What a member's staff see first: what waits for an answer, what is late, how good their records are found to be."""

from dataclasses import dataclass

from exchange.handover import Officer
from exchange.journeys.member_conduct import DataQuality, data_quality
from exchange.journeys.services import Services
from exchange.store.member_desk import Waiting, count_waiting
from exchange.store.member_register import registered_member
from exchange.store.quality import newest_quality


@dataclass(frozen=True, slots=True)
class MemberOverview:
    """One member today."""

    member_name: str
    waiting: Waiting
    quality: DataQuality | None


def member_overview(services: Services, officer: Officer) -> MemberOverview:
    """The overview of the officer's own member. It names no borrower and is not logged."""
    with services.connection() as connection:
        member = registered_member(connection, officer.authority)
        waiting = count_waiting(connection, officer.authority, services.clock.now())
        measured = newest_quality(connection, [officer.authority]).get(officer.authority)
    return MemberOverview(member.name, waiting, data_quality(measured))
