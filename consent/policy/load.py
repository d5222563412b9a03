"""Reads the packs that are shipped with the service."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from consent import read_values
from consent.policy.resolve import conflicts, not_carried_out
from consent.policy.rules import Pack, Rule, read_rule


class PackNotValid(ValueError):
    """The pack cannot be used. `faults` names every one, with its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@cache
def load_pack(jurisdiction: str) -> Pack:
    """The pack of a jurisdiction, by its two letters. Raises PackNotValid with every fault."""
    packs = {file.name.removesuffix(".toml"): file for file in (resources.files("consent.policy") / "packs").iterdir()}
    if jurisdiction not in packs:
        raise PackNotValid([f"there is no such pack; known are {', '.join(sorted(packs))}"])
    pack = read_pack(packs[jurisdiction].read_text(encoding="utf-8"))
    if pack.jurisdiction != jurisdiction:
        raise PackNotValid([f"the file of '{jurisdiction}' holds the pack of '{pack.jurisdiction}'"])
    return pack


def read_pack(text: str) -> Pack:
    """The pack in a TOML text. Raises PackNotValid with every fault."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise PackNotValid([f"not TOML: {fault}"]) from fault
    reader = read_values.Reader(values, frozenset({"jurisdiction", "version", "rules"}))
    reader.text("jurisdiction")
    reader.text("version")
    rules, faults = _read_rules(values.get("rules"))
    faults = reader.faults + faults
    if faults:
        raise PackNotValid(faults)
    pack = Pack(**reader.read, rules=rules)
    if faults := conflicts(pack) + not_carried_out(pack):
        raise PackNotValid(faults)
    return pack


def _read_rules(tables: Any) -> tuple[tuple[Rule, ...], list[str]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return (), ["rules: a list of tables"]
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
