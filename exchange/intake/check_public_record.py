"""The rules of a public record. All faults at once."""

from datetime import date

from exchange.intake.contribution import Fault
from exchange.intake.noun_checks import (
    check_amount,
    check_name,
    check_reference,
    currency_unknown,
    faults_of,
)
from exchange.intake.noun_records import PublicRecord
from schema.vocabulary.public_record import PublicRecordStatus


def check_public_record(record: PublicRecord, today: date) -> tuple[Fault, ...]:
    """Every rule that a public record breaks, judged on `today`."""
    filed, decided, ended = record.filed_on, record.decided_on, record.ended_on
    is_open = record.status is PublicRecordStatus.OPEN
    broken = (
        ("filed_on", "DATE_IN_FUTURE", filed > today),
        ("decided_on", "DATE_IN_FUTURE", decided is not None and decided > today),
        ("decided_on", "DATES_OUT_OF_ORDER", decided is not None and decided < filed),
        ("ended_on", "DATE_IN_FUTURE", ended is not None and ended > today),
        ("ended_on", "DATES_OUT_OF_ORDER", ended is not None and ended < (decided or filed)),
        ("ended_on", "DAY_DOES_NOT_FIT_STATE", (ended is None) is not is_open),
        ("amount", "CURRENCY_MISSING", (record.amount_minor is None) is not (record.currency is None)),
        ("currency", "CURRENCY_UNKNOWN", currency_unknown(record.currency)),
    )
    return (
        *check_reference(record.reference),
        *check_name("authority", record.authority),
        *check_amount("amount", record.amount_minor),
        *faults_of(broken),
    )
