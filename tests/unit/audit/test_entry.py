"""Leaves commit to their fields; openings show some and hide the rest."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from exchange.audit.entry import build_entry, open_fields, verify_opening
from exchange.audit.merkle import leaf_hash
from exchange.errors import OpeningDoesNotMatch
from tests.vectors import read_vectors

VECTOR = read_vectors("log")["ours"]["entry"]
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SEEDS = (bytes.fromhex(VECTOR["subject_seed"]), bytes.fromhex(VECTOR["service_seed"]))
SUBJECT, SERVICE = VECTOR["subject_fields"], VECTOR["service_fields"]
DRAFT = build_entry(NOW, SUBJECT, SERVICE, SEEDS)
STORED = (DRAFT.subject_opening, DRAFT.service_opening)


def test_an_entry_is_the_one_of_the_vectors():
    assert DRAFT.leaf.decode() == VECTOR["leaf"]
    assert DRAFT.leaf_hash.hex() == VECTOR["leaf_hash"]
    assert DRAFT.subject_opening.decode() == VECTOR["subject_opening"]
    assert DRAFT.service_opening.decode() == VECTOR["service_opening"]
    assert open_fields(VECTOR["shown"], *STORED).decode() == VECTOR["opening"]


def test_the_leaf_is_canonical_and_small():
    assert rfc8785.dumps(json.loads(DRAFT.leaf)) == DRAFT.leaf
    assert len(DRAFT.leaf) <= 130
    assert leaf_hash(DRAFT.leaf) == DRAFT.leaf_hash


def test_the_same_fields_give_another_leaf_each_time():
    assert build_entry(NOW, SUBJECT, SERVICE).leaf != build_entry(NOW, SUBJECT, SERVICE).leaf


@pytest.mark.parametrize("names", [[], ["member"], ["granted"], ["member", "granted"], [*SUBJECT, *SERVICE]])
def test_any_fields_can_be_shown_and_no_other_is(names):
    opening = open_fields(names, *STORED)
    shown = verify_opening(DRAFT.leaf, opening)
    assert shown == {name: (SUBJECT | SERVICE)[name] for name in names}
    hidden = json.loads(opening)["digests"]
    assert set(hidden) == {*SUBJECT, *SERVICE} - set(names)
    assert not any(b64encode(seed) in opening for seed in SEEDS)


def test_each_opening_alone_shows_its_own_group():
    assert verify_opening(DRAFT.leaf, open_fields(SUBJECT, DRAFT.subject_opening)) == SUBJECT
    assert verify_opening(DRAFT.leaf, open_fields(SERVICE, DRAFT.service_opening)) == SERVICE


def test_without_the_subjects_opening_nothing_of_the_subject_can_be_shown():
    with pytest.raises(ValueError, match="not in these openings: member"):
        open_fields(["member", "event"], DRAFT.service_opening)
    assert b"lender-1" not in DRAFT.service_opening
    assert b64encode(SEEDS[0]) not in DRAFT.service_opening


def test_an_entry_about_nobody_has_no_subjects_opening():
    draft = build_entry(NOW, {}, {"event": "look"})
    assert draft.subject_opening is None
    assert verify_opening(draft.leaf, open_fields(["event"], draft.service_opening)) == {"event": "look"}


def test_an_opening_does_not_fit_another_leaf():
    other = build_entry(NOW, SUBJECT, SERVICE)
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(other.leaf, open_fields(["member"], *STORED))


def change(opening: bytes, part: str, name: str, value: object) -> bytes:
    parts = json.loads(opening)
    parts[part][name] = value
    return json.dumps(parts).encode()


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("fields", "member", "lender-2"),
        ("fields", "granted", False),
        ("fields", "granted", 1),
        ("fields", "purpose", "LOAN_APPROVAL"),
        ("fields", "member", {"a": 1}),
        ("fields", "member", 1.5),
        ("salts", "member", b64encode(bytes(32)).decode()),
        ("salts", "member", b64encode(bytes(31)).decode()),
        ("salts", "member", 7),
        ("digests", "event", b64encode(bytes(32)).decode()),
        ("digests", "extra", b64encode(bytes(32)).decode()),
        ("digests", "member", b64encode(bytes(32)).decode()),
    ],
)
def test_a_changed_opening_does_not_match(part, name, value):
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(DRAFT.leaf, change(open_fields(["member", "granted"], *STORED), part, name, value))


def test_a_shown_field_cannot_be_passed_off_under_another_name():
    parts = json.loads(open_fields(["member"], *STORED))
    for group in ("fields", "salts"):
        parts[group]["lender"] = parts[group].pop("member")
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(DRAFT.leaf, json.dumps(parts).encode())


def test_a_hidden_field_cannot_be_renamed_either():
    parts = json.loads(open_fields(["member"], *STORED))
    parts["digests"]["purposes"] = parts["digests"].pop("purpose")
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(DRAFT.leaf, json.dumps(parts).encode())


def test_any_byte_changed_in_leaf_or_opening_is_noticed():
    opening = open_fields(["member"], *STORED)
    for at in range(len(DRAFT.leaf)):
        leaf = DRAFT.leaf[:at] + bytes([DRAFT.leaf[at] ^ 1]) + DRAFT.leaf[at + 1 :]
        time_only = leaf_time(leaf)  # the time is in the leaf itself, so the leaf's hash guards it
        if not time_only:
            with pytest.raises(OpeningDoesNotMatch):
                verify_opening(leaf, opening)
    for at in range(len(opening)):
        with pytest.raises(OpeningDoesNotMatch):
            verify_opening(DRAFT.leaf, opening[:at] + bytes([opening[at] ^ 1]) + opening[at + 1 :])


def leaf_time(leaf: bytes) -> bool:
    """Whether this leaf differs from ours in its time alone."""
    try:
        parts = json.loads(leaf)
    except ValueError:
        return False
    return parts.keys() == {"c", "t", "v"} and {**parts, "t": 0} == {**json.loads(DRAFT.leaf), "t": 0}


@pytest.mark.parametrize(
    "leaf", [b"", b"[]", b'"x"', b"{}", DRAFT.leaf + b" ", DRAFT.leaf.replace(b'"v":1', b'"v":2'), b"\xff"]
)
def test_a_leaf_of_another_form_is_refused(leaf):
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(leaf, open_fields(["member"], *STORED))


@pytest.mark.parametrize("opening", [b"", b"[]", b"{}", b"null", b'{"v":1,"fields":[],"salts":[],"digests":[]}'])
def test_an_opening_of_another_form_is_refused(opening):
    with pytest.raises(OpeningDoesNotMatch):
        verify_opening(DRAFT.leaf, opening)


def test_all_faults_of_an_entry_are_named_at_once():
    with pytest.raises(ValueError, match="both") as raised:
        build_entry(NOW, {"both": 1, "share": 0.5, "huge": 2**53}, {"both": 1, "Name": "x", "parts": [1]})
    sentence = str(raised.value)
    assert all(name in sentence for name in ("both", "share", "huge", "Name", "parts"))
    assert "0.5" not in sentence


field_values = st.one_of(
    st.text(), st.booleans(), st.none(), st.integers(-(2**53) + 1, 2**53 - 1), st.lists(st.text(), max_size=4)
)


@given(field_values)
def test_values_are_written_as_rfc_8785_does(value):
    stored = build_entry(NOW, {}, {"field": value}, SEEDS).service_opening
    assert rfc8785.dumps(json.loads(stored)["fields"]["field"]) in stored


@given(
    st.dictionaries(st.from_regex(r"[a-m][a-z_]{0,8}", fullmatch=True), field_values, max_size=5),
    st.dictionaries(st.from_regex(r"[n-z][a-z_]{0,8}", fullmatch=True), field_values, max_size=5),
    st.data(),
)
def test_every_choice_of_fields_opens(subject, service, data):
    draft = build_entry(NOW, subject, service)
    openings = [opening for opening in (draft.subject_opening, draft.service_opening) if opening]
    names = data.draw(st.lists(st.sampled_from(sorted(subject | service)), unique=True)) if subject | service else []
    fields = subject | service
    assert verify_opening(draft.leaf, open_fields(names, *openings)) == {name: fields[name] for name in names}
