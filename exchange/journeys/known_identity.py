"""Who a borrower is, as the columns of their row: opened, changed, and sealed again with the commitments to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from exchange.intake.match_subject import checks_of, spellings
from exchange.vault.field_cipher import SubjectCipher

LISTS = ("names", "phones", "emails", "addresses", "employment")
"""The columns that hold a sealed JSON list."""


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """Who a borrower is, nothing sealed. `lists` are the values of `LISTS`; there is always a name."""

    lists: Mapping[str, tuple[str, ...]]
    birth_date: date | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are accepted, the usual one first."""
        return self.lists["names"]

    def with_names(self, names: Iterable[str]) -> "KnownIdentity":
        """The same person with further names, but for other spellings of those that are known."""
        kept = list(self.names)
        for name in names:
            if spellings(name) and not any(_alike(name, other) for other in kept):
                kept.append(name)
        return replace(self, lists={**self.lists, "names": tuple(kept)})

    def without_names(self, names: Iterable[str]) -> "KnownIdentity":
        """The same person without these names, unless there is no other."""
        others = tuple(name for name in self.names if not any(_alike(name, gone) for gone in names))
        return replace(self, lists={**self.lists, "names": others or self.names})

    def joined_with(self, other: "KnownIdentity") -> "KnownIdentity":
        """What is known of both; where the birth dates differ, this one's stands."""
        lists = {name: tuple(dict.fromkeys(self.lists[name] + other.lists[name])) for name in LISTS}
        joined = KnownIdentity({**lists, "names": self.names}, self.birth_date or other.birth_date)
        return joined.with_names(other.names)


def open_identity(row: Mapping[str, Any], cipher: SubjectCipher) -> KnownIdentity:
    """Who the borrower of this row is. Raises IntegrityError."""

    def opened(column: str) -> bytes | None:
        sealed = row[column]
        return None if sealed is None else cipher.unseal("subject", column, cipher.subject_key.bytes, sealed)

    lists = {name: tuple(orjson.loads(opened(name) or b"[]")) for name in LISTS}
    born = opened("birth_date")
    return KnownIdentity(lists, date.fromisoformat(born.decode()) if born else None)


def seal_identity(identity: KnownIdentity, cipher: SubjectCipher) -> dict[str, Any]:
    """The columns that say who a borrower is, under the borrower's key."""

    def sealed(column: str, plaintext: bytes) -> bytes:
        return cipher.seal("subject", column, cipher.subject_key.bytes, plaintext)

    checks = checks_of(cipher.commit, identity.names, identity.birth_date)
    lists = {name: sealed(name, orjson.dumps(entries)) if entries else None for name, entries in identity.lists.items()}
    born = identity.birth_date
    return {
        **lists,
        "birth_date": sealed("birth_date", born.isoformat().encode()) if born else None,
        "birth_check": checks.birth,
        "name_checks": list(checks.names),
    }


def _alike(name: str, other: str) -> bool:
    return bool(spellings(name) & spellings(other))
