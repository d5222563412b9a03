import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from consent_cases import CONSENT_ID, an_artefact
from hypothesis import given
from hypothesis import strategies as st

from consent.artefact import (
    ArtefactNotValid,
    ConsentArtefact,
    Fetch,
    Frequency,
    FrequencyUnit,
    GivenBy,
    GivingMethod,
    Mode,
)
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
INSTANTS = st.integers(0, 10**15).map(lambda micro: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro))
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
PERIODIC = st.builds(Frequency, st.integers(1, 2**53 - 1), st.sampled_from(FrequencyUnit))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500).filter(str.strip)


WAYS = st.one_of(
    st.builds(GivenBy, st.just(GivingMethod.WRITTEN), DIGESTS),
    st.builds(
        GivenBy,
        st.just(GivingMethod.PASSKEY),
        st.none(),
        st.frozensets(st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True), min_size=1, max_size=3),
        st.sampled_from(["https://exchange.example", "http://localhost:8600"]),
        st.none() | st.just(UUID(int=3)),
    ),
    st.just(GivenBy(GivingMethod.REFUSED)),
)


@st.composite
def artefacts(draw: st.DrawFn) -> ConsentArtefact:
    mode, fetch, starts_at, data_from = (
        draw(st.sampled_from(Mode)), draw(st.sampled_from(Fetch)), draw(INSTANTS), draw(DAYS),
    )  # fmt: skip
    return ConsentArtefact(
        consent_id=UUID(int=1),
        subject_key=draw(st.uuids().filter(lambda key: key != UUID(int=3))),
        recipient=draw(st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)),
        purpose=draw(st.sampled_from(Purpose)),
        purpose_text=draw(TEXTS),
        field_classes=draw(st.frozensets(st.sampled_from(FieldClass), min_size=1)),
        data_from=data_from,
        data_to=draw(st.none() | st.integers(0, 9000).map(lambda days: data_from + timedelta(days))),
        mode=mode,
        fetch=fetch,
        frequency=None if fetch is Fetch.ONCE else draw(st.none() | PERIODIC),
        data_life_days=0 if mode is Mode.VIEW else draw(st.integers(1, 10_000)),
        starts_at=starts_at,
        expires_at=starts_at + draw(st.timedeltas(timedelta(microseconds=1), timedelta(9000))),
        contribution_allowed=draw(st.booleans()),
        sensitive_warning_shown=draw(st.booleans()),
        article_14_warning_shown=draw(st.booleans()),
        notice_language=draw(st.sampled_from(["en", "zh-Hans", "zh-Hant-HK"])),
        notice_digest=draw(DIGESTS),
        jurisdiction=draw(st.sampled_from(["cn", "us", "uk"])),
        pack_version=draw(st.from_regex(r"[a-z]{2}-[0-9.]{1,8}", fullmatch=True)),
        supersedes=draw(st.none() | st.just(UUID(int=2))),
        given_by=draw(WAYS),
    )


@given(artefacts())
def test_what_is_written_reads_back_the_same(artefact: ConsentArtefact) -> None:
    canonical = artefact.to_canonical()
    assert ConsentArtefact.from_canonical(canonical) == artefact
    assert ConsentArtefact.from_canonical(canonical).to_canonical() == canonical


def test_the_canonical_bytes_are_those_of_the_vectors() -> None:
    vectors = json.loads((Path(__file__).parents[2] / "vectors" / "consent_artefact.json").read_text(encoding="utf-8"))
    assert len(vectors["cases"]) >= 2
    for case in vectors["cases"]:
        assert ConsentArtefact.from_values(case["values"]).to_canonical() == case["canonical"].encode(), case["name"]


def test_a_consent_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        an_artefact().recipient = "bank-b"  # type: ignore[misc]  # the point of the test


def plain(**changes: Any) -> dict[str, Any]:
    return {**json.loads(an_artefact().to_canonical()), **changes}


