"""The line as a layer around the whole application (WSGI), and what those who are turned away are told."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

import orjson

from exchange.clock import Clock
from exchange.errors import Unavailable
from exchange.settings import Settings
from exchange.web import problems
from exchange.web.language import DEFAULT_LANGUAGE, LANGUAGES, load_catalogues
from exchange.web.problem_words import PROBLEMS
from exchange.web.queue_gate import QueueGate

log = logging.getLogger(__name__)

WsgiApp = Callable[..., Iterable[bytes]]

ALWAYS_HEARD = "/health/"
FILES = "/submissions"
TURNED_AWAY = "503 Service Unavailable"
_TOLD_EVERY_SECONDS = 10.0
_SECONDS_MAX = 1e11
"""The year 5138 in seconds, 1973 in milliseconds."""


def in_turn(app: WsgiApp, settings: Settings, clock: Clock) -> WsgiApp:
    """The application behind a line of its own. Health is heard without waiting.

    A turn begins when the request is there, if it is no file, and ends when the answer is ready: whoever sends or reads
    slowly holds up nobody.
    """
    gate = QueueGate(settings.threads, settings.queue_places)
    refusals = _Refusals(settings)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(ALWAYS_HEARD):
            return app(environ, start_response)
        if environ["PATH_INFO"] != FILES:
            _receive(environ, settings.query_bytes_max)
        seconds = settings.queue_seconds_max - (_seconds_before_us(environ, clock) if settings.proxies else 0)
        if seconds <= 0 or not gate.enter(_asker(environ), seconds):
            return refusals.tell(environ, start_response)
        try:
            return app(environ, start_response)
        finally:
            gate.leave()

    return answer


def _receive(environ: dict[str, Any], bytes_max: int) -> None:
    """Takes in a body of ordinary size before its turn: whoever sends it slowly holds up nobody else."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and 0 < int(length) <= bytes_max:
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))


def _asker(environ: Mapping[str, Any]) -> str:
    """Who asks, as far as can be told without looking: the access token as it was sent, else the network address."""
    return environ.get("HTTP_AUTHORIZATION") or environ.get("REMOTE_ADDR") or ""


def _seconds_before_us(environ: Mapping[str, Any], clock: Clock) -> float:
    """How long our proxy has had the request, from X-Request-Start: `t=` and the time in seconds or milliseconds."""
    try:
        started = float(environ.get("HTTP_X_REQUEST_START", "").removeprefix("t="))
    except ValueError:
        return 0.0
    if started > _SECONDS_MAX:
        started /= 1_000
    return max(0.0, clock.now().timestamp() - started)


class _Refusals:
    """What those who are turned away are told. Written once: telling it must cost next to nothing."""

    def __init__(self, settings: Settings) -> None:
        error = Unavailable("Too many requests wait already, so this one was not looked at. Try again.", "TOO_BUSY")
        self._graphql = orjson.dumps({"errors": [problems.as_json(error)]})
        self._page = _page()
        self._problem = orjson.dumps(
            {"type": "about:blank", "status": 503, "code": error.stable_code, "detail": error.sentence}
        )
        self._headers = [
            ("Retry-After", str(max(1, math.ceil(settings.queue_seconds_max)))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self._lock = threading.Lock()
        self._untold = 0
        self._tell_at = 0.0

    def tell(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answers 503, in the form that the door behind the line would use."""
        self._count()
        kind, body = self._form(environ)
        start_response(TURNED_AWAY, [("Content-Type", kind), ("Content-Length", str(len(body))), *self._headers])
        return [body]

    def _form(self, environ: Mapping[str, Any]) -> tuple[str, bytes]:
        accepted = environ.get("HTTP_ACCEPT", "")
        if environ["PATH_INFO"] == "/graphql":
            kind = "graphql-response+json" if "graphql-response+json" in accepted else "json"
            return f"application/{kind}; charset=utf-8", self._graphql
        if "text/html" in accepted:
            return "text/html; charset=utf-8", self._page
        return "application/problem+json", self._problem

    def _count(self) -> None:
        """Tells operators, but not once for each."""
        with self._lock:
            self._untold += 1
            now = time.monotonic()
            if now < self._tell_at:
                return
            untold, self._untold, self._tell_at = self._untold, 0, now + _TOLD_EVERY_SECONDS
        log.warning("overload.turned_away requests=%d", untold)


def _page() -> bytes:
    """The page in every language at once: whose language it is would have to be looked up."""
    problem, catalogues = PROBLEMS[503], load_catalogues()

    def said(language: str, sentence: str) -> str:
        return sentence if language == DEFAULT_LANGUAGE else str(catalogues[language][sentence].string)

    parts = "".join(
        f'<section lang="{language}"><h1>{said(language, problem.heading)}</h1>'
        f"<p>{said(language, problem.sentence)}</p></section>"
        for language in LANGUAGES
    )
    return f'<!doctype html><html lang="en"><title>{problem.heading}</title><main>{parts}</main></html>'.encode()
