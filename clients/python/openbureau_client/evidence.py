"""Evidence of one answer: a zip that shows, years later and offline, what was asked, answered and logged."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openbureau_client.errors import ReceiptDoesNotMatch
from openbureau_client.proof import verify_proof
from openbureau_client.receipt import Receipt, verify_receipt
from openbureau_client.session import Answer

_REQUEST, _ANSWER, _RECEIPT, _KEYS = "request.json", "answer.json", "receipt.txt", "keys.json"


def write_evidence(path: Path, answer: Answer, keys: Mapping[str, Any], proofs: Sequence[str] = ()) -> None:
    """Keep an answer with its receipt, the exchange's keys and the log's proofs, one per leaf, in their order.

    Raises ReceiptDoesNotMatch where the answer came without a receipt.
    """
    if answer.receipt is None:
        raise ReceiptDoesNotMatch("The answer came without a receipt.")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as evidence:
        evidence.writestr(_REQUEST, answer.request)
        evidence.writestr(_ANSWER, answer.body)
        evidence.writestr(_RECEIPT, answer.receipt)
        evidence.writestr(_KEYS, json.dumps(keys))
        for number, proof in enumerate(proofs):
            evidence.writestr(_proof_name(number), proof)


def verify_evidence(path: Path, keys: Mapping[str, Any] | None = None, log_vkeys: Iterable[str] = ()) -> Receipt:
    """What the evidence shows.

    1. The receipt was given for this answer, by `keys`; without them, by the keys inside, which prove no more than
       that the parts belong together.
    2. It was given for this question.
    3. With `log_vkeys`, the log's keys: each look of the receipt has its proof, and the proof holds.

    Raises ReceiptDoesNotMatch, ProofDoesNotMatch or NoteDoesNotMatch.
    """
    with _opened(path) as evidence:
        held = json.loads(_part(evidence, _KEYS)) if keys is None else keys
        receipt = verify_receipt(_part(evidence, _RECEIPT).decode(), _part(evidence, _ANSWER), held)  # 1
        if hashlib.sha256(_part(evidence, _REQUEST)).digest() != receipt.request_digest:  # 2
            raise ReceiptDoesNotMatch("The receipt was given for another question.")
        vkeys = list(log_vkeys)
        for number, leaf in enumerate(receipt.leaves if vkeys else ()):  # 3
            verify_proof(_part(evidence, _proof_name(number)).decode(), leaf, vkeys)
    return receipt


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as fault:
        raise ReceiptDoesNotMatch("This file is no evidence.") from fault


def _part(evidence: zipfile.ZipFile, name: str) -> bytes:
    try:
        return evidence.read(name)
    except (KeyError, zipfile.BadZipFile) as fault:
        raise ReceiptDoesNotMatch(f"The evidence lacks {name}, or it was damaged.") from fault


def _proof_name(number: int) -> str:
    return f"proof-{number}.txt"
