"""The source keeps the rules of the house."""

import ast
import re
import subprocess
import sys
import tokenize
from importlib.metadata import distributions
from pathlib import Path

import pytest

from exchange.settings import describe_settings

ROOT = Path(__file__).parents[2]
OURS = ("exchange", "consent", "schema")
FILES = sorted(path for name in OURS for path in (ROOT / name).rglob("*.py") if "versions" not in path.parts)


def test_no_dependency_brings_a_module_of_our_names() -> None:
    taken = {
        (distribution.metadata["Name"], name)
        for distribution in distributions()
        for name in {Path(str(file)).parts[0].removesuffix(".py") for file in distribution.files or ()}
        if name in OURS and distribution.metadata["Name"] != "openbureau"
    }
    assert taken == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_import_inside_a_function_has_its_reason_beside_it(path: Path) -> None:
    with path.open("rb") as source:
        commented = {token.start[0] for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT}
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    lines = range(node.lineno - 1, (node.end_lineno or node.lineno) + 1)
                    assert commented & set(lines), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_checker_is_told_to_pass_over_has_its_reason(path: Path) -> None:
    above = ""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        for mark in ("# type: ignore", "# noqa"):
            if mark in line:
                beside = line.split(mark, 1)[1].strip()
                assert re.search(r"\w [\w ]+\w", beside) or above.startswith("#"), f"{path.name}:{number}"
        above = line.strip()


def test_imports_point_only_down() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([command, "--no-logo"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_page_of_settings_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == describe_settings()
