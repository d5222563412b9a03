"""Once a day: how good is each lender's data, and does it contribute what it receives (reciprocity)?

A lender that contributes less than it agreed to receives no more than it gives: its measured level counts from its
next look, and a change of it is in the log. Members that joined less than `reciprocity_days` ago are not measured yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from exchange.intake.data_quality import Counts, Quality, measured_level, quality
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import change_member
from exchange.store.quality import (
    Lender,
    count_accounts,
    count_answers,
    count_records,
    keep_quality,
    lenders,
)
from schema.vocabulary.member_class import ContributionLevel

RECORDS_DAYS = 90
DISPUTES_DAYS = 365
_COUNTED = ("accounts", "fields_filled", "open_accounts", "fresh", "disputed", "recent", "recent_positive")


@dataclass(frozen=True, slots=True)
class Measured:
    """One lender's measures of a day. `level` is what it contributes; None: not measured yet."""

    member_id: str
    agreed: ContributionLevel
    level: ContributionLevel | None
    accounts: int
    quality: Quality


def measure_quality(services: Services, actor: str) -> Sequence[Measured]:
    """Measures every lender, keeps the measures of today, and lowers or raises the levels that follow."""
    with services.transaction() as connection:
        counted = _counts(services, connection)
        measured = [_measured(services, lender, counts) for lender, counts in counted]
        if measured:
            keep_quality(connection, [_row(services, each) for each in measured])
        for (lender, _), each in zip(counted, measured, strict=True):
            if each.level != lender.measured:
                now = services.clock.now()
                change_member(connection, each.member_id, {"measured_level": each.level}, "MEASURED", now)
                _log(services, connection, each, actor)
    return measured


def _counts(services: Services, connection: Connection) -> list[tuple[Lender, Counts]]:
    settings, now = services.settings, services.clock.now()
    fresh_from = now.date() - timedelta(days=settings.quality_fresh_days)
    recent_from = now.date() - timedelta(days=settings.reciprocity_days)
    year_ago = now - timedelta(days=DISPUTES_DAYS)
    accounts = count_accounts(connection, fresh_from, recent_from, year_ago)
    answers = count_answers(connection, year_ago)
    records = count_records(connection, now - timedelta(days=RECORDS_DAYS))
    counted = []
    for lender in lenders(connection):
        row, (read, faulty) = accounts.get(lender.member_id), records.get(lender.member_id, (0, 0))
        of_accounts = {name: int(getattr(row, name)) for name in _COUNTED} if row else {}
        answered, upheld = answers.get(lender.member_id, (0, 0))
        of_records = {"records_read": read, "records_faulty": faulty}
        of_disputes = {"disputes_answered": answered, "disputes_upheld": upheld}
        counted.append((lender, Counts(**of_accounts, **of_records, **of_disputes)))
    return counted


def _measured(services: Services, lender: Lender, counts: Counts) -> Measured:
    days = services.settings.reciprocity_days
    joined_lately = lender.registered_at + timedelta(days=days) > services.clock.now()
    level = None if not days or joined_lately else measured_level(counts)
    return Measured(lender.member_id, ContributionLevel(lender.agreed), level, counts.accounts, quality(counts))


def _row(services: Services, measured: Measured) -> dict[str, object]:
    found = measured.quality
    return {
        "member_id": measured.member_id,
        "measured_on": services.clock.now().date(),
        "completeness": found.completeness,
        "timeliness": found.timeliness,
        "consistency": found.consistency,
        "dispute_rate": found.dispute_rate,
        "upheld_share": found.upheld_share,
        "quality_index": found.index,
        "accounts": measured.accounts,
        "measured_level": measured.level,
    }


def _log(services: Services, connection: Connection, measured: Measured, actor: str) -> None:
    level = measured.level.value if measured.level else None
    fields = {"act": "member_level_measured", "member": measured.member_id, "level": level, "actor": actor}
    append_log_entry(connection, entry_about_nobody(services, services.clock.now(), fields))
