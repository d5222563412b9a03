"""What a consent says: one borrower, exactly one recipient, one purpose, and how far it goes. Frozen once signed.

Fields after the artefact of India's account aggregators, ISO/IEC TS 27560 and RFC 9396. The stored and signed
form is canonical JSON (RFC 8785) of strings, whole numbers, truth values, lists and null; never a float.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import rfc8785

from consent import read_values
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


class Mode(StrEnum):
    """Whether the recipient may only look, or may keep a copy for `data_life_days`."""

    VIEW = "VIEW"
    STORE = "STORE"


class Fetch(StrEnum):
    """Whether the consent is good for one look, or for many within its frequency."""

    ONCE = "ONCE"
    PERIODIC = "PERIODIC"


class FrequencyUnit(StrEnum):
    """The span that a frequency counts in."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


SECONDS = {
    FrequencyUnit.HOUR: 3_600,
    FrequencyUnit.DAY: 86_400,
    FrequencyUnit.WEEK: 7 * 86_400,
    FrequencyUnit.MONTH: 31 * 86_400,
}
"""The length of each span. A month counts as the longest one, so that no month has fewer days than it."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most `count` looks in each span. A span starts with the first look after the last span ended."""

    count: int
    unit: FrequencyUnit

    @property
    def seconds(self) -> int:
        """The length of the span."""
        return SECONDS[self.unit]


class GivingMethod(StrEnum):
    """How the borrower answered. WRITTEN: on paper, held by the recipient. PASSKEY: signed by a passkey of the
    borrower's. REFUSED: not given; what was refused is held so that it is not asked again.
    """

    WRITTEN = "WRITTEN"
    PASSKEY = "PASSKEY"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class GivenBy:
    """How the consent was given, and by whom.

    WRITTEN: `document_digest` is SHA-256 of the signed document, 64 hexadecimal digits. PASSKEY: `key_thumbprints`
    (RFC 7638) are the passkeys that may sign, all registered when the consent was drafted; `origin` is the web origin
    (RFC 6454) that they sign for; `acted_by` is who acts for the borrower, None for the borrower.
    """

    method: GivingMethod
    document_digest: str | None = None
    key_thumbprints: frozenset[str] = frozenset()
    origin: str | None = None
    acted_by: UUID | None = None


GIVEN_FIELDS = {
    GivingMethod.WRITTEN: frozenset({"method", "document_digest"}),
    GivingMethod.PASSKEY: frozenset({"method", "key_thumbprints", "origin", "acted_by"}),
    GivingMethod.REFUSED: frozenset({"method"}),
}
"""The fields of `given_by` under each method; the others are not written."""


@dataclass(frozen=True, slots=True)
class UseLimits:
    """How often a consent may be used: once in all, or `frequency_count` times in `frequency_seconds`."""

    once: bool
    frequency_count: int | None
    frequency_seconds: int | None


class ArtefactNotValid(ValueError):
    """The values do not make a consent. `faults` names every one: field and what is wrong, never the value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ConsentArtefact:
    """A consent as signed. Days are calendar dates; instants are aware and in UTC.

    `data_from`/`data_to` bound the history that may be shown (`data_to` None: up to the look). `frequency` None:
    no limit but `fetch` and the expiry. `notice_digest` is SHA-256 (hexadecimal) of the notice shown, in
    `notice_language` (BCP 47). Raises ArtefactNotValid with every fault.
    """

    consent_id: UUID
    subject_key: UUID
    recipient: str
    purpose: Purpose
    purpose_text: str
    field_classes: frozenset[FieldClass]
    data_from: date
    data_to: date | None
    mode: Mode
    fetch: Fetch
    frequency: Frequency | None
    data_life_days: int
    starts_at: datetime
    expires_at: datetime
    contribution_allowed: bool
    sensitive_warning_shown: bool
    article_14_warning_shown: bool
    notice_language: str
    notice_digest: str
    jurisdiction: str
    pack_version: str
    supersedes: UUID | None
    given_by: GivenBy

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if faults := _contradictions(values):
            raise ArtefactNotValid(faults)

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Self:
        """The consent that untrusted plain values (as in JSON) describe.

        Raises ArtefactNotValid with every fault: unreadable, missing, unknown and contradicting fields.
        """
        reader = read_values.Reader(values, frozenset(field.name for field in fields(cls)))
        read = _read(reader)
        if reader.faults:
            raise ArtefactNotValid(reader.faults + _contradictions(read))
        return cls(**read)

    @classmethod
    def from_canonical(cls, canonical: bytes) -> Self:
        """The consent that `to_canonical` wrote. Raises ArtefactNotValid also if the bytes are not canonical."""
        values = read_values.json_object(canonical)
        if values is None:
            raise ArtefactNotValid(["the bytes are not a JSON object"])
        artefact = cls.from_values(values)
        if artefact.to_canonical() != canonical:
            raise ArtefactNotValid(["the bytes are not in canonical form (RFC 8785)"])
        return artefact

    def to_canonical(self) -> bytes:
        """The one spelling of this consent: the bytes that are stored, hashed and signed."""
        return rfc8785.dumps({field.name: _plain(getattr(self, field.name)) for field in fields(self)})

    @property
    def use_limits(self) -> UseLimits:
        """How often this consent may be used."""
        frequency = self.frequency
        return UseLimits(
            once=self.fetch is Fetch.ONCE,
            frequency_count=frequency.count if frequency else None,
            frequency_seconds=frequency.seconds if frequency else None,
        )


def _plain(value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(str(member) for member in value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID() | StrEnum():
            return str(value)
        case Frequency():
            return {"count": value.count, "unit": str(value.unit)}
        case GivenBy():
            return {name: _plain(getattr(value, name)) for name in GIVEN_FIELDS[value.method]}
    return value


def _read(reader: read_values.Reader) -> dict[str, Any]:
    """Every field that can be read, by name; the reader keeps the faults of the others."""
    reader.identifier("consent_id")
    reader.identifier("subject_key")
    reader.text("recipient")
    reader.member("purpose", Purpose)
    reader.text("purpose_text")
    reader.members("field_classes", FieldClass)
    reader.day("data_from")
    reader.day("data_to", may_be_none=True)
    reader.member("mode", Mode)
    reader.member("fetch", Fetch)
    reader.part("frequency", frozenset({"count", "unit"}), _read_frequency, may_be_none=True)
    reader.whole_number("data_life_days")
    reader.instant("starts_at")
    reader.instant("expires_at")
    reader.truth("contribution_allowed")
    reader.truth("sensitive_warning_shown")
    reader.truth("article_14_warning_shown")
    reader.text("notice_language")
    reader.sha256("notice_digest")
    reader.text("jurisdiction")
    reader.text("pack_version")
    reader.identifier("supersedes", may_be_none=True)
    reader.part("given_by", _given_fields(reader.values.get("given_by")), _read_given_by)
    return reader.read


def _read_frequency(reader: read_values.Reader) -> Frequency | None:
    reader.whole_number("count", least=1)
    reader.member("unit", FrequencyUnit)
    return None if reader.faults else Frequency(**reader.read)


def _given_fields(values: object) -> frozenset[str]:
    method = values.get("method") if isinstance(values, Mapping) else None
    return next((known for of, known in GIVEN_FIELDS.items() if of == method), GIVEN_FIELDS[GivingMethod.WRITTEN])


def _read_given_by(reader: read_values.Reader) -> GivenBy | None:
    reader.member("method", GivingMethod)
    if reader.read.get("method") is GivingMethod.PASSKEY:
        reader.words("key_thumbprints")
        reader.text("origin")
        reader.identifier("acted_by", may_be_none=True)
    elif reader.read.get("method") is not GivingMethod.REFUSED:
        reader.sha256("document_digest")
    return None if reader.faults else GivenBy(**reader.read)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Every rule broken by the fields that could be read; a rule about a field that is missing is passed over."""
    return [
        sentence
        for needed, holds, sentence in _RULES
        if all(name in values for name in needed) and not holds(*(values[name] for name in needed))
    ]


