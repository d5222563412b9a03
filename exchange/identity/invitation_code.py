"""The code that invites somebody to add their first passkey: handed over once, kept as SHA-256.

128 random bits cannot be guessed, so a plain digest gives nothing away.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

CODE_BYTES = 16
TYPED_MAX = 100
_GROUP = 4


def new_code() -> str:
    """`5E1F-09A4-...`: eight groups of four."""
    digits = secrets.token_hex(CODE_BYTES).upper()
    return "-".join(digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP))


def digest_of_code(typed: str) -> bytes:
    """What is kept of a code. Capitals, spaces and hyphens do not matter."""
    return hashlib.sha256("".join(typed[:TYPED_MAX].replace("-", "").split()).upper().encode()).digest()


def matching(typed: str, pending: Iterable[tuple[UUID, bytes]]) -> UUID | None:
    """Whose code it is. Every digest is compared, each in constant time."""
    digest = digest_of_code(typed)
    whose = [holder for holder, kept in pending if hmac.compare_digest(kept, digest)]
    return whose[0] if whose else None
