"""Consents against accesses: did every look that was granted under a consent have one that was given?

It is told by the log alone: a granted look names its consent and its member, and so does the entry that was written
when the borrower gave it. Only a whole stretch of the log can show that an entry is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FAULTS_SHOWN = 100
CLOCKS_APART_MILLISECONDS = 60_000
"""How far the order of two entries in the log may differ from their times."""


@dataclass(frozen=True, slots=True)
class UnmatchedLook:
    """A granted look without its consent: its index in the log, and why."""

    index: int
    why: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`looks` granted under a consent = `matched` (given in this file) + `before` (given before it) + `unmatched`.

    `faults` are unmatched ones, the first 100 as they were found; of looks at one consent the first.
    """

    looks: int
    matched: int
    before: int
    unmatched: int
    faults: tuple[UnmatchedLook, ...]


@dataclass(slots=True)
class _Looks:
    first_index: int
    number: int = 0


class Reconciler:
    """Sees the entries of a whole stretch of the log, in any order; then tells."""

    def __init__(self, from_the_beginning: bool, first_recorded_at: int) -> None:
        """`from_the_beginning`: nothing came before. Times are milliseconds since 1970."""
        self._from_the_beginning = from_the_beginning
        self._first_recorded_at = first_recorded_at
        self._given: set[tuple[str, str]] = set()
        self._looks: dict[tuple[str | None, str | None], _Looks] = {}

    def see(self, index: int, fields: Mapping[str, Any]) -> None:
        """One entry, by what is opened of it."""
        act, named = fields.get("act"), (_text(fields.get("consent")), _text(fields.get("member")))
        consent, member = named
        if act == "consent_given" and consent is not None and member is not None:
            self._given.add((consent, member))
        elif act == "look" and fields.get("granted") is True and fields.get("basis") == "CONSENT":
            self._looks.setdefault(named, _Looks(index)).number += 1

    def tell(self) -> Reconciliation:
        """How the looks were matched."""
        counted = {"matched": 0, "before": 0, "unmatched": 0}
        faults = []
        consents_given = {consent for consent, _ in self._given}
        for (consent, member), looks in self._looks.items():
            why = self._why_not(consent, member, consents_given)
            counted["unmatched" if why else "matched" if (consent, member) in self._given else "before"] += looks.number
            if why:
                faults.append(UnmatchedLook(looks.first_index, why))
        return Reconciliation(sum(counted.values()), **counted, faults=tuple(faults[:FAULTS_SHOWN]))

    def _why_not(self, consent: str | None, member: str | None, consents_given: set[str]) -> str | None:
        """Why no consent can stand behind such looks; None where one does, or may have been given before."""
        if consent is None:
            return "NO_CONSENT_NAMED"
        if (consent, member) in self._given:
            return None
        if consent in consents_given:
            return "GIVEN_TO_ANOTHER"
        if self._from_the_beginning or self._made_within(consent):
            return "NEVER_GIVEN"
        return None

    def _made_within(self, consent: str) -> bool:
        """Whether the consent was drafted in this stretch: its id tells when (RFC 9562, section 5.7)."""
        try:
            made = UUID(consent)
        except ValueError:
            return True
        return made.version == 7 and made.int >> 80 > self._first_recorded_at + CLOCKS_APART_MILLISECONDS


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
