"""Secrets that are handed out as text and kept as SHA-256: request URIs, codes and refresh tokens."""

import hashlib
import secrets

_BYTES = 32


def fresh_secret() -> str:
    """256 random bits in base64url."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret. Random enough that a plain digest gives nothing away."""
    return hashlib.sha256(secret.encode()).digest()
