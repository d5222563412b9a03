"""What follows from a member's report about a repayment plan: who is told, which clock stops, and what stays agreed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from exchange.handover import Member
from exchange.intake.check_agreed import check_agreed, check_taken_back
from exchange.intake.contribution import Fault
from exchange.intake.noun_records import NounRecord, PlanRecord
from exchange.journeys.plan_versions import KIND, tell_parties
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower
from exchange.store.plan_replies import was_accepted_here
from exchange.store.plans import versions_of
from exchange.store.running_clocks import meet_clock
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import ENDED, PlanState
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.running_clock import ClockKind

Held = Mapping[str, Any]
"""The newest version of the record, as stored."""


def agreed_faults(
    connection: Connection, record: NounRecord, held: Held | None, correction: CorrectionReason | None
) -> list[Fault]:
    """Where the borrower accepted the plan here: every part of what was agreed that the report would change."""
    if not isinstance(record, PlanRecord) or held is None or not _is_agreed(connection, held):
        return []
    return check_agreed(record, held, correction)


def taken_back_faults(
    connection: Connection, kind: RecordKind, held: Held, correction: CorrectionReason
) -> list[Fault]:
    """A plan that the borrower accepted here, and that runs, is taken back only for a dispute or a court."""
    if kind is not KIND or not _is_agreed(connection, held):
        return []
    return check_taken_back(PlanState(held["state"]), correction)


def follow_plan(services: Services, connection: Connection, member: Member, plan: Held) -> None:
    """What follows from the member's new version of a plan, as added in the caller's transaction.

    A counter-offer is answered by whatever the member says next. The borrower is told of an offer; they, and the other
    members whom it concerns, are told when a plan that we knew of ends.
    """
    subject_key, plan_key, now = plan["subject_key"], plan["plan_key"], services.clock.now()
    meet_clock(connection, subject_key, plan_key, ClockKind.PLAN_ANSWER, now)
    state = PlanState.WITHDRAWN if plan["withdrawn"] else PlanState(plan["state"])
    if state is PlanState.PROPOSED:
        answer_by = plan["answer_by"]
        offered = {"member": member.member_id, "by": answer_by.isoformat() if answer_by else None}
        tell_borrower(services, connection, subject_key, NoticeKind.PLAN_OFFERED, plan_key, offered)
    if state in ENDED and _went_on(connection, plan):
        ended = {"member": member.member_id, "outcome": state.value}
        tell_borrower(services, connection, subject_key, NoticeKind.PLAN_ENDED, plan_key, ended)
        tell_parties(services, connection, plan, NoticeKind.PLAN_ENDED, ended, but=[member.member_id])


def _went_on(connection: Connection, plan: Held) -> bool:
    """Whether the version before this one was of a plan that had not ended."""
    versions = versions_of(connection, plan["subject_key"], plan["plan_key"])
    before = [row for row in versions if row["version"] < plan["version"]]
    return bool(before) and not before[-1]["withdrawn"] and PlanState(before[-1]["state"]) not in ENDED


def _is_agreed(connection: Connection, held: Held) -> bool:
    return not held["withdrawn"] and was_accepted_here(connection, held["subject_key"], held["plan_key"])
