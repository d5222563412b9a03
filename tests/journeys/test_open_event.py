"""Opening an event: two persons of one authority, one passkey signature that can be checked later, and an end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import AUDITING, Bank, Exchange, OfficerSignedIn
from sqlalchemy import delete, select, text, update
from traces import entries

from exchange.errors import BadRequest, ExchangeError, IntegrityError, Refused
from exchange.handover import EventFilter, Officer
from exchange.journeys.inspect_log import search, view_event
from exchange.journeys.open_event import (
    Opening,
    ask_opening,
    check_decision,
    decide_opening,
    opened_event,
    opening_options,
    openings,
)
from exchange.journeys.openable import Auditor, auditor_of, leaf_index_of
from exchange.store.opening_requests import find_request
from exchange.store.tables.officer import officer_passkey, opening_request
from exchange.store.tables.subject import subject_key
from schema.vocabulary.opening import OpeningState
from schema.vocabulary.scope import Scope

REASON = "Case 2026-17: a complaint about this look."


@pytest.fixture
def li_na(exchange: Exchange) -> OfficerSignedIn:
    return exchange.officer("Li Na")


@pytest.fixture
def wang_wei(exchange: Exchange) -> OfficerSignedIn:
    return exchange.officer("Wang Wei")


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank that looked once."""
    bank = exchange.bank()
    exchange.borrower()
    bank.ask()
    exchange.integrate()
    return bank


@pytest.fixture
def event_id(exchange: Exchange, bank: Bank, li_na: OfficerSignedIn) -> str:
    """The bank's look."""
    (event,) = search(exchange.services, auditor_of(li_na.officer), EventFilter(act="look"), 10).events
    return event.event_id


@pytest.fixture
def request_id(exchange: Exchange, li_na: OfficerSignedIn, event_id: str) -> UUID:
    """Li Na's request to open it."""
    return ask_opening(exchange.services, li_na.officer, event_id, REASON)


def agree(exchange: Exchange, second: OfficerSignedIn, request_id: UUID) -> None:
    options = opening_options(exchange.services, second.officer, request_id)
    decide_opening(exchange.services, second.officer, request_id, True, second.authenticator.sign_in(options))


def the_request(exchange: Exchange, officer: Officer) -> Opening:
    (request,) = openings(exchange.services, officer)
    return request


def opened(exchange: Exchange, officer: Officer, event_id: str) -> dict[str, Any]:
    return dict(opened_event(exchange.services, auditor_of(officer), event_id))


def code_of(kind: type[ExchangeError], act: Callable[..., object], *given: object) -> str:
    """The code of the error that an act ends with."""
    with pytest.raises(kind) as refused:
        act(*given)
    return refused.value.stable_code


def test_two_officers_open_an_event_and_every_step_is_logged(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str
) -> None:
    before = len(entries(exchange))
    request_id = ask_opening(exchange.services, li_na.officer, event_id, f"  {REASON} ")
    agree(exchange, wang_wei, request_id)
    fields = opened(exchange, li_na.officer, event_id)
    assert fields["staff"] == ["s-17", "Wang Fang"]
    assert UUID(fields["subject"]) in exchange.ciphers
    assert fields["sequence"] == 1
    asked, decided, viewed = entries(exchange)[before:]
    assert asked.fields == {
        "act": "opening_asked",
        "member": "audit-office",
        "officer": str(li_na.officer.officer_id),
        "event": event_id,
        "opening_request": str(request_id),
    }
    assert decided.fields["act"] == "opening_decided"
    assert decided.fields["officer"] == str(wang_wei.officer.officer_id)
    assert decided.fields["approved"] is True
    assert viewed.fields["act"] == "event_opened"
    assert viewed.fields["officer"] == str(li_na.officer.officer_id)
    assert viewed.fields["opening_request"] == str(request_id)


