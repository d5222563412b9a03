"""What is read for borrowers' reports on themselves."""

from datetime import UTC, datetime
from uuid import UUID

from consent.decision import decide_own
from consent.policy.load import load_pack
from exchange.handover import SectionName
from exchange.planning.compile import compile_own_plan
from exchange.planning.sources import FOR_THE_BORROWER, SOURCES

PLAN = compile_own_plan(decide_own(UUID(int=1), "self", load_pack("cn"), datetime(2026, 6, 1, tzinfo=UTC)))
COLUMNS = {section.name: set(section.columns) for section in PLAN.sections}


def test_every_column_that_a_report_can_show_is_read() -> None:
    for field, (section, needed) in SOURCES.items():
        if section is not SectionName.INQUIRY:
            assert set(needed) <= COLUMNS[section], field
    assert PLAN.history_months == 60


def test_what_only_borrowers_are_shown_is_read_for_them_alone() -> None:
    for section, columns in FOR_THE_BORROWER.items():
        assert set(columns) <= COLUMNS[section]
    for_members = {column for _, needed in SOURCES.values() for column in needed}
    assert for_members.isdisjoint(column for columns in FOR_THE_BORROWER.values() for column in columns)


def test_looks_are_not_read_with_the_file() -> None:
    assert SectionName.INQUIRY not in COLUMNS
