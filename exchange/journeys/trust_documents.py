"""The operator adds documents that a member may name, and removes them. Each act is in the log with its transaction."""

from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import Connection

from exchange.audit.entry import FieldValue
from exchange.errors import BadRequest
from exchange.journeys.log_act import entry_about_nobody
from exchange.journeys.services import Services
from exchange.planning.operation import Operations
from exchange.store.kept_documents import KeptDocument, list_documents, remove_document, trust
from exchange.store.log_rows import append_log_entry
from exchange.store.member_register import registered_member
from schema.contract import build_contract


def trust_documents(services: Services, member_id: str, texts: Mapping[str, str], actor: str) -> dict[str, bytes]:
    """Makes documents, given by their names in messages, trusted for a member. Returns the digest (SHA-256) of each.

    Raises BadRequest: one of them does not fit the contract (every fault is told, and none is added), no such member.
    """
    _must_be_valid(services, texts)
    digests = {name: sha256(text.encode()).digest() for name, text in texts.items()}
    with services.transaction() as connection:
        registered_member(connection, member_id)
        trust(connection, member_id, list(texts.values()), services.clock.now())
        for digest in dict.fromkeys(digests.values()):
            _log(services, connection, member_id, digest, "trusted", actor)
    return digests


def documents_of(services: Services, member_id: str) -> list[KeptDocument]:
    """Every document of a member, its own and the trusted ones. Raises BadRequest: no such member."""
    with services.connection() as connection:
        registered_member(connection, member_id)
        return list_documents(connection, member_id)


def forget_document(services: Services, member_id: str, digest: bytes, actor: str) -> None:
    """Removes a document; workers go on with it for `document_cache_seconds` at most. Raises BadRequest: none such."""
    with services.transaction() as connection:
        registered_member(connection, member_id)
        if not remove_document(connection, member_id, digest):
            raise BadRequest("The member has no document of this digest.", "DOCUMENT_NOT_FOUND")
        _log(services, connection, member_id, digest, "removed", actor)


def _must_be_valid(services: Services, texts: Mapping[str, str]) -> None:
    operations, faults = Operations(build_contract(), services.settings), []
    for name, text in texts.items():
        try:
            operations.read(text)
        except BadRequest as error:
            faults.append(f"{name}: {error.sentence}")
    if faults:
        raise BadRequest(" ".join(faults), "DOCUMENT_NOT_VALID")


def _log(services: Services, connection: Connection, member_id: str, digest: bytes, change: str, actor: str) -> None:
    fields: dict[str, FieldValue] = {
        "act": "member_document",
        "member": member_id,
        "document": digest.hex(),
        "change": change,
        "actor": actor,
    }
    append_log_entry(connection, entry_about_nobody(services, services.clock.now(), fields))
