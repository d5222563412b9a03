"""The ordinary way to load the same records: an ORM session, one object per row, the same seals and look-up tokens."""

import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session, registry

from exchange.clock import new_id
from exchange.intake.contribution import Contribution
from exchange.intake.match_subject import identity_checks
from exchange.journeys.contributed_rows import (
    ACCOUNT_COLUMNS,
    DELINQUENCY_COLUMNS,
    SUBJECT_COLUMNS,
    AccountPlace,
    Provenance,
    account_row,
    delinquency_row,
    sealed_references,
    subject_row,
)
from exchange.journeys.services import Services
from exchange.store.tables.account import account, account_identifier
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.subject import subject, subject_identifier, subject_key, subject_sequence
from exchange.vault.field_cipher import SubjectCipher


def naive_accounts_per_second(services: Services, records: Iterable[Contribution], origin: Provenance) -> float:
    """Loads the records, committed once at the end."""
    started, count = time.perf_counter(), 0
    with Session(services.engine) as session:
        for record in records:
            _add(session, services, record, origin)
            count += 1
        session.commit()
    return count / (time.perf_counter() - started)


def _add(session: Session, services: Services, record: Contribution, origin: Provenance) -> None:
    tokens, who = services.keys.lookup_tokens(), record.subject
    index_key, token = tokens.candidates(who.id_type, who.country, who.id_number)[0]
    held = session.scalar(select(_Identifier).where(subject_identifier.c.bidx == token))
    if held is None:
        cipher = _add_subject(session, services, record, origin)
        key = cipher.subject_key
        session.add(_made(_Identifier, subject_identifier.c.keys(), (token, index_key, who.id_type, who.country, key)))
    else:
        wrapped = session.scalar(select(_Key).where(subject_key.c.subject_key == held.subject_key))
        cipher = services.keys.open(wrapped)
    place = AccountPlace(cipher.subject_key, new_id(origin.recorded_at), cipher)
    references = sealed_references(record.account, place)
    session.add(_made(_Account, ACCOUNT_COLUMNS, account_row(record.account, place, references, 1, origin)))
    index_key, token = tokens.account_candidates(origin.contributor, record.account.reference)[0]
    found = (token, index_key, place.subject_key, place.account_key)
    session.add(_made(_AccountIdentifier, account_identifier.c.keys(), found))
    session.flush()
    for late in record.delinquencies:
        row = delinquency_row(late, place, record.account.currency, 1, origin)
        session.add(_made(_Delinquency, DELINQUENCY_COLUMNS, row))


def _add_subject(session: Session, services: Services, record: Contribution, origin: Provenance) -> SubjectCipher:
    key, cipher = services.keys.create(new_id(origin.recorded_at))
    checks = identity_checks(cipher.commit, record.subject)
    row = subject_row(record.subject, record.subject.id_number, cipher, checks, origin)
    session.add(_made(_Subject, SUBJECT_COLUMNS, row))
    session.flush()
    wrapped = (key.subject_key, key.key_no, key.kek_ref, key.kek_version, key.suite, key.wrapped, "ACTIVE")
    session.add(_made(_Key, subject_key.c.keys(), wrapped))
    session.add(_made(_Sequence, subject_sequence.c.keys(), (key.subject_key, 0)))
    return cipher


def _made(kind: type[Any], names: Iterable[str], values: Iterable[Any]) -> Any:
    return kind(**dict(zip(names, values, strict=True)))


def _mapped(name: str, table: Table) -> type[Any]:
    kind = type(name, (), {})
    _registry.map_imperatively(kind, table)
    return kind


_registry = registry()
_Subject = _mapped("Subject", subject)
_Key = _mapped("Key", subject_key)
_Sequence = _mapped("Sequence", subject_sequence)
_Identifier = _mapped("Identifier", subject_identifier)
_Account = _mapped("Account", account)
_AccountIdentifier = _mapped("AccountIdentifier", account_identifier)
_Delinquency = _mapped("Delinquency", delinquency)
