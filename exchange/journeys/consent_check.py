"""What a look rests on counts only if its proof holds: a consent's signatures, a lawful ground's log entry.

A passkey's consent counts only if the log says that the passkey was registered by the person who signed, and, where
that is a representative, that they may act for the borrower. So whoever could write anything into the database still
cannot make a consent without leaving an entry that the borrower sees. What was checked once is remembered.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.artefact import ConsentArtefact, GivingMethod
from consent.lifecycle import ConsentState
from consent.passkey import thumbprint
from consent.question import GroundKind, LawfulGround
from consent.register import HeldConsent
from consent.signature import ConsentSignatureDoesNotMatch, Signatures, verify
from exchange.audit.entry import FieldValue
from exchange.errors import IntegrityError
from exchange.journeys.logged_fields import ReadEntry
from exchange.store.look_up import SealedEntry, StoredConsent, StoredGround
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

REMEMBERED = 20_000
KEY_REGISTERED = "passkey_added"
REPRESENTATIVE_ADDED = "representative_added"
GROUND_RECORDED = "ground_recorded"


def consent_reader(
    exchange_keys: Mapping[str, Ed25519PublicKey], read_entry: ReadEntry
) -> Callable[[StoredConsent], HeldConsent]:
    """A reader of stored consents that checks each against the exchange's public keys, by id, and against the log.

    It raises IntegrityError where a consent cannot be read or is not the one that was signed.
    """

    @lru_cache(maxsize=REMEMBERED)
    def signed(canonical: bytes, signatures_json: str) -> tuple[ConsentArtefact, Signatures]:
        signatures = Signatures.from_values(orjson.loads(signatures_json))
        verify(canonical, signatures, exchange_keys)
        return ConsentArtefact.from_canonical(canonical), signatures

    def read_consent(stored: StoredConsent) -> HeldConsent:
        try:
            artefact, signatures = signed(stored.artefact, stored.signatures)
            state = ConsentState(stored.state)
        except (ConsentSignatureDoesNotMatch, ValueError) as fault:
            raise IntegrityError("This consent does not match its signature; nothing was opened under it.") from fault
        if artefact.given_by.method is GivingMethod.REFUSED and state is not ConsentState.REJECTED:
            raise IntegrityError("This consent was refused and is marked as given; nothing was opened under it.")
        if artefact.given_by.method is GivingMethod.PASSKEY:
            _check_signer(artefact, signatures, stored, read_entry)
        return HeldConsent(artefact, state, signatures, stored.uses, stored.window_started_at, stored.window_uses)

    return read_consent


def ground_reader(read_entry: ReadEntry) -> Callable[[StoredGround, SubjectCipher], LawfulGround]:
    """A reader of stored grounds that checks each against the log entry that recorded it.

    It raises IntegrityError where the ground is not as it was logged.
    """

    def read_ground(stored: StoredGround, cipher: SubjectCipher) -> LawfulGround:
        if not _says(stored.entry, ground_fields(stored), read_entry):
            raise IntegrityError("This lawful ground is not as it was logged; nothing was opened under it.")
        reference = cipher.unseal("lawful_ground", "reference", stored.ground_id.bytes, stored.reference)
        return LawfulGround(
            kind=GroundKind(stored.kind),
            reference=reference.decode(),
            subject_key=stored.subject_key,
            recipient=stored.recipient,
            purpose=Purpose(stored.purpose),
            field_classes=frozenset(map(FieldClass, stored.field_classes)),
            expires_at=min(stored.expires_at, stored.ended_at or stored.expires_at),
        )

    return read_ground


def ground_fields(ground: StoredGround) -> dict[str, FieldValue]:
    """What the log says of a lawful ground."""
    return {
        "act": GROUND_RECORDED,
        "ground": str(ground.ground_id),
        "kind": ground.kind,
        "member": ground.recipient,
        "purpose": ground.purpose,
        "requested": sorted(ground.field_classes),
        "expires_at": ground.expires_at.isoformat(),
    }


def _check_signer(artefact: ConsentArtefact, signatures: Signatures, stored: StoredConsent, read: ReadEntry) -> None:
    acted_by = artefact.given_by.acted_by
    registered = {"act": KEY_REGISTERED, "key": thumbprint(signatures.borrower["public_key"])}
    if stored.signer_key != (acted_by or artefact.subject_key) or not _says(stored.key_entry, registered, read):
        raise IntegrityError("The log does not say that this consent's passkey was registered; nothing was opened.")
    authority = {"act": REPRESENTATIVE_ADDED, "representative": str(acted_by)}
    if acted_by and not _says(stored.authority_entry, authority, read):
        raise IntegrityError("The log does not say that this consent's signer may act for another; nothing was opened.")


def _says(entry: SealedEntry | None, fields: Mapping[str, FieldValue], read_entry: ReadEntry) -> bool:
    if entry is None:
        return False
    logged = read_entry(entry)
    return all(logged.get(name) == value for name, value in fields.items())
