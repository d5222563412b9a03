"""Receipts that borrowers download: a consent with every proof of it, to be checked years later without the exchange.

The receipt is JSON in canonical form (RFC 8785) with the members

    type         "openbureau-consent-receipt"; with v, issuer and issued_at
    consent      the artefact, whose canonical form is what was signed
    signatures   the borrower's and the exchange's
    state        where the consent stood when the receipt was made
    recipient    its name and how to reach it
    notice       what the borrower was shown; the artefact holds its digest
    log          log_origin, and the entries that stand behind the consent, each a leaf with an opening (base64)
                 of the fields that matter: `given`; `key_registered`, `authority` and `withdrawn` where there are
    notices      what was told to the recipient, each a compact JWS
    signature    the exchange's detached JWS of type openbureau-consent-receipt over all of the above
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import rfc8785
from sqlalchemy import Connection

from consent.lifecycle import ConsentState
from consent.register import ConsentMove, HeldConsent
from exchange.audit.entry import open_fields
from exchange.audit.signed_words import sign_beside
from exchange.errors import IntegrityError
from exchange.journeys.notices import NoticeView
from exchange.journeys.services import Services
from exchange.store.consents_of import KeptBeside, own_entry
from exchange.store.subject_file import subject_file

RECEIPT_TYPE = "openbureau-consent-receipt"
_GIVEN_FIELDS = ("subject", "act", "consent", "consent_digest", "member", "state", "actor")
_KEY_FIELDS = ("subject", "act", "key")
_AUTHORITY_FIELDS = ("subject", "act", "representative", "kind", "ends_at")


def write_receipt(
    services: Services,
    connection: Connection,
    held: HeldConsent,
    beside: KeptBeside,
    moves: Sequence[ConsentMove],
    notices: Sequence[NoticeView],
) -> bytes:
    """The receipt of a consent as it stands now."""
    artefact = held.artefact
    receipt: dict[str, Any] = {
        "type": RECEIPT_TYPE,
        "v": 1,
        "issuer": services.settings.issuer,
        "issued_at": services.clock.now().isoformat(),
        "consent": orjson.loads(artefact.to_canonical()),
        "signatures": held.signatures.to_values(),
        "state": held.state.value,
        "recipient": {"name": beside.recipient_name, "contact": beside.recipient_contact},
        "notice": beside.notice,
        "log": {
            "log_origin": services.settings.log_origin,
            **_entries(services, connection, artefact.subject_key, beside, moves),
        },
        "notices": [notice.signed for notice in notices],
    }
    signature = sign_beside(services.signing, RECEIPT_TYPE, rfc8785.dumps(receipt))
    return rfc8785.dumps({**receipt, "signature": signature})


def _entries(
    services: Services, connection: Connection, subject: UUID, beside: KeptBeside, moves: Sequence[ConsentMove]
) -> dict[str, Any]:
    withdrawn = next((move.entry_id for move in moves if move.to_state is ConsentState.REVOKED), None)
    wanted = {
        "given": (subject, moves[0].entry_id, _GIVEN_FIELDS),
        "key_registered": (beside.signer_key, beside.key_entry, _KEY_FIELDS),
        "authority": (subject, beside.authority_entry, _AUTHORITY_FIELDS),
        "withdrawn": (subject, withdrawn, _GIVEN_FIELDS),
    }
    return {
        name: _entry(services, connection, whose, entry_id, fields)
        for name, (whose, entry_id, fields) in wanted.items()
        if whose and entry_id
    }


def _entry(
    services: Services, connection: Connection, subject: UUID, entry_id: UUID, fields: Sequence[str]
) -> dict[str, str]:
    entry = own_entry(connection, subject, entry_id)
    if entry is None:
        raise IntegrityError("A log entry behind this consent is gone.")
    cipher = services.keys.open(subject_file(connection, subject).wrapped_key)
    openings = (
        cipher.unseal_opening(entry_id, entry.subject_opening),
        services.keys.log_cipher().unseal_opening(entry_id, entry.sealed.service_opening),
    )
    opening = open_fields(fields, *openings)
    return {"leaf": b64encode(entry.sealed.leaf).decode(), "opening": b64encode(opening).decode()}
