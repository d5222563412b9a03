"""The client's own check of openings, on the vectors that the server builds by."""

import json
from base64 import b64encode

import pytest
from openbureau_client import OpeningDoesNotMatch, verify_opening

from tests.vectors import read_vectors

VECTOR = read_vectors("log")["ours"]["entry"]
LEAF, OPENING = VECTOR["leaf"].encode(), VECTOR["opening"].encode()
FIELDS = VECTOR["subject_fields"] | VECTOR["service_fields"]


def test_the_openings_of_the_vectors_show_their_fields():
    assert verify_opening(LEAF, OPENING) == {name: FIELDS[name] for name in VECTOR["shown"]}
    assert verify_opening(LEAF, VECTOR["opening_of_all"].encode()) == FIELDS
    shown = verify_opening(LEAF, VECTOR["opening_without_subject"].encode())
    assert shown == {name: FIELDS[name] for name in ("event", "granted")}


def test_an_opening_with_any_byte_changed_does_not_match():
    for at in range(len(OPENING)):
        with pytest.raises(OpeningDoesNotMatch):
            verify_opening(LEAF, OPENING[:at] + bytes([OPENING[at] ^ 1]) + OPENING[at + 1 :])


@pytest.mark.parametrize("leaf", [b"", b"[]", b"{}", LEAF + b" ", LEAF.replace(b'"v":1', b'"v":2'), b"\xff"])
def test_a_leaf_of_another_form_is_refused(leaf):
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(leaf, OPENING)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("fields", "member", "lender-2"),
        ("fields", "granted", 1),
        ("fields", "granted", 1.0),
        ("fields", "granted", 2**53),
        ("fields", "granted", {"a": 1}),
        ("salts", "member", b64encode(bytes(31)).decode()),
        ("salts", "extra", b64encode(bytes(32)).decode()),
        ("digests", "extra", b64encode(bytes(32)).decode()),
        ("digests", "member", b64encode(bytes(32)).decode()),
        ("digests", "event", 7),
    ],
)
def test_a_changed_opening_does_not_match(part, name, value):
    parts = json.loads(OPENING)
    parts[part][name] = value
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(LEAF, json.dumps(parts).encode())


@pytest.mark.parametrize(("group", "old", "new"), [("fields", "member", "lender"), ("digests", "purpose", "purposes")])
def test_a_field_cannot_be_renamed(group, old, new):
    parts = json.loads(OPENING)
    for part in {group, "salts"} if group == "fields" else {group}:
        parts[part][new] = parts[part].pop(old)
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(LEAF, json.dumps(parts).encode())
