"""The table of promises in the handbook names rules, files and tests that there are."""

import re
from pathlib import Path

import pytest

from consent.policy.load import known_packs, load_pack

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "policy-packs.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Where each promise is kept")[2].partition("\n## ")[0].splitlines()
    if line.startswith("|") and "`" in line
]
RULES = {rule.id for name in known_packs() for rule in load_pack(name).rules}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_what_a_promise_names_is_there(row: list[str]) -> None:
    _, rules, files, tests = (re.findall(r"`([^`]+)`", cell) for cell in row)
    assert rules and set(rules) <= RULES
    where = [ROOT / (path if path.startswith("consent/") else f"exchange/{path}") for path in files]
    assert where and [path for path in where if not path.is_file()] == []
    assert tests and [path for path in tests if not (ROOT / path).is_file()] == []


def test_the_promises_that_matter_are_told() -> None:
    assert len(ROWS) >= 15
