"""Finds every stable error code that the source can raise, by reading the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from consent.reasons import CODES
from exchange.intake.fault_codes import SENTENCES

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|INTERNAL|UNAVAILABLE|REFUSED|INTEGRITY")
MAKERS = frozenset({
    "BadRequest", "FileNotReadable", "IntegrityError", "NotAuthenticated", "OAuthRefused", "Overloaded", "Reason",
    "Unavailable", "_not_granted", "_refused",
})  # fmt: skip
"""The calls that are handed a code."""
TABLES = frozenset({"INTERNAL", "_CODE_OF_AUTHLIB", "_ID_NOT_VALID"})
"""The tables whose values are codes."""
PREFIXES = {"client_assertion.py": "ASSERTION_"}


def documented_elsewhere() -> frozenset[str]:
    """Codes that have a table of their own in the source: reasons of decisions, and faults of records."""
    return frozenset(CODES) | frozenset(SENTENCES)


def raised() -> dict[str, str]:
    """Every code in the source, with the file that it was found in."""
    found: dict[str, str] = {}
    for path in sorted([*(ROOT / "exchange").rglob("*.py"), *(ROOT / "consent").rglob("*.py")]):
        for code in _codes_in(path):
            found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def _codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
            prefix = PREFIXES.get(path.name, "") if _name(node.func) == "_refused" else ""
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from _constants(given, prefix)
        elif isinstance(node, ast.ClassDef):
            fields = [part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
            yield from _constants([part.value for part in fields if "code" in _targets(part)])
        elif isinstance(node, ast.FunctionDef) and node.name in MAKERS:
            yield from _constants(node.args.defaults, PREFIXES.get(path.name, ""))
        elif isinstance(node, ast.Assign) and _targets(node) & TABLES:
            yield from _constants(list(ast.walk(node.value)))
        elif isinstance(node, ast.Tuple) and len(node.elts) == 4:  # a limit of operations
            yield from _constants(node.elts[2:3])
        elif isinstance(node, ast.Tuple) and len(node.elts) == 3:  # what is wrong with a mutation's argument
            yield from _constants(node.elts[1:2]) if _is_text(node.elts[0]) else ()


def _constants(nodes: list[ast.AST], prefix: str = "") -> Iterator[str]:
    whole = re.compile(r"[A-Z_]+") if prefix else CODE
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and whole.fullmatch(node.value):
            yield prefix + node.value


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {_name(target) for target in targets}
