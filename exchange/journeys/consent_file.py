"""A borrower's consents within one transaction: held, moved and withdrawn by whoever may, each with its log entry.

Shared by operators, who act on paper, and by borrowers, who act themselves.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from consent.artefact import ConsentArtefact
from consent.lifecycle import ConsentState, MoveNotAllowed
from consent.policy.resolve import Situation, applicable
from consent.policy.rules import Act, BasisKind, Deadline
from consent.register import ConsentAlreadyHeld, ConsentNotHeld, ConsentRegister, HeldConsent
from consent.signature import digest
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.handover import LogEntry
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.journeys.tell import tell_member
from exchange.store.consent_register import NO_EVIDENCE, ConsentEvidence, SqlConsentRegister
from exchange.store.consents_of import end_authorizations
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import registered_member
from exchange.store.own_file import OwnFile, hold_own_file
from exchange.store.running_clocks import RunningClock, start_clock
from exchange.store.subject_file import next_sequence
from schema.vocabulary.notice import NoticeAnswer, NoticeKind
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.running_clock import ClockKind

STANDING = (ConsentState.ACTIVE, ConsentState.PAUSED)


def open_consent_file(
    services: Services, connection: Connection, subject_key: UUID, who: Mapping[str, FieldValue]
) -> "ConsentFile":
    """The borrower's consents, to change them: looks and other acts in their file wait until the transaction ends.

    `who` does it, as the log says it; its `actor` also stands in the consent's moves. Raises BadRequest: no such file.
    """
    file = hold_own_file(connection, subject_key)  # Before any consent, as a look does: never a deadlock.
    if file is None or file.merged:
        raise BadRequest("We hold no file for this person.", "SUBJECT_UNKNOWN")
    return ConsentFile(services, connection, file, who, services.clock.now())


def standing_consents(
    register: ConsentRegister, subject_key: UUID, recipient: str, purpose: Purpose
) -> list[HeldConsent]:
    """The consents of a borrower that this member could still use for this purpose, oldest first."""
    return [
        held
        for held in register.list_for(subject_key)
        if held.state in STANDING and (held.artefact.recipient, held.artefact.purpose) == (recipient, purpose)
    ]


@dataclass(frozen=True, slots=True)
class ConsentFile:
    """One borrower's consents, locked against everybody else."""

    services: Services
    connection: Connection
    file: OwnFile
    who: Mapping[str, FieldValue]
    now: datetime

    @property
    def register(self) -> SqlConsentRegister:
        """The register within this transaction."""
        return SqlConsentRegister(self.connection)

    def find(self, consent_id: UUID) -> HeldConsent:
        """One consent of this borrower. Raises BadRequest."""
        held = self.register.find(self.file.subject_key, consent_id)
        if held is None:
            raise _not_found()
        return held

    def hold(self, held: HeldConsent, evidence: ConsentEvidence = NO_EVIDENCE) -> LogEntry:
        """Holds a new consent. A given one takes the place of older ones for the same recipient and purpose.

        Raises BadRequest where this very consent is held already.
        """
        artefact = held.artefact
        given = held.state is ConsentState.ACTIVE
        if given:
            self._supersede(artefact)
        entry = self._log(
            artefact, {"act": "consent_given" if given else "consent_refused", "state": held.state.value}
        )  # fmt: skip
        try:
            self.register.add(held, str(self.who["actor"]), self.now, entry.entry_id, evidence)
        except ConsentAlreadyHeld:
            raise BadRequest("This consent was given already.", "CONSENT_ALREADY_HELD") from None
        return entry

    def move(self, consent_id: UUID, to: ConsentState) -> LogEntry:
        """Pauses, resumes, ends or withdraws a consent.

        Once the transaction has committed, nothing is answered under one that is not ACTIVE; with REVOKED, EXPIRED
        and SUPERSEDED the tokens under it die. Raises BadRequest where it is not there or the move is not allowed.
        """
        held = self.find(consent_id)
        entry = self._log(held.artefact, {"act": "consent_moved", "state": to.value})
        try:
            actor = str(self.who["actor"])
            self.register.move(self.file.subject_key, consent_id, to, actor, self.now, entry.entry_id)
        except ConsentNotHeld:
            raise _not_found() from None
        except MoveNotAllowed as fault:
            raise BadRequest(f"{str(fault).capitalize()}.", "CONSENT_MOVE_NOT_ALLOWED") from None
        if to not in STANDING:
            end_authorizations(self.connection, self.file.subject_key, consent_id, self.now)
        return entry

    def withdraw(self, consent_id: UUID) -> LogEntry:
        """Withdraws a consent and tells its recipient, who must answer by a due time. Raises BadRequest."""
        entry = self.move(consent_id, ConsentState.REVOKED)
        artefact = self.find(consent_id).artefact
        days, rule = self._time_to_answer(artefact)
        due_at = self.now + timedelta(days=days)
        self._start_clock(artefact, rule, due_at)
        said = {
            "consent_id": str(consent_id),
            "purpose": artefact.purpose.value,
            "withdrawn_at": self.now.isoformat(),
            "answers": [answer.value for answer in NoticeAnswer],
            "leaf_hash": b64encode(entry.leaf_hash).decode(),
        }
        file, kind = self.file.subject_key, NoticeKind.CONSENT_WITHDRAWN
        tell_member(self.services, self.connection, file, artefact.recipient, kind, consent_id, said, due_at)
        return entry

    def _supersede(self, newer: ConsentArtefact) -> None:
        for older in standing_consents(self.register, self.file.subject_key, newer.recipient, newer.purpose):
            self.move(older.artefact.consent_id, ConsentState.SUPERSEDED)

    def _start_clock(self, artefact: ConsentArtefact, rule: str, due_at: datetime) -> None:
        kind, about = ClockKind.WITHDRAWAL_ANSWER, artefact.consent_id
        clock = RunningClock(
            self.file.subject_key, new_id(self.now), kind, about, artefact.recipient, rule, self.now, due_at
        )
        start_clock(self.connection, clock)

    def _time_to_answer(self, artefact: ConsentArtefact) -> tuple[int, str]:
        """Days, and the rule that sets them; the setting's name where no rule does."""
        recipient = registered_member(self.connection, artefact.recipient)
        situation = Situation(
            Act.ANSWER_WITHDRAWAL, BasisKind.CONSENT, recipient.member_class, artefact.purpose,
            artefact.field_classes, self.now.date(),
        )  # fmt: skip
        rules = applicable(self.services.pack, situation)
        times = [(rule.terms.days, rule.id) for rule in rules if isinstance(rule.terms, Deadline)]
        return min(times, default=(self.services.settings.notice_answer_days, "notice_answer_days"))

    def _log(self, artefact: ConsentArtefact, fields: Mapping[str, FieldValue]) -> LogEntry:
        about = {
            "consent": str(artefact.consent_id),
            "consent_digest": digest(artefact.to_canonical()).hex(),
            "member": artefact.recipient,
        }
        sequence = next_sequence(self.connection, self.file.subject_key)
        cipher = self.services.keys.open(self.file.wrapped_key)
        said = {**fields, **about, **self.who}
        entry = entry_about(self.services, self.now, self.file.subject_key, cipher, sequence, said)
        append_log_entry(self.connection, entry)
        return entry


def _not_found() -> BadRequest:
    return BadRequest("This borrower has given no consent with this id.", "CONSENT_NOT_FOUND")
