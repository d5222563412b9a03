"""An environment of the Python peers' own: what the exchange needs, and the peers, from a lock with hashes.

How the lock is made anew: uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url
--no-header -c requirements/base.txt benchmarks/peers/python/requirements.in -o benchmarks/peers/python/requirements.txt
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
_HERE = Path(__file__).parent
_LOCK = _HERE / "requirements.txt"
_MADE = _HERE / ".venv" / ".made"


@cache
def peer_environment() -> Path:
    """The interpreter of the environment, which is made where it is missing or older than its lock.

    Raises subprocess.CalledProcessError where it cannot be made.
    """
    python = _MADE.parent / "bin" / "python"
    if not _MADE.exists() or _MADE.stat().st_mtime < _LOCK.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", str(_MADE.parent)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", str(_LOCK)], check=True)
        _MADE.touch()
    return python
