"""Recovery codes: ten, each for one sign-in, for the day when every other way is lost.

A code is `N-XXXX-XXXX-XXXX-XXXX`: its number (0 to 9), so that one hash is checked and not ten, and 80 random bits in
Crockford's base32 (no I, L, O or U). Stored as Argon2id (RFC 9106).
"""

import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from exchange.settings import Settings

CODES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS = 16
_GROUP = 4
_READ = str.maketrans({"I": "1", "L": "1", "O": "0"})
_CODE = re.compile(rf"([0-9])([{_ALPHABET}]{{{_SYMBOLS}}})")
_SEPARATORS = re.compile(r"[\s\-–—]+")


class RecoveryCodes:
    """Makes, hashes and checks recovery codes at the cost that the settings ask for."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_passes, memory_cost=settings.argon2_memory_kib, parallelism=1
        )

    def create(self) -> list[tuple[str, str]]:
        """Ten fresh codes, in the order of their numbers, each with its hash."""
        codes = [_written(number, _random_symbols()) for number in range(CODES)]
        return [(code, self._hasher.hash(_read(code)[1])) for code in codes]

    def matches(self, stored_hash: str | None, typed: str) -> bool:
        """Whether `typed` is the code behind the hash. Without a hash it takes as long, and is never true."""
        _, symbols = _read(typed)
        try:
            return self._hasher.verify(stored_hash or self._nobodys, symbols) and stored_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    @property
    def _nobodys(self) -> str:
        """A well-formed hash, at the same cost, that no code matches."""
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        return f"$argon2id$v=19${cost}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def code_number(typed: str) -> int | None:
    """Which of the ten codes was typed, in any usual spelling; None: it cannot be one."""
    number, symbols = _read(typed)
    return number if symbols else None


def _read(typed: str) -> tuple[int | None, str]:
    match = _CODE.fullmatch(_SEPARATORS.sub("", typed).upper().translate(_READ))
    return (int(match[1]), match[2]) if match else (None, "")


def _random_symbols() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SYMBOLS))


def _written(number: int, symbols: str) -> str:
    groups = [symbols[start : start + _GROUP] for start in range(0, _SYMBOLS, _GROUP)]
    return "-".join([str(number), *groups])
