"""The vectors of `tests/vectors/intake.json` as records: what each says, on top of the sound bases."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from exchange.intake.contribution import AccountRecord, Contribution, DelinquencyRecord, SubjectRecord
from tests.vectors import read_vectors

FILE: Mapping[str, Any] = read_vectors("intake")
TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)

Record = TypeVar("Record")
Vector = Mapping[str, Any]


def vectors(*kinds: str) -> list[Any]:
    """The vectors of these kinds."""
    return [vector for vector in FILE["vectors"] if vector["kind"] in kinds]


def name_of(vector: Vector) -> str:
    """How pytest names a vector; the number keeps those of one code apart."""
    return f"{vector['code']}-{FILE['vectors'].index(vector)}"


def made(kind: type[Record], base: str, changes: Mapping[str, Any] | None) -> Record:
    """A record of the base of this name, with changes."""
    return msgspec.convert(_expanded(_merged(FILE["bases"].get(base, {}), changes or {})), type=kind)


def contribution_of(given: Mapping[str, Any]) -> Contribution:
    """A whole record."""
    return Contribution(
        record_no=2,
        subject=made(SubjectRecord, "subject", given.get("subject")),
        account=made(AccountRecord, "account", given.get("account")),
        delinquencies=tuple(made(DelinquencyRecord, "", each) for each in given.get("delinquencies", ())),
    )


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merged(merged[name], value) if both else value
    return merged


def _expanded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"times"}:
            part, times = value["times"]
            return part * times
        return {name: _expanded(part) for name, part in value.items()}
    return [_expanded(part) for part in value] if isinstance(value, list) else value
