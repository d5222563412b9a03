"""Entries of the log: a small public leaf that commits to fields, any of which can be opened later.

The leaf is the JSON `{"c":c,"t":t,"v":1}` without white space: `c` the commitment (base64), `t` the milliseconds
since 1970-01-01T00:00:00Z. An entry has fields, each a name and a value, in two groups: the subject's fields, which
are readable only while the borrower's key lives, and the service's. With n1 .. nn all names in ascending order,

    c  = SHA-256("openbureau/log-entry/v1" | 0x0A | JCS([n1 .. nn]) | d1 .. dn)
    di = HMAC-SHA256(key = si, JCS([ni, value of ni]))                      the field's digest
    si = HKDF-SHA256(seed of its group, no salt, info = ni, 32 bytes)       the field's salt

JCS is RFC 8785, HKDF RFC 5869. A digest tells nothing about its field without the salt; a salt opens its own field
only. The names are bound in their places, so that one leaf cannot be opened as two different entries.

Openings are JSON; byte strings in them are base64. As stored, one for each group:
    {"v":1, "seed": the group's, "fields": {name: value}, "digests": {name: digest of the other group}}
As shown to somebody:
    {"v":1, "fields": {name: value}, "salts": {name: salt of each shown field}, "digests": {name: all others}}
"""

import hmac
import os
import re
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from exchange.audit.merkle import leaf_hash
from exchange.clock import milliseconds
from exchange.errors import OpeningDoesNotMatch
from exchange.keyed_hash import SubkeySource, keyed_digest

LABEL = b"openbureau/log-entry/v1\n"
SEED_BYTES = 32
INTEGER_MAX = 2**53 - 1

