"""What a borrower accepted at the exchange stays agreed: the rules of later reports about the plan."""

from collections.abc import Mapping
from typing import Any

from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD, faults_of
from exchange.intake.noun_records import PlanRecord
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.plan import ENDED, RUNNING, PlanState

CODE = "PLAN_AGREED"
_UNDOES = frozenset({CorrectionReason.DISPUTE, CorrectionReason.COURT})
"""For these reasons alone a plan that was accepted is changed, or taken back."""

_KEPT_TO_AN_END = frozenset({PlanState.COMPLETED, PlanState.BROKEN})


def check_agreed(record: PlanRecord, held: Mapping[str, Any], correction: CorrectionReason | None) -> list[Fault]:
    """Every part of an accepted plan (`held`, as stored) that the report would change. What was paid may change."""
    if correction in _UNDOES:
        return []
    agreed = [(due_on, amount_minor) for due_on, amount_minor, _ in held["schedule"]]
    said = [(each.due_on.isoformat(), each.amount_minor) for each in record.schedule]
    broken = (
        ("state", record.state not in RUNNING | _KEPT_TO_AN_END),
        ("options", len(record.options) != len(held["options"])),
        ("chosen_option", record.chosen_option != held["chosen_option"]),
        ("schedule", said != agreed),
        ("waived", record.waived_minor != held["waived_minor"]),
        ("accepted_on", record.accepted_on != held["accepted_on"]),
        ("reporting_treatment", record.reporting_treatment.value != held["reporting_treatment"]),
        ("stop_collection_until", _stops_less(record, held)),
    )
    return faults_of((field, CODE, is_broken) for field, is_broken in broken)


def check_taken_back(state: PlanState, correction: CorrectionReason) -> list[Fault]:
    """Whether a plan that was accepted may be taken back, in the state that it is in."""
    may = state in ENDED or correction in _UNDOES
    return [] if may else [fault(THE_RECORD, "reference", CODE)]


def _stops_less(record: PlanRecord, held: Mapping[str, Any]) -> bool:
    """Whether collection would begin again earlier, while the plan runs."""
    agreed, said = held["stop_collection_until"], record.stop_collection_until
    return record.state in RUNNING and agreed is not None and (said is None or said < agreed)
