"""The rules of a mandate, by which a lender lets an agency collect for it. All faults at once."""

from datetime import date

from exchange.intake.contribution import Fault
from exchange.intake.months import month_number
from exchange.intake.noun_checks import check_optional, check_reference, faults_of
from exchange.intake.noun_records import MandateRecord, Party
from schema.vocabulary.member_class import MemberClass, MemberStatus

EVALUATION_MONTHS_MAX = 12
"""An agency is evaluated at least once a year (GB/T 45251-2025)."""
ACCOUNTS_MAX = 1_000
_NO_LENDERS = frozenset({MemberClass.COLLECTION_AGENCY, MemberClass.REGULATOR})


def check_mandate(record: MandateRecord, lender: Party, agency: Party | None) -> tuple[Fault, ...]:
    """Every rule that a mandate breaks. `agency` is None where no such member is registered."""
    channels, accounts = record.channels, record.account_references
    broken = (
        ("agency", "AGENCY_NOT_A_COLLECTOR", not _may_collect(agency)),
        # An agency gives no mandates: so none is passed on either.
        ("agency", "LENDER_MAY_NOT_MANDATE", lender.member_class in _NO_LENDERS),
        ("channels", "CHANNELS_MISSING", not channels),
        ("channels", "ENTRY_TWICE", len(set(channels)) < len(channels)),
        ("ends_on", "DATES_OUT_OF_ORDER", record.ends_on < record.starts_on),
        ("evaluation_due_on", "DATES_OUT_OF_ORDER", record.evaluation_due_on < record.starts_on),
        ("evaluation_due_on", "EVALUATION_TOO_LATE", _is_too_late(record.evaluation_due_on, record.starts_on)),
        ("portfolio", "MANDATE_COVERAGE", bool((record.portfolio or "").strip()) is bool(accounts)),
        ("account_references", "LIST_TOO_LONG", len(accounts) > ACCOUNTS_MAX),
        ("account_references", "ACCOUNT_TWICE", len(set(accounts)) < len(accounts)),
    )
    return (*check_reference(record.reference), *check_optional("portfolio", record.portfolio), *faults_of(broken))


def _may_collect(agency: Party | None) -> bool:
    if agency is None or agency.status is not MemberStatus.ACTIVE:
        return False
    return agency.member_class is MemberClass.COLLECTION_AGENCY


def _is_too_late(due_on: date, starts_on: date) -> bool:
    """Beyond the same day of the same month a year later."""
    months = month_number(due_on) - month_number(starts_on)
    return (months, due_on.day) > (EVALUATION_MONTHS_MAX, starts_on.day)
