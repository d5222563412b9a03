"""What may be used only once, and who remembers it."""

import hashlib
import re
from datetime import datetime
from typing import Any, Protocol, TypeGuard

from exchange.handover import OneTime

_ID = re.compile(r"[\x21-\x7e]{1,128}")


class OneTimeGuard(Protocol):
    """Remembers what was used."""

    def spend(self, once: OneTime) -> bool:
        """Use it up. True the first time, False ever after."""


def is_one_time_id(value: Any) -> TypeGuard[str]:
    """Whether a `jti` can be remembered: 1 to 128 visible ASCII characters."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def one_time(kind: str, owner: str, value: str, expires_at: datetime) -> OneTime:
    """The one-time value of an owner; two owners' equal values are different."""
    digest = hashlib.sha256(f"{len(owner)}:{owner}{value}".encode()).digest()
    return OneTime(kind, digest, expires_at)
