"""Events of the log taken out by a regulator: signed, whole, the same every time, and themselves in the log."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from factories import STAFF, Exchange
from openbureau_client.export import VerifiedExport, verify_export
from sqlalchemy import delete, func, select, update
from traces import entries

from exchange.errors import BadRequest, IntegrityError, Refused, Unavailable
from exchange.handover import EventFilter, Officer
from exchange.journeys import export_log
from exchange.journeys.export_log import begin_export, list_exports, stream_export
from exchange.store.tables.log import log_event, log_leaf, log_opening
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import Scope

ANY = EventFilter()


@pytest.fixture
def officer(exchange: Exchange) -> Officer:
    return exchange.officer().officer


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_log, "CHUNK_EVENTS", 4)
    monkeypatch.setattr(export_log, "COUNT_EVENTS", 3)


def some_looks(exchange: Exchange) -> None:
    """Looks by two members over three days, some refused, all in the log."""
    harbour, clover, _ = exchange.bank(), exchange.bank("clover-finance"), exchange.borrower()
    consent_id = exchange.consent(harbour.member_id)
    for _ in range(3):
        harbour.token = ""
        harbour.ask(consent_id=consent_id)
        harbour.ask(consent_id=consent_id)
        clover.token = ""
        clover.ask(consent_id=None, purpose=Purpose.POST_LOAN)
        exchange.later(days=1)


def taken(exchange: Exchange, officer: Officer, wanted: EventFilter, query: str = "q") -> bytes:
    begun = begin_export(exchange.services, officer, wanted, query)
    return b"".join(stream_export(exchange.services, officer, begun.export_id))


def check(exchange: Exchange, tmp_path: Path, content: bytes) -> VerifiedExport:
    kept = tmp_path / "export.zip"
    kept.write_bytes(content)
    vkey = exchange.client.get("/log/key").get_data(as_text=True).strip()
    return verify_export(kept, exchange.client.get("/oauth/jwks").get_json(), [vkey])


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines_of(content: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in parts_of(content)["events.jsonl"].splitlines()]


def fields_of(lines: Iterable[dict[str, object]], name: str) -> set[object]:
    return {line["opening"]["fields"].get(name) for line in lines}  # type: ignore[index]  # JSON


def leaves(exchange: Exchange) -> int:
    with exchange.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(log_leaf)) or 0


def test_the_whole_log_is_taken_out_and_shown_to_be_whole(exchange: Exchange, officer: Officer, tmp_path: Path) -> None:
    some_looks(exchange)
    found = check(exchange, tmp_path, taken(exchange, officer, ANY))
    assert (found.whole, found.first, found.last) == (True, 0, leaves(exchange) - 1)
    assert found.events == leaves(exchange) == found.checkpoint.size
    assert found.consents is not None
    assert (found.consents.looks, found.consents.matched) == (6, 6)
    assert (found.consents.before, found.consents.unmatched) == (0, 0)


def test_a_period_is_a_stretch_without_a_gap(exchange: Exchange, officer: Officer, tmp_path: Path) -> None:
    some_looks(exchange)
    noon = exchange.clock.now() - timedelta(days=2, hours=12)
    period = EventFilter(from_time=noon, until_time=noon + timedelta(days=1))
    content = taken(exchange, officer, period)
    found = check(exchange, tmp_path, content)
    assert found.wanted == {"from_time": noon.isoformat(), "until_time": (noon + timedelta(days=1)).isoformat()}
    assert found.whole
    assert found.first is not None
    assert found.last is not None
    assert 0 < found.first <= found.last < leaves(exchange) - 1
    assert [line["index"] for line in lines_of(content)] == list(range(found.first, found.last + 1))
    assert found.consents is not None
    assert (found.consents.looks, found.consents.before, found.consents.unmatched) == (2, 2, 0)


def test_an_entry_that_got_its_place_late_belongs_to_its_period(
    exchange: Exchange, officer: Officer, tmp_path: Path
) -> None:
    some_looks(exchange)
    whole = lines_of(taken(exchange, officer, ANY))
    late = len(whole) - 3
    day = exchange.clock.now() - timedelta(days=2, hours=12)
    period = EventFilter(from_time=day, until_time=day + timedelta(days=1))
    before = check(exchange, tmp_path, taken(exchange, officer, period))
    with exchange.engine.begin() as connection:
        moved = update(log_event).where(log_event.c.leaf_index == late)
        connection.execute(moved.values(recorded_at=day + timedelta(hours=12)))
    exchange.integrate()
    after = check(exchange, tmp_path, taken(exchange, officer, period))
    assert (after.first, after.last) == (before.first, late)
    assert after.whole


def test_nothing_in_a_period_is_an_export_of_nothing(exchange: Exchange, officer: Officer, tmp_path: Path) -> None:
    some_looks(exchange)
    later = exchange.clock.now() + timedelta(days=1)
    for empty in (EventFilter(from_time=later), EventFilter(until_time=datetime(2001, 1, 1, tzinfo=UTC)),
                  EventFilter(member_id="nobody")):  # fmt: skip
        found = check(exchange, tmp_path, taken(exchange, officer, empty))
        assert (found.events, found.first, found.last) == (0, None, None)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (EventFilter(member_id="clover-finance", act="look"), 3),
        (EventFilter(act="look"), 9),
        (EventFilter(purpose="POST_LOAN"), 3),
        (EventFilter(granted=False, act="look"), 3),
        (EventFilter(granted=True, member_id="harbour-bank"), 6),
        (EventFilter(act="look", member_id="nobody"), 0),
    ],
    ids=["member", "act", "purpose", "refused", "granted", "none"],
)
def test_a_filtered_export_holds_what_was_asked_for_and_nothing_else(
    exchange: Exchange, officer: Officer, tmp_path: Path, wanted: EventFilter, number: int
) -> None:
    some_looks(exchange)
    begun = begin_export(exchange.services, officer, wanted, "q")
    content = b"".join(stream_export(exchange.services, officer, begun.export_id))
    found = check(exchange, tmp_path, content)
    assert (begun.events_total, found.events, found.whole, found.consents) == (number, number, False, None)
    for name, field in (("member_id", "member"), ("act", "act"), ("purpose", "purpose"), ("granted", "granted")):
        asked = getattr(wanted, name)
        assert asked is None or number == 0 or fields_of(lines_of(content), field) == {asked}
    indices = [line["index"] for line in lines_of(content)]
    assert indices == sorted(indices, reverse=True)  # type: ignore[type-var]  # JSON


def test_no_person_can_be_told_from_an_export(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    content = b"".join(parts_of(taken(exchange, officer, ANY)).values())
    for personal in (STAFF["name"], STAFF["id"], *map(str, exchange.ciphers)):
        assert personal.encode() not in content
    shown = {name for line in lines_of(taken(exchange, officer, ANY)) for name in line["opening"]["fields"]}  # type: ignore[index]  # JSON
    assert not shown & {"subject", "sequence", "staff", "request_digest", "key", "representative", "ground"}


def test_the_same_filter_and_tree_give_the_same_bytes(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    other = exchange.officer("Zhang Wei").officer
    exchange.integrate()
    for wanted in (ANY, EventFilter(act="look")):
        begun = begin_export(exchange.services, officer, wanted, "one way to write it")
        again = begin_export(exchange.services, other, wanted, "another")
        exchange.bank(f"registered-after-{wanted.act}")
        exchange.later(days=3)
        first = b"".join(stream_export(exchange.services, officer, begun.export_id))
        assert first == b"".join(stream_export(exchange.services, officer, begun.export_id))
        assert first == b"".join(stream_export(exchange.services, other, again.export_id))
        assert first != taken(exchange, officer, wanted)


def test_an_export_tells_how_far_it_has_come(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    begun = begin_export(exchange.services, officer, ANY, "from=2026-06-01")
    (listed,) = list_exports(exchange.services, officer)
    assert listed == begun
    assert (listed.query, listed.officer_name, listed.events_done) == ("from=2026-06-01", officer.name, 0)
    assert (listed.events_total, listed.finished_at, listed.digest) == (leaves(exchange), None, None)

    pieces = stream_export(exchange.services, officer, begun.export_id)
    next(pieces)
    next(pieces)
    assert list_exports(exchange.services, officer)[0].events_done == 8
    pieces.close()  # type: ignore[attr-defined]  # a generator; the connection broke
    assert list_exports(exchange.services, officer)[0].finished_at is None

    content = b"".join(stream_export(exchange.services, officer, begun.export_id))
    (done,) = list_exports(exchange.services, officer)
    assert (done.events_done, done.finished_at) == (done.events_total, exchange.clock.now())
    assert done.digest == hashlib.sha256(parts_of(content)["events.jsonl"]).digest()
    exchange.clock.instant += timedelta(hours=1)
    next(stream_export(exchange.services, officer, begun.export_id))
    assert list_exports(exchange.services, officer) == (done,)


def test_every_beginning_and_every_taking_is_in_the_log(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    wanted = EventFilter(act="look", member_id="clover-finance", granted=False)
    begun = begin_export(exchange.services, officer, wanted, "q")
    stream_export(exchange.services, officer, begun.export_id)  # nothing was read from it yet
    exported = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "log_exported"]
    assert [fields["state"] for fields in exported] == ["BEGUN", "TAKEN"]
    for fields in exported:
        assert (fields["member"], fields["officer"]) == (officer.authority, str(officer.officer_id))
        assert fields["wanted"] == ["member_id=clover-finance", "act=look", "granted=no"]
        assert fields["found"] == 3


def test_another_authority_and_an_officer_without_the_scope_get_nothing(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    begun = begin_export(exchange.services, officer, ANY, "q")
    stranger = exchange.officer("Wu Min", authority="other-office").officer
    with pytest.raises(BadRequest) as absent:
        stream_export(exchange.services, stranger, begun.export_id)
    assert absent.value.stable_code == "EXPORT_NOT_FOUND"
    with pytest.raises(BadRequest):
        stream_export(exchange.services, officer, uuid4())
    assert list_exports(exchange.services, stranger) == ()
    blind = exchange.officer("Chen Jie", frozenset({Scope.AUDIT_OPEN})).officer
    for refused in (
        lambda: begin_export(exchange.services, blind, ANY, "q"),
        lambda: stream_export(exchange.services, blind, begun.export_id),
        lambda: list_exports(exchange.services, blind),
    ):
        with pytest.raises(Refused):
            refused()
    assert [entry.fields["act"] for entry in entries(exchange)].count("log_exported") == 1


def test_an_entry_that_was_taken_away_or_changed_stops_the_export(exchange: Exchange, officer: Officer) -> None:
    some_looks(exchange)
    begun = begin_export(exchange.services, officer, ANY, "q")
    with exchange.engine.begin() as connection:
        first = select(log_leaf.c.leaf_hash).where(log_leaf.c.leaf_index == 0).scalar_subquery()
        connection.execute(update(log_leaf).where(log_leaf.c.leaf_index == 5).values(leaf_hash=first))
    with pytest.raises(IntegrityError):
        list(stream_export(exchange.services, officer, begun.export_id))
    with exchange.engine.begin() as connection:
        entry = select(log_leaf.c.entry_id).where(log_leaf.c.leaf_index == 2).scalar_subquery()
        connection.execute(delete(log_opening).where(log_opening.c.entry_id == entry))
    with pytest.raises(IntegrityError, match="no longer there"):
        list(stream_export(exchange.services, officer, begun.export_id))
    assert list_exports(exchange.services, officer)[0].finished_at is None


def test_nothing_can_be_exported_before_the_log_has_signed(exchange: Exchange, officer: Officer) -> None:
    with pytest.raises(Unavailable) as behind:
        begin_export(exchange.services, officer, ANY, "q")
    assert behind.value.stable_code == "LOG_BEHIND"
    assert list_exports(exchange.services, officer) == ()
