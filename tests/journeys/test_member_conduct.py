"""How members conduct themselves: each figure is what happened, and nobody else's."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from factories import ALICE, NOBODY_WE_KNOW, Bank, Exchange
from sqlalchemy import text
from traces import entries, error_of, inquiries

from consent.lifecycle import ConsentState
from exchange.errors import BadRequest, Refused
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.measure_quality import measure_quality
from exchange.journeys.member_conduct import DayCount, MemberConduct, conduct
from exchange.journeys.openable import Auditor
from exchange.journeys.own_report import own_report
from exchange.journeys.own_words import mark_unrecognised
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import Scope

AUDITOR = Auditor("audit-office", UUID(int=7), frozenset({Scope.AUDIT_READ}))
DAY = timedelta(days=1)


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.authority()
    exchange.bank("quiet-bank")
    return exchange.bank()


def today(exchange: Exchange, member_id: str | None = None) -> dict[str, MemberConduct]:
    exchange.integrate()
    now = exchange.clock.now()
    return {each.member_id: each for each in conduct(exchange.services, AUDITOR, now - DAY, now + DAY, member_id)}


def test_looks_are_counted_by_day_and_refusals_by_rule_and_reason(exchange: Exchange, bank: Bank) -> None:
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    assert bank.ask(consent_id=consent_id).get_json()["data"]["creditReport"]
    assert error_of(bank.ask())
    exchange.later(days=1)
    bank.fetch_token()
    assert error_of(bank.ask(NOBODY_WE_KNOW))

    members = today(exchange)

    harbour = members["harbour-bank"]
    assert (harbour.name, harbour.member_class) == ("Harbour-Bank", MemberClass.BANK)
    assert (harbour.looks, harbour.granted, harbour.refused) == (3, 1, 2)
    assert harbour.per_day == (
        DayCount(date(2026, 6, 1), 1, 1), DayCount(date(2026, 6, 2), 0, 1), DayCount(date(2026, 6, 3), 0, 0),
    )  # fmt: skip
    refusal = inquiries(exchange)[-1]
    assert harbour.refused_by_reason == dict.fromkeys(sorted([*refusal.reasons, "SUBJECT_UNKNOWN"]), 1)
    assert harbour.refused_by_rule == dict.fromkeys(refusal.rules, 1)
    assert harbour.refused_by_rule


def test_a_member_that_did_nothing_is_shown_with_nothing_and_an_authority_is_not_shown(
    exchange: Exchange, bank: Bank
) -> None:
    members = today(exchange)
    assert set(members) == {"harbour-bank", "quiet-bank"}
    quiet = members["quiet-bank"]
    assert (quiet.looks, quiet.refused_by_rule, quiet.refused_by_reason, quiet.unrecognised) == (0, {}, {}, 0)
    assert (quiet.records_read, quiet.fault_rate, quiet.notices_overdue, quiet.notices_waiting) == (0, None, 0, 0)
    assert [(day.granted, day.refused) for day in quiet.per_day] == [(0, 0)] * 3


def test_a_borrowers_own_looks_and_other_members_looks_are_nobodys_volume(exchange: Exchange, bank: Bank) -> None:
    alice = exchange.borrower()
    own_report(exchange.services, exchange.borrower_signed_in(alice).borrower)
    assert bank.ask(consent_id=exchange.consent(bank.member_id)).get_json()["data"]["creditReport"]

    members = today(exchange)

    assert {name: each.looks for name, each in members.items()} == {"harbour-bank": 1, "quiet-bank": 0}
    assert set(today(exchange, "quiet-bank")) == {"quiet-bank"}


def test_looks_that_borrowers_do_not_recognise_are_counted(exchange: Exchange, bank: Bank) -> None:
    alice = exchange.borrower()
    assert bank.ask(consent_id=exchange.consent(bank.member_id)).get_json()["data"]["creditReport"]
    (look,) = inquiries(exchange)
    mark_unrecognised(exchange.services, exchange.borrower_signed_in(alice).borrower, look.inquiry_key, "Who?")

    members = today(exchange)

    assert (members["harbour-bank"].unrecognised, members["quiet-bank"].unrecognised) == (1, 0)


def test_data_quality_is_the_share_of_faulty_records_in_the_period(exchange: Exchange, bank: Bank) -> None:
    add = text("""
        INSERT INTO submission (submission_id, member_id, digest, format, state, records_read, records_applied,
            records_faulty, submitted_at, reading, bytes_total)
        VALUES (gen_random_uuid(), 'harbour-bank', :digest, 'csv', 'APPLIED', :read, 0, :faulty, :at, '{}', 0)""")
    now = exchange.clock.now()
    with exchange.engine.begin() as connection:
        for digest, read, faulty, at in ((b"1", 90, 10, now), (b"2", 10, 10, now), (b"3", 5, 5, now - 9 * DAY)):
            connection.execute(add, {"digest": digest, "read": read, "faulty": faulty, "at": at})

    harbour = today(exchange)["harbour-bank"]

    assert (harbour.records_read, harbour.records_faulty, harbour.fault_rate) == (100, 20, 0.2)
    assert harbour.quality is None


def test_the_newest_measures_of_a_member_are_shown(exchange: Exchange, bank: Bank) -> None:
    exchange.account(exchange.borrower(), bank.member_id)
    measure_quality(exchange.services, "test")

    quality = today(exchange)["harbour-bank"].quality

    assert quality is not None
    assert (quality.measured_on, quality.timeliness, quality.dispute_rate) == (exchange.clock.now().date(), 1, 0)
    assert today(exchange)["quiet-bank"].quality is not None


def test_a_notice_waits_until_its_time_is_over_and_is_overdue_then(exchange: Exchange, bank: Bank) -> None:
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    waiting = today(exchange)["harbour-bank"]
    exchange.later(days=60)
    over = today(exchange)["harbour-bank"]

    assert (waiting.notices_waiting, waiting.notices_overdue) == (1, 0)
    assert (over.notices_waiting, over.notices_overdue) == (0, 1)


def test_each_view_is_logged_with_who_looked_at_what(exchange: Exchange, bank: Bank) -> None:
    now = exchange.clock.now()
    conduct(exchange.services, AUDITOR, now - DAY, now, "harbour-bank")
    (view,) = [entry for entry in entries(exchange) if entry.fields["act"] == "conduct_viewed"]
    assert (view.fields["member"], view.fields["officer"]) == ("audit-office", str(AUDITOR.officer_id))
    assert "member_id=harbour-bank" in view.fields["wanted"]


def test_who_may_not_or_asks_for_too_much_sees_nothing_and_leaves_no_view(exchange: Exchange, bank: Bank) -> None:
    now = exchange.clock.now()
    with pytest.raises(Refused):
        conduct(exchange.services, Auditor("audit-office", None, frozenset()), now - DAY, now)
    with pytest.raises(BadRequest, match="366"):
        conduct(exchange.services, AUDITOR, now - 367 * DAY, now)
    with pytest.raises(BadRequest) as unknown:
        conduct(exchange.services, AUDITOR, now - DAY, now, "nobody")
    assert unknown.value.stable_code == "MEMBER_UNKNOWN"
    assert "conduct_viewed" not in [entry.fields["act"] for entry in entries(exchange)]
