"""From what came of an operation to the HTTP answer: its bytes, its media type, its status."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from exchange.errors import BadRequest, ExchangeError
from exchange.store.idempotency import KeptAnswer
from exchange.web import problems
from exchange.web.graphql.read_request import JSON_TYPE
from exchange.web.graphql.run import Answered

RESPONSE_TYPE = "application/graphql-response+json"
NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})
_OF_DOCUMENTS = ("GRAPHQL_", "PERSISTED_QUERY_")
"""How codes begin whose status is 200 for those who do not know the newer media type, as Apollo's clients expect."""


def answer_of(answered: Answered, extensions: Mapping[str, Any], accept: str) -> Response:
    """The answer to an operation that ran. `accept`: the request's header of that name."""
    if answered.data is not None:
        return _response(b'{"data":%b,"extensions":%b}' % (answered.data, orjson.dumps(extensions)), 200, accept)
    result = answered.result
    body: dict[str, Any] = {}
    if answered.errors:
        body["errors"] = [problems.of_field(error) for error in answered.errors]
    if result is None or result.data is None:
        body["extensions"] = extensions
        return _response(orjson.dumps(body), 400 if prefers_response_type(accept) else 200, accept)
    body |= {"data": result.data, "extensions": extensions}
    return _response(orjson.dumps(body), 200, accept)


def given_again(kept: KeptAnswer, accept: str) -> Response:
    """An answer from before, byte for byte."""
    response = _response(kept.body, kept.status, accept)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def failure_of(error: ExchangeError, accept: str, extensions: Mapping[str, Any] = NOTHING_MORE) -> Response:
    """The answer to a request that was not carried out; with `extensions` where it was begun."""
    status = problems.http_status(error)
    if (
        isinstance(error, BadRequest)
        and error.stable_code.startswith(_OF_DOCUMENTS)
        and not prefers_response_type(accept)
    ):
        status = 200
    body = {"errors": [problems.as_json(error)]} | ({"extensions": extensions} if extensions else {})
    response = _response(orjson.dumps(body), status, accept)
    response.headers.update(problems.headers_of(error))
    return response


def _response(body: bytes, status: int, accept: str) -> Response:
    kind = RESPONSE_TYPE if prefers_response_type(accept) else JSON_TYPE
    return Response(body, status, [("Content-Type", f"{kind}; charset=utf-8"), ("Cache-Control", "no-store")])


@lru_cache(maxsize=256)
def prefers_response_type(accept: str) -> bool:
    """Whether who accepts this wants the newer of the two media types (GraphQL over HTTP, section 6)."""
    accepted = parse_accept_header(accept, MIMEAccept)
    return accepted.best_match([JSON_TYPE, RESPONSE_TYPE], default=JSON_TYPE) == RESPONSE_TYPE
