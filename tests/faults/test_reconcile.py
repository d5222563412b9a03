"""The torture's own eyes: each thing that must not be is seen where it is."""

from collections import Counter
from collections.abc import Iterator

import pytest
from factories import Exchange, make_exchange
from openbureau_client.merkle import leaf_hash, root_of
from sqlalchemy import Engine, text

from benchmarks.reconcile import MUST_NOT_BE, check_notes, prefix_roots
from exchange.clock import FixedClock
from exchange.settings import Settings

TAMPERING = {
    "leaf waits though the log has caught up": """
        INSERT INTO log_pending (entry_id, recorded_at, leaf, leaf_hash, act, reasons, rules)
        SELECT entry_id, recorded_at, leaf, leaf_hash, 'look', '{}', '{}' FROM log_opening""",
    "leaf without its act": "DELETE FROM log_opening WHERE sequence = 2",
    "act without its leaf": "DELETE FROM log_leaf WHERE leaf_index = 2",
    "two leaves alike": "UPDATE log_leaf SET leaf_hash = 'alike'",
    "gap in the tree": "UPDATE log_leaf SET leaf_index = 99 WHERE leaf_index = 2",
    "tree size that is not the number of leaves": "UPDATE log_integrator SET tree_size = tree_size - 1",
    "gap in a borrower's list of looks": "UPDATE subject_sequence SET last = last + 1",
    "inquiry without its act": "UPDATE inquiry SET leaf_hash = 'x'",
    "consent whose uses are not its looks": "UPDATE consent SET uses = uses + 1",
}


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    """An exchange that has answered twice and refused once, with its log caught up."""
    exchange = make_exchange(settings, engine, clock)
    bank = exchange.bank()
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    assert all(bank.ask(consent_id=consent_id).get_json()["data"]["creditReport"] for _ in range(2))
    assert not bank.ask().get_json()["data"]["creditReport"]
    exchange.integrate()
    return exchange


@pytest.mark.parametrize("fault", MUST_NOT_BE)
def test_what_must_not_be_is_counted_and_what_is_sound_is_not(exchange: Exchange, fault: str) -> None:
    with exchange.engine.connect() as connection:
        assert [name for name, sql in MUST_NOT_BE.items() if connection.scalar(text(sql)) != 0] == []
        connection.execute(text(TAMPERING[fault]))
        assert connection.scalar(text(MUST_NOT_BE[fault])) > 0


def test_the_root_over_every_beginning_is_that_of_the_client() -> None:
    hashes = [leaf_hash(bytes([number])) for number in range(70)]
    assert dict(prefix_roots(hashes, set(range(1, 71)))) == {n: root_of(hashes[:n]) for n in range(1, 71)}


def test_a_checkpoint_over_other_leaves_is_inconsistent(exchange: Exchange) -> None:
    log, vkey = exchange.services.log, (exchange.settings.home / "log.vkey").read_text().strip()
    note = log.newest_note()
    assert note
    hashes = [leaf_hash(leaf) for leaf in log.leaves(0, 1_000)]
    sound, changed = Counter[str](), Counter[str]()
    assert check_notes({note}, hashes, [vkey], sound) == len(hashes)
    assert +sound == Counter()
    check_notes({note}, [hashes[-1], *hashes[:-1]], [vkey], changed)
    assert changed["inconsistent checkpoint"] == 1
