"""Groups of near-identical complaints, found from their sketches alone (`exchange/vault/likeness.py`).

Candidates come from locality-sensitive hashing (Indyk and Motwani 1998): the 64 places are cut into 16 bands of 4, and
only complaints that agree in a whole band are compared. Of two texts with a Jaccard index of 0.8 at least one band
agrees with probability 0.9998, of 0.7 with 0.988, of 0.3 with 0.12; a candidate is then estimated from all places.

Being alike is carried on: where A is like B and B like C, the three are one group though A and C may be less alike than
the threshold. A text that is changed a little in each copy so stays one group; a chain of such texts may end far from
where it began.
"""

from collections.abc import Mapping, Sequence
from operator import eq
from typing import TypeVar

ALIKE_FROM = 0.7
BANDS = 16
PLACE_BYTES = 8
COMPARED_IN_A_BAND_MAX = 50
"""So many groups that share a band are compared with the next complaint in it: enough, as most share several bands."""

Name = TypeVar("Name")


def likeness(one: bytes, other: bytes) -> float:
    """The estimated Jaccard index of two texts, from 0 to 1. Raises ValueError for sketches of different lengths."""
    if len(one) != len(other):
        raise ValueError("sketches of different lengths cannot be compared")
    same: int = sum(map(eq, memoryview(one).cast("Q"), memoryview(other).cast("Q")))
    return same * PLACE_BYTES / len(one)


def groups_alike(sketches: Mapping[Name, bytes], alike_from: float = ALIKE_FROM) -> list[list[Name]]:
    """The groups of two or more, the largest first; names in a group stand in the order given."""
    members: dict[bytes, list[Name]] = {}
    for name, sketch in sketches.items():
        members.setdefault(sketch, []).append(name)
    distinct = list(members)
    roots = _joined(distinct, alike_from)
    order = {name: place for place, name in enumerate(sketches)}
    groups: dict[int, list[Name]] = {}
    for number, sketch in enumerate(distinct):
        groups.setdefault(_root(roots, number), []).extend(members[sketch])
    found = [sorted(group, key=order.__getitem__) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), order[group[0]]))


def _joined(sketches: Sequence[bytes], alike_from: float) -> list[int]:
    """A forest over the sketches' numbers: those with one root are one group (union-find)."""
    roots = list(range(len(sketches)))
    for band in range(BANDS):
        bucket: dict[bytes, list[int]] = {}
        for number, sketch in enumerate(sketches):
            width = len(sketch) // BANDS
            seen = bucket.setdefault(sketch[band * width : (band + 1) * width], [])
            joined = bool(seen) and _joins_one(roots, sketches, seen, number, alike_from)
            if not joined and len(seen) < COMPARED_IN_A_BAND_MAX:
                seen.append(number)
    return roots


def _joins_one(
    roots: list[int], sketches: Sequence[bytes], seen: Sequence[int], number: int, alike_from: float
) -> bool:
    """Joins the sketch to every group of its bucket that it is like; whether there was one."""
    joined = False
    for other in seen:
        one, another = _root(roots, number), _root(roots, other)
        if one == another:
            joined = True
        elif likeness(sketches[number], sketches[other]) >= alike_from:
            roots[max(one, another)] = min(one, another)
            joined = True
    return joined


def _root(roots: list[int], number: int) -> int:
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = roots[number]
    return number
