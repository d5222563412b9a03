"""How a document is told to the exchange: in full, or by its digest once the exchange keeps it."""

import hashlib
from typing import Any

from openbureau_client.answer import Answer

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"


class NamedDocuments:
    """Names documents by their digests; in full go those that the exchange does not know, and those that it was sent
    and does not keep. With `by_digest` false, all go in full.
    """

    def __init__(self, by_digest: bool) -> None:
        self._by_digest = by_digest
        self._sent: set[str] = set()
        self._not_kept: set[str] = set()

    def tell(self, document: str) -> dict[str, Any]:
        """The part of a request that says which document is meant."""
        name = _name(document)
        return {"documentId": name} if self._by_digest and name not in self._not_kept else {"query": document}

    def tell_in_full(self, document: str) -> dict[str, Any]:
        """The same, after the exchange did not know the digest."""
        name = _name(document)
        (self._not_kept if name in self._sent else self._sent).add(name)
        return {"query": document, "documentId": name}


def is_not_known(answer: Answer) -> bool:
    """Whether the exchange asks for the document in full."""
    return any((error.get("extensions") or {}).get("code") == NOT_FOUND for error in answer.errors)


def _name(document: str) -> str:
    return "sha256:" + hashlib.sha256(document.encode()).hexdigest()
