"""The client stands apart: it imports nothing of the server and only what its distribution declares."""

import ast
import sys
from pathlib import Path

import openbureau_client

ALLOWED = {"cryptography", "httpx", "joserfc", "openbureau_client"}


def test_the_client_imports_only_what_it_declares():
    for file in Path(openbureau_client.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - ALLOWED
        assert not foreign, file.name
