"""Where the time of one report goes, step by step: one request after the other, in this process, on a quiet machine.

python -m benchmarks.steps [--requests 400] [--borrowers 300]
"""

import argparse
import importlib
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from operator import attrgetter
from statistics import median
from typing import Any
from unittest.mock import patch

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.asking import load_order
from benchmarks.full_files import full_exchange
from benchmarks.load import prepare
from benchmarks.running_exchange import running, wait_until_ready
from exchange.app import make_app
from exchange.clock import SystemClock
from exchange.journeys.services import Services

WARM_UP = 50
WHOLE = "request, all"

STEPS = (
    ("  token and proof", "exchange.identity.bearer", "Authenticator.authenticate"),
    ("  question read", "exchange.web.graphql.door", "read_question"),
    ("  operation prepared", "exchange.planning.operation", "Operations.prepare"),
    ("  limits checked", "exchange.planning.operation", "Operation.check_limits"),
    ("  operation run, all", "exchange.web.graphql.door", "run_operation"),
    ("    selection", "exchange.web.graphql.run", "read_selection"),
    ("    journey, all", "exchange.web.graphql.report_root", "answer_query"),
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
    ("  answer written", "exchange.web.graphql.door", "answer_of"),
    ("  receipt", "exchange.app", "issue_receipt"),
)
"""Label (indented under the step that it is part of), module, and the name that is timed there."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--borrowers", type=int, default=300)
    chosen = parser.parse_args()
    for _, module, name in STEPS:
        _owner(module, name)
    with full_exchange(chosen.borrowers) as exchange:
        with running(exchange.server()):  # for the token
            wait_until_ready(exchange.settings.issuer)
            order = replace(load_order(exchange, exchange.settings.issuer, 1, 0, seed=1), requests_max=chosen.requests)
            requests = prepare(order)
        print(step_table(exchange.services, requests))


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


def _owner(module: str, name: str) -> tuple[Any, str]:
    """Where the name of a step is looked up, and its last part. Ends the run where it is gone."""
    *parents, last = name.split(".")
    try:
        owner: Any = importlib.import_module(module)
        owner = attrgetter(".".join(parents))(owner) if parents else owner
        getattr(owner, last)
    except (ImportError, AttributeError) as gone:
        raise SystemExit(f"There is no {module}.{name} any more: name the step's new place in {__file__}.") from gone
    return owner, last


def _timed(label: str, module: str, name: str, now: dict[str, int]) -> Any:
    """While entered, every call of what `name` names adds its nanoseconds to `now[label]`."""
    owner, last = _owner(module, name)
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


if __name__ == "__main__":
    main()