def test_a_request_says_who_asked_why_and_how_it_stands(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    now = exchange.clock.now()
    waits = the_request(exchange, wang_wei.officer)
    assert (waits.request_id, waits.event_id, waits.asked_by_name, waits.reason) == (
        request_id,
        event_id,
        "Li Na",
        REASON,
    )
    assert (waits.state, waits.ends_at, waits.approved) == (OpeningState.WAITING, now + timedelta(days=7), None)
    exchange.later(days=2)
    agree(exchange, wang_wei, request_id)
    stands = the_request(exchange, li_na.officer)
    assert (stands.state, stands.approved, stands.decided_by_name) == (OpeningState.APPROVED, True, "Wang Wei")
    assert stands.ends_at == now + timedelta(days=9)
    assert view_event(exchange.services, auditor_of(li_na.officer), event_id).opening == stands


def test_before_a_second_officer_agreed_nothing_is_opened(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str
) -> None:
    for ask in (False, True):
        if ask:
            ask_opening(exchange.services, li_na.officer, event_id, REASON)
        for officer in (li_na.officer, wang_wei.officer):
            assert code_of(Refused, opened, exchange, officer, event_id) == "OPENING_NEEDED"
            logged = entries(exchange)[-1].fields
            assert (logged["act"], logged["reasons"]) == ("caller_refused", ["OPENING_NEEDED"])
    assert "event_opened" not in {entry.fields["act"] for entry in entries(exchange)}


def test_who_asked_cannot_decide(exchange: Exchange, li_na: OfficerSignedIn, event_id: str, request_id: UUID) -> None:
    services, asker = exchange.services, li_na.officer
    assert code_of(Refused, opening_options, services, asker, request_id) == "SECOND_PERSON_NEEDED"
    for approve in (True, False):
        assert code_of(Refused, decide_opening, services, asker, request_id, approve, {}) == "SECOND_PERSON_NEEDED"
    assert the_request(exchange, asker).state is OpeningState.WAITING
    assert code_of(Refused, opened, exchange, asker, event_id) == "OPENING_NEEDED"


def test_that_two_persons_are_needed_names_the_article(
    exchange: Exchange, li_na: OfficerSignedIn, event_id: str
) -> None:
    with pytest.raises(Refused) as refused:
        opened(exchange, li_na.officer, event_id)
    assert [reason.rule for reason in refused.value.reasons] == ["cn.cir.33"]


def test_another_authority_sees_and_decides_nothing(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    stranger = exchange.officer("Zhao Min", authority="other-office")
    services = exchange.services
    assert openings(services, stranger.officer) == ()
    assert code_of(BadRequest, opening_options, services, stranger.officer, request_id) == "OPENING_NOT_FOUND"
    assert (
        code_of(BadRequest, decide_opening, services, stranger.officer, request_id, False, None) == "OPENING_NOT_FOUND"
    )
    agree(exchange, wang_wei, request_id)
    assert code_of(Refused, opened, exchange, stranger.officer, event_id) == "OPENING_NEEDED"
    assert view_event(services, auditor_of(stranger.officer), event_id).opening is None


@pytest.mark.parametrize("forged", ["nothing", "another challenge", "the asker's passkey", "unverified user"])
def test_to_agree_takes_the_second_officers_own_passkey_over_this_request(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID, forged: str
) -> None:
    options = opening_options(exchange.services, wang_wei.officer, request_id)
    assertion: dict[str, Any] | None = None
    if forged == "another challenge":
        assertion = wang_wei.authenticator.assert_challenge(bytes(32))
    elif forged == "the asker's passkey":
        assertion = li_na.authenticator.sign_in(options)
    elif forged == "unverified user":
        wang_wei.authenticator.user_verified = False
        assertion = wang_wei.authenticator.sign_in(options)
    before = len(entries(exchange))
    assert (
        code_of(BadRequest, decide_opening, exchange.services, wang_wei.officer, request_id, True, assertion)
        == "PASSKEY_NOT_VALID"
    )
    assert the_request(exchange, li_na.officer).state is OpeningState.WAITING
    assert len(entries(exchange)) == before
    assert code_of(Refused, opened, exchange, li_na.officer, event_id) == "OPENING_NEEDED"


def test_a_refused_request_opens_nothing_and_may_be_asked_again(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    assert (
        code_of(BadRequest, ask_opening, exchange.services, wang_wei.officer, event_id, REASON)
        == "OPENING_ASKED_ALREADY"
    )
    decide_opening(exchange.services, wang_wei.officer, request_id, False, None)
    assert the_request(exchange, li_na.officer).state is OpeningState.REFUSED
    assert entries(exchange)[-1].fields["approved"] is False
    assert code_of(Refused, opened, exchange, li_na.officer, event_id) == "OPENING_NEEDED"
    assert ask_opening(exchange.services, wang_wei.officer, event_id, REASON) != request_id


def test_of_two_who_decide_at_once_one_counts(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, request_id: UUID
) -> None:
    sun_li = exchange.officer("Sun Li")
    assertion = wang_wei.authenticator.sign_in(opening_options(exchange.services, wang_wei.officer, request_id))
    ready = Barrier(2)

    def decide(officer: Officer, approve: bool) -> str:
        ready.wait(10)
        try:
            decide_opening(exchange.services, officer, request_id, approve, assertion if approve else None)
        except BadRequest as refused:
            return refused.stable_code
        return officer.name

    with ThreadPoolExecutor(2) as both:
        came = list(both.map(decide, [wang_wei.officer, sun_li.officer], [True, False]))
    winners = [said for said in came if said != "OPENING_DECIDED"]
    assert len(winners) == 1
    request = the_request(exchange, li_na.officer)
    assert request.decided_by_name == winners[0]
    assert request.approved is (winners[0] == "Wang Wei")
    assert [entry.fields["act"] for entry in entries(exchange)].count("opening_decided") == 1


def test_a_decided_request_stays_as_it_is(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, request_id: UUID
) -> None:
    agree(exchange, wang_wei, request_id)
    sun_li = exchange.officer("Sun Li").officer
    assert code_of(BadRequest, decide_opening, exchange.services, sun_li, request_id, False, None) == "OPENING_DECIDED"
    assert the_request(exchange, li_na.officer).state is OpeningState.APPROVED


def test_an_opened_event_closes_again(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    agree(exchange, wang_wei, request_id)
    exchange.later(days=6, hours=23)
    assert "subject" in opened(exchange, wang_wei.officer, event_id)
    exchange.later(hours=1)
    assert the_request(exchange, li_na.officer).state is OpeningState.ENDED
    assert code_of(Refused, opened, exchange, li_na.officer, event_id) == "OPENING_NEEDED"
    ask_opening(exchange.services, li_na.officer, event_id, REASON)


def test_a_request_that_waited_too_long_cannot_be_agreed_to(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, request_id: UUID
) -> None:
    assertion = wang_wei.authenticator.sign_in(opening_options(exchange.services, wang_wei.officer, request_id))
    exchange.later(days=7)
    assert (
        code_of(BadRequest, decide_opening, exchange.services, wang_wei.officer, request_id, True, assertion)
        == "OPENING_ENDED"
    )
    assert the_request(exchange, li_na.officer).state is OpeningState.ENDED


def test_without_audit_open_nobody_asks_decides_or_opens(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    services = exchange.services
    reader = exchange.officer("Chen Jie", scopes=frozenset({Scope.AUDIT_READ})).officer
    for act, *given in (
        (ask_opening, services, reader, event_id, REASON),
        (opening_options, services, reader, request_id),
        (decide_opening, services, reader, request_id, False, None),
        (opened, exchange, reader, event_id),
    ):
        before = len(entries(exchange))
        assert code_of(Refused, act, *given) == "SCOPE_MISSING"
        (logged,) = entries(exchange)[before:]
        assert (logged.fields["act"], logged.fields["member"]) == ("caller_refused", "audit-office")
    agree(exchange, wang_wei, request_id)
    assert code_of(Refused, opened, exchange, reader, event_id) == "SCOPE_MISSING"
    assert the_request(exchange, reader).reason is None
    assert "staff" not in view_event(services, auditor_of(reader), event_id).fields
    nobody = replace(reader, scopes=frozenset())
    assert code_of(Refused, openings, services, nobody) == "SCOPE_MISSING"


def test_the_second_officers_signature_can_be_checked_later_even_without_their_passkey(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    agree(exchange, wang_wei, request_id)
    with exchange.engine.begin() as connection:
        connection.execute(delete(officer_passkey))
    exchange.later(days=400)
    with exchange.services.transaction() as connection:
        request = find_request(connection, "audit-office", request_id)
        assert request is not None
        check_decision(exchange.services, connection, request)


def forge(exchange: Exchange, request_id: UUID, forged: str, li_na: OfficerSignedIn, other: str) -> None:
    """What somebody could write who has the database and no passkey."""
    changes: dict[str, Any] = {
        "the asker decided": {"decided_by": li_na.officer.officer_id},
        "another event": {"leaf_index": leaf_index_of(other)},
        "no signature": {"signature": None},
        "another asker": {"asked_by": exchange.officer("Sun Li").officer.officer_id},
        "a longer time": {"signature": _with(exchange, request_id, opening_days=3_650)},
        "another key": {"signature": _with(exchange, request_id, key_entry=str(uuid4()))},
        "later": {"asked_at": exchange.clock.now() + timedelta(seconds=1)},
    }[forged]
    with exchange.engine.begin() as connection:
        connection.execute(update(opening_request).values(changes))


def _with(exchange: Exchange, request_id: UUID, **changes: Any) -> dict[str, Any]:
    with exchange.engine.connect() as connection:
        kept = select(opening_request.c.signature).where(opening_request.c.request_id == request_id)
        return dict(connection.execute(kept).scalar_one() | changes)


@pytest.mark.parametrize(
    "forged",
    ["the asker decided", "another event", "no signature", "another asker", "a longer time", "another key", "later"],
)
def test_who_only_writes_into_the_database_opens_nothing(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID, forged: str
) -> None:
    agree(exchange, wang_wei, request_id)
    other = "e1" if event_id == "e0" else "e0"
    forge(exchange, request_id, forged, li_na, other)
    meant = other if forged == "another event" else event_id
    before = len(entries(exchange))
    with pytest.raises(IntegrityError):
        opened(exchange, li_na.officer, meant)
    assert len(entries(exchange)) == before


def test_a_request_made_up_in_the_database_opens_nothing(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    values = {"decided_by": wang_wei.officer.officer_id, "decided_at": exchange.clock.now(), "approved": True}
    with exchange.engine.begin() as connection:
        connection.execute(update(opening_request).values(values))
    with pytest.raises(IntegrityError):
        opened(exchange, li_na.officer, event_id)


def test_once_the_borrower_is_erased_nobody_learns_whom_it_was_about(
    exchange: Exchange, li_na: OfficerSignedIn, wang_wei: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    agree(exchange, wang_wei, request_id)
    with exchange.engine.begin() as connection:
        connection.execute(update(subject_key).values(wrapped=b"", state="ERASED"))
    fields = opened(exchange, li_na.officer, event_id)
    assert fields["member"] == "harbour-bank"
    assert not {"subject", "sequence"} & set(fields)


def test_the_reason_is_kept_sealed_and_out_of_the_log(
    exchange: Exchange, li_na: OfficerSignedIn, event_id: str, request_id: UUID
) -> None:
    with exchange.engine.connect() as connection:
        stored = connection.scalar(select(opening_request.c.reason))
        pending = connection.scalar(text("SELECT string_agg(log_pending::text, ' ') FROM log_pending"))
    assert b"Case 2026-17" not in stored
    assert "Case 2026-17" not in str(pending)
    assert REASON not in str([dict(entry.fields) for entry in entries(exchange)])


@pytest.mark.parametrize("reason", ["", "   \n ", "r" * 1_001], ids=["empty", "blank", "long"])
def test_a_request_needs_its_reason(exchange: Exchange, li_na: OfficerSignedIn, event_id: str, reason: str) -> None:
    assert code_of(BadRequest, ask_opening, exchange.services, li_na.officer, event_id, reason) == "REASON_NOT_VALID"
    assert openings(exchange.services, li_na.officer) == ()


def test_an_event_that_is_not_there_cannot_be_asked_for(exchange: Exchange, li_na: OfficerSignedIn) -> None:
    for event_id in ("e17", "17"):
        assert code_of(BadRequest, ask_opening, exchange.services, li_na.officer, event_id, REASON) == "EVENT_NOT_FOUND"
    auditor = Auditor("audit-office", None, AUDITING)
    assert code_of(BadRequest, opened_event, exchange.services, auditor, "e17") == "EVENT_NOT_FOUND"


def test_many_events_are_listed_newest_first(exchange: Exchange, li_na: OfficerSignedIn, bank: Bank) -> None:
    for index in range(3):
        exchange.clock.instant += timedelta(seconds=1)
        ask_opening(exchange.services, li_na.officer, f"e{index}", REASON)
    assert [request.event_id for request in openings(exchange.services, li_na.officer)] == ["e2", "e1", "e0"]
