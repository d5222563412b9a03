"""Groups of like sketches: none is lost that is surely alike, none joined that is not, whatever the order."""

import random
from itertools import combinations

import pytest

from exchange.audit.alike import ALIKE_FROM, groups_alike, likeness

PLACES = 64
Sketch = bytes


def sketch(chance: random.Random) -> Sketch:
    return chance.randbytes(8 * PLACES)


def copy(chance: random.Random, original: Sketch, changed: int) -> Sketch:
    """The same but for so many places."""
    places = set(chance.sample(range(PLACES), changed))
    kept = (original[8 * place : 8 * place + 8] for place in range(PLACES))
    return b"".join(chance.randbytes(8) if place in places else value for place, value in enumerate(kept))


def brute_force(sketches: dict[int, Sketch]) -> list[set[int]]:
    """Groups by comparing every pair."""
    groups = [{name} for name in sketches]
    for one, other in combinations(sketches, 2):
        if likeness(sketches[one], sketches[other]) >= ALIKE_FROM:
            joined = [group for group in groups if one in group or other in group]
            groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    return sorted((group for group in groups if len(group) > 1), key=min)


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_comparing_every_pair(seed: int) -> None:
    chance = random.Random(seed)
    sketches: dict[int, Sketch] = {}
    for size in (1, 1, 1, 2, 3, 5, 8):
        original = sketch(chance)
        for _ in range(size):
            sketches[len(sketches)] = copy(chance, original, chance.randrange(5))
    found = groups_alike(sketches)
    assert sorted((set(group) for group in found), key=min) == brute_force(sketches)
    assert [len(group) for group in found] == [8, 5, 3, 2]


def test_the_order_of_complaints_makes_no_difference_to_the_groups() -> None:
    chance = random.Random(3)
    originals = [sketch(chance) for _ in range(4)]
    named = {number: copy(chance, originals[number % 4], 3) for number in range(20)}
    backwards = dict(reversed(named.items()))
    groups = {frozenset(group) for group in groups_alike(named)}
    assert {frozenset(group) for group in groups_alike(backwards)} == groups
    assert groups_alike(named)[0] == [0, 4, 8, 12, 16]


def test_what_is_less_alike_than_the_threshold_stays_apart_even_in_one_band() -> None:
    chance = random.Random(5)
    original = sketch(chance)
    half = original[:256] + sketch(chance)[256:]
    assert likeness(original, half) == 0.5
    assert groups_alike({1: original, 2: half}) == []
    assert groups_alike({1: original, 2: half}, alike_from=0.5) == [[1, 2]]


def test_being_alike_is_carried_on_so_the_ends_of_a_chain_may_be_unlike() -> None:
    chance = random.Random(7)
    chain = [sketch(chance)]
    for step in range(4):
        start = 128 * step
        chain.append(chain[-1][:start] + sketch(chance)[start : start + 128] + chain[-1][start + 128 :])
    assert likeness(chain[0], chain[1]) == 0.75 and likeness(chain[0], chain[4]) == 0
    assert groups_alike(dict(enumerate(chain))) == [[0, 1, 2, 3, 4]]


def test_copies_without_number_are_one_group_and_lone_ones_none() -> None:
    chance = random.Random(9)
    original = sketch(chance)
    many = dict.fromkeys(range(5000), original)
    assert groups_alike(many | {-1: sketch(chance)}) == [list(range(5_000))]
    assert groups_alike({}) == []


def test_sketches_of_different_lengths_are_no_sketches_of_one_kind() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        likeness(bytes(16), bytes(8))
