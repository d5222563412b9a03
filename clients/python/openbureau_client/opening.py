"""Openings: fields of a log entry, shown to somebody who can then check that the public leaf commits to them.

The leaf is `{"c":c,"t":t,"v":1}`. With n1 .. nn the names of all fields in ascending order, shown and hidden,

    c  = SHA-256("openbureau/log-entry/v1" | 0x0A | JCS([n1 .. nn]) | d1 .. dn)
    di = HMAC-SHA256(key = salt of ni, JCS([ni, value of ni]))

An opening is `{"v":1, "fields": {name: value}, "salts": {name: salt}, "digests": {name: digest of a hidden field}}`.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from openbureau_client.encoding import from_base64
from openbureau_client.errors import OpeningDoesNotMatch

LABEL = b"openbureau/log-entry/v1\n"
INTEGER_MAX = 2**53 - 1


def verify_opening(leaf: bytes, opening: bytes) -> Mapping[str, Any]:
    """The fields that the opening shows, once they are known to belong to the leaf. Raises OpeningDoesNotMatch."""
    try:
        commitment = _commitment_in(leaf)
        shown = json.loads(opening)
        fields, salts, hidden = shown["fields"], shown["salts"], shown["digests"]
        if shown["v"] != 1 or fields.keys() != salts.keys() or fields.keys() & hidden.keys():
            raise ValueError("not an opening of a form we know")
        digests = {name: _hash(text) for name, text in hidden.items()}
        for name, value in fields.items():
            digests[name] = hmac.digest(_hash(salts[name]), _canonical([name, value]), "sha256")
        names = sorted(digests)
        found = sha256(LABEL + _canonical(names) + b"".join(digests[name] for name in names)).digest()
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise OpeningDoesNotMatch("The leaf or its opening cannot be read.") from fault
    if found != commitment:
        raise OpeningDoesNotMatch("These fields do not belong to this log entry.")
    return dict(fields)


def _commitment_in(leaf: bytes) -> bytes:
    parts = json.loads(leaf)
    again = f'{{"c":"{parts["c"]}","t":{int(parts["t"])},"v":1}}'
    if again.encode() != leaf:
        raise ValueError("not a leaf of a form we know")
    return _hash(parts["c"])


def _canonical(value: Any) -> bytes:
    """RFC 8785 for what a log entry may hold: text, whole numbers, true, false, null and lists."""
    _refuse_others(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refuse_others(value: Any) -> None:
    if isinstance(value, list):
        for part in value:
            _refuse_others(part)
    elif isinstance(value, int) and abs(value) > INTEGER_MAX:
        raise ValueError("a number is too large")
    elif not (value is None or isinstance(value, str | int)):
        raise ValueError("a value is of a kind that is never logged")


def _hash(text: str) -> bytes:
    value = from_base64(text)
    if len(value) != 32:
        raise ValueError("not 32 bytes")
    return value
