"""Lawful grounds other than consent: recorded by an operator from an order, and logged where the borrower sees it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.question import GroundKind
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.journeys.consent_check import ground_fields
from exchange.journeys.find_borrower import Document, held_borrower_of
from exchange.journeys.log_act import entry_about
from exchange.journeys.services import Services
from exchange.store.lawful_grounds import add_ground, end_ground
from exchange.store.log_rows import append_log_entry
from exchange.store.look_up import StoredGround
from exchange.store.member_register import registered_member
from exchange.store.subject_file import next_sequence
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class OrderedLook:
    """What an order or a duty lets one member see of one borrower. `document_digest` is SHA-256 of the order."""

    kind: GroundKind
    reference: str
    recipient: str
    purpose: Purpose
    field_classes: Collection[FieldClass]
    expires_at: datetime
    document_digest: bytes


def record_ground(services: Services, borrower: Document, ordered: OrderedLook, actor: str) -> UUID:
    """Records a lawful ground. Returns its id, which a look then names.

    Raises BadRequest: no such borrower or member, a regulator's duty of another than a regulator, nothing to see, or an
    end that has passed.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        if faults := _faults(ordered, registered_member(connection, ordered.recipient).member_class, now):
            raise BadRequest(" ".join(faults), "GROUND_NOT_VALID")
        file = held_borrower_of(services, connection, borrower)
        sequence = next_sequence(connection, file.subject_key)
        ground_id, cipher = new_id(now), services.keys.open(file.wrapped_key)
        ground = StoredGround(
            subject_key=file.subject_key,
            ground_id=ground_id,
            kind=ordered.kind.value,
            reference=cipher.seal("lawful_ground", "reference", ground_id.bytes, ordered.reference.encode()),
            recipient=ordered.recipient,
            purpose=ordered.purpose.value,
            field_classes=sorted(ordered.field_classes),
            expires_at=ordered.expires_at,
            ended_at=None,
            entry=None,
        )
        fields = {**ground_fields(ground), "document": ordered.document_digest.hex(), "actor": actor}
        entry = entry_about(services, now, file.subject_key, cipher, sequence, fields)
        append_log_entry(connection, entry)
        add_ground(connection, ground, ordered.document_digest, entry.entry_id, now)
    return ground_id


def end_recorded_ground(services: Services, borrower: Document, ground_id: UUID, actor: str) -> None:
    """Ends a lawful ground before its time; no look under it is answered afterwards. Raises BadRequest."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_borrower_of(services, connection, borrower)
        sequence = next_sequence(connection, file.subject_key)
        if not end_ground(connection, file.subject_key, ground_id, now):
            raise BadRequest("No lawful ground with this id stands for this borrower.", "GROUND_NOT_FOUND")
        fields: Mapping[str, FieldValue] = {"act": "ground_ended", "ground": str(ground_id), "actor": actor}
        cipher = services.keys.open(file.wrapped_key)
        append_log_entry(connection, entry_about(services, now, file.subject_key, cipher, sequence, fields))


def _faults(ordered: OrderedLook, recipient: MemberClass, now: datetime) -> list[str]:
    checks = (
        (bool(ordered.reference.strip()), "Name the case or file."),
        (bool(ordered.field_classes), "Name at least one part of the file."),
        (ordered.expires_at > now, "The ground must end in the future."),
        (
            (ordered.kind is GroundKind.REGULATOR) == (recipient is MemberClass.REGULATOR)
            or ordered.kind is GroundKind.COURT,
            "A regulator's duty is for a regulator, and a duty against fraud is for another member.",
        ),
    )
    return [sentence for holds, sentence in checks if not holds]
