"""How the log itself is doing: its newest checkpoint, what waits, who has cosigned, how fast it grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.cosignature import cosigned
from exchange.audit.witness_file import Witness, read_witnesses
from exchange.journeys.services import Services
from exchange.store.conduct import count_pending, leaves_by_hour, newest_checkpoint
from exchange.store.engine import database_errors

HOURS = 24


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """A witness that the settings name, and when it cosigned the newest checkpoint; None: it has not."""

    name: str
    cosigned_at: datetime | None


@dataclass(frozen=True, slots=True)
class LogHealth:
    """The log at this moment. `size` and the times are None before the first checkpoint.

    `pending` counts entries without a place. `alarm` and `stopped`: an entry has waited for its checkpoint for longer
    than `pending_alarm_seconds`; longer than `pending_stop_seconds`, so that nothing is disclosed. `quorum`: the
    cosignatures without which no checkpoint is published. `per_hour`: leaves recorded in each of the last 24 hours.
    """

    origin: str
    size: int | None
    signed_at: datetime | None
    age_seconds: float | None
    pending: int
    oldest_pending_seconds: float | None
    witnesses: tuple[WitnessSeen, ...]
    quorum: int
    alarm: bool
    stopped: bool
    per_hour: tuple[tuple[datetime, int], ...]


def log_health(services: Services) -> LogHealth:
    """All of it is also to be had from the public log by whoever counts: it names nobody, and no view is logged.

    Raises LogDoesNotMatch where a cosignature does not hold, Unavailable.
    """
    now, settings = services.clock.now(), services.settings
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    with services.connection() as connection:
        checkpoint = newest_checkpoint(connection, settings.log_origin)
        pending = count_pending(connection)
        leaves = leaves_by_hour(connection, hours[0], now + timedelta(microseconds=1))
    with database_errors():
        oldest, uncovered = services.log.oldest_pending(), services.log.oldest_uncovered()
    note, signed_at = checkpoint or (None, None)
    waited_seconds = (now - uncovered).total_seconds() if uncovered else 0.0
    return LogHealth(
        origin=settings.log_origin,
        size=checkpoint_in(note).size if note else None,
        signed_at=signed_at,
        age_seconds=(now - signed_at).total_seconds() if signed_at else None,
        pending=pending,
        oldest_pending_seconds=(now - oldest).total_seconds() if oldest else None,
        witnesses=_seen(note, read_witnesses(Path(settings.witnesses)) if settings.witnesses else ()),
        quorum=settings.witness_quorum,
        alarm=waited_seconds > settings.pending_alarm_seconds,
        stopped=waited_seconds > settings.pending_stop_seconds,
        per_hour=tuple((hour, leaves.get(hour, 0)) for hour in hours),
    )


def _seen(note: str | None, witnesses: Sequence[Witness]) -> tuple[WitnessSeen, ...]:
    times = cosigned(note, [witness.verifier for witness in witnesses]) if note else {}
    return tuple(WitnessSeen(witness.name, _instant(times.get(witness.verifier.name))) for witness in witnesses)


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
