"""The vectors of the codes that only stored data can show: reports one after the other, the last of which breaks a rule
or just does not.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from factories import Exchange

from exchange.intake.check_record import Rules, check_record
from exchange.journeys.apply_records import Applied, RecordApplier
from exchange.journeys.contributed_rows import Provenance
from tests.unit.intake.vector_cases import TODAY, Vector, contribution_of, name_of, vectors


def report(exchange: Exchange, records: Sequence[Any]) -> Applied:
    """One submission of these records, each of them sound for itself."""
    origin = Provenance("lender", "cn.cir.13", "cn", "test", exchange.clock.now())
    checked = [check_record(contribution_of(record), Rules(TODAY)) for record in records]
    assert [record.faults for record in checked] == [()] * len(checked)
    with exchange.services.transaction() as connection:
        return RecordApplier(connection, exchange.services.keys, origin).apply(checked)


def last_of(exchange: Exchange, given: Vector) -> Applied:
    """What became of the last report."""
    exchange.bank("lender")
    outcomes = [report(exchange, records) for records in given["reports"]]
    assert [outcome.faults for outcome in outcomes[:-1]] == [[]] * (len(outcomes) - 1)
    return outcomes[-1]


@pytest.mark.parametrize("vector", vectors("reports"), ids=name_of)
def test_the_last_report_breaks_exactly_the_rule(exchange: Exchange, vector: Vector) -> None:
    outcome = last_of(exchange, vector["broken"])
    found = [*outcome.faults, *outcome.notes]
    assert [(found.code, found.field) for found in found] == [(vector["code"], vector["field"])]


@pytest.mark.parametrize("vector", vectors("reports"), ids=name_of)
def test_its_neighbour_breaks_none(exchange: Exchange, vector: Vector) -> None:
    outcome = last_of(exchange, vector["sound"])
    assert [*outcome.faults, *outcome.notes] == [] and outcome.changed > 0