FieldValue = str | int | bool | None | Sequence[str]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A new entry: its public leaf, and the two openings, still to be sealed."""

    leaf: bytes
    leaf_hash: bytes
    subject_opening: bytes | None
    service_opening: bytes


def build_entry(
    now: datetime,
    subject_fields: Mapping[str, FieldValue],
    service_fields: Mapping[str, FieldValue],
    seeds: tuple[bytes, bytes] | None = None,
) -> EntryDraft:
    """An entry with fresh seeds (subject's, service's). Without a subject's field there is no subject's opening.

    Raises ValueError for a name in both groups, and for a name or value that has no canonical form here.
    """
    faults = _faults_of_our_names(tuple(subject_fields), tuple(service_fields))
    if faults := [*faults, *_faults_of_values(subject_fields, service_fields)]:
        raise ValueError("; ".join(faults))
    subject_seed, service_seed = seeds or (os.urandom(SEED_BYTES), os.urandom(SEED_BYTES))
    subject_digests = _digests(subject_fields, subject_seed)
    service_digests = _digests(service_fields, service_seed)
    commitment = _commit(subject_digests | service_digests)
    leaf = orjson.dumps({"c": _text(commitment), "t": milliseconds(now), "v": 1})
    return EntryDraft(
        leaf,
        leaf_hash(leaf),
        _stored(subject_seed, subject_fields, service_digests) if subject_fields else None,
        _stored(service_seed, service_fields, subject_digests),
    )


def open_fields(names: Collection[str], *openings: bytes) -> bytes:
    """An opening that shows these fields and no other, from the stored openings of an entry (one or both).

    Raises ValueError naming every field that the stored openings do not hold.
    """
    values: dict[str, FieldValue] = {}
    salts: dict[str, bytes] = {}
    digests: dict[str, bytes] = {}
    shown = set(names)
    for stored in map(orjson.loads, openings):
        own_salts = _salts(stored["fields"], b64decode(stored["seed"]))
        values |= stored["fields"]
        salts |= own_salts
        digests |= {name: b64decode(digest) for name, digest in stored["digests"].items()}
        hidden = {name: value for name, value in stored["fields"].items() if name not in shown}
        digests |= {name: _digest(name, value, own_salts[name]) for name, value in hidden.items()}
    if absent := sorted(shown - set(values)):
        raise ValueError(f"not in these openings: {', '.join(absent)}")
    return orjson.dumps(
        {
            "v": 1,
            "fields": {name: values[name] for name in names},
            "salts": {name: _text(salts[name]) for name in names},
            "digests": {name: _text(digest) for name, digest in digests.items() if name not in shown},
        }
    )


def open_all_fields(*openings: bytes, hidden: Collection[str] = ()) -> bytes:
    """An opening that shows every field but the hidden ones, from the stored openings of an entry."""
    names = [name for stored in map(orjson.loads, openings) for name in stored["fields"] if name not in hidden]
    return open_fields(names, *openings)


def verify_opening(leaf: bytes, opening: bytes) -> Mapping[str, FieldValue]:
    """The fields that an opening shows, once they are known to belong to the leaf.

    1. The leaf is one of ours, in its only form. 2. The opening has the parts it should. 3. Shown and hidden fields
    together give the leaf's commitment. Raises OpeningDoesNotMatch.
    """
    commitment = _read_leaf(leaf)  # 1
    fields, salts, digests = _read_opening(opening)  # 2
    shown = {name: _digest(name, value, salts[name]) for name, value in fields.items()}
    if not hmac.compare_digest(_commit(digests | shown), commitment):  # 3
        raise OpeningDoesNotMatch("These fields do not belong to this log entry.")
    return fields


def _faults_of_names(*groups: Collection[str]) -> list[str]:
    names = [name for group in groups for name in group]
    faults = [f"{name} is in both groups" for name in set(names) if names.count(name) > 1]
    return faults + [f"{name!r} is not a field name" for name in names if not _NAME.fullmatch(name)]


_faults_of_our_names = lru_cache(maxsize=256)(_faults_of_names)


def _faults_of_values(*groups: Mapping[str, FieldValue]) -> list[str]:
    values = [item for group in groups for item in group.items()]
    return [f"{name} has a value that cannot be logged" for name, value in values if not _loggable(value)]


def _loggable(value: object) -> bool:
    """Whether orjson writes this value exactly as RFC 8785 does: no fractions, no objects, no huge numbers."""
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -INTEGER_MAX <= value <= INTEGER_MAX
    return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)


def _salts(names: Collection[str], seed: bytes) -> dict[str, bytes]:
    derive = SubkeySource(seed).derive
    return {name: derive(name.encode(), SEED_BYTES) for name in names}


def _digests(fields: Mapping[str, FieldValue], seed: bytes) -> dict[str, bytes]:
    salts = _salts(fields.keys(), seed)
    return {name: _digest(name, value, salts[name]) for name, value in fields.items()}


def _digest(name: str, value: FieldValue, salt: bytes) -> bytes:
    return keyed_digest(salt, orjson.dumps([name, value]))


def _commit(digests: Mapping[str, bytes]) -> bytes:
    names = sorted(digests)
    return sha256(LABEL + orjson.dumps(names) + b"".join([digests[name] for name in names])).digest()


def _stored(seed: bytes, fields: Mapping[str, FieldValue], others: Mapping[str, bytes]) -> bytes:
    digests = {name: _text(digest) for name, digest in others.items()}
    return orjson.dumps({"v": 1, "seed": _text(seed), "fields": dict(fields), "digests": digests})


def _read_leaf(leaf: bytes) -> bytes:
    """The commitment in a leaf."""
    try:
        parts = orjson.loads(leaf)
        commitment = _bytes(parts["c"])
    except (ValueError, KeyError, TypeError) as fault:
        raise OpeningDoesNotMatch("The leaf cannot be read.") from fault
    if leaf != orjson.dumps({"c": parts["c"], "t": parts.get("t"), "v": 1}) or type(parts["t"]) is not int:
        raise OpeningDoesNotMatch("The leaf is not of a form we know.")
    return commitment


def _read_opening(opening: bytes) -> tuple[dict[str, Any], dict[str, bytes], dict[str, bytes]]:
    """Fields, salts and digests."""
    try:
        parts = orjson.loads(opening)
        fields = dict(parts["fields"])
        salts = {name: _bytes(salt) for name, salt in parts["salts"].items()}
        digests = {name: _bytes(digest) for name, digest in parts["digests"].items()}
        faults = _faults_of_names(fields, digests) + _faults_of_values(fields)
        known = parts["v"] == 1 and fields.keys() == salts.keys() and not faults
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise OpeningDoesNotMatch("The opening cannot be read.") from fault
    if not known:
        raise OpeningDoesNotMatch("The opening is not of a form we know.")
    return fields, salts, digests


def _text(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode()


def _bytes(text: str) -> bytes:
    """32 bytes from their only base64 form. Raises ValueError."""
    value = b64decode(text, validate=True)
    if len(value) != SEED_BYTES or _text(value) != text:
        raise ValueError("not 32 bytes in base64")
    return value
