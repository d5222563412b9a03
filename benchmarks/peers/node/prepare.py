"""Makes what the Node peers need beside the exchange's own database and keys. May be run again at any time.

    python -m benchmarks.peers.node.prepare       DATABASE_URL, PEER_HOME and PEER_ISSUER in the environment

Node's crypto has no AES-256-GCM-SIV, so the schema `bench_peer` holds the same personal fields once more, under
AES-256-GCM: a data key for each borrower, wrapped under one key. The file `peers.json` in the home (0600) holds the
keys and the constants that a peer starts with, the decision on a report of the Python client among them.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.running_exchange import READER
from consent.artefact import ConsentArtefact
from consent.decision import Grant, decide
from consent.lifecycle import ConsentState
from consent.question import Question
from consent.register import HeldConsent
from consent.signature import Signatures
from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.handover import WrappedKey
from exchange.journeys.services import Services
from exchange.key_files import open_web_keys, vault_file
from exchange.settings import Settings, read_settings
from exchange.store.engine import make_engine
from exchange.store.member_register import find_member
from exchange.vault.key_hierarchy import KekPurpose, service_key_context
from exchange.vault.providers.local_file import LocalFileProvider
from schema.vocabulary.payment_status import PaymentStatus
from schema.vocabulary.scope import FieldClass

NONCE_BYTES = 12
SEALED = ("id_number", "names", "birth_date")
SELECTED = frozenset(
    {
        FieldClass.ACCOUNTS, FieldClass.COLLECTIONS, FieldClass.IDENTITY, FieldClass.INQUIRIES,
        FieldClass.PAYMENT_HISTORY, FieldClass.PLANS,
    }
)  # fmt: skip
"""What the benchmark's query asks for."""
_KEY = "k.subject_key, k.key_no, k.kek_ref, k.kek_version, k.suite, k.wrapped"
_SUBJECTS = f"""
    SELECT {_KEY}, s.id_number, s.names, s.birth_date
    FROM subject s JOIN subject_key k ON k.subject_key = s.subject_key AND k.state = 'ACTIVE'
"""
_ACCOUNTS = f"""
    SELECT {_KEY}, a.account_key, a.account_ref
    FROM account a JOIN subject_key k ON k.subject_key = a.subject_key AND k.state = 'ACTIVE'
"""
_ONE_CONSENT = "SELECT artefact, signatures FROM consent WHERE recipient = %s AND state = 'ACTIVE' LIMIT 1"


def main() -> None:
    settings = replace(
        read_settings(),
        home=Path(os.environ["PEER_HOME"]),
        database_url=os.environ["DATABASE_URL"],
        issuer=os.environ["PEER_ISSUER"],
    )
    services = make_services(settings, make_engine(settings, settings.database_url), SystemClock())
    wrapping_key = os.urandom(32)
    with psycopg.connect(settings.database_url) as connection, psycopg.connect(settings.database_url) as reader:
        connection.execute("DROP SCHEMA IF EXISTS bench_graph, bench_peer CASCADE")
        connection.execute((Path(__file__).parent / "schema.sql").read_text())
        data_keys: dict[UUID, bytes] = {}
        _copy(connection, "sealed_subject", 4, _subjects(services, reader, AESGCM(wrapping_key), data_keys))
        _copy(connection, "sealed_account", 1, _accounts(services, reader, data_keys))
        decision = _decision(services, reader)
        connection.execute(
            "INSERT INTO bench_peer.decision VALUES (%(historyFrom)s, %(historyTo)s, %(negativeRetentionYears)s)",
            decision,
        )
        connection.execute("ANALYZE bench_peer.sealed_subject, bench_peer.sealed_account, bench_peer.decision")
    known = _keys(settings, wrapping_key) | {"decision": decision}
    _write_secret(settings.home / "peers.json", json.dumps(known))


def _copy(connection: psycopg.Connection[Any], table: str, sealed: int, rows: Iterator[list[Any]]) -> None:
    """`rows`: ids, then so many sealed columns."""
    first = next(rows)
    with connection.cursor().copy(f"COPY bench_peer.{table} FROM STDIN WITH (FORMAT binary)") as copy:
        copy.set_types([*["uuid"] * (len(first) - sealed), *["bytea"] * sealed])
        for row in chain([first], rows):
            copy.write_row(row)


