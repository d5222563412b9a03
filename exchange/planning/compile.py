"""A selection and a grant become a plan: only the columns that are both selected and released are ever read."""

from uuid import UUID

from consent.decision import Grant
from exchange.handover import Plan, Section, SectionName
from exchange.planning.selection import Selection
from exchange.planning.sources import ALWAYS, SECTION_OF, SOURCES
from schema.contract import field_classes

ROWS_MAX = 1_000
"""The most rows of one section in a report; far beyond any borrower, so that no answer is unbounded."""


def compile_plan(selection: Selection, grant: Grant, subject_key: UUID) -> Plan:
    """What to read for this selection under this grant."""
    columns: dict[SectionName, set[str]] = {}
    scoped = field_classes()
    for field in selection.fields:
        if scoped.get(field) not in grant.released:
            continue
        section, needed = SOURCES.get(field) or (SECTION_OF[field[1]], ())
        columns.setdefault(section, set(ALWAYS[section])).update(needed)
    return Plan(
        grant=grant,
        subject_key=subject_key,
        sections=tuple(Section(name, tuple(sorted(columns[name])), ROWS_MAX) for name in sorted(columns)),
        history_months=selection.history_months,
    )
