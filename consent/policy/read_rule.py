"""Reads one rule from its table in a pack, with every fault."""

from collections.abc import Mapping
from typing import Any

from consent.policy.read_terms import read_terms
from consent.policy.rules import Act, Applies, BasisKind, Force, Kind, Override, Rule, Source, Vector, Verified
from consent.read_values import Reader
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

_RULE_FIELDS = frozenset(
    {"id", "force", "kind", "effective_from", "effective_to", "override", "source", "applies", "terms", "vectors"}
)
_SOURCE_FIELDS = frozenset({"title", "clause", "language", "quote", "verified"})
_LISTS: Mapping[str, Any] = {
    "bases": BasisKind,
    "member_classes": MemberClass,
    "purposes": Purpose,
    "field_classes": FieldClass,
    "channels": ContactChannel,
}


def read_rule(table: Mapping[str, Any], place: str) -> tuple[Rule | None, list[str]]:
    """The rule in a pack's table and every fault found; `place` names the table in the faults.

    Left out of the table: `effective_to`, `override` and `quote` where there is none, and each list of `applies` that
    means all.
    """
    reader = Reader({"effective_to": None, "override": [], "terms": {}, **table}, _RULE_FIELDS, f"{place}.")
    reader.text("id")
    reader.member("force", Force)
    reader.member("kind", Kind)
    reader.day("effective_from")
    reader.day("effective_to", may_be_none=True)
    reader.members("override", Override)
    _read_source(reader)
    _read_applies(reader)
    read_terms(reader)
    _read_vectors(reader)
    _check_period(reader)
    return (None if reader.faults else Rule(**reader.read)), reader.faults


def _read_source(reader: Reader) -> None:
    reader.with_defaults("source", {"quote": None})
    reader.part("source", _SOURCE_FIELDS, _source)


def _source(reader: Reader) -> Source | None:
    reader.text("title")
    reader.text("clause")
    reader.text("language")
    reader.text("quote", may_be_none=True)
    reader.member("verified", Verified)
    return None if reader.faults else Source(**reader.read)


def _read_applies(reader: Reader) -> None:
    reader.with_defaults("applies", {name: [] for name in _LISTS})
    reader.part("applies", frozenset({"act", *_LISTS}), _applies)


def _applies(reader: Reader) -> Applies | None:
    reader.member("act", Act)
    for name, kind in _LISTS.items():
        reader.members(name, kind)
    return None if reader.faults else Applies(**reader.read)


def _check_period(reader: Reader) -> None:
    first, end = reader.read.get("effective_from"), reader.read.get("effective_to")
    if first is not None and end is not None and end <= first:
        reader.faults.append(f"{reader.prefix}effective_to: after effective_from")


def _read_vectors(reader: Reader) -> None:
    if "vectors" not in reader.values:
        return
    vectors = reader.values["vectors"]
    if not isinstance(vectors, list) or not vectors:
        reader.faults.append(f"{reader.prefix}vectors: at least one boundary case")
        return
    if not all(isinstance(v, Mapping) and set(v) == {"given", "expect"} for v in vectors):
        reader.faults.append(f"{reader.prefix}vectors: each with given and expect")
        return
    reader.read["vectors"] = tuple(Vector(**vector) for vector in vectors)
