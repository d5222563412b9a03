"""Where the real sample files lie. They are not part of the project: without them their tests are skipped."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent
METRO2 = "metro2_auto_loans_2k.txt.gz"
MONTHLY_STATUS = "monthly_status_1m.csv.gz"
UCI_CREDIT_CARD = "uci_credit_card_default.csv.gz"
CFPB = "cfpb_complaints_3186.csv.gz"


def sample(name: str) -> Path:
    """The sample file of this name. Skips the test where it is absent."""
    folder = Path(os.environ.get("OPENBUREAU_SAMPLE_DATA") or _REPOSITORY.parent / "shared" / "data")
    if not (folder / name).is_file():
        pytest.skip(f"the sample file {name} is not there: name its folder in OPENBUREAU_SAMPLE_DATA")
    return folder / name
