"""A borrower complains: what is attached by itself, what is refused, which clocks start, and what stands in the log."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from complaining import NIGHT, WORDS, Scene, draft, make_scene
from factories import BOB, Exchange
from sqlalchemy import select
from traces import entries

from exchange.errors import BadRequest, ParametersNotValid
from exchange.journeys import own_complaints
from exchange.journeys.own_complaints import (
    begin,
    check_complaint,
    file_complaint,
    list_complaints,
    own_complaint,
    withdraw_complaint,
)
from exchange.journeys.own_words import SensitiveWords
from exchange.store.complaints import Evidence
from exchange.store.tables.complaint import complaint
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.notice import notice
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.complaint import ComplaintCategory, ComplaintState, EvidenceKind
from schema.vocabulary.running_clock import ClockKind


@pytest.fixture
def scene(exchange: Exchange) -> Scene:
    return make_scene(exchange)


def evidence(scene: Scene, complaint_id: UUID) -> tuple[Evidence, ...]:
    return own_complaint(scene.exchange.services, scene.alice.borrower, complaint_id).complaint.evidence


def attached(scene: Scene, **changes: Any) -> list[tuple[str, str, str]]:
    """Kind, member and what of the evidence of a complaint."""
    return [(e.kind.value, e.member_id, e.what) for e in evidence(scene, scene.complain(**changes))]


def rows(exchange: Exchange, table: Any) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(table)))


def faults(scene: Scene, **changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(ParametersNotValid) as raised:
        file_complaint(scene.exchange.services, scene.alice.borrower, draft(**changes))
    return {(name, code) for name, code, _ in raised.value.faults}


def test_one_may_complain_only_of_those_who_contacted_looked_or_reported(exchange: Exchange, scene: Scene) -> None:
    exchange.bank("looking-bank").ask()
    exchange.bank("idle-bank")
    exchange.authority()
    parties = begin(exchange.services, scene.alice.borrower).parties
    assert {(each.member_id, each.lender) for each in parties} == {
        ("agency-a", "harbour-bank"), ("harbour-bank", None), ("looking-bank", None),
    }  # fmt: skip
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    assert begin(exchange.services, bob.borrower).parties == ()
    assert faults(scene, member_id="idle-bank", lender=None) == {("against", "PARTY_NOT_KNOWN")}
    assert faults(scene, member_id="agency-a", lender=None) == {("against", "PARTY_NOT_KNOWN")}


def test_the_form_begins_with_the_contact_or_the_look_that_led_to_it(exchange: Exchange, scene: Scene) -> None:
    key = scene.contact(NIGHT)
    begun = begin(exchange.services, scene.alice.borrower, about=key)
    assert (begun.chosen, begun.day) == (("agency-a", "harbour-bank"), date(2026, 5, 30))
    assert begin(exchange.services, scene.alice.borrower, about=uuid4()).chosen is None
    scene.bank.ask()
    with exchange.engine.connect() as connection:
        look = connection.scalar(select(inquiry.c.inquiry_key))
    begun = begin(exchange.services, scene.alice.borrower, look=look)
    assert (begun.chosen, begun.category) == (("harbour-bank", None), ComplaintCategory.CONSENT)


def test_every_fault_of_a_complaint_is_told_at_once_and_nothing_is_kept(exchange: Exchange, scene: Scene) -> None:
    before = len(entries(exchange))
    told = faults(scene, category=None, member_id="", words=" \n", first_day=date(2027, 1, 1))
    assert told == {
        ("category", "CATEGORY_MISSING"), ("against", "PARTY_NOT_KNOWN"), ("words", "WORDS_EMPTY"),
        ("last_day", "DAY_NOT_VALID"),
    }  # fmt: skip
    assert faults(scene, words="x" * 2_001) == {("words", "WORDS_TOO_LONG")}
    assert faults(scene, words="!!! …") == {("words", "WORDS_EMPTY")}
    assert faults(scene, first_day=date(2026, 5, 2), last_day=date(2026, 5, 1)) == {("last_day", "DAY_NOT_VALID")}
    assert faults(scene, first_day=date(2010, 5, 2)) == {("first_day", "DAY_NOT_VALID")}
    with pytest.raises(SensitiveWords) as raised:
        scene.complain(words="They know of my cancer.")
    assert raised.value.found == ("cancer",)
    assert rows(exchange, complaint) == [] and len(entries(exchange)) == before
    assert scene.complain(words="They know of my cancer.", keep_words=True)


def test_what_the_exchange_holds_is_attached_by_itself(exchange: Exchange, scene: Scene) -> None:
    late = scene.contact(NIGHT)
    scene.clearance(NIGHT - timedelta(hours=3), granted=False)
    scene.clearance(NIGHT - timedelta(hours=2))
    scene.clearance(NIGHT - timedelta(hours=1), used_at=NIGHT, action_key=late)
    scene.breach(late, NIGHT)
    scene.contact(datetime(2025, 5, 1, tzinfo=UTC))  # long ago
    exchange.bank("other-bank")
    scene.contact(NIGHT, by="other-bank")
    assert attached(scene) == [
        ("ACTION", "agency-a", "VOICE_HUMAN"),
        ("CLEARANCE", "agency-a", "DENIED"),
        ("CLEARANCE", "agency-a", "GRANTED"),
        ("CLEARANCE", "agency-a", "USED"),
        ("ACTION", "agency-a", "VOICE_HUMAN"),
        ("BREACH", "agency-a", "NO_CLEARANCE"),
    ]
    of_bank = attached(scene, member_id="harbour-bank", lender=None)
    assert of_bank.count(("ACTION", "harbour-bank", "VOICE_HUMAN")) == 1
    assert len(of_bank) == 7  # a lender answers for what was done for it too
    assert attached(scene, member_id="other-bank", lender=None) == [("ACTION", "other-bank", "VOICE_HUMAN")]


def test_named_days_are_taken_with_the_day_before_and_after_at_the_borrowers_place(scene: Scene) -> None:
    may_20 = datetime(2026, 5, 20, tzinfo=UTC)
    for hours in (-32.1, -31.9, 0, 39.9, 40.1):  # the span is 00:00 of 19 May to 24:00 of 21 May in Shanghai
        scene.contact(may_20 + timedelta(hours=hours))
    held = evidence(scene, scene.complain(first_day=date(2026, 5, 20)))
    assert [(each.at - may_20) / timedelta(hours=1) for each in held] == [-31.9, 0, 39.9]
    both = evidence(scene, scene.complain(first_day=date(2026, 5, 20), last_day=date(2026, 5, 22)))
    assert len(both) == 4


def test_contacts_that_broke_the_hours_or_the_counts_name_their_rules_and_others_name_none(scene: Scene) -> None:
    scene.contact(NIGHT)
    noon = datetime(2026, 5, 28, 4, tzinfo=UTC)
    for minutes in range(5):
        scene.contact(noon + timedelta(minutes=minutes))
    held = evidence(scene, scene.complain())
    by_night = next(each for each in held if each.at == NIGHT)
    assert "cn.gbt45251.hours" in by_night.rules and "cn.gbt45251.interactive" not in by_night.rules
    of_noon = [each.rules for each in held if each.at.date() == noon.date()]
    assert ["cn.gbt45251.interactive" in rules for rules in of_noon] == [False, False, False, True, True]
    assert not any("cn.gbt45251.hours" in rules for rules in of_noon)


def test_calls_of_the_lender_count_against_the_agency_but_those_of_another_lender_do_not(
    exchange: Exchange, scene: Scene
) -> None:
    noon = datetime(2026, 5, 28, 4, tzinfo=UTC)
    exchange.bank("other-bank")
    for minutes in range(3):
        scene.contact(noon + timedelta(minutes=minutes), by="other-bank")
    scene.contact(noon + timedelta(minutes=10))
    assert evidence(scene, scene.complain())[0].rules == ()
    for minutes in range(4, 7):
        scene.contact(noon + timedelta(minutes=minutes), by="harbour-bank")
    assert "cn.gbt45251.interactive" in evidence(scene, scene.complain())[0].rules


def test_a_contact_that_was_reported_carries_the_hash_of_its_log_entry(exchange: Exchange, scene: Scene) -> None:
    scene.reported_contact()
    leaf = next(entry.leaf_hash for entry in reversed(entries(exchange)) if entry.fields["act"] == "record_reported")
    exchange.later(days=1)
    held = evidence(scene, scene.complain(member_id="harbour-bank", lender=None))
    assert leaf in {each.leaf_hash for each in held if each.kind is EvidenceKind.ACTION}


def test_looks_are_attached_to_complaints_about_data_and_to_no_others(exchange: Exchange, scene: Scene) -> None:
    scene.bank.ask()
    of_bank = {"member_id": "harbour-bank", "lender": None}
    exchange.later(seconds=1)
    assert ("LOOK", "harbour-bank", "REFUSED") in attached(scene, category=ComplaintCategory.PRIVACY, **of_bank)
    assert ("LOOK", "harbour-bank", "REFUSED") in attached(scene, category=ComplaintCategory.CONSENT, **of_bank)
    assert "LOOK" not in {kind for kind, *_ in attached(scene, category=ComplaintCategory.THREAT, **of_bank)}


def test_filing_starts_both_clocks_tells_everybody_and_is_logged_without_the_words(
    exchange: Exchange, scene: Scene
) -> None:
    complaint_id = scene.complain()
    clocks = {row.kind: row for row in rows(exchange, running_clock) if row.about == complaint_id}
    now = exchange.clock.now()
    assert clocks[ClockKind.COMPLAINT_ANSWER].member_id == "agency-a"
    finding = clocks[ClockKind.COMPLAINT_FINDING]
    assert (finding.member_id, finding.rule, finding.due_at) == (None, "cn.cir.26", now + timedelta(days=30))
    told = {row.recipient: row.due_at for row in rows(exchange, notice) if row.kind == "COMPLAINT_FILED"}
    assert told == {
        "agency-a": clocks[ClockKind.COMPLAINT_ANSWER].due_at, "harbour-bank": None, None: None,
    }  # fmt: skip
    entry = entries(exchange)[-1]
    said = {name: entry.fields[name] for name in ("act", "complaint", "kind", "against", "lender", "actor")}
    assert said == {
        "act": "complaint_filed", "complaint": str(complaint_id), "kind": "HOURS", "against": "agency-a",
        "lender": "harbour-bank", "actor": "borrower",
    }  # fmt: skip
    (row,) = rows(exchange, complaint)
    assert len(row.likeness) == 8 * 64
    assert "shouted" not in repr(row) and "shouted" not in repr(entry.fields)
    own = own_complaint(exchange.services, scene.alice.borrower, complaint_id)
    assert (own.words, own.answer, own.readings, own.is_open) == (WORDS, None, (), True)


def test_a_complaint_is_taken_back_once_and_its_clocks_stop(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    exchange.later(days=2)
    withdraw_complaint(exchange.services, scene.alice.borrower, complaint_id)
    clocks = [row for row in rows(exchange, running_clock) if row.about == complaint_id]
    assert [row.met_at for row in clocks] == [exchange.clock.now()] * 2
    assert all(row.answered_at for row in rows(exchange, notice) if row.due_at)
    with pytest.raises(BadRequest) as raised:
        withdraw_complaint(exchange.services, scene.alice.borrower, complaint_id)
    assert raised.value.stable_code == "COMPLAINT_CLOSED"
    (listed,) = list_complaints(exchange.services, scene.alice.borrower)
    assert listed.state is ComplaintState.WITHDRAWN
    assert [entry.fields["act"] for entry in entries(exchange)][-1] == "complaint_withdrawn"


def test_nobody_reads_or_takes_back_anothers_complaint(exchange: Exchange, scene: Scene) -> None:
    complaint_id = scene.complain()
    bob = exchange.borrower_signed_in(exchange.borrower(BOB)).borrower
    for act in (own_complaint, withdraw_complaint):
        with pytest.raises(BadRequest) as raised:
            act(exchange.services, bob, complaint_id)
        assert raised.value.stable_code == "COMPLAINT_NOT_FOUND"
    assert list_complaints(exchange.services, bob) == ()


def test_nobody_files_complaints_without_end(exchange: Exchange, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_complaints, "LATELY_MAX", 2)
    withdraw_complaint(exchange.services, scene.alice.borrower, scene.complain())
    exchange.later(days=1)
    scene.complain()
    assert faults(scene) == {("against", "COMPLAINTS_TOO_MANY")}
    assert len(rows(exchange, complaint)) == 2
    exchange.later(days=29, seconds=1)
    scene.complain()


def test_checking_a_draft_keeps_nothing(exchange: Exchange, scene: Scene) -> None:
    before = len(entries(exchange))
    assert check_complaint(exchange.services, scene.alice.borrower, draft()).party.member_id == "agency-a"
    assert rows(exchange, complaint) == [] and len(entries(exchange)) == before
