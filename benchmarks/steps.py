"""Where the time of one report goes, step by step: one request after the other, in this process, on a quiet machine."""

import importlib
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any
from unittest.mock import patch

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from exchange.app import make_app
from exchange.clock import SystemClock
from exchange.journeys.services import Services

WARM_UP = 50
WHOLE = "request, all"

STEPS = (
    ("  token and proof", "exchange.identity.bearer", "Authenticator.authenticate"),
    ("  query read, limits checked", "exchange.web.graphql", "_read_request"),
    ("  GraphQL, all", "exchange.web.graphql", "execute_sync"),
    ("    selection", "exchange.web.graphql", "read_selection"),
    ("    journey, all", "exchange.web.graphql", "answer_query"),
    ("      blind index", "exchange.journeys.answer_query", "lookup_tokens"),
    ("      look-up (round trip 1)", "exchange.journeys.answer_query", "look_up"),
    ("      borrower's key", "exchange.vault.key_hierarchy", "KeyHierarchy.open"),
    ("      decision", "exchange.journeys.answer_query", "decide"),
    ("      plan", "exchange.journeys.answer_query", "compile_plan"),
    ("      log entry, inquiry", "exchange.journeys.answer_query", "act_of_look"),
    ("      act and read (round trip 2)", "exchange.journeys.answer_query", "disclose"),
    ("        of it: rows from text", "exchange.store.act", "read_section"),
    ("      opening", "exchange.journeys.answer_query", "unseal_rows"),
    ("      minimising", "exchange.journeys.answer_query", "minimise"),
    ("  JSON and receipt", "exchange.web.graphql", "_sealed"),
    ("    receipt", "exchange.app", "issue_receipt"),
)
"""Label (indented under the step that it is part of), module, and the name that is timed there."""


def step_table(services: Services, requests: Sequence[bytes]) -> str:
    """The median microseconds of each step, over requests as `benchmarks.load` prepares them."""
    app = make_app(services.settings, services.engine, SystemClock())
    spent: dict[str, list[int]] = defaultdict(list)
    now: dict[str, int] = defaultdict(int)
    with ExitStack() as timed:
        for label, module, name in STEPS:
            timed.enter_context(_timed(label, module, name, now))
        for request in requests:
            environ = _environ(request)
            now.clear()
            started = time.perf_counter_ns()
            _, status, headers = run_wsgi_app(app, environ, buffered=True)
            now[WHOLE] = time.perf_counter_ns() - started
            if status != "200 OK" or "OpenBureau-Receipt" not in headers:
                raise SystemExit(f"A request was not answered: {status}.")
            for label in (WHOLE, *(label for label, _, _ in STEPS)):
                spent[label].append(now[label])
    return "\n".join(f"{label:34}{median(times[WARM_UP:]) / 1000:8.0f} us" for label, times in spent.items())


def _timed(label: str, module: str, name: str, now: dict[str, int]) -> Any:
    """While entered, every call of what `name` names adds its nanoseconds to `now[label]`."""
    owner: Any = importlib.import_module(module)
    *parents, last = name.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, last)

    def timing(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter_ns()
        try:
            return original(*args, **kwargs)
        finally:
            now[label] += time.perf_counter_ns() - started

    return patch.object(owner, last, timing)


def _environ(request: bytes) -> dict[str, Any]:
    head, _, body = request.partition(b"\r\n\r\n")
    headers = Headers(
        (name, value) for name, _, value in (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    )
    return EnvironBuilder("/graphql", method="POST", headers=headers, data=body).get_environ()
