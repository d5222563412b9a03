"""From an HTTP request to the question that it puts (GraphQL over HTTP)."""

from dataclasses import dataclass
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from exchange.errors import BadRequest

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Question:
    """The text of a document, the values of its variables, and the name of the operation to run."""

    text: str
    variables: dict[str, Any]
    operation_name: str | None


def read_question() -> Question:
    """The question in the body. Raises BadRequest with all that is wrong with it."""
    body = _read_json()
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    variables = {} if variables is None else variables
    faults = [
        sentence
        for wrong, sentence in (
            (not isinstance(query, str), "`query` must be a string."),
            (not isinstance(variables, dict), "`variables` must be an object."),
            (name is not None and not isinstance(name, str), "`operationName` must be a string."),
        )
        if wrong
    ]
    if faults:
        raise BadRequest(" ".join(faults))
    return Question(query, variables, name)


def read_content() -> bytes:
    """The body's bytes. Raises BadRequest where there are too many."""
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        raise BadRequest(f"A request has at most {request.max_content_length} bytes.", "REQUEST_TOO_LONG") from None


def _read_json() -> dict[str, Any]:
    if request.mimetype != JSON_TYPE:
        raise BadRequest("Send the request as application/json.", "UNSUPPORTED_MEDIA_TYPE")
    try:
        body = orjson.loads(read_content())
    except orjson.JSONDecodeError:
        raise BadRequest("The request is not JSON.", "NOT_JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The request must be a JSON object with `query`.")
    return body
