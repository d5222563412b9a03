"""What a missed clock makes of the thing that it is about."""

from sqlalchemy import Connection, update

from exchange.store.running_clocks import RunningClock
from exchange.store.tables.complaint import complaint
from exchange.store.tables.dispute import dispute
from schema.vocabulary.complaint import ComplaintState
from schema.vocabulary.dispute import DisputeState
from schema.vocabulary.running_clock import ClockKind

_OVERDUE = {
    ClockKind.DISPUTE_FURNISHER: (dispute, "dispute_id", DisputeState.WITH_FURNISHER, DisputeState.OVERDUE),
    ClockKind.DISPUTE_ANSWER: (dispute, "dispute_id", DisputeState.WITH_FURNISHER, DisputeState.OVERDUE),
    ClockKind.COMPLAINT_ANSWER: (complaint, "complaint_id", ComplaintState.FILED, ComplaintState.OVERDUE),
}
"""By kind of clock: the table, its key, the state from which, and the state to which."""


def set_overdue(connection: Connection, missed: RunningClock) -> None:
    """Has the dispute or complaint of a missed clock say that it is overdue; nothing for other kinds."""
    if missed.kind not in _OVERDUE:
        return
    table, key, waiting, overdue = _OVERDUE[missed.kind]
    this = (table.c.subject_key == missed.subject_key) & (table.c[key] == missed.about)
    connection.execute(update(table).where(this, table.c.state == waiting.value).values(state=overdue.value))
