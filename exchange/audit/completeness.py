"""How many log entries there are about one borrower: said and signed, so that a list with one left out is found out.

Each entry about a borrower has a number in it: 1, 2, 3 ... without a gap. A list that lacks one in the middle shows a
gap; this statement says where the list ends, under which checkpoint of the log. It names the borrower by a hash that
only somebody with the borrower's own entries can make: SHA-256("openbureau/count/v1" | 0x0A | the subject's id).

Claims: sub, count (entries under the checkpoint), waiting (later ones without a place in the log yet), log_origin,
tree_size, root (base64), iat (seconds since 1970).
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exchange.audit.checkpoint import Checkpoint
from exchange.audit.receipt import ReceiptKey
from exchange.audit.signed_words import read_claims, sign_claims
from exchange.errors import IntegrityError

KIND = "openbureau-count"
LABEL = b"openbureau/count/v1\n"


@dataclass(frozen=True, slots=True)
class EntryCount:
    """`count` entries about the subject of this pseudonym lie under the checkpoint, and `waiting` more do not yet."""

    pseudonym: str
    count: int
    waiting: int
    checkpoint: Checkpoint
    stated_at: int


def pseudonym_of(subject_key: UUID) -> str:
    """The hash (hexadecimal) that stands for a borrower."""
    return sha256(LABEL + str(subject_key).encode()).hexdigest()


def state_count(
    key: ReceiptKey, subject_key: UUID, count: int, waiting: int, checkpoint: Checkpoint, now: datetime
) -> str:
    """The signed statement, as a compact JWS."""
    claims = {
        "sub": pseudonym_of(subject_key),
        "count": count,
        "waiting": waiting,
        "log_origin": checkpoint.origin,
        "tree_size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
        "iat": int(now.timestamp()),
    }
    return sign_claims(key, KIND, claims)


def verify_count(statement: str, keys: Mapping[str, Ed25519PublicKey]) -> EntryCount:
    """What a statement says, once it is known to be signed by one of these keys. Raises IntegrityError."""
    claims = read_claims(statement, KIND, keys)
    try:
        checkpoint = Checkpoint(str(claims["log_origin"]), int(claims["tree_size"]), b64decode(claims["root"]))
        return EntryCount(
            str(claims["sub"]), int(claims["count"]), int(claims["waiting"]), checkpoint, int(claims["iat"])
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise IntegrityError("The statement does not say all that it must.") from fault
