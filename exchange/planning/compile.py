"""A selection and a grant become a plan: only the columns that are both selected and released are ever read."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from consent.decision import Grant
from exchange.handover import Plan, Section, SectionName
from exchange.planning.selection import Selection
from exchange.planning.sources import ALWAYS, FOR_THE_BORROWER, INQUIRY, SECTION_OF, SOURCES, TODAY
from schema.contract import field_classes
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX

ROWS_MAX = 1_000
"""The most rows of one section in a report; far beyond any borrower, so that no answer is unbounded."""


def compile_plan(selection: Selection, grant: Grant, subject_key: UUID, as_of: datetime | None = None) -> Plan:
    """What to read for this selection under this grant: as it stood at `as_of`, or as it stands."""
    columns: dict[SectionName, set[str]] = {}
    scoped = field_classes()
    opened = {section for part, section in SECTION_OF.items() if scoped["CreditReport", part] in grant.released}
    for field in selection.fields:
        if scoped.get(field) not in grant.released:
            continue
        section, needed = SOURCES.get(field) or (SECTION_OF[field[1]], ())
        if section in opened:
            columns.setdefault(section, set(ALWAYS[section])).update(needed)
    for section in columns.keys() & TODAY.keys() if as_of else ():
        columns[section].update(TODAY[section])
    return _plan(grant, subject_key, columns, selection.history_months, as_of)


def compile_own_plan(grant: Grant) -> Plan:
    """What to read for borrowers' reports on themselves: every column, all months. Looks are read for themselves."""
    columns = {section: {*ALWAYS[section], *FOR_THE_BORROWER.get(section, ())} for section in ALWAYS}
    for section, needed in SOURCES.values():
        columns[section].update(needed)
    del columns[INQUIRY]
    return _plan(grant, grant.subject_key, columns, HISTORY_MONTHS_MAX)


def _plan(
    grant: Grant,
    subject_key: UUID,
    columns: Mapping[SectionName, set[str]],
    history_months: int,
    as_of: datetime | None = None,
) -> Plan:
    return Plan(
        grant=grant,
        subject_key=subject_key,
        sections=tuple(Section(name, tuple(sorted(columns[name])), ROWS_MAX) for name in sorted(columns)),
        history_months=history_months,
        as_of=as_of,
    )
