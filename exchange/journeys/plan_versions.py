"""New versions of repayment plans that no member reports: what an answer makes of them, or the end of the time for it.

Who offered a plan, and on what basis, stays as it was.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from consent.plan_schedule import Payment, make_schedule
from exchange.journeys.contributed_rows import Provenance
from exchange.journeys.record_rows import RecordPlace, RecordReason, opened_content, record_row
from exchange.journeys.services import Services
from exchange.journeys.tell import Said, tell_member
from exchange.store.plans import PlanRow, parties_to
from exchange.store.records import add_version
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import PlanState
from schema.vocabulary.record_kind import RecordKind

KIND = RecordKind.REPAYMENT_PLAN


def add_plan_version(
    services: Services,
    connection: Connection,
    cipher: SubjectCipher,
    row: PlanRow,
    changes: Mapping[str, Any],
    reason: RecordReason,
) -> int:
    """Adds a version with these changes, in the caller's transaction, which holds the borrower. Returns its number."""
    pack, now = services.pack, services.clock.now()
    place = RecordPlace(row["plan_key"], bytes(row["reference_token"]), row["version"] + 1, reason)
    origin = Provenance(row["contributor"], row["basis"], pack.jurisdiction, pack.version, now)
    content = opened_content(KIND, row, cipher) | changes
    add_version(connection, KIND, record_row(KIND, content, place, cipher, origin))
    return place.version


def terms_agreed(row: PlanRow, option: int, today: date) -> dict[str, Any]:
    """What a plan says once this option (counted from 0) is accepted today. Until the day that the offer names, else
    until the last payment falls due, nobody may collect.
    """
    schedule = schedule_of_option(row["options"][option], today)
    stop_until = row["stop_collection_until"]
    return {
        "state": PlanState.ACCEPTED.value,
        "chosen_option": option,
        "schedule": [[each.due_on.isoformat(), each.amount_minor, each.paid_minor] for each in schedule],
        "waived_minor": row["options"][option].get("waived_minor"),
        "accepted_on": today,
        "stop_collection_until": stop_until if stop_until and stop_until >= today else schedule[-1].due_on,
    }


def terms_ended(state: PlanState, today: date) -> dict[str, Any]:
    """What a plan says that ended today without having been agreed."""
    return {"state": state.value, "ended_on": today, "stop_collection_until": None}


def schedule_of_option(option: Mapping[str, Any], accepted_on: date) -> tuple[Payment, ...]:
    """The payments of an option, as stored, that is accepted on a day."""
    first = option.get("first_due_on")
    first_due_on = date.fromisoformat(first) if first else None
    return make_schedule(
        option["instalments"], option["amount_minor"], option["total_minor"], first_due_on, accepted_on
    )


def payments_of(row: PlanRow) -> tuple[Payment, ...]:
    """The schedule of a plan as stored."""
    return tuple(Payment(date.fromisoformat(due_on), amount, paid) for due_on, amount, paid in row["schedule"])


def tell_parties(
    services: Services, connection: Connection, row: PlanRow, kind: NoticeKind, said: Said, but: Iterable[str] = ()
) -> None:
    """Tells every member that the plan concerns today, `but` these."""
    today = services.clock.now().date()
    for member_id in sorted(parties_to(connection, row, today).difference(but)):
        tell_member(services, connection, row["subject_key"], member_id, kind, row["plan_key"], said)
