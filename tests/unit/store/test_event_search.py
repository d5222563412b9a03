"""Searching events says what a plain filter says, on every page, also while the log grows between pages."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, text

from exchange.errors import BadRequest
from exchange.handover import EventFilter
from exchange.store.event_search import Place, StoredEvent, find_event, read_cursor, search_events, write_cursor
from exchange.store.tables.log import log_event

BEGAN = datetime(2026, 6, 1, 8, tzinfo=UTC)
ACTS = ["look", "look", "look", "consent_given", "caller_refused", "log_searched"]
MEMBERS = ["harbour-bank", "harbour-bank", "harbour-bank", "river-loans", "self", None]
PURPOSES = ["LOAN_APPROVAL", "LOAN_APPROVAL", "CARD_APPROVAL", None]
REASONS = ["CONSENT_NOT_FOUND", "SCOPE_MISSING", "FILE_FROZEN"]
RULES = ["cn.cir.13", "cn.cir.18", "cn.pipl.23", "cn.pipl.55"]
EVENTS = 500


def made_up(chance: random.Random, index: int) -> dict[str, object]:
    granted = chance.choice([True, True, True, False, None])
    return {
        "leaf_index": index,
        "recorded_at": BEGAN + timedelta(seconds=chance.randrange(100)),
        "act": chance.choice(ACTS),
        "member_id": chance.choice(MEMBERS),
        "purpose": chance.choice(PURPOSES),
        "basis": chance.choice(["CONSENT", None]),
        "granted": granted,
        "reasons": chance.sample(REASONS, chance.randint(1, 2)) if granted is False else [],
        "rules": sorted(chance.sample(RULES, chance.randint(0, 3))),
    }


def write(engine: Engine, events: list[dict[str, object]]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(log_event), events)
        connection.execute(
            text(
                "INSERT INTO log_leaf (leaf_index, entry_id, leaf_hash, leaf)"
                " SELECT n, gen_random_uuid(), sha256(int8send(n)), '{}' FROM unnest(CAST(:places AS bigint[])) AS n"
            ),
            {"places": [event["leaf_index"] for event in events]},
        )


@pytest.fixture(scope="module")
def stored(shared_engine: Engine) -> list[dict[str, object]]:
    chance = random.Random(4)
    events = [made_up(chance, index) for index in range(EVENTS)]
    write(shared_engine, events)
    return events


def draw_filter(chance: random.Random) -> EventFilter:
    def maybe(values: list[str]) -> str | None:
        return chance.choice([None, None, *values])

    begins = chance.choice([None, BEGAN + timedelta(seconds=chance.randrange(100))])
    ends = chance.choice([None, BEGAN + timedelta(seconds=chance.randrange(101))])
    return EventFilter(
        member_id=maybe(["harbour-bank", "river-loans", "self", "nobody"]),
        act=maybe(["look", "consent_given", "never"]),
        purpose=maybe(["LOAN_APPROVAL", "CARD_APPROVAL"]),
        granted=chance.choice([None, None, True, False]),
        reason=chance.choice([None, None, None, *REASONS]),
        rule=maybe(RULES),
        from_time=begins,
        until_time=ends,
    )


def naive(events: list[dict[str, object]], wanted: EventFilter) -> list[int]:
    """The indices that a plain filter finds, the newest first."""
    found = [event for event in events if fits(event, wanted)]
    return [event["leaf_index"] for event in sorted(found, key=place_of, reverse=True)]  # type: ignore[misc]  # an int


def place_of(event: dict[str, object]) -> tuple[object, object]:
    return event["recorded_at"], event["leaf_index"]


def fits(event: dict[str, object], wanted: EventFilter) -> bool:
    same = all(
        getattr(wanted, name) in (None, event[name]) and (getattr(wanted, name) is None or event[name] is not None)
        for name in ("member_id", "act", "purpose", "granted")
    )
    listed = all(
        value is None or value in event[names]  # type: ignore[operator]  # a list
        for value, names in ((wanted.reason, "reasons"), (wanted.rule, "rules"))
    )
    recorded_at = event["recorded_at"]
    assert isinstance(recorded_at, datetime)
    begun = wanted.from_time is None or recorded_at >= wanted.from_time
    return same and listed and begun and (wanted.until_time is None or recorded_at < wanted.until_time)


def pages(engine: Engine, wanted: EventFilter, size: int) -> Iterator[list[StoredEvent]]:
    after: Place | None = None
    while True:
        with engine.begin() as connection:
            found = search_events(connection, wanted, size + 1, after)
        yield found[:size]
        if len(found) <= size:
            return
        after = read_cursor(write_cursor(found[size - 1].place))


def test_a_search_finds_what_a_plain_filter_finds(shared_engine: Engine, stored: list[dict[str, object]]) -> None:
    chance = random.Random(9)
    nonempty = 0
    for _ in range(300):
        wanted = draw_filter(chance)
        expected = naive(stored, wanted)
        found = [event.leaf_index for page in pages(shared_engine, wanted, 100) for event in page]
        assert found == expected, wanted
        nonempty += bool(expected)
    assert nonempty > 100


@pytest.mark.parametrize(
    "wanted", [EventFilter(), EventFilter(granted=True), EventFilter("harbour-bank", rule=RULES[1])]
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 99, 100, 499, 500, 501])
def test_pages_of_every_size_hold_the_same_list(
    shared_engine: Engine, stored: list[dict[str, object]], size: int, wanted: EventFilter
) -> None:
    cut = list(pages(shared_engine, wanted, size))
    assert [event.leaf_index for page in cut for event in page] == naive(stored, wanted)
    assert all(len(page) == size for page in cut[:-1])


@pytest.mark.parametrize("wanted", [EventFilter(), EventFilter(act="look"), EventFilter("harbour-bank", granted=True)])
def test_what_is_integrated_between_two_pages_is_never_shown_twice_and_hides_nothing(
    engine: Engine, wanted: EventFilter
) -> None:
    chance = random.Random(17)
    events = [made_up(chance, index) for index in range(120)]
    write(engine, events)
    found: list[int] = []
    for page in pages(engine, wanted, 7):
        found += [event.leaf_index for event in page]
        new = [made_up(chance, len(events) + n) for n in range(3)]
        write(engine, new)
        events += new
    assert len(found) == len(set(found))
    assert set(naive(events[:120], wanted)) <= set(found) <= set(naive(events, wanted))
    assert found == [index for index in naive(events, wanted) if index in set(found)]


def test_an_event_has_all_that_is_stored_of_it(shared_engine: Engine, stored: list[dict[str, object]]) -> None:
    with shared_engine.connect() as connection:
        for event in stored[:50]:
            found = find_event(connection, int(str(event["leaf_index"])))
            assert found is not None
            assert {name: getattr(found, name) for name in event} == event | {
                "reasons": tuple(event["reasons"]),  # type: ignore[arg-type]  # a list
                "rules": tuple(event["rules"]),  # type: ignore[arg-type]  # a list
            }
        assert find_event(connection, EVENTS) is None


def test_events_that_differ_in_anything_but_member_and_time_are_of_different_kinds(
    shared_engine: Engine, stored: list[dict[str, object]]
) -> None:
    shape = "act, purpose, basis, granted, reasons, rules"
    with shared_engine.connect() as connection:
        shapes = connection.scalar(text(f"SELECT count(*) FROM (SELECT DISTINCT {shape} FROM log_event) AS s"))
        kinds = connection.scalar(text("SELECT count(DISTINCT kind) FROM log_event"))
    assert shapes == kinds
    assert 50 < shapes < len(stored)


MANY = """
INSERT INTO log_event (leaf_index, recorded_at, act, member_id, purpose, basis, granted, reasons, rules)
SELECT n, CAST(:began AS timestamptz) + n * interval '1 second', 'look',
       CASE WHEN n % 10 < 6 THEN 'harbour-bank' ELSE 'member-' || n % 7 END, 'LOAN_APPROVAL', 'CONSENT', n % 50 <> 0,
       CASE WHEN n % 50 = 0 THEN ARRAY['SCOPE_MISSING'] ELSE '{}' END,
       ARRAY['cn.common', 'cn.' || n % 8] || CASE WHEN n IN (3, 40) THEN ARRAY['cn.rare'] ELSE '{}' END
