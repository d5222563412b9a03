"""A plan reads the columns that are both selected and released, and no other."""

from uuid import uuid4

import pytest

from consent.decision import Grant, decide
from exchange.handover import Plan, SectionName
from exchange.planning.compile import ROWS_MAX, compile_plan
from exchange.planning.selection import Selection
from exchange.planning.sources import ALWAYS, SECTION_OF, SOURCES, TODAY
from exchange.store import tables
from schema.contract import field_classes
from schema.vocabulary.scope import FieldClass
from tests.unit.consent.consent_cases import NOW, PACK, a_consent, a_question

EVERYTHING = Selection(frozenset(SOURCES) | {("CreditReport", part) for part in SECTION_OF}, 24)


def plan_of(selection: Selection, *released: FieldClass) -> Plan:
    classes = frozenset(released)
    granted = decide(a_question(field_classes=classes), a_consent(field_classes=classes), PACK, NOW)
    assert isinstance(granted, Grant), granted
    return compile_plan(selection, granted, uuid4())


def columns(plan: Plan) -> dict[SectionName, set[str]]:
    return {section.name: set(section.columns) for section in plan.sections}


def test_only_selected_columns_are_read() -> None:
    selection = Selection(frozenset({("CreditReport", "subject"), ("Subject", "names")}), 0)
    assert columns(plan_of(selection, *FieldClass)) == {SectionName.SUBJECT: {"subject_key", "names"}}


@pytest.mark.parametrize("released", list(FieldClass))
def test_only_released_columns_are_read(released: FieldClass) -> None:
    read = columns(plan_of(EVERYTHING, released))
    scoped = field_classes()
    may_be_read = {section: set(always) for section, always in ALWAYS.items()}
    for field, (section, needed) in SOURCES.items():
        if scoped[field] is released:
            may_be_read[section].update(needed)
    for section, found in read.items():
        assert found <= may_be_read[section]


def test_a_count_alone_reads_what_ordering_and_retention_need() -> None:
    selection = Selection(frozenset({("CreditReport", "accounts"), ("AccountConnection", "totalCount")}), 0)
    assert columns(plan_of(selection, FieldClass.ACCOUNTS)) == {SectionName.ACCOUNT: set(ALWAYS[SectionName.ACCOUNT])}


def test_a_part_below_one_that_is_withheld_is_not_read() -> None:
    assert columns(plan_of(EVERYTHING, FieldClass.PAYMENT_HISTORY, FieldClass.INQUIRIES)).keys() == {
        SectionName.INQUIRY
    }


def test_nothing_of_the_file_selected_reads_nothing() -> None:
    assert plan_of(Selection(frozenset({("CreditReport", "asOf")}), 0), *FieldClass).sections == ()


def test_a_report_of_the_past_also_reads_what_is_known_today_of_how_conduct_ended() -> None:
    classes = frozenset(FieldClass)
    granted = decide(a_question(field_classes=classes), a_consent(field_classes=classes), PACK, NOW)
    assert isinstance(granted, Grant)
    of_past, of_today = compile_plan(EVERYTHING, granted, uuid4(), NOW), compile_plan(EVERYTHING, granted, uuid4())
    assert (of_past.as_of, of_today.as_of) == (NOW, None)
    more = {name: found - columns(of_today)[name] for name, found in columns(of_past).items()}
    assert more == {name: set(TODAY.get(name, ())) for name in SectionName}


def test_no_member_reads_what_is_sealed_for_regulators_or_for_the_borrower() -> None:
    read = {(section, column) for section, needed in SOURCES.values() for column in needed}
    closed = {"agent_name", "contact", "contact_token", "recording_digest"}
    assert not {(SectionName.COLLECTION_ACTION, column) for column in closed} & read
    assert not {(SectionName.ASSESSMENT, column) for column in ("inputs", "reviewer")} & read
    assert not {(SectionName.SUBJECT, column) for column in ("phones", "emails", "addresses", "employment")} & read


def test_every_section_is_bounded_and_in_a_fixed_order() -> None:
    plan = plan_of(EVERYTHING, *FieldClass)
    assert {section.rows_max for section in plan.sections} == {ROWS_MAX}
    assert [section.name for section in plan.sections] == sorted(section.name for section in plan.sections)
    assert all(list(section.columns) == sorted(section.columns) for section in plan.sections)


def test_every_column_of_the_table_of_sources_is_stored_or_joined() -> None:
    stored = {name: set(table.columns.keys()) for name, table in tables.metadata.tables.items()}
    joined = {
        SectionName.ACCOUNT: {"furnisher_class"},
        SectionName.PUBLIC_RECORD: {"furnisher_class"},
        SectionName.COLLECTION_ACTION: {"furnisher_class"},
        SectionName.REPAYMENT_PLAN: {"furnisher_class"},
        SectionName.ASSESSMENT: {"furnisher_class", "reviewed"},
        SectionName.INQUIRY: {"member_class"},
    }
    marked = {"compliance_flag"}  # the exchange's mark of a dispute, shown in the furnisher's flag's place
    for section, needed in SOURCES.values():
        assert set(needed) <= stored[section.value] | joined.get(section, set()) | marked
