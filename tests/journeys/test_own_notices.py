"""The borrower's inbox: every notice in plain words and every language, new ones marked, looks and late answers."""

from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from factories import BOB, Bank, Exchange, SignedInBorrower
from sqlalchemy import update

from exchange.clock import new_id
from exchange.journeys.own_notices import NOTICES_PER_PAGE, OwnNotice, count_unseen, read_inbox
from exchange.journeys.tell import Said, tell_borrower, tell_member
from exchange.store.running_clocks import RunningClock, start_clock
from exchange.store.tables.subject import subject
from exchange.web.language import LANGUAGES, load_catalogues
from exchange.web.words_of_notices import DUE, WORDS, link_of
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import Scope


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return exchange.bank()


@pytest.fixture
def alice(exchange: Exchange, bank: Bank) -> SignedInBorrower:
    return exchange.borrower_signed_in(exchange.borrower())


def tell(exchange: Exchange, who: SignedInBorrower, kind: NoticeKind, said: Said | None = None) -> UUID:
    exchange.clock.instant += timedelta(seconds=1)
    with exchange.services.transaction() as connection:
        key = who.borrower.subject_key
        return tell_borrower(exchange.services, connection, key, kind, uuid4(), said or {"member": "harbour-bank"})


def test_every_kind_has_words_in_every_language_and_a_place_to_go() -> None:
    assert set(WORDS) == set(NoticeKind) and set(DUE) == set(ClockKind)
    sentences = {text for words in WORDS.values() for text in (words.heading, words.sentence)}
    sentences |= {sentence for sentence, _ in DUE.values()}
    catalogues = load_catalogues()
    assert set(catalogues) == set(LANGUAGES) - {"en"}
    for language, catalogue in catalogues.items():
        missing = {text for text in sentences if not (catalogue.get(text) and catalogue[text].string)}
        assert missing == set(), language


def test_every_link_leads_to_a_page(exchange: Exchange) -> None:
    pages = exchange.app.url_map.bind("exchange.example")
    for kind in NoticeKind:
        for about, clock in product((uuid4(), None), (*ClockKind, "")):
            said = {"clock": str(clock)}
            link = link_of(OwnNotice(uuid4(), kind, about, None, said, exchange.clock.now(), None, True))
            assert pages.test(link, "GET"), link


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_kind_with_and_without_a_members_name(
    exchange: Exchange, alice: SignedInBorrower, language: str
) -> None:
    half = sorted(NoticeKind)[:10]
    for kind in (*half, *half):
        tell(exchange, alice, kind)
    seen = alice.client.get(f"/notices?lang={language}").text
    assert seen.count("Harbour-Bank") == 20 and "%(" not in seen and "harbour-bank" not in seen
    for kind in sorted(NoticeKind)[10:]:
        tell(exchange, alice, kind, {})
    seen = alice.client.get(f"/notices?lang={language}").text
    assert seen.count("ob-card--new") == len(NoticeKind) - 10 and "%(" not in seen


def test_notices_are_new_once_and_counted_until_they_were_seen(exchange: Exchange, alice: SignedInBorrower) -> None:
    for _ in range(3):
        tell(exchange, alice, NoticeKind.DISPUTE_CLOSED)
    assert count_unseen(exchange.services, alice.borrower) == 3
    first = read_inbox(exchange.services, alice.borrower)
    assert [notice.new for notice in first.notices] == [True] * 3
    assert count_unseen(exchange.services, alice.borrower) == 0
    assert [notice.new for notice in read_inbox(exchange.services, alice.borrower).notices] == [False] * 3


def test_only_a_page_that_was_shown_counts_as_seen(exchange: Exchange, alice: SignedInBorrower) -> None:
    told = [tell(exchange, alice, NoticeKind.PLAN_OFFERED) for _ in range(NOTICES_PER_PAGE + 2)]
    first = read_inbox(exchange.services, alice.borrower)
    assert [notice.notice_id for notice in first.notices] == told[:1:-1]
    assert count_unseen(exchange.services, alice.borrower) == 2
    rest = read_inbox(exchange.services, alice.borrower, first.older)
    assert [notice.notice_id for notice in rest.notices] == [told[1], told[0]] and rest.older is None
    assert count_unseen(exchange.services, alice.borrower) == 0


def test_a_borrower_sees_neither_anothers_notices_nor_those_to_members(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB, "李明"))
    tell(exchange, bob, NoticeKind.DISPUTE_CLOSED)
    with exchange.services.transaction() as connection:
        key = alice.borrower.subject_key
        tell_member(exchange.services, connection, key, bank.member_id, NoticeKind.DISPUTE_FILED, None, {})
    assert read_inbox(exchange.services, alice.borrower).notices == ()
    assert count_unseen(exchange.services, alice.borrower) == 0
    assert count_unseen(exchange.services, bob.borrower) == 1


def test_looks_by_others_are_told_together_and_write_no_notice(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    exchange.account(alice.borrower.subject_key, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    for _ in range(3):
        assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    assert read_inbox(exchange.services, alice.borrower).looks_new == 3
    assert read_inbox(exchange.services, alice.borrower).notices == ()
    assert count_unseen(exchange.services, alice.borrower) == 0
    assert "3 looks at your file" in alice.client.get("/notices?lang=en").text


def test_what_members_owe_is_shown_once_it_is_late_and_until_it_is_done(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    now = exchange.clock.now()
    due_at = now + timedelta(days=15)
    clock = RunningClock(
        alice.borrower.subject_key, new_id(now), ClockKind.DISPUTE_FURNISHER, uuid4(), bank.member_id, "r", now, due_at
    )
    with exchange.services.transaction() as connection:
        start_clock(connection, clock)
    exchange.clock.instant = due_at
    assert read_inbox(exchange.services, alice.borrower).overdue == ()
    exchange.clock.instant += timedelta(seconds=1)
    (late,) = read_inbox(exchange.services, alice.borrower).overdue
    assert (late.kind, late.about, late.member_name, late.due_at) == (
        ClockKind.DISPUTE_FURNISHER,
        clock.about,
        "Harbour-Bank",
        due_at,
    )


def test_a_member_never_sees_a_borrowers_own_notices(exchange: Exchange, alice: SignedInBorrower) -> None:
    other = exchange.bank("other-bank", scopes=frozenset({Scope.DISPUTE_ANSWER, Scope.CREDIT_READ}))
    other.fetch_token("credit:read dispute:answer")
    tell(exchange, alice, NoticeKind.DISPUTE_CLOSED, {"member": "other-bank"})
    answer = other.post({"query": "{ notices(first: 5) { totalCount } }"}).get_json()
    assert answer["data"] == {"notices": {"totalCount": 0}}


def test_what_was_told_to_an_earlier_file_is_still_in_the_inbox(exchange: Exchange, alice: SignedInBorrower) -> None:
    earlier = exchange.borrower_signed_in(exchange.borrower(BOB, "李明"))
    told = tell(exchange, earlier, NoticeKind.COMPLAINT_ANSWERED)
    with exchange.engine.begin() as connection:
        merged = update(subject).where(subject.c.subject_key == earlier.borrower.subject_key)
        connection.execute(merged.values(merged_into=alice.borrower.subject_key))
    assert count_unseen(exchange.services, alice.borrower) == 1
    assert [notice.notice_id for notice in read_inbox(exchange.services, alice.borrower).notices] == [told]
    assert count_unseen(exchange.services, alice.borrower) == 0