def _subjects(
    services: Services, reader: psycopg.Connection[Any], wrapping: AESGCM, data_keys: dict[UUID, bytes]
) -> Iterator[list[Any]]:
    """subject_key, its wrapped data key, and its sealed fields (null stays null)."""
    for cipher, *blobs in _with_ciphers(services, reader, _SUBJECTS):
        subject_key = cipher.subject_key
        data_key = data_keys[subject_key] = os.urandom(32)
        opened = [
            blob and cipher.unseal("subject", name, subject_key.bytes, blob)
            for name, blob in zip(SEALED, blobs, strict=True)
        ]
        fields = [
            value and _seal(AESGCM(data_key), subject_key, name, value)
            for name, value in zip(SEALED, opened, strict=True)
        ]
        yield [subject_key, _seal(wrapping, subject_key, "key", data_key), *fields]


def _accounts(services: Services, reader: psycopg.Connection[Any], data_keys: dict[UUID, bytes]) -> Iterator[list[Any]]:
    """subject_key, account_key and the sealed reference."""
    for cipher, account_key, blob in _with_ciphers(services, reader, _ACCOUNTS):
        reference = cipher.unseal("account", "account_ref", account_key.bytes, blob)
        aead = AESGCM(data_keys[cipher.subject_key])
        yield [cipher.subject_key, account_key, _seal(aead, cipher.subject_key, "account_ref", reference)]


def _with_ciphers(services: Services, reader: psycopg.Connection[Any], query: str) -> Iterator[tuple[Any, ...]]:
    with reader.cursor(name="rows") as cursor:
        cursor.itersize = 5_000
        for subject_key, key_no, kek_ref, kek_version, suite, wrapped, *rest in cursor.execute(query):
            key = WrappedKey(subject_key, key_no, kek_ref, kek_version, suite, wrapped)
            yield services.keys.open(key), *rest


def _seal(aead: AESGCM, subject_key: UUID, name: str, plaintext: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + aead.encrypt(nonce, plaintext, subject_key.bytes + name.encode())


def _keys(settings: Settings, wrapping_key: bytes) -> dict[str, Any]:
    provider, keys = LocalFileProvider.open(vault_file(settings)), open_web_keys(settings, SystemClock())
    index_keys = [
        provider.unwrap(KekPurpose.INDEX, key.wrapped, service_key_context(KekPurpose.INDEX, key.number))
        for key in provider.service_keys(KekPurpose.INDEX)
    ]
    return {
        "tokenKeys": [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in keys.token()],
        "indexKeys": [b64encode(key).decode() for key in index_keys],
        "wrappingKey": b64encode(wrapping_key).decode(),
        "nonceKey": b64encode(keys.nonce).decode(),
        "nonceSeconds": settings.nonce_seconds,
        "proofAgeSeconds": settings.proof_age_seconds,
        "clockAheadSeconds": settings.clock_ahead_seconds,
        "receiptKey": (settings.keys / "exchange.pem").read_text(),
        "receiptKeyId": keys.signing.kid,
        "logOrigin": settings.log_origin,
        "integrateSeconds": settings.pending_stop_seconds,
        "statusNames": {status.value: status.name for status in PaymentStatus},
    }


def _decision(services: Services, reader: psycopg.Connection[Any]) -> dict[str, Any]:
    """What the policy pack says to a report under one of the consents made up for the run: all of them are alike."""
    row = reader.execute(_ONE_CONSENT, [READER]).fetchone()
    assert row, f"{READER} has no consent"
    canonical, signatures = row
    artefact = ConsentArtefact.from_canonical(canonical)
    with services.connection() as connection:
        member = find_member(connection, READER)
    assert member
    question = Question(
        member_id=member.member_id,
        member_class=member.member_class,
        member_status=member.status,
        contribution_level=member.contribution_level,
        scopes=member.scopes,
        purpose=artefact.purpose,
        field_classes=SELECTED,
        staff_named=True,
        subject_frozen=False,
        subject_key=artefact.subject_key,
        consent_id=artefact.consent_id,
    )
    held = HeldConsent(artefact, ConsentState.ACTIVE, Signatures.from_values(signatures))
    grant = decide(question, held, services.pack, services.clock.now())
    assert isinstance(grant, Grant) and not grant.withheld, grant
    return {
        "purpose": grant.purpose,
        "requested": sorted(SELECTED),
        "released": grant.released,
        "rules": grant.rules,
        "pack": grant.pack_version,
        "historyFrom": grant.history_from and str(grant.history_from),
        "historyTo": grant.history_to and str(grant.history_to),
        "negativeRetentionYears": grant.negative_retention_years,
    }


def _write_secret(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(content)


if __name__ == "__main__":
    main()
