"""Who is who: whether an identity that is furnished is the one that is held, compared without opening anything.

A borrower's file holds commitments, under the borrower's own key, to the birth date and to every spelling of the names
that are accepted. A furnished identity is committed to in the same way, and the commitments are compared.

Spellings differ without a difference in meaning, so these are the same name: other cases and accents, full-width
letters, spaces, hyphens, dots and commas anywhere, and any of its words first (Wang Wei, WANG, WEI; Wei Wang).
Traditional and simplified characters are not the same: which of them stand for one another depends on the name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date

from exchange.handover import IdentityChecks
from exchange.intake.account_content import content_bytes
from exchange.intake.contribution import SubjectRecord
from schema.vocabulary.subject import ReviewKind

Commit = Callable[[bytes], bytes]

FIRST_WORDS_MAX = 8
"""Any of so many words of a name may come first."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile(r"['’‘`´]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def spellings(name: str) -> frozenset[str]:
    """The spellings by which a name is known again; none for a name without any letter or digit."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    plain = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", _ACCENTS.sub("", folded)))
    words = [word for word in _BETWEEN_WORDS.split(plain) if word]
    return frozenset("".join(words[first:] + words[:first]) for first in range(min(len(words), FIRST_WORDS_MAX)))


def identity_checks(commit: Commit, subject: SubjectRecord) -> IdentityChecks:
    """The commitments to who this is. `commit` is that of the borrower's own key."""
    return checks_of(commit, subject.names, subject.birth_date)


def checks_of(commit: Commit, names: Iterable[str], birth_date: date | None) -> IdentityChecks:
    """The same of these names and this birth date. Each spelling counts once, in a fixed order."""
    known = {spelling for name in names for spelling in spellings(name)}
    birth = commit(content_bytes("birth date", birth_date)) if birth_date else None
    return IdentityChecks(birth, tuple(sorted(commit(content_bytes("name", spelling)) for spelling in known)))


def conflicts(held: IdentityChecks, claimed: IdentityChecks) -> tuple[ReviewKind, ...]:
    """What a person must look at before the claim is believed. What either side does not say is no conflict."""
    found = []
    if held.birth and claimed.birth and held.birth != claimed.birth:
        found.append(ReviewKind.BIRTH_DATE_DIFFERS)
    if held.names and claimed.names and not set(held.names) & set(claimed.names):
        found.append(ReviewKind.NAME_DIFFERS)
    return tuple(found)
