"""Documents that a request names instead of sending them: `documentId` (GraphQL over HTTP, appendix A), or Apollo's
`persistedQuery`.

A member's own documents are kept when one comes together with its digest. The operator adds others, which are trusted
(`trust_documents`); with the setting `trusted_documents_only` no other is run.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from consent.reasons import Reason
from exchange.errors import BadRequest, Refused
from exchange.handover import Caller
from exchange.identity.bounded_cache import BoundedCache
from exchange.journeys.admit_contributor import is_active
from exchange.journeys.log_act import log_refused_caller
from exchange.journeys.services import Services
from exchange.store.kept_documents import KeptDocument, find_document, keep_own

REMEMBERED = 256
NOT_FOUND = "PersistedQueryNotFound"
"""What Apollo's clients look for, to send the document as well."""
_STRING_OR_COMMENT = re.compile(r'["#]')
"""What begins a string or a comment, and stands nowhere else in a document."""


class KeptDocuments:
    """A web worker's way to kept documents. It remembers what it found for `document_cache_seconds`, so that is how
    long a document is still taken after the operator removed it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: BoundedCache[tuple[str, bytes], _Found] = BoundedCache(REMEMBERED)

    def text_of(self, caller: Caller, text: str | None, digest: bytes | None) -> str:
        """The document that a request sends (`text`), names (`digest`: SHA-256), or both, which then belong together.

        Raises BadRequest: none of the member's is named so; Refused, logged: it is not trusted; Unavailable.
        """
        if self._services.settings.trusted_documents_only:
            return self._trusted_text(caller, digest or sha256((text or "").encode()).digest())
        if text is not None:
            return text
        found = self._find(caller, digest) if digest else None
        if found is None:
            raise BadRequest(NOT_FOUND, "PERSISTED_QUERY_NOT_FOUND")
        return found.text

    def keep(self, caller: Caller, text: str | None, digest: bytes | None) -> None:
        """Keeps a document that came together with its digest, so that the digest alone will do. It must be valid.

        Not kept are those with a string or a comment, which may hold a borrower's id number and would lie here in
        plain text (variables are never kept), and those beyond `kept_documents_max`: they are answered all the same.
        Nor is anything kept for a caller whose token or membership has ended. Raises Unavailable.
        """
        if text is None or digest is None or _STRING_OR_COMMENT.search(text) or self._find(caller, digest):
            return
        services = self._services
        with services.transaction() as connection:
            if is_active(connection, caller):
                most = services.settings.kept_documents_max
                keep_own(connection, caller.member_id, text, most, services.clock.now())

    def _trusted_text(self, caller: Caller, digest: bytes) -> str:
        found = self._find(caller, digest)
        if found is None or not found.trusted:
            log_refused_caller(self._services, "DOCUMENT_NOT_TRUSTED", caller.member_id)
            raise Refused([Reason("DOCUMENT_NOT_TRUSTED", "The operator has not added this document for you.")])
        return found.text

    def _find(self, caller: Caller, digest: bytes) -> KeptDocument | None:
        key, now = (caller.member_id, digest), self._services.clock.now()
        known = self._found.get(key)
        if known is not None and now < known.until:
            return known.document
        with self._services.connection() as connection:
            document = find_document(connection, caller.member_id, digest)
        if document is not None:
            life = timedelta(seconds=self._services.settings.document_cache_seconds)
            self._found.put(key, _Found(document, now + life))
        return document


@dataclass(frozen=True, slots=True)
class _Found:
    document: KeptDocument
    until: datetime
