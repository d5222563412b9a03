"""From the error tree to HTTP and GraphQL: the one place that knows both."""

import logging
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson
from flask import Response
from graphql import GraphQLError
from werkzeug.exceptions import HTTPException

from exchange.errors import (
    BadRequest,
    BudgetSpent,
    ExchangeError,
    IntegrityError,
    KeyReused,
    NotAuthenticated,
    Overloaded,
    ParametersNotValid,
    Refused,
    StillRunning,
    Unavailable,
)
from exchange.identity.public_key import ALGORITHMS

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ExchangeError], int], ...] = (
    (KeyReused, 422),
    (BadRequest, 400),
    (NotAuthenticated, 401),
    (Refused, 403),
    (StillRunning, 409),
    (Overloaded, 429),
    (Unavailable, 503),
)
_WHOLE_REQUEST = (NotAuthenticated, Overloaded, Unavailable, IntegrityError)
INTERNAL = {"message": "Something went wrong on our side. Nothing was disclosed.", "extensions": {"code": "INTERNAL"}}


def http_status(error: ExchangeError) -> int:
    """The HTTP status of an error; 500 for what is our own fault."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def headers_of(error: ExchangeError) -> dict[str, str]:
    """The headers that belong to an error: the challenge of RFC 9449 section 7.1, or when to come again."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": _challenge(error)}
    if isinstance(error, Overloaded | StillRunning):
        return {"Retry-After": str(error.retry_after)}
    return {"Retry-After": "1"} if isinstance(error, Unavailable) else {}


def _challenge(error: NotAuthenticated) -> str:
    """RFC 9449, section 7.1; a request that brought nothing gets no error word (RFC 6750, section 3.1)."""
    said = f'error="{error.oauth_error}", error_description="{error.stable_code}", ' if error.oauth_error else ""
    return f'DPoP {said}algs="{" ".join(ALGORITHMS)}"'


def as_json(error: ExchangeError) -> dict[str, Any]:
    """An error as GraphQL writes it: a sentence, its stable code, and every reason with its rule."""
    extensions: dict[str, Any] = {"code": error.stable_code}
    if isinstance(error, Refused):
        extensions["rule"] = next((reason.rule for reason in error.reasons if reason.rule), None)
        extensions["reasons"] = [
            {"code": reason.code, "sentence": reason.sentence, "rule": reason.rule} for reason in error.reasons
        ]
    if isinstance(error, BudgetSpent):
        extensions["cost"] = {
            "requested": error.requested,
            "limit": error.limit,
            "remaining": error.remaining,
            "resetAt": error.resets_at,
        }
    return {"message": error.sentence, "extensions": extensions}


def of_whole_request(errors: Sequence[GraphQLError]) -> ExchangeError | None:
    """The error that makes a partial answer impossible: the caller does not count, or something is down or broken."""
    originals = (error.original_error for error in errors)
    return next((original for original in originals if isinstance(original, _WHOLE_REQUEST)), None)


def of_field(error: GraphQLError) -> dict[str, Any]:
    """An error met while a field was resolved, with its place."""
    original = error.original_error
    if isinstance(original, ExchangeError):
        shown = as_json(original)
    elif _is_the_callers(error):
        shown = {"message": error.message, "extensions": {"code": "BAD_USER_INPUT"}}
    else:
        log_unexpected(original or error)
        shown = dict(INTERNAL)
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = error.path
    return shown


def _is_the_callers(error: GraphQLError) -> bool:
    """Whether variables, or arguments of a root field, do not fit: all else that graphql-core finds is our fault."""
    return error.path is None or (len(error.path) == 1 and isinstance(error.original_error, GraphQLError))


def log_unexpected(error: BaseException) -> None:
    """Logs where an unexpected error arose, and its kind: never its words, which may be personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    log.error("unexpected %s at %s", type(error).__name__, places)


def problem(error: ExchangeError, status: int | None = None) -> Response:
    """An error of a door that does not speak GraphQL, as RFC 9457 writes it; with its usual status unless given."""
    response = _problem(status or http_status(error), error.stable_code, error.sentence, _each_fault(error))
    response.headers.update(headers_of(error))
    return response


def http_problem(error: HTTPException) -> Response:
    """An error of HTTP itself: no such address, another method."""
    status = error.code or 500
    response = _problem(status, error.name.upper().replace(" ", "_"), error.name)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def internal_problem() -> Response:
    """An error that we did not expect."""
    return _problem(500, "INTERNAL", str(INTERNAL["message"]))


def _each_fault(error: ExchangeError) -> dict[str, Any]:
    """The faults of parameters, and the reasons of a refusal, each with its code."""
    if isinstance(error, ParametersNotValid):
        faults = [{"parameter": name, "code": code, "sentence": sentence} for name, code, sentence in error.faults]
        return {"errors": faults}
    return {"reasons": as_json(error)["extensions"]["reasons"]} if isinstance(error, Refused) else {}


def _problem(status: int, code: str, sentence: str, more: Mapping[str, Any] = MappingProxyType({})) -> Response:
    body = orjson.dumps({"type": "about:blank", "status": status, "code": code, "detail": sentence, **more})
    return Response(body, status=status, content_type="application/problem+json", headers={"Cache-Control": "no-store"})
