"""From what came of an operation to the HTTP answer: its bytes, its media type, its status."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from flask import Response, request

from exchange.errors import BadRequest, ExchangeError
from exchange.store.idempotency import KeptAnswer
from exchange.web import problems
from exchange.web.graphql.read_request import JSON_TYPE
from exchange.web.graphql.run import Answered

RESPONSE_TYPE = "application/graphql-response+json"
NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})
_OF_DOCUMENTS = ("GRAPHQL_", "PERSISTED_QUERY_")
"""How codes begin whose status is 200 for those who do not know the newer media type, as Apollo's clients expect."""


def answer_of(answered: Answered, extensions: Mapping[str, Any]) -> Response:
    """The answer to an operation that ran."""
    if answered.data is not None:
        return _response(b'{"data":%b,"extensions":%b}' % (answered.data, orjson.dumps(extensions)), 200)
    result = answered.result
    body: dict[str, Any] = {}
    if answered.errors:
        body["errors"] = [problems.of_field(error) for error in answered.errors]
    if result is None or result.data is None:
        body["extensions"] = extensions
        return _response(orjson.dumps(body), 400 if _prefers_response_type() else 200)
    body |= {"data": result.data, "extensions": extensions}
    return _response(orjson.dumps(body), 200)


def given_again(kept: KeptAnswer) -> Response:
    """An answer from before, byte for byte."""
    response = _response(kept.body, kept.status)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def failure_of(error: ExchangeError, extensions: Mapping[str, Any] = NOTHING_MORE) -> Response:
    """The answer to a request that was not carried out; with `extensions` where it was begun."""
    status = problems.http_status(error)
    if isinstance(error, BadRequest) and error.stable_code.startswith(_OF_DOCUMENTS) and not _prefers_response_type():
        status = 200
    body = {"errors": [problems.as_json(error)]} | ({"extensions": extensions} if extensions else {})
    response = _response(orjson.dumps(body), status)
    response.headers.update(problems.headers_of(error))
    return response


def _response(body: bytes, status: int) -> Response:
    kind = RESPONSE_TYPE if _prefers_response_type() else JSON_TYPE
    response = Response(body, status=status, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _prefers_response_type() -> bool:
    return request.accept_mimetypes.best_match([JSON_TYPE, RESPONSE_TYPE], default=JSON_TYPE) == RESPONSE_TYPE
