"""The SQL of a report's sections: every section has its parts, and only named columns are read."""

import re

import pytest
from sqlalchemy import text

from exchange.handover import Section, SectionName
from exchange.planning.sources import ALWAYS, FOR_THE_BORROWER, SOURCES, TODAY
from exchange.store.sections import read_section, section_sql

EVERY = {name: {*ALWAYS[name], *FOR_THE_BORROWER.get(name, ())} for name in SectionName}
for _section, _needed in SOURCES.values():
    EVERY[_section].update(_needed)


@pytest.mark.parametrize("of_past", [False, True], ids=["now", "then"])
@pytest.mark.parametrize("name", list(SectionName))
def test_every_section_is_of_one_borrower_bounded_and_of_what_stands(name: SectionName, of_past: bool) -> None:
    columns = tuple(sorted(EVERY[name] | set(TODAY.get(name, ()) if of_past else ())))
    sql = section_sql(Section(name, columns, 7), of_past)
    assert "t.subject_key = :subject_key" in sql
    assert sql.endswith(f"LIMIT 7) {name}_rows)")
    assert set(text(sql)._bindparams) == ({"subject_key", "as_of"} if of_past else {"subject_key"})
    if not of_past and name not in (SectionName.SUBJECT, SectionName.INQUIRY, SectionName.STATEMENT):
        assert "t.superseded_at IS NULL" in sql


@pytest.mark.parametrize("of_past", [False, True], ids=["now", "then"])
def test_a_column_that_is_not_named_is_not_read(of_past: bool) -> None:
    sql = section_sql(Section(SectionName.COLLECTION_ACTION, ("action_key", "channel"), 1), of_past)
    assert re.findall(r"json_build_array\((.*?)\)", sql) == ["t.action_key, t.channel"]
    assert "contact" not in sql and "agent_name" not in sql


def test_arrays_of_days_and_sealed_values_get_their_types_back() -> None:
    section = Section(SectionName.ACCOUNT, ("account_ref", "hidden_months", "reviewed"), 1)
    (row,) = read_section(section, '[["0aff", ["2026-05-01"], null]]')
    assert (row["account_ref"], [day.isoformat() for day in row["hidden_months"]]) == (b"\n\xff", ["2026-05-01"])
    assert read_section(section, None) == []
