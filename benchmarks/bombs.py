"""How long the service thinks about documents made to cost it much: CPU time until each is refused.

python -m benchmarks.bombs
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from document_bombs import BOMBS

from exchange.errors import BadRequest
from exchange.planning.operation import Operations
from exchange.settings import Settings
from exchange.web.graphql.run import bound_contract

ROUNDS = 7


def main() -> None:
    operations = Operations(bound_contract(), replace(Settings(), introspection=True))
    rows = sorted(((*_refused(operations, text), name, len(text)) for name, (text, _) in BOMBS.items()), reverse=True)
    for seconds, code, name, size in rows:
        print(f"{seconds * 1_000:8.1f} ms {size:7,} bytes  {code:26} {name}")
    print(f"{len(rows)} documents; the slowest took {rows[0][0] * 1_000:.1f} ms of CPU (best of {ROUNDS}).")


def _refused(operations: Operations, text: str) -> tuple[float, str]:
    """The CPU seconds until the document is refused, in the best of some rounds, and the code."""
    seconds, code = float("inf"), ""
    for number in range(ROUNDS):
        begun = time.process_time()
        code = _code(operations, f"{text}#{number}")  # a document that was not seen before
        seconds = min(seconds, time.process_time() - begun)
    return seconds, code


def _code(operations: Operations, text: str) -> str:
    try:
        operations.prepare(text, None).check_limits({})
    except BadRequest as error:
        return error.stable_code
    return "taken"


if __name__ == "__main__":
    main()
