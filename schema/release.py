"""The contract as it was released, version by version: `schema/releases/<version>.graphql`.

`python -m schema.release 0.2.0 2027-01-15` writes the contract of today as such a version, released on that day.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from graphql import GraphQLSchema, build_schema

from schema.contract import build_contract, print_contract
from schema.deprecation import announced, not_announced_in_time

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "schema" / "releases"
HEAD = re.compile(r"# (?P<version>\d+\.\d+\.\d+), released (?P<day>\d{4}-\d{2}-\d{2})\n")


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the contract, and the day from which members may rely on it."""

    version: str
    released_on: date
    contract: GraphQLSchema


def releases(folder: Path = FOLDER) -> list[Release]:
    """Every version, the oldest first. Raises ValueError where a file does not begin with its version and day."""
    found = [_read(path) for path in folder.glob("*.graphql")]
    return sorted(found, key=lambda release: [int(number) for number in release.version.split(".")])


def announcements(found: Iterable[Release]) -> dict[str, date]:
    """What is deprecated after these releases, oldest first, and since when."""
    since: dict[str, date] = {}
    for each in found:
        since = announced(each.contract, each.released_on, since)
    return since


def release(version: str, day: date, folder: Path = FOLDER) -> Path:
    """Writes the contract of today as a version. Raises ValueError where a deprecation leaves members too little
    time.
    """
    contract = build_contract()
    before = announcements(each for each in releases(folder) if each.version != version)
    if wrong := not_announced_in_time(contract, announced(contract, day, before)):
        raise ValueError(" ".join(wrong))
    path = folder / f"{version}.graphql"
    path.write_text(f"# {version}, released {day}\n\n{print_contract()}")
    return path


def _read(path: Path) -> Release:
    text = path.read_text()
    head = HEAD.match(text)
    if head is None or head["version"] != path.stem:
        raise ValueError(f"{path.name} does not begin with '# {path.stem}, released <day>'.")
    return Release(path.stem, date.fromisoformat(head["day"]), build_schema(text))


if __name__ == "__main__":
    release(sys.argv[1], date.fromisoformat(sys.argv[2]))
