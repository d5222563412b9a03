"""What a member asks a borrower to allow: the authorization details of type `openbureau_consent` (RFC 9396)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from consent.artefact import Fetch, Frequency, FrequencyUnit, Mode
from consent.read_values import Reader
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

CONSENT_REQUEST_TYPE = "openbureau_consent"
_FIELDS = frozenset(
    {
        "type", "purpose", "field_classes", "data_from", "data_to", "mode", "fetch", "frequency", "data_life_days",
        "days", "contribution_allowed",
    }
)  # fmt: skip


class ConsentRequestNotValid(ValueError):
    """The details do not make a request. `faults` names every one: field and what is wrong, never the value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class RequestedConsent:
    """The consent that a member asks for, before it has a borrower. `days`: how long it would last, once given."""

    purpose: Purpose
    field_classes: frozenset[FieldClass]
    data_from: date
    data_to: date | None
    mode: Mode
    fetch: Fetch
    frequency: Frequency | None
    data_life_days: int
    days: int
    contribution_allowed: bool


def read_consent_request(details: object) -> RequestedConsent:
    """The request that untrusted authorization details (as in JSON) hold: a list of exactly one object.

    Whether the law of the place allows as much is for the policy pack. Raises ConsentRequestNotValid with every fault.
    """
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], Mapping):
        raise ConsentRequestNotValid([f"a list of exactly one object of type {CONSENT_REQUEST_TYPE}"])
    reader = Reader(details[0], _FIELDS)
    read = _read(reader)
    if faults := reader.faults + _contradictions(read):
        raise ConsentRequestNotValid(faults)
    del read["type"]
    return RequestedConsent(**read)


def _read(reader: Reader) -> dict[str, Any]:
    reader.text("type")
    reader.member("purpose", Purpose)
    reader.members("field_classes", FieldClass)
    reader.day("data_from")
    reader.day("data_to", may_be_none=True)
    reader.member("mode", Mode)
    reader.member("fetch", Fetch)
    reader.part("frequency", frozenset({"count", "unit"}), _read_frequency, may_be_none=True)
    reader.whole_number("data_life_days")
    reader.whole_number("days", least=1)
    reader.truth("contribution_allowed")
    return reader.read


def _read_frequency(reader: Reader) -> Frequency | None:
    reader.whole_number("count", least=1)
    reader.member("unit", FrequencyUnit)
    return None if reader.faults else Frequency(**reader.read)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Every rule broken by the fields that could be read; a rule about a field that is missing is passed over."""
    return [
        sentence
        for needed, holds, sentence in _RULES
        if all(name in values for name in needed) and not holds(*(values[name] for name in needed))
    ]


_RULES: list[tuple[tuple[str, ...], Any, str]] = [
    (("type",), lambda kind: kind == CONSENT_REQUEST_TYPE, f"type: {CONSENT_REQUEST_TYPE}"),
    (("purpose",), lambda purpose: purpose is not Purpose.SELF, "purpose: SELF is for borrowers, not for members"),
    (("field_classes",), bool, "field_classes: at least one"),
    (("data_from", "data_to"), lambda a, b: b is None or a <= b, "data_to: not before data_from"),
    (("fetch", "frequency"), lambda f, q: f is not Fetch.ONCE or q is None, "frequency: none where fetch is ONCE"),
    (("mode", "data_life_days"), lambda m, n: n == 0 if m is Mode.VIEW else n >= 1,
     "data_life_days: 0 where mode is VIEW, at least 1 where it is STORE"),
    (("days",), lambda days: days <= 3660, "days: at most 3660"),
]  # fmt: skip
