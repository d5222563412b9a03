"""What came of a boundary case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """The word that came out, and the rules that it rests on; none: it rests on none in particular."""

    word: str
    rules: frozenset[str] = frozenset()
