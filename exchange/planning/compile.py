"""A selection and a grant become a plan: only the columns that are both selected and released are ever read."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from consent.decision import Grant
from exchange.handover import Plan, Section, SectionName
from exchange.planning.selection import Selection
from exchange.planning.sources import ALWAYS, FOR_THE_BORROWER, INQUIRY, SECTION_OF, SOURCES, TODAY
from schema.contract import field_classes
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX
from schema.vocabulary.scope import FieldClass

ROWS_MAX = 1_000
"""The most rows of one section in a report; far beyond any borrower, so that no answer is unbounded."""


PLANS_KEPT = 512
"""How many different reads are remembered: one for each selection, and what of it was released."""


def compile_plan(selection: Selection, grant: Grant, subject_key: UUID, as_of: datetime | None = None) -> Plan:
    """What to read for this selection under this grant: as it stood at `as_of`, or as it stands."""
    sections = _sections_of(selection.fields, grant.released, as_of is not None)
    return Plan(grant, subject_key, sections, selection.history_months, as_of)


def compile_own_plan(grant: Grant) -> Plan:
    """What to read for borrowers' reports on themselves: every column, all months. Looks are read for themselves."""
    columns = {section: {*ALWAYS[section], *FOR_THE_BORROWER.get(section, ())} for section in ALWAYS}
    for section, needed in SOURCES.values():
        columns[section].update(needed)
    del columns[INQUIRY]
    return Plan(grant, grant.subject_key, _sections(columns), HISTORY_MONTHS_MAX)


@lru_cache(maxsize=PLANS_KEPT)
def _sections_of(
    fields: frozenset[tuple[str, str]], released: tuple[FieldClass, ...], of_past: bool
) -> tuple[Section, ...]:
    columns: dict[SectionName, set[str]] = {}
    scoped = field_classes()
    opened = {section for part, section in SECTION_OF.items() if scoped["CreditReport", part] in released}
    for field in fields:
        if scoped.get(field) not in released:
            continue
        section, needed = SOURCES.get(field) or (SECTION_OF[field[1]], ())
        if section in opened:
            columns.setdefault(section, set(ALWAYS[section])).update(needed)
    for section in columns.keys() & TODAY.keys() if of_past else ():
        columns[section].update(TODAY[section])
    return _sections(columns)


def _sections(columns: Mapping[SectionName, Collection[str]]) -> tuple[Section, ...]:
    return tuple(Section(name, tuple(sorted(columns[name])), ROWS_MAX) for name in sorted(columns))
