"""Reads the packs that are shipped with the service."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from consent import read_values
from consent.policy.check_pack import faults_of
from consent.policy.read_rule import read_rule
from consent.policy.rules import Pack, Rule

_PACKS = resources.files("consent.policy") / "packs"

PACK_CHARACTERS_MAX = 500_000
RULES_MAX = 250
"""Far more than any law has. Whether rules agree is a question about each pair of them, and a pack may come from a
form: a longer one would only keep us busy.
"""


class PackNotValid(ValueError):
    """The pack cannot be used. `faults` names every one, with its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@cache
def load_pack(jurisdiction: str) -> Pack:
    """The pack that comes with the service, by the two letters of its jurisdiction. Raises PackNotValid."""
    return read_pack_of(jurisdiction, pack_text(jurisdiction))


def read_pack_of(jurisdiction: str, text: str) -> Pack:
    """The pack in a TOML text, which must be of this jurisdiction. Raises PackNotValid with every fault."""
    pack = read_pack(text)
    if pack.jurisdiction != jurisdiction:
        raise PackNotValid([f"this is not the pack of '{jurisdiction}': it says '{pack.jurisdiction}'"])
    return pack


def known_packs() -> tuple[str, ...]:
    """The jurisdictions whose packs come with the service, sorted."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _PACKS.iterdir()))


def pack_text(jurisdiction: str) -> str:
    """The pack that comes with the service, as it is written. Raises PackNotValid."""
    if jurisdiction not in known_packs():
        raise PackNotValid([f"there is no such pack; known are {', '.join(known_packs())}"])
    return (_PACKS / f"{jurisdiction}.toml").read_text(encoding="utf-8")


def read_pack(text: str) -> Pack:
    """The pack in a TOML text. Raises PackNotValid with every fault."""
    if len(text) > PACK_CHARACTERS_MAX:
        raise PackNotValid([f"longer than {PACK_CHARACTERS_MAX:,} characters"])
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:  # also a number of thousands of digits, and lists in lists in lists
        raise PackNotValid([f"not TOML: {fault}"]) from fault
    reader = read_values.Reader(values, frozenset({"jurisdiction", "version", "rules"}))
    reader.text("jurisdiction")
    reader.text("version")
    rules, faults = _read_rules(values.get("rules"))
    faults = reader.faults + faults
    if faults:
        raise PackNotValid(faults)
    pack = Pack(**reader.read, rules=rules)
    if faults := faults_of(pack):
        raise PackNotValid(faults)
    return pack


def _read_rules(tables: Any) -> tuple[tuple[Rule, ...], list[str]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return (), ["rules: a list of tables"]
    if len(tables) > RULES_MAX:
        return (), [f"rules: at most {RULES_MAX}"]
    rules: list[Rule] = []
    faults: list[str] = []
    for number, table in enumerate(tables, start=1):
        rule, found = read_rule(table, f"rules[{number}] {table.get('id', '')}".rstrip())
        faults += found
        if rule and any(rule.id == other.id for other in rules):
            faults.append(f"rules[{number}]: the id {rule.id} is taken")
        if rule:
            rules.append(rule)
    return tuple(rules), faults
