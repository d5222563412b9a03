"""From what came of an operation to the HTTP answer: its bytes, its media type, its status."""

from typing import Any

import orjson
from flask import Response, request
from graphql import ExecutionResult

from exchange.errors import BadRequest, ExchangeError
from exchange.web import problems
from exchange.web.graphql.read_request import JSON_TYPE

RESPONSE_TYPE = "application/graphql-response+json"


def answer_of(result: ExecutionResult) -> Response:
    """The answer to an operation that ran."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [problems.of_field(error) for error in result.errors]
    if result.data is None:
        return _response(body, 400 if _prefers_response_type() else 200)
    body["data"] = result.data
    return _response(body, 200)


def failure_of(error: ExchangeError) -> Response:
    """The answer to a request that was not carried out."""
    status = problems.http_status(error)
    if isinstance(error, BadRequest) and error.stable_code.startswith("GRAPHQL_") and not _prefers_response_type():
        status = 200
    response = _response({"errors": [problems.as_json(error)]}, status)
    response.headers.update(problems.headers_of(error))
    return response


def _response(body: dict[str, Any], status: int) -> Response:
    kind = RESPONSE_TYPE if _prefers_response_type() else JSON_TYPE
    response = Response(orjson.dumps(body), status=status, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _prefers_response_type() -> bool:
    return request.accept_mimetypes.best_match([JSON_TYPE, RESPONSE_TYPE], default=JSON_TYPE) == RESPONSE_TYPE
