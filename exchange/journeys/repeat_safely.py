"""A mutation under an `Idempotency-Key`: sent again, it is answered again, and not carried out again.

    take the key (committed) -> carry the mutation out -> keep the answer

A process that ends in between leaves a key that is taken and has no answer. After `idempotency_takeover_seconds` the
same request runs again, which is safe because every mutation of the contract converges: what is as it should be is
left as it is.

An answer is kept sealed, as what it tells is: one about a dispute repeats the borrower's words.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from types import TracebackType
from typing import Self
from uuid import UUID

from exchange.errors import KeyReused, StillRunning, Unavailable
from exchange.journeys.admit_contributor import is_active
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.store import idempotency
from exchange.store.idempotency import KeptAnswer, RequestKey

_REUSED = "This Idempotency-Key came with another request before. Take a new key for every mutation."
_RUNNING = "A request with this Idempotency-Key is being carried out. Send it again for its answer."


@dataclass(slots=True)
class Attempt:
    """A request that is carried out under its key. Left without an answer, it lets go of the key, so that the request
    may be sent again at once; but not where the process is being ended.
    """

    services: Services
    key: RequestKey
    started_at: datetime
    done: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if not self.done and (kind is None or issubclass(kind, Exception)):
            with suppress(Unavailable), self.services.connection() as connection:
                idempotency.release(connection, self.key, self.started_at)

    def keep(self, answer: KeptAnswer) -> None:
        """Keeps the answer for the next who sends the same. What was done is done: where the answer cannot be kept, it
        is given all the same, and the request would run again.
        """
        self.done = True
        sealed = self.services.keys.log_cipher().seal_opening(_entry(self.key), answer.body)
        with suppress(Unavailable), self.services.connection() as connection:
            idempotency.keep_answer(connection, self.key, self.started_at, answer._replace(body=sealed))


def begin(services: Services, request: Request, key: str) -> Attempt | KeptAnswer:
    """The attempt to carry a request out, or the answer that was given to it before.

    Only whoever may still ask is given an answer from before: for others the request runs, and is refused as any other.
    Raises KeyReused: the key came with another request before; StillRunning: there is no answer yet; Unavailable.
    """
    place = RequestKey(request.caller.member_id, sha256(key.encode()).digest())
    now, settings = services.clock.now(), services.settings
    with services.connection() as connection:
        expires_at = now + timedelta(hours=settings.idempotency_hours)
        stands = idempotency.claim(connection, place, request.digest, now, expires_at)
        if stands is None:
            return Attempt(services, place, now)
        if stands.request_digest != request.digest:
            raise KeyReused(_REUSED)
        if stands.answer is not None:
            return (
                _opened(services, place, stands.answer)
                if is_active(connection, request.caller)
                else Attempt(services, place, now)
            )
        age_seconds = (now - stands.started_at).total_seconds()
        left_seconds = settings.idempotency_takeover_seconds - age_seconds
        if left_seconds > 0 or not idempotency.take_over(connection, place, stands.started_at, now):
            # As long again as it has been running: soon at first, and not too often where its process has ended.
            raise StillRunning(_RUNNING, max(1, ceil(min(age_seconds, left_seconds))))
    return Attempt(services, place, now)


def _opened(services: Services, key: RequestKey, kept: KeptAnswer) -> KeptAnswer:
    """Raises IntegrityError where it is not the answer that was kept."""
    return kept._replace(body=services.keys.log_cipher().unseal_opening(_entry(key), kept.body))


def _entry(key: RequestKey) -> UUID:
    """Under what an answer is sealed: nobody else's can be put in its place."""
    return UUID(bytes=sha256(key.member_id.encode() + key.digest).digest()[:16])
