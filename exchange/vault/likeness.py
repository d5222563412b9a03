"""Likeness of texts that are sealed: a keyed MinHash (Broder 1997), kept beside a complaint's sealed words.

The text is normalised (NFKC, case folded, every digit 0, one space for what is neither letter nor digit) and cut into
its pieces of 5 characters, which needs no words and so reads Chinese and English alike. Each piece is hashed under a
key; of 64 permutations of the hashes the least value each is kept. The share of places at which two sketches agree
estimates the Jaccard index of the two texts' pieces, with a standard error of at most 1/16.

What a sketch gives away. Without the key: that two complaints are more or less alike, and nothing of what either says;
a reader of the database learns which complaints are copies of one text. With the key (the index key, which is never in
the database): whether a guessed text is alike, and, piece by piece, up to 64 of the text's pieces; fixed public seeds
would give that to everybody, which is why there is a key. Regulators are shown groups, never sketches. A sketch is
erased with the words. Sketches under different index keys never agree: a complaint of before and one of after a change
of the index key are not found to be alike.
"""

import re
import unicodedata
from struct import Struct

from exchange.keyed_hash import KeyedHash, SubkeySource

PLACES = 64
PIECE_CHARACTERS = 5

_PRIME = (1 << 61) - 1
_DIGIT = re.compile(r"\d")
_BETWEEN = re.compile(r"[\W_]+")

_NUMBERS = Struct(f">{PLACES}Q")

Sketch = bytes
"""`PLACES` numbers from 0 to 2^61 - 2, each in 8 bytes, big endian."""


class LikenessKey:
    """Makes sketches under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        source = SubkeySource(key)
        self._pieces = KeyedHash(source.derive(b"pieces", 32))
        self._permutations = [
            (1 + _number(source, b"factor", place) % (_PRIME - 1), _number(source, b"summand", place) % _PRIME)
            for place in range(PLACES)
        ]

    def sketch(self, text: str) -> Sketch:
        """The sketch of a text. Raises ValueError where it has neither letter nor digit."""
        hashes = [int.from_bytes(self._pieces.digest(piece.encode())[:8]) % _PRIME for piece in pieces(text)]
        if not hashes:
            raise ValueError("a text without letters has no likeness")
        least = (min((factor * each + summand) % _PRIME for each in hashes) for factor, summand in self._permutations)
        return _NUMBERS.pack(*least)


def pieces(text: str) -> frozenset[str]:
    """The normalised text's pieces of 5 characters; a shorter text is one piece."""
    plain = _BETWEEN.sub(" ", _DIGIT.sub("0", unicodedata.normalize("NFKC", text).casefold())).strip()
    if not plain:
        return frozenset()
    return frozenset(
        plain[start : start + PIECE_CHARACTERS] for start in range(max(1, len(plain) - PIECE_CHARACTERS + 1))
    )


def _number(source: SubkeySource, name: bytes, place: int) -> int:
    return int.from_bytes(source.derive(name + bytes([place]), 32))
