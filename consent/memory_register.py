"""A home for consents in memory: for tests and trials. It keeps every promise of the register but survival."""

from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from consent.lifecycle import ConsentState, move
from consent.register import ConsentAlreadyHeld, ConsentMove, ConsentNotHeld, HeldConsent


class MemoryConsentRegister:
    """A ConsentRegister over two mappings, one lock around both."""

    def __init__(self) -> None:
        self._held: dict[tuple[UUID, UUID], HeldConsent] = {}
        self._moves: dict[tuple[UUID, UUID], list[ConsentMove]] = {}
        self._lock = Lock()

    def add(self, held: HeldConsent, actor: str, now: datetime, entry_id: UUID | None = None) -> None:
        key = (held.artefact.subject_key, held.artefact.consent_id)
        with self._lock:
            if key in self._held:
                raise ConsentAlreadyHeld("this consent is already held")
            self._held[key] = held
            self._moves[key] = [ConsentMove(None, held.state, actor, now, entry_id)]

    def find(self, subject_key: UUID, consent_id: UUID) -> HeldConsent | None:
        return self._held.get((subject_key, consent_id))

    def list_for(self, subject_key: UUID) -> tuple[HeldConsent, ...]:
        with self._lock:
            return tuple(held for (owner, _), held in sorted(self._held.items()) if owner == subject_key)

    def move(
        self,
        subject_key: UUID,
        consent_id: UUID,
        to: ConsentState,
        actor: str,
        now: datetime,
        entry_id: UUID | None = None,
    ) -> None:
        key = (subject_key, consent_id)
        with self._lock:
            held = self._held.get(key)
            if held is None:
                raise ConsentNotHeld("this consent is not held")
            self._held[key] = replace(held, state=move(held.state, to))
            self._moves[key].append(ConsentMove(held.state, to, actor, now, entry_id))

    def moves(self, subject_key: UUID, consent_id: UUID) -> tuple[ConsentMove, ...]:
        return tuple(self._moves.get((subject_key, consent_id), ()))

    def spend(self, subject_key: UUID, consent_id: UUID, now: datetime) -> int | None:
        key = (subject_key, consent_id)
        with self._lock:
            held = self._held.get(key)
            if held is None or not held.allows_a_look(now):
                return None
            self._held[key] = spent = held.after_look(now)
            return spent.uses
