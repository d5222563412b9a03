"""The one list of codes."""

import re
from pathlib import Path

import pytest

import exchange.intake
import exchange.journeys
from exchange.intake.fault_codes import SENTENCES, fault

_CODE = re.compile(r'"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)"')


def test_every_listed_code_is_used() -> None:
    folders = [Path(package.__file__ or "").parent for package in (exchange.intake, exchange.journeys)]
    paths = [path for folder in folders for path in folder.rglob("*.py") if path.name != "fault_codes.py"]
    used = {word for path in paths for word in _CODE.findall(path.read_text())}
    assert set(SENTENCES) <= used


def test_a_code_that_is_not_listed_cannot_be_reported() -> None:
    with pytest.raises(KeyError):
        fault(1, "field", "NOT_A_CODE")
