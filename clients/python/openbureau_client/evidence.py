"""Evidence in a zip that shows, years later and offline, what was asked, answered and logged.

A member's holds the request, the answer and the receipt as they were sent, and for each look what the exchange gives
as evidence of it (in `look-0/`, `look-1/` ...). A borrower's is what the exchange gives, as it is. Older ones of
members hold the log's proofs (`proof-0.txt` ...) and no openings.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from openbureau_client.errors import EvidenceDoesNotMatch, ReceiptDoesNotMatch
from openbureau_client.kept_zip import read_parts
from openbureau_client.look_evidence import KEYS, VerifiedLook, read_keys, verify_look
from openbureau_client.manifest import MANIFEST
from openbureau_client.note import Policy, Trust, as_policy
from openbureau_client.proof import verify_proof
from openbureau_client.receipt import Receipt, verify_receipt
from openbureau_client.report import QUERIES
from openbureau_client.session import Answer

_REQUEST, _ANSWER, _RECEIPT = "request.json", "answer.json", "receipt.txt"
_OF_THE_ANSWER = frozenset({_REQUEST, _ANSWER, _RECEIPT})
_IN_ANSWER = {
    "basis": "basis", "consentUse": "consent_use", "released": "released", "rules": "rules", "pack": "pack",
}  # fmt: skip
"""What an answer says of itself (`disclosure`), and the logged field that must say the same."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What evidence shows. `receipt` is None in a borrower's; `looks` is empty in an old one, whose openings are not
    there.

    `question_read`: the request was this client's own, and what it asked for is what was logged; of other requests
    it is only shown that they are the ones that were answered and logged.
    """

    receipt: Receipt | None
    looks: tuple[VerifiedLook, ...]
    question_read: bool


def write_evidence(path: Path, answer: Answer, looks: Sequence[bytes]) -> None:
    """Keep an answer with its receipt and what the exchange gave as evidence of its looks, in the receipt's order.

    Raises ReceiptDoesNotMatch where the answer came without a receipt, EvidenceDoesNotMatch.
    """
    if answer.receipt is None:
        raise ReceiptDoesNotMatch("The answer came without a receipt.")
    parts = {_REQUEST: answer.request, _ANSWER: answer.body, _RECEIPT: answer.receipt.encode()}
    for number, look in enumerate(looks):
        parts |= {f"look-{number}/{name}": content for name, content in read_parts(io.BytesIO(look)).items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as evidence:
        for name, content in parts.items():
            evidence.writestr(name, content)


def verify_evidence(path: Path, keys: Mapping[str, Any] | None = None, trust: Trust = ()) -> Evidence:
    """What the evidence shows.

    1. The receipt was given for this answer, by `keys`; without them, by the keys inside, which prove no more than
       that the parts belong together.
    2. It was given for this question.
    3. For each look of the receipt there is its evidence, and no part beside; what was opened of it, the receipt and
       the question say the same.
    4. The log holds each look, by `trust` (a policy or the log's keys); without it, by the log's key inside.

    Raises a kind of DoesNotMatch.
    """
    return verify_parts(read_parts(path), keys, trust)


def verify_parts(parts: Mapping[str, bytes], keys: Mapping[str, Any] | None = None, trust: Trust = ()) -> Evidence:
    """The same for evidence whose parts are already out of their zip."""
    policy = as_policy(trust)
    if MANIFEST in parts:
        return Evidence(None, (verify_look(parts, keys, policy),), False)
    if not any(name.startswith("look-") for name in parts):
        return Evidence(_verify_old(parts, keys, policy), (), False)
    held = keys or read_keys(_part(parts, f"look-0/{KEYS}"))
    receipt = _verify_receipt(parts, held)  # 1, 2
    _check_names(parts, receipt)  # 3
    looks = tuple(
        verify_look(_within(parts, f"look-{number}/"), held, policy) for number in range(len(receipt.leaves))
    )  # 4
    for leaf, look in zip(receipt.leaves, looks, strict=True):
        _check_logged(receipt, leaf, look)
    return Evidence(receipt, looks, _check_question(parts[_REQUEST], parts[_ANSWER], looks))


def _verify_receipt(parts: Mapping[str, bytes], keys: Mapping[str, Any]) -> Receipt:
    try:
        receipt = verify_receipt(_part(parts, _RECEIPT).decode("ascii"), _part(parts, _ANSWER), keys)
    except UnicodeDecodeError as fault:
        raise ReceiptDoesNotMatch("The receipt cannot be read.") from fault
    if hashlib.sha256(_part(parts, _REQUEST)).digest() != receipt.request_digest:
        raise ReceiptDoesNotMatch("The receipt was given for another question.")
    return receipt


def _verify_old(parts: Mapping[str, bytes], keys: Mapping[str, Any] | None, policy: Policy) -> Receipt:
    """Evidence without openings. The proofs are checked where there is a log to believe."""
    receipt = _verify_receipt(parts, keys or read_keys(_part(parts, KEYS)))
    for number, leaf in enumerate(receipt.leaves if policy.logs else ()):
        try:
            proof = _part(parts, f"proof-{number}.txt").decode()
        except UnicodeDecodeError as fault:
            raise EvidenceDoesNotMatch("A proof cannot be read.") from fault
        verify_proof(proof, leaf, policy)
    return receipt


def _check_names(parts: Mapping[str, bytes], receipt: Receipt) -> None:
    known = tuple(f"look-{number}/" for number in range(len(receipt.leaves)))
    if others := sorted(name for name in parts if name not in _OF_THE_ANSWER and not name.startswith(known)):
        raise EvidenceDoesNotMatch(f"These parts belong to no look of the receipt: {', '.join(others)}.")


def _check_logged(receipt: Receipt, leaf: bytes, look: VerifiedLook) -> None:
    """Check that the look is the receipt's own, by what was logged when it happened."""
    of_look = (look.leaf_hash, look.given_to, look.fields.get("member"), look.fields.get("request_digest"))
    of_receipt = (leaf, receipt.member, receipt.member, receipt.request_digest.hex())
    if of_look != of_receipt or look.checkpoint.origin != receipt.log_origin:
        raise EvidenceDoesNotMatch("A look was not the one that the receipt was given for.")


def _check_question(request: bytes, answer: bytes, looks: Sequence[VerifiedLook]) -> bool:
    """Check that what was asked and answered is what was logged; False for a request that is not our own."""
    try:
        asked = json.loads(request)
        if asked.get("query") not in QUERIES.values() or len(looks) != 1:
            return False
        expected = _wanted(asked["variables"])
        report = (json.loads(answer).get("data") or {}).get("creditReport")
        told = report["disclosure"] if report else {}
        answered = {_IN_ANSWER[name]: value for name, value in told.items() if name in _IN_ANSWER}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise EvidenceDoesNotMatch("The question or its answer cannot be read.") from fault
    fields = looks[0].fields
    if any(fields.get(name) != value for name, value in expected.items()):
        raise EvidenceDoesNotMatch("Something else was logged than was asked for.")
    if fields.get("granted") is not bool(report) or any(fields.get(name) != value for name, value in answered.items()):
        raise EvidenceDoesNotMatch("Something else was logged than was answered.")
    return True


def _wanted(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What our own question asks for, as it is logged."""
    consent, staff, as_of = variables["consentId"], variables["staff"], variables.get("asOf")
    return {
        "purpose": variables["purpose"],
        "consent": str(UUID(consent)) if consent else None,
        "staff": [staff["id"], staff["name"]] if staff else None,
        "as_of": datetime.fromisoformat(as_of).astimezone(UTC).isoformat() if as_of else None,
    }


def _within(parts: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {name.removeprefix(folder): content for name, content in parts.items() if name.startswith(folder)}


def _part(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise EvidenceDoesNotMatch(f"The evidence lacks {name}.")
    return parts[name]
