"""Offers that were not answered in time end: a daily pass."""

from uuid import UUID

from exchange.journeys.log_act import log_in_file
from exchange.journeys.own_plans import is_late, local_day
from exchange.journeys.plan_versions import KIND, add_plan_version, tell_parties, terms_ended
from exchange.journeys.record_rows import RecordReason
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_borrower
from exchange.store.own_file import hold_own_file
from exchange.store.plans import current_plan, plans_to_expire, waits_for_member
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import PlanState

PLANS_AT_ONCE = 500
_OPEN = frozenset({PlanState.PROPOSED, PlanState.COUNTERED})


def expire_plans(services: Services, actor: str) -> int:
    """Ends every offer whose last day has gone by at its borrower's place. Returns how many.

    Not one that the borrower answered with other terms while the member's own time to answer runs, or was missed.
    Each in a transaction of its own, with an entry of the log; the borrower and the members whom it concerns are told.
    `actor`: who runs the pass. A borrower's own answer that commits first holds.
    """
    ended = 0
    while True:
        with services.connection() as connection:
            due = plans_to_expire(connection, services.clock.now().date(), PLANS_AT_ONCE)
        done = sum(_expire(services, *place, actor) for place in due)
        ended += done
        # What is left of a list that is not full, or could not be ended, waits for the next pass.
        if done < PLANS_AT_ONCE:
            return ended


def _expire(services: Services, subject_key: UUID, plan_key: UUID, actor: str) -> bool:
    """Ends one offer; False where it was answered meanwhile, or its day goes on at the borrower's place."""
    with services.transaction() as connection:
        file = hold_own_file(connection, subject_key)
        row = current_plan(connection, subject_key, plan_key)
        if file is None or row is None or PlanState(row["state"]) not in _OPEN:
            return False
        if not is_late(row, local_day(services, file)) or waits_for_member(connection, subject_key, plan_key):
            return False
        now, cipher = services.clock.now(), services.keys.open(file.wrapped_key)
        changes = terms_ended(PlanState.EXPIRED, now.date())
        version = add_plan_version(services, connection, cipher, row, changes, RecordReason.EXCHANGE)
        fields = {
            "act": "plan_expired",
            "kind": KIND.value,
            "record": str(plan_key),
            "version": version,
            "actor": actor,
        }
        log_in_file(services, connection, now, subject_key, cipher, fields)
        said = {"member": row["contributor"], "outcome": PlanState.EXPIRED.value}
        tell_borrower(services, connection, subject_key, NoticeKind.PLAN_ENDED, plan_key, said)
        tell_parties(services, connection, row, NoticeKind.PLAN_ENDED, said)
    return True
