"""Vectors shared by the server and the clients."""

import json
from pathlib import Path
from typing import Any


def read_vectors(name: str) -> Any:
    """What `tests/vectors/<name>.json` holds."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())
