"""Health for operators: alive, and ready to answer."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response

from exchange.errors import Unavailable


def health_pages(check_ready: Callable[[], None]) -> Blueprint:
    """`/health/live` answers while the process does; `/health/ready` once `check_ready` raises no Unavailable."""
    blueprint = Blueprint("health", __name__, url_prefix="/health")

    @blueprint.get("/live")
    def live() -> Response:
        return _answer(200, {"status": "live"})

    @blueprint.get("/ready")
    def ready() -> Response:
        try:
            check_ready()
        except Unavailable as error:
            return _answer(503, {"status": "not ready", "code": error.stable_code, "sentence": error.sentence})
        return _answer(200, {"status": "ready"})

    return blueprint


def _answer(status: int, body: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status=status, content_type="application/json")
