"""From an HTTP request to the question that it puts (GraphQL over HTTP)."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request

from exchange.errors import BadRequest

JSON_TYPE = "application/json"
_SHA256_HEX = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Question:
    """A document, the values of its variables, and the name of the operation to run.

    The document is sent (`text`), named by its SHA-256 (`digest`), or both, which then belong together.
    """

    text: str | None
    digest: bytes | None
    variables: dict[str, Any]
    operation_name: str | None


def read_question(request: Request) -> Question:
    """The question in the body, or in the address. Raises BadRequest with all that is wrong with it."""
    body = _read_address(request) if request.method == "GET" else _read_json(request)
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    variables = {} if variables is None else variables
    named, faults = _digests_named(body.get("documentId"), body.get("extensions"))
    faults += [
        sentence
        for wrong, sentence in (
            (not isinstance(query, str) and (query is not None or not named), "`query` must be a string."),
            (not isinstance(variables, dict), "`variables` must be an object."),
            (name is not None and not isinstance(name, str), "`operationName` must be a string."),
        )
        if wrong
    ]
    if faults:
        raise BadRequest(" ".join(faults))
    if named and query is not None:
        named.append(sha256(query.encode()).digest())
    if len(set(named)) > 1:
        raise BadRequest("The document is not the one that is named beside it.", "DOCUMENT_DIGEST_DIFFERS")
    return Question(query, named[0] if named else None, variables, name)


def read_content(request: Request) -> bytes:
    """The bytes of the body, or of the address's query. Raises BadRequest where there are too many."""
    try:
        return request.query_string if request.method == "GET" else request.get_data()
    except RequestEntityTooLarge:
        raise BadRequest(f"A request has at most {request.max_content_length} bytes.", "REQUEST_TOO_LONG") from None


def _read_address(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = request.args.to_dict()
    try:
        return given | {name: orjson.loads(given[name]) for name in ("variables", "extensions") if given.get(name)}
    except orjson.JSONDecodeError:
        raise BadRequest("`variables` and `extensions` must be JSON.", "NOT_JSON") from None


def _read_json(request: Request) -> dict[str, Any]:
    if request.mimetype != JSON_TYPE:
        raise BadRequest("Send the request as application/json.", "UNSUPPORTED_MEDIA_TYPE")
    try:
        body = orjson.loads(read_content(request))
    except orjson.JSONDecodeError:
        raise BadRequest("The request is not JSON.", "NOT_JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The request must be a JSON object with `query`.")
    return body


def _digests_named(document_id: Any, extensions: Any) -> tuple[list[bytes], list[str]]:
    """The digests by which a document is named, and what is wrong with how it is named.

    `documentId`: GraphQL over HTTP, appendix A. `extensions.persistedQuery`: as Apollo's clients send it.
    """
    if extensions is not None and not isinstance(extensions, dict):
        return [], ["`extensions` must be an object."]
    named, faults = [], []
    if document_id is not None:
        named.append(_digest(document_id, "sha256:"))
        faults.append("`documentId` must be `sha256:` and 64 hexadecimal digits in lower case.")
    persisted = (extensions or {}).get("persistedQuery")
    if persisted is not None:
        of_version_1 = isinstance(persisted, dict) and persisted.get("version") == 1
        named.append(_digest(persisted.get("sha256Hash") if of_version_1 else None))
        faults.append("`persistedQuery` must have `version` 1 and `sha256Hash`, 64 hexadecimal digits in lower case.")
    wrong = [fault for fault, digest in zip(faults, named, strict=True) if digest is None]
    return [digest for digest in named if digest is not None], wrong


def _digest(name: Any, prefix: str = "") -> bytes | None:
    """The SHA-256 behind the prefix; None where that is not what the name is."""
    if not isinstance(name, str) or not name.startswith(prefix):
        return None
    digits = name.removeprefix(prefix)
    return bytes.fromhex(digits) if _SHA256_HEX.fullmatch(digits) else None
