"""What a home for consents must do, and what it holds. A memory home and an SQL home pass the same tests."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, Self
from uuid import UUID

from consent.artefact import ConsentArtefact
from consent.lifecycle import ConsentState
from consent.signature import Signatures


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """A consent as held: the frozen artefact, its signatures, and the little that changes.

    `uses` counts all looks; `window_uses` those since `window_started_at`, the start of the running span.
    """

    artefact: ConsentArtefact
    state: ConsentState
    signatures: Signatures
    uses: int = 0
    window_started_at: datetime | None = None
    window_uses: int = 0

    def uses_in_span(self, now: datetime) -> int:
        """The looks that count against the frequency at `now`: none once the running span is over."""
        seconds = self.artefact.use_limits.frequency_seconds
        if self.window_started_at is None or seconds is None:
            return 0
        return 0 if now >= self.window_started_at + timedelta(seconds=seconds) else self.window_uses

    def allows_a_look(self, now: datetime) -> bool:
        """Whether state, period and limits leave room for one more look."""
        artefact, limits = self.artefact, self.artefact.use_limits
        return (
            self.state is ConsentState.ACTIVE
            and artefact.starts_at <= now < artefact.expires_at
            and not (limits.once and self.uses)
            and (limits.frequency_count is None or self.uses_in_span(now) < limits.frequency_count)
        )

    def after_look(self, now: datetime) -> Self:
        """The same consent once one more look is counted."""
        if self.artefact.use_limits.frequency_count is None:
            return replace(self, uses=self.uses + 1)
        in_span = self.uses_in_span(now)
        started_at = self.window_started_at if in_span else now
        return replace(self, uses=self.uses + 1, window_started_at=started_at, window_uses=in_span + 1)


@dataclass(frozen=True, slots=True)
class ConsentMove:
    """One move of a consent's state: from (None: it was added), to, by whom, when, and its log entry (None: none)."""

    from_state: ConsentState | None
    to_state: ConsentState
    actor: str
    moved_at: datetime
    entry_id: UUID | None = None


class ConsentAlreadyHeld(ValueError):
    """A consent with this id is already held for this borrower; an artefact is never overwritten."""


class ConsentNotHeld(LookupError):
    """No consent with this id is held for this borrower."""


class ConsentRegister(Protocol):
    """Holds consents. The one that writes into a database leaves commit and rollback to its caller."""

    def add(self, held: HeldConsent, actor: str, now: datetime, entry_id: UUID | None = None) -> None:
        """Hold a new consent. Raises ConsentAlreadyHeld."""

    def find(self, subject_key: UUID, consent_id: UUID) -> HeldConsent | None:
        """The consent, or None."""

    def list_for(self, subject_key: UUID) -> tuple[HeldConsent, ...]:
        """All consents of a borrower, in the order of their ids."""

    def move(
        self,
        subject_key: UUID,
        consent_id: UUID,
        to: ConsentState,
        actor: str,
        now: datetime,
        entry_id: UUID | None = None,
    ) -> None:
        """Move a consent to another state. Raises ConsentNotHeld, MoveNotAllowed."""

    def moves(self, subject_key: UUID, consent_id: UUID) -> tuple[ConsentMove, ...]:
        """Every move of a consent, oldest first."""

    def spend(self, subject_key: UUID, consent_id: UUID, now: datetime) -> int | None:
        """Count one look and return its number; None, and nothing counted, if the consent does not allow it now.

        Allowed only if ACTIVE, begun, not ended, and within its limits: decided and counted in one step.
        """
