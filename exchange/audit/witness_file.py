"""The file that names the witnesses of our log, in TOML:

[[witness]]
name = "People's Bank"                          # for people; the key has a name of its own
vkey = "pboc.example/witness+5d0c6bd5+BH..."    # C2SP tlog-cosignature: type 0x04 or 0x06
url = "https://witness.pboc.example"            # C2SP tlog-witness: the submission prefix; http on the loopback only
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exchange.audit.cosignature import CosignatureVerifier, read_witness_vkey
from exchange.errors import LogDoesNotMatch

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FIELDS = ("name", "vkey", "url")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name for people, the key that it cosigns with, and the prefix that it is asked under."""

    name: str
    verifier: CosignatureVerifier
    url: str


def read_witnesses(path: Path) -> tuple[Witness, ...]:
    """Raises ValueError naming every fault of the file, and OSError."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    witnesses = said.get("witness")
    if not isinstance(witnesses, list) or not witnesses or said.keys() != {"witness"}:
        raise ValueError(f"{path.name}: it must hold one or more [[witness]] and nothing else")
    if faults := [*_faults(witnesses)]:
        raise ValueError(f"{path.name}: {'; '.join(faults)}")
    return tuple(Witness(one["name"], read_witness_vkey(one["vkey"]), one["url"].rstrip("/")) for one in witnesses)


def _faults(witnesses: list[Any]) -> Iterator[str]:
    for number, one in enumerate(witnesses, 1):
        yield from (f"witness {number}: {fault}" for fault in _faults_of_one(one))
    texts = [one for one in witnesses if _has_texts(one)]
    for what, given in (
        ("name", [one["name"] for one in texts]),
        ("key name", [one["vkey"].partition("+")[0] for one in texts]),
        # An Ed25519 cosignature does not bind its key's name: one key under two names would count twice.
        ("key", [one["vkey"].split("+", 2)[-1] for one in texts]),
    ):
        yield from (f"two witnesses have the {what} {value}" for value, times in Counter(given).items() if times > 1)


def _has_texts(one: object) -> bool:
    return isinstance(one, Mapping) and all(isinstance(one.get(field), str) and one[field] for field in _FIELDS)


def _faults_of_one(one: Any) -> Iterator[str]:
    if not _has_texts(one):
        yield f"{', '.join(_FIELDS)} must be texts"
        return
    if unknown := sorted(one.keys() - set(_FIELDS)):
        yield f"{', '.join(unknown)} is not known"
    try:
        read_witness_vkey(one["vkey"])
    except LogDoesNotMatch as fault:
        yield fault.sentence
    if not _is_safe(one["url"]):
        yield "url must be an https address without query, or http on the loopback"


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return bool(host) and plain and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