def _holds_its_own_fields(given: GivenBy) -> bool:
    empty = GivenBy(given.method)
    return all(
        getattr(given, field.name) == getattr(empty, field.name)
        for field in fields(GivenBy)
        if field.name not in GIVEN_FIELDS[given.method]
    )


def _names_its_signers(given: GivenBy) -> bool:
    if given.method is not GivingMethod.PASSKEY:
        return True
    named = bool(given.key_thumbprints) and all(map(read_values.is_thumbprint, given.key_thumbprints))
    return named and given.origin is not None and read_values.is_origin(given.origin)


def _names_its_document(given: GivenBy) -> bool:
    digest = given.document_digest
    return given.method is not GivingMethod.WRITTEN or (digest is not None and read_values.is_sha256(digest))


def _is_utc(instant: datetime) -> bool:
    return instant.utcoffset() is not None and not instant.utcoffset()


_RULES: list[tuple[tuple[str, ...], Any, str]] = [
    (("recipient",), read_values.is_name, "recipient: exactly one member id, of 1 to 64 letters, digits and . _ : -"),
    (("purpose_text",), lambda text: text.strip() and len(text) <= 500, "purpose_text: 1 to 500 characters"),
    (("field_classes",), bool, "field_classes: at least one"),
    (("data_from", "data_to"), lambda a, b: b is None or a <= b, "data_to: not before data_from"),
    (("fetch", "frequency"), lambda f, q: f is not Fetch.ONCE or q is None, "frequency: none where fetch is ONCE"),
    (("frequency",), lambda q: q is None or q.count >= 1, "frequency.count: at least 1"),
    (("mode", "data_life_days"), lambda m, n: n == 0 if m is Mode.VIEW else n >= 1,
     "data_life_days: 0 where mode is VIEW, at least 1 where it is STORE"),
    (("starts_at",), _is_utc, "starts_at: an instant in UTC"),
    (("expires_at",), _is_utc, "expires_at: an instant in UTC"),
    (("starts_at", "expires_at"), lambda a, b: not (_is_utc(a) and _is_utc(b)) or a < b,
     "expires_at: after starts_at"),
    (("notice_language",), read_values.is_language, "notice_language: a BCP 47 tag such as zh-Hans"),
    (("notice_digest",), read_values.is_sha256, "notice_digest: 64 lower-case hexadecimal digits"),
    (("given_by",), _names_its_document, "given_by.document_digest: 64 lower-case hexadecimal digits"),
    (("given_by",), _names_its_signers,
     "given_by: at least one key_thumbprint (RFC 7638), and an origin such as https://exchange.example"),
    (("given_by",), _holds_its_own_fields, "given_by: only the fields of its method"),
    (("given_by", "subject_key"), lambda given, subject: given.acted_by != subject,
     "given_by.acted_by: another person, not the borrower"),
    (("jurisdiction",), read_values.is_country, "jurisdiction: two lower-case letters"),
    (("pack_version",), read_values.is_name, "pack_version: 1 to 64 letters, digits and . _ : -"),
    (("consent_id", "supersedes"), lambda own, old: own != old, "supersedes: another consent, not this one"),
]  # fmt: skip
