"""DPoP nonces that need no store: an authentication code over the present stretch of time (RFC 9449, section 8)."""

import base64
import hmac
from datetime import datetime
from functools import lru_cache

_LABEL = b"openbureau dpop nonce v1"
_BYTES = 18
_WINDOWS_KEPT = 4


class Nonces:
    """Gives and recognises nonces. Workers that share `key` recognise each other's.

    A nonce is taken in its own window and the next, each half of `seconds` long.
    """

    def __init__(self, key: bytes, seconds: int) -> None:
        self._secret = hmac.digest(key, _LABEL, "sha256")
        self._window_seconds = max(1, seconds // 2)
        self._of = lru_cache(maxsize=_WINDOWS_KEPT)(self._made)

    def current(self, now: datetime) -> str:
        """The nonce to use next."""
        return self._of(self._window(now))

    def is_taken(self, nonce: str, now: datetime) -> bool:
        """Whether `nonce` is ours and not too old."""
        given, window = nonce.encode(), self._window(now)
        return any(hmac.compare_digest(given, self._of(window - age).encode()) for age in (0, 1))

    def _window(self, now: datetime) -> int:
        return int(now.timestamp()) // self._window_seconds

    def _made(self, window: int) -> str:
        code = hmac.digest(self._secret, window.to_bytes(8, "big", signed=True), "sha256")
        return base64.urlsafe_b64encode(code[:_BYTES]).decode()