FROM generate_series(0, 29999) AS n
"""
PAGE = 11
SEARCHES = [
    EventFilter(),
    EventFilter("harbour-bank"),
    EventFilter("member-3"),
    EventFilter(granted=True),
    EventFilter(granted=False),
    EventFilter(rule="cn.common"),
    EventFilter(rule="cn.rare"),
    EventFilter(rule="cn.absent", granted=True),
    EventFilter("harbour-bank", "look", "LOAN_APPROVAL", True, rule="cn.common"),
    EventFilter("member-3", reason="SCOPE_MISSING", rule="cn.2"),
    EventFilter(granted=True, until_time=BEGAN + timedelta(seconds=5_000)),
    EventFilter(rule="cn.rare", from_time=BEGAN + timedelta(seconds=10)),
]
DEEP = (BEGAN + timedelta(seconds=9_000), 9_000)


def rows_read(plan: Mapping[str, Any]) -> int:
    own = plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0) if "Scan" in plan["Node Type"] else 0
    return int(own * plan.get("Actual Loops", 0)) + sum(rows_read(part) for part in plan.get("Plans", ()))


def test_no_search_reads_more_than_a_page_of_each_kind(engine: Engine) -> None:
    said: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        said.append((statement, parameters))

    with engine.begin() as connection:
        connection.execute(text(MANY), {"began": BEGAN})
        connection.execute(text("ANALYZE log_event"))
        kinds = connection.scalar(text("SELECT count(DISTINCT kind) FROM log_event")) or 0
    assert kinds < 20
    event.listen(engine, "before_cursor_execute", listen)
    for wanted in SEARCHES:
        for after in (None, DEEP):
            with engine.begin() as connection:
                search_events(connection, wanted, PAGE, after)
                statement, parameters = said[-1]
                explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                explained = connection.exec_driver_sql(explain, parameters).scalar_one()
            assert rows_read(explained[0]["Plan"]) <= kinds * (PAGE + 4) + 3 * PAGE, (wanted, after)


CURSOR = write_cursor((BEGAN, 17))


def test_a_cursor_leads_back_to_its_place() -> None:
    assert read_cursor(CURSOR) == (BEGAN, 17)
    exact = BEGAN + timedelta(microseconds=123_457)
    assert read_cursor(write_cursor((exact, 2**62))) == (exact, 2**62)


@pytest.mark.parametrize("position", range(len(CURSOR)))
def test_a_cursor_that_was_changed_anywhere_is_refused(position: int) -> None:
    other = "A" if CURSOR[position] != "A" else "B"
    with pytest.raises(BadRequest) as refused:
        read_cursor(CURSOR[:position] + other + CURSOR[position + 1 :])
    assert refused.value.stable_code == "CURSOR_NOT_VALID"


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "é", "AAAA", CURSOR[:-4], CURSOR + "AAAA", CURSOR + "\n", " " + CURSOR]
)
def test_what_is_no_cursor_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_cursor(cursor)
    assert refused.value.stable_code == "CURSOR_NOT_VALID"
