"""Proofs as text, as C2SP tlog-proof writes them."""

import pytest

from exchange.audit.proof import format_proof
from tests.vectors import read_vectors


@pytest.mark.parametrize("vector", read_vectors("log")["proofs"]["texts"], ids=lambda vector: vector["note"].strip())
def test_proofs_are_written_as_the_specification_says(vector):
    extra = vector["extra"].encode() if vector["extra"] else None
    path = [bytes.fromhex(one) for one in vector["path"]]
    assert format_proof(vector["index"], path, vector["note"], extra) == vector["text"]