def faults_of(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ArtefactNotValid) as raised:
        ConsentArtefact.from_values(values)
    return raised.value.faults


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("consent_id", "01890000-0000-7000-8000-00000000C001"),
        ("consent_id", 7),
        ("subject_key", None),
        ("recipient", "bank-a, bank-b"),
        ("recipient", ["bank-a", "bank-b"]),
        ("recipient", ""),
        ("purpose", "MARKETING"),
        ("purpose_text", "   "),
        ("purpose_text", "x" * 501),
        ("purpose_text", "\ud800"),
        ("field_classes", []),
        ("field_classes", ["ACCOUNTS", "ACCOUNTS"]),
        ("field_classes", ["RELIGION"]),
        ("field_classes", "ACCOUNTS"),
        ("field_classes", [["ACCOUNTS"]]),
        ("data_from", "2026-02-30"),
        ("data_from", "20260201"),
        ("data_to", "2021-04-30"),
        ("mode", "KEEP"),
        ("fetch", "ALWAYS"),
        ("frequency", {"count": 0, "unit": "DAY"}),
        ("frequency", {"count": 1.0, "unit": "DAY"}),
        ("frequency", {"count": True, "unit": "DAY"}),
        ("frequency", {"count": 1, "unit": "YEAR"}),
        ("frequency", {"count": 1}),
        ("frequency", "3 a day"),
        ("data_life_days", -1),
        ("data_life_days", 2**53),
        ("data_life_days", 30),
        ("starts_at", "2026-01-01T00:00:00+08:00"),
        ("starts_at", "2026-13-01T00:00:00Z"),
        ("starts_at", "2027-01-01T00:00:00Z"),
        ("expires_at", 1767225600),
        ("contribution_allowed", 1),
        ("sensitive_warning_shown", "true"),
        ("notice_language", "中文"),
        ("notice_digest", "A" * 64),
        ("notice_digest", "a" * 63),
        ("jurisdiction", "CN"),
        ("pack_version", ""),
        ("supersedes", str(CONSENT_ID)),
        ("given_by", None),
        ("given_by", {"method": "PASSKEY", "document_digest": "b" * 64}),
        ("given_by", {"method": "WRITTEN", "document_digest": "b"}),
        ("given_by", {"method": "WRITTEN", "document_digest": "b" * 64, "more": 1}),
    ],
)
def test_a_wrong_value_is_refused_by_its_field_and_not_repeated(field: str, value: Any) -> None:
    faults = faults_of(plain(**{field: value}))
    named = "expires_at" if value == "2027-01-01T00:00:00Z" else field
    assert [fault for fault in faults if not fault.startswith(named)] == []
    if isinstance(value, str) and len(value) > 12:
        assert value not in " ".join(faults)


def test_once_with_a_frequency_contradicts_itself() -> None:
    assert faults_of(plain(fetch="ONCE", frequency={"count": 1, "unit": "DAY"})) == [
        "frequency: none where fetch is ONCE"
    ]


def test_storing_needs_a_life_of_the_copy() -> None:
    assert ConsentArtefact.from_values(plain(mode="STORE", data_life_days=1)).data_life_days == 1
    assert len(faults_of(plain(mode="STORE"))) == 1


def test_all_faults_are_told_at_once() -> None:
    values = plain(recipient="a b", purpose="X", mode="VIEW", data_life_days=9, extra=1)
    values |= {"frequency": {"count": 0, "unit": "YEAR"}}
    del values["starts_at"]
    begins = {fault.split(":")[0] for fault in faults_of(values)}
    assert begins == {
        "starts_at", "1 unknown field(s); known are " + ", ".join(sorted(f.name for f in fields(ConsentArtefact))),
        "purpose", "recipient", "data_life_days", "frequency.count", "frequency.unit",
    }  # fmt: skip


def test_the_typed_constructor_refuses_contradictions_too() -> None:
    good = an_artefact()
    with pytest.raises(ArtefactNotValid) as raised:
        replace(good, recipient="a b", field_classes=frozenset(), expires_at=good.starts_at)
    assert len(raised.value.faults) == 3
    for wrong in (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8)))):  # noqa: DTZ001 - naive on purpose
        with pytest.raises(ArtefactNotValid, match="starts_at: an instant in UTC"):
            replace(good, starts_at=wrong)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + b" ",
        lambda text: text.replace(b":", b": ", 1),
        lambda text: text.replace(b'"jurisdiction":"cn"', b'"jurisdiction":"us","jurisdiction":"cn"'),
        lambda text: text.replace(b"cn", b"\\u0063n", 1),
        lambda text: text.replace(b"2026-01-01T00:00:00Z", b"2026-01-01T00:00:00.000000Z"),
        lambda text: b"[" + text + b"]",
        lambda text: text[:-1],
        lambda _: b"\xff",
        lambda _: b"",
        lambda _: b"[" * 100_000,
    ],
)
def test_bytes_in_another_spelling_are_refused(spoil: Any) -> None:
    canonical = an_artefact().to_canonical()
    spoiled = spoil(canonical)
    assert spoiled != canonical
    with pytest.raises(ArtefactNotValid):
        ConsentArtefact.from_canonical(spoiled)


def test_a_member_of_a_list_order_does_not_matter_before_writing_but_does_after() -> None:
    assert ConsentArtefact.from_values(plain(field_classes=["INQUIRIES", "ACCOUNTS"])) == ConsentArtefact.from_values(
        plain(field_classes=["ACCOUNTS", "INQUIRIES"])
    )
    two = an_artefact(field_classes=frozenset({FieldClass.ACCOUNTS, FieldClass.INQUIRIES})).to_canonical()
    turned = two.replace(b'["ACCOUNTS","INQUIRIES"]', b'["INQUIRIES","ACCOUNTS"]')
    assert turned != two
    with pytest.raises(ArtefactNotValid, match="canonical"):
        ConsentArtefact.from_canonical(turned)


def test_a_month_counts_as_its_longest() -> None:
    assert Frequency(1, FrequencyUnit.MONTH).seconds == 31 * 24 * 3600
    assert an_artefact().use_limits.frequency_seconds is None
