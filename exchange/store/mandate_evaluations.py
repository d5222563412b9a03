"""Evaluations of agencies: what the lender found, once or more for each mandate."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from exchange.store.tables.mandate import mandate_evaluation


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """One evaluation, of the version of the mandate that stood then."""

    mandate_id: UUID
    evaluation_id: UUID
    evaluated_at: datetime
    mandate_version: int
    finding: str
    words: str | None


def add_evaluation(connection: Connection, added: StoredEvaluation) -> None:
    """Adds an evaluation in the caller's transaction."""
    row = {part.name: getattr(added, part.name) for part in fields(added)}
    connection.execute(insert(mandate_evaluation).values(row))


def newest_evaluation(connection: Connection, mandate_id: UUID) -> StoredEvaluation | None:
    """The last evaluation under a mandate; None: there was none."""
    columns = mandate_evaluation.c
    wanted = select(mandate_evaluation).where(columns.mandate_id == mandate_id)
    row = connection.execute(
        wanted.order_by(columns.evaluated_at.desc(), columns.evaluation_id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else StoredEvaluation(**row._mapping)
