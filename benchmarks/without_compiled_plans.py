"""The service as it is, but without compiled plans: every answer goes through graphql-core.

python -m benchmarks.without_compiled_plans            (in place of `openbureau serve`)
"""

from flask import Flask

from exchange import serving
from exchange.planning import operation
from exchange.serving import log_to_stderr, serve
from exchange.settings import read_settings

COMPILER = "compile_answer"


def can_be_left_out() -> bool:
    """Whether there is a compiler where this looks for it."""
    return hasattr(operation, COMPILER)


def web_worker() -> Flask:
    """One worker's application, whose compiler declines every operation."""
    if not can_be_left_out():
        raise RuntimeError(f"{operation.__name__} has no {COMPILER} any more: nothing would be left out.")
    setattr(operation, COMPILER, lambda *_, **__: None)
    return serving.web_worker()


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.without_compiled_plans:web_worker")
