"""DANGER: bare key bytes. Only the command line, tests and the key-file provider may import this.

A key as text, for a key file or a sheet of paper in a safe, is base64url (RFC 4648, section 5) without padding of
    key (32) | first 4 bytes of SHA-256("openbureau bare key v1" | key)
so that a mistyped key is refused, not used.
"""

import base64
import binascii
import hashlib
import os

from exchange.vault.framing import RandomBytes

KEY_BYTES = 32
CHECK_BYTES = 4


class BareKeyNotValid(ValueError):
    """The text is not a key, or was mistyped. The message never repeats it."""


def new_key(random_bytes: RandomBytes = os.urandom) -> bytes:
    """32 fresh random bytes."""
    return random_bytes(KEY_BYTES)


def export_key(key: bytes) -> str:
    """The key as text with its check bytes."""
    return base64.urlsafe_b64encode(key + _check(key)).rstrip(b"=").decode()


def import_key(text: str) -> bytes:
    """The key of a text. Raises BareKeyNotValid."""
    try:
        checked = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BareKeyNotValid("This is not a key: it has characters that no key has.") from None
    key, check = checked[:KEY_BYTES], checked[KEY_BYTES:]
    if len(checked) != KEY_BYTES + CHECK_BYTES or check != _check(key):
        raise BareKeyNotValid("This is not a key, or it was mistyped: its check bytes do not fit.")
    return key


def _check(key: bytes) -> bytes:
    return hashlib.sha256(b"openbureau bare key v1" + key).digest()[:CHECK_BYTES]
