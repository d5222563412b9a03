"""A member's session with an exchange: tokens, proofs, questions, answers and their receipts."""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

import httpx
from joserfc import jwt
from joserfc.jwk import Key

from openbureau_client.answer import Answer
from openbureau_client.clearances import ClearanceCalls
from openbureau_client.documents import NamedDocuments, is_not_known
from openbureau_client.dpop import Prover, asks_for_nonce
from openbureau_client.errors import ReceiptDoesNotMatch
from openbureau_client.receipt import HEADER_NAME, Receipt, verify_receipt
from openbureau_client.refusals import NotAuthenticated, NotReadable, Unavailable, refusal_of
from openbureau_client.report import QUERIES, CreditReport, Report, WholeReport, read_report
from openbureau_client.submissions import SubmissionCalls

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60
RENEW_SECONDS_BEFORE_END = 30
TIMEOUT_SECONDS = 30
_PAUSES_SECONDS = (1, 2, 4, 8)
MUTATION_TRIES = len(_PAUSES_SECONDS) + 1
_COME_AGAIN = (409, 429, 503)
_ALGORITHM_OF_KIND = {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256"}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    renew_at: float


class Session(SubmissionCalls, ClearanceCalls):
    """One member's way to one exchange. May be shared between threads.

    `signing_key` is the member's private key (P-256, Ed25519 or RSA), registered at the exchange under `key_id`.
    `clock` gives seconds since 1970. `documents_by_digest`: queries are named instead of sent, once the exchange keeps
    them (always, where the operator added them as trusted); mutations are sent.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        signing_key: Key,
        key_id: str,
        scopes: Sequence[str] = (),
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
        documents_by_digest: bool = False,
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self.client_id = client_id
        self._signing_key = signing_key
        self._key_id = key_id
        self._scopes = tuple(scopes)
        self._http = http or httpx.Client(timeout=TIMEOUT_SECONDS)
        self._owns_http = http is None
        self._clock = clock
        self._sleep = sleep
        self._documents = NamedDocuments(documents_by_digest)
        self._prover = Prover(clock)
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] | None = None
        self._token: _Token | None = None
        self._keys: Mapping[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ending: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they were given to us."""
        if self._owns_http:
            self._http.close()

    def graphql(
        self, query: str, variables: Mapping[str, Any] | None = None, operation_name: str | None = None
    ) -> Answer:
        """Ask. Errors are in the answer; its receipt is not yet checked: see `verify`.

        Raises NotAuthenticated, Unavailable, NotReadable.
        """
        asked = {"variables": dict(variables or {}), "operationName": operation_name}
        answer = self._ask_graphql({**self._documents.tell(query), **asked})
        if is_not_known(answer):
            return self._ask_graphql({**self._documents.tell_in_full(query), **asked})
        return answer

    def mutate(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """Have a mutation carried out once, however often it must be sent: again, under the same `Idempotency-Key`,
        while the exchange cannot be reached, is busy or still at it; `MUTATION_TRIES` times at most.

        `key`: one of our own, 1 to 128 visible characters; else a new one. Errors are in the answer. Raises as
        `graphql` does; after Unavailable it may have been carried out: call again with the same key to find out.
        """
        key = key or secrets.token_urlsafe(16)
        asked = {"query": query, "variables": dict(variables or {}), "operationName": operation_name}
        for pause_seconds in _PAUSES_SECONDS:
            try:
                answer = self._ask_graphql(asked, {"Idempotency-Key": f'"{key}"'})
            except Unavailable:
                self._sleep(pause_seconds)
                continue
            if answer.status not in _COME_AGAIN:
                return answer
            told = answer.retry_after or ""
            self._sleep(float(told) if told.isdecimal() else pause_seconds)
        return self._ask_graphql(asked, {"Idempotency-Key": f'"{key}"'})

    def _ask_graphql(self, asked: Mapping[str, Any], more: Mapping[str, str] = MappingProxyType({})) -> Answer:
        content = json.dumps(
            {name: value for name, value in asked.items() if value is not None}, ensure_ascii=False
        ).encode()
        token, url = self._access_token(), f"{self.issuer}/graphql"
        headers = {"Authorization": f"DPoP {token}", "Content-Type": "application/json", "Accept": "application/json"}
        response = self._send_proven("POST", url, token, headers={**headers, **more}, content=content)
        answer = _read_answer(content, response)
        if response.status_code == 401:
            self._token = None
            answer.raise_for_errors()
        return answer

    def report(
        self,
        id_type: str,
        country: str,
        id_number: str,
        purpose: str,
        consent_id: str | None = None,
        staff_id: str | None = None,
        staff_name: str | None = None,
        as_of: datetime | None = None,
    ) -> CreditReport:
        """One borrower's report, as the file stood at `as_of` or (None) stands. It is believed only after its receipt
        was checked.

        Raises NotAnswered (its leaves say why) and ReceiptDoesNotMatch.
        """
        return self.ask_report(id_type, country, id_number, purpose, consent_id, staff_id, staff_name, as_of)[1]

    def whole_report(
        self,
        id_type: str,
        country: str,
        id_number: str,
        purpose: str,
        consent_id: str | None = None,
        staff_id: str | None = None,
        staff_name: str | None = None,
        as_of: datetime | None = None,
    ) -> WholeReport:
        """As `report`, with public records, collection actions, repayment plans and assessments as well.

        It costs more: ask for it where your purpose needs these parts. Each needs its scope and the borrower's consent.
        """
        whose = (id_type, country, id_number)
        return self._ask(WholeReport, _variables(whose, purpose, consent_id, staff_id, staff_name, as_of))[1]

    def ask_report(
        self,
        id_type: str,
        country: str,
        id_number: str,
        purpose: str,
        consent_id: str | None = None,
        staff_id: str | None = None,
        staff_name: str | None = None,
        as_of: datetime | None = None,
    ) -> tuple[Answer, CreditReport]:
        """As `report`, with the answer that it came in: for those who keep evidence."""
        whose = (id_type, country, id_number)
        return self._ask(CreditReport, _variables(whose, purpose, consent_id, staff_id, staff_name, as_of))

    def _ask(self, kind: type[Report], variables: Mapping[str, Any]) -> tuple[Answer, Report]:
        answer = self.graphql(QUERIES[kind], variables)
        answer.raise_for_errors()
        self.verify(answer)
        if not answer.data or not isinstance(answer.data.get("creditReport"), dict):
            raise NotReadable("The answer holds no report.")
        return answer, read_report(kind, answer.data["creditReport"])

    def verify(self, answer: Answer) -> Receipt:
        """What the receipt of `answer` says, once it is known to be ours, and for this question and these bytes.

        Raises ReceiptDoesNotMatch.
        """
        if answer.receipt is None:
            raise ReceiptDoesNotMatch("The answer came without a receipt.")
        try:
            receipt = verify_receipt(answer.receipt, answer.body, self.keys())
        except ReceiptDoesNotMatch:
            # The exchange may have changed its key since we last asked for it.
            receipt = verify_receipt(answer.receipt, answer.body, self.keys(fresh=True))
        if receipt.request_digest != hashlib.sha256(answer.request).digest() or receipt.member != self.client_id:
            raise ReceiptDoesNotMatch("The receipt was given for another question.")
        return receipt

    def keys(self, fresh: bool = False) -> Mapping[str, Any]:
        """The exchange's JSON Web Key Set: of its tokens and of its receipts. Asked for once, unless `fresh`."""
        if self._keys is None or fresh:
            self._keys = self._get_json(self._server_metadata()["jwks_uri"])
        return self._keys

    def proof(self, leaf_hash: bytes) -> str:
        """The log's proof that it holds this leaf (C2SP tlog-proof@v1), still to be checked by `verify_proof`.

        Raises Unavailable while the leaf waits for the next checkpoint.
        """
        return self._get(f"{self.issuer}/log/proof/{leaf_hash.hex()}").text

    def evidence(self, leaf_hash: bytes) -> bytes:
        """What the exchange gives as evidence of a look of ours: a zip, still to be kept and checked.

        Raises NotAnswered: Unavailable while the look waits for the next checkpoint, BadRequest where it is not ours.
        """
        return self.request_proven("GET", f"/evidence/{leaf_hash.hex()}", (200,)).content

    def request_proven(self, method: str, path: str, statuses: tuple[int, ...], **parts: Any) -> httpx.Response:
        """An answer of one of these statuses from a door that does not speak GraphQL. Raises NotAnswered."""
        token, url = self._access_token(), f"{self.issuer}{path}"
        headers = {**parts.pop("headers", {}), "Authorization": f"DPoP {token}"}
        response = self._send_proven(method, url, token, headers=headers, **parts)
        if response.status_code in statuses:
            return response
        if response.status_code == 401:
            self._token = None
        said = _json_object(response)
        extensions = {"code": said.get("code", "INTERNAL"), "reasons": said.get("reasons")}
        error = {"message": said.get("detail", ""), "extensions": extensions}
        raise refusal_of(response.status_code, error, None, response.headers.get("Retry-After"))

    def _access_token(self) -> str:
        with self._lock:
            if self._token is None or self._clock() >= self._token.renew_at:
                self._token = self._new_token()
            return self._token.text

    def _new_token(self) -> _Token:
        asked_at = self._clock()
        response = self._send_proven("POST", self._server_metadata()["token_endpoint"], data=self._token_form())
        said = _json_object(response)
        if response.status_code >= 500:
            raise Unavailable("UNAVAILABLE", f"The exchange answered {response.status_code}; try again later.")
        if response.status_code != 200:
            raise NotAuthenticated(str(said.get("error")), str(said.get("error_description", "No token was given.")))
        if str(said.get("token_type")).lower() != "dpop" or not isinstance(said.get("access_token"), str):
            raise NotReadable("The exchange gave no token that is bound to our key.")
        life_seconds = float(said.get("expires_in", 0))
        return _Token(said["access_token"], asked_at + life_seconds - min(RENEW_SECONDS_BEFORE_END, life_seconds / 2))

    def _token_form(self) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        return {**form, "scope": " ".join(self._scopes)} if self._scopes else form

    def _assertion(self) -> str:
        """Who we are (RFC 7523), said to the issuer alone."""
        issued_at, algorithm = int(self._clock()), _ALGORITHM_OF_KIND[self._signing_key.key_type]
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "iat": issued_at,
            "exp": issued_at + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode({"alg": algorithm, "kid": self._key_id}, claims, self._signing_key, algorithms=[algorithm])

    def _server_metadata(self) -> Mapping[str, Any]:
        if self._metadata is None:
            said = self._get_json(f"{self.issuer}/.well-known/oauth-authorization-server")
            if said.get("issuer") != self.issuer:  # RFC 8414, section 3.3
                raise NotReadable("What answers here says that it is another exchange.")
            self._metadata = said
        return self._metadata

    def _get_json(self, url: str) -> Mapping[str, Any]:
        return _json_object(self._get(url))

    def _get(self, url: str) -> httpx.Response:
        response = self._send("GET", url)
        if response.status_code != 200:
            raise Unavailable("UNAVAILABLE", f"The exchange answered {response.status_code}; try again later.")
        return response

    def _send_proven(self, method: str, url: str, access_token: str | None = None, **parts: Any) -> httpx.Response:
        """Send with a proof; once more where the first proof lacked the server's nonce."""
        headers = parts.pop("headers", {})
        for _ in range(2):
            proof = self._prover.proof(method, url, access_token)
            response = self._send(method, url, headers={**headers, "DPoP": proof}, **parts)
            if not asks_for_nonce(response):
                break
        return response

    def _send(self, method: str, url: str, **parts: Any) -> httpx.Response:
        try:
            response = self._http.request(method, url, **parts)
        except httpx.TransportError as fault:
            raise Unavailable("UNAVAILABLE", "The exchange cannot be reached.") from fault
        self._prover.remember_nonce(response)
        return response


def _variables(
    whose: tuple[str, str, str],
    purpose: str,
    consent_id: str | None,
    staff_id: str | None,
    staff_name: str | None,
    as_of: datetime | None,
) -> dict[str, Any]:
    """The variables of the question for a report; `whose` is the document's kind, its country and its number."""
    variables: dict[str, Any] = {
        "subject": dict(zip(("idType", "country", "idNumber"), whose, strict=True)),
        "purpose": purpose,
        "consentId": consent_id,
        "staff": None if staff_id is None else {"id": staff_id, "name": staff_name or ""},
    }
    if as_of is not None:
        variables["asOf"] = as_of.isoformat()
    return variables


def _read_answer(request: bytes, response: httpx.Response) -> Answer:
    said = _json_object(response)
    data, errors = said.get("data"), said.get("errors") or []
    if not isinstance(data, dict | None) or not isinstance(errors, list):
        raise NotReadable("The answer is not a GraphQL answer.")
    if data is None and not errors:
        raise NotReadable("The answer holds neither data nor errors.")
    return Answer(
        data,
        errors,
        request,
        response.content,
        response.headers.get(HEADER_NAME),
        response.status_code,
        response.headers.get("Retry-After"),
    )


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        said = response.json()
    except ValueError:
        said = None
    if isinstance(said, dict):
        return said
    if response.status_code >= 500:
        raise Unavailable("UNAVAILABLE", f"The exchange answered {response.status_code}; try again later.")
    raise NotReadable("The answer is not a JSON object.")
