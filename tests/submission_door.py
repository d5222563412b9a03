"""A member at the door of submissions, by hand, as any foreign client would send; and a worker of what waits."""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factories import Bank, Exchange
from werkzeug.test import TestResponse

from exchange.journeys.receive_submission import spool_place
from exchange.journeys.submission import SubmissionOutcome
from exchange.journeys.submission_worker import next_waiting, work_waiting

SUBMISSIONS = "/submissions"
WRITING = "records:write"


@dataclass(slots=True)
class Contributor:
    """A member that hands in files."""

    bank: Bank
    scopes: str = WRITING

    @property
    def exchange(self) -> Exchange:
        return self.bank.exchange

    def send(
        self, content: bytes, headers: Mapping[str, str] | None = None, proof: str | None = None, **asked: Any
    ) -> TestResponse:
        """POST /submissions; attested, unless told otherwise. An argument of None is left out."""
        query = {name: value for name, value in {"notices": "attested", **asked}.items() if value is not None}
        sent = self._headers(SUBMISSIONS, "POST", proof) | dict(headers or {})
        return self.exchange.client.post(SUBMISSIONS, data=content, query_string=query, headers=sent)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> TestResponse:
        """GET of an address below."""
        return self.exchange.client.get(path, query_string=query, headers=self._headers(path, "GET", None))

    def graphql(self, query: str, **variables: Any) -> Any:
        """What GraphQL answers."""
        self._token()
        return self.bank.post({"query": query, "variables": variables}).get_json()

    def proof(self, path: str = SUBMISSIONS, method: str = "POST") -> str:
        """A proof for one request."""
        digest = hashlib.sha256(self._token().encode()).digest()
        return self.bank.proof(path, method, ath=urlsafe_b64encode(digest).rstrip(b"=").decode())

    def _headers(self, path: str, method: str, proof: str | None) -> dict[str, str]:
        return {"Authorization": f"DPoP {self._token()}", "DPoP": proof or self.proof(path, method)}

    def _token(self) -> str:
        return self.bank.token or self.bank.fetch_token(self.scopes)


def content_digest(content: bytes) -> str:
    """The header of RFC 9530."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


def work_all(exchange: Exchange) -> list[SubmissionOutcome]:
    """Works every file that waits, as `openbureau intake` would."""
    done = []
    while waiting := next_waiting(exchange.services):
        done.append(work_waiting(exchange.services, waiting))
    return done


def spooled(exchange: Exchange) -> list[str]:
    """The names of all that lies in the spool."""
    spool = spool_place(exchange.settings)
    return sorted(path.name for path in spool.iterdir()) if spool.exists() else []
