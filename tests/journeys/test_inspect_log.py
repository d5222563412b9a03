"""Looking into the log: what is found, what is opened without a second person, and that every look is itself logged."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from factories import BOB, Bank, Exchange, OfficerSignedIn
from sqlalchemy import text, update
from traces import entries

from exchange import journeys
from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.merkle import leaf_hash
from exchange.errors import BadRequest, ExchangeError, IntegrityError, Refused
from exchange.handover import EventFilter
from exchange.journeys.inspect_log import (
    EventDetail,
    forget_search,
    save_search,
    saved_searches,
    search,
    view_event,
)
from exchange.journeys.openable import (
    CLOSED_UNTIL_TWO_AGREE,
    OPENABLE_WITHOUT_SECOND_PERSON,
    Auditor,
    auditor_of,
    event_id_of,
)
from exchange.store.tables.log import log_event
from schema.vocabulary.scope import Scope

JOURNEYS = Path(journeys.__file__).parent


@pytest.fixture
def officer(exchange: Exchange) -> OfficerSignedIn:
    return exchange.officer()


@pytest.fixture
def auditor(officer: OfficerSignedIn) -> Auditor:
    return auditor_of(officer.officer)


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank that was refused once and answered once about the same borrower, and the leaves in their places."""
    bank = exchange.bank()
    exchange.account(exchange.borrower(), bank.member_id)
    bank.ask()
    exchange.later(seconds=1)
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.integrate()
    return bank


def acts(exchange: Exchange) -> list[str]:
    return [entry.fields["act"] for entry in entries(exchange)]


def the_look(exchange: Exchange, auditor: Auditor, granted: bool) -> EventDetail:
    (event,) = search(exchange.services, auditor, EventFilter(act="look", granted=granted), 10).events
    return view_event(exchange.services, auditor, event.event_id)


def refusal_of(error: pytest.ExceptionInfo[Any]) -> str:
    assert isinstance(error.value, ExchangeError)
    return error.value.stable_code


def test_a_search_finds_the_looks_and_is_logged_once(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    before = len(entries(exchange))
    hour_ago = exchange.clock.now() - timedelta(hours=1)
    wanted = EventFilter(member_id=bank.member_id, act="look", from_time=hour_ago)
    page = search(exchange.services, auditor, wanted, 10)
    assert [event.granted for event in page.events] == [True, False]
    assert {event.member_name for event in page.events} == {"Harbour-Bank"}
    assert page.after is None
    (logged,) = entries(exchange)[before:]
    assert logged.fields == {
        "act": "log_searched",
        "member": auditor.authority,
        "officer": str(auditor.officer_id),
        "wanted": ["member_id=harbour-bank", "act=look", f"from_time={hour_ago.isoformat()}"],
        "found": 2,
    }
    assert logged.sequence is None


def test_each_filter_finds_what_its_events_say(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    refused = the_look(exchange, auditor, granted=False).event
    granted = the_look(exchange, auditor, granted=True).event

    def found(wanted: EventFilter) -> set[str]:
        page = search(exchange.services, auditor, wanted, 100)
        return {event.event_id for event in page.events} & {refused.event_id, granted.event_id}

    assert found(EventFilter(reason=refused.reasons[0])) == {refused.event_id}
    assert found(EventFilter(rule=granted.rules[0], granted=True)) == {granted.event_id}
    assert found(EventFilter(purpose="LOAN_APPROVAL")) == {refused.event_id, granted.event_id}
    assert found(EventFilter(purpose="COLLECTION")) == set()
    assert found(EventFilter(from_time=exchange.clock.now())) == {granted.event_id}
    assert found(EventFilter(until_time=exchange.clock.now())) == {refused.event_id}
    assert found(EventFilter(member_id="river-loans")) == set()


def test_pages_follow_each_other_to_the_end(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    exchange.integrate()
    seen: list[str] = []
    after = None
    while True:
        page = search(exchange.services, auditor, EventFilter(), 2, after)
        seen += [event.event_id for event in page.events]
        exchange.integrate()  # The search before this one gets its place now.
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) >= 7
    assert event_id_of(0) in seen


def test_an_event_is_shown_with_its_proof_and_without_whom_it_was_about(
    exchange: Exchange, bank: Bank, auditor: Auditor
) -> None:
    detail = the_look(exchange, auditor, granted=True)
    assert detail.fields["member"] == bank.member_id
    assert detail.fields["granted"] is True
    assert set(detail.fields) <= OPENABLE_WITHOUT_SECOND_PERSON
    assert {"subject", "sequence", "staff", "ground", "request_digest"} == set(detail.closed)
    assert not set(detail.closed) & set(detail.fields)
    assert leaf_hash(detail.leaf) == detail.event.leaf_hash
    assert detail.note is not None and checkpoint_in(detail.note).size > detail.index
    assert detail.proof is not None and f"\nindex {detail.index}\n" in detail.proof
    assert detail.opening is None
    viewed = entries(exchange)[-1].fields
    assert (viewed["act"], viewed["event"]) == ("event_viewed", detail.event.event_id)
    assert viewed["officer"] == str(auditor.officer_id)


def test_views_of_the_log_are_in_the_log_and_can_be_viewed(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    the_look(exchange, auditor, granted=True)
    exchange.integrate()
    page = search(exchange.services, auditor, EventFilter(act="event_viewed", member_id=auditor.authority), 10)
    (event,) = page.events
    assert view_event(exchange.services, auditor, event.event_id).closed == ()


def test_every_event_of_the_log_can_be_viewed(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    exchange.borrower_signed_in(exchange.borrower(BOB, "李强"))
    exchange.integrate()
    for event in search(exchange.services, auditor, EventFilter(), 100).events:
        detail = view_event(exchange.services, auditor, event.event_id)
        assert detail.fields["act"] == event.act
        assert not {"subject", "sequence", "staff", "key"} & set(detail.fields)


@pytest.mark.parametrize("event_id", ["e999", "", "e", "e-1", "e01", "17", "e1 ", "e9999999999999999999", "é"])
def test_an_event_that_is_not_there_is_not_found_and_not_logged_as_viewed(
    exchange: Exchange, bank: Bank, auditor: Auditor, event_id: str
) -> None:
    before = acts(exchange)
    with pytest.raises(BadRequest) as refused:
        view_event(exchange.services, auditor, event_id)
    assert refusal_of(refused) == "EVENT_NOT_FOUND"
    assert acts(exchange) == before


def test_what_is_searched_by_cannot_say_something_else_than_the_entry(
    exchange: Exchange, bank: Bank, auditor: Auditor
) -> None:
    event = the_look(exchange, auditor, granted=False).event
    with exchange.engine.begin() as connection:
        changed = update(log_event).where(log_event.c.leaf_index == event.leaf_index)
        connection.execute(changed.values(granted=True, reasons=[]))
    with pytest.raises(IntegrityError):
        view_event(exchange.services, auditor, event.event_id)


def test_a_changed_opening_shows_nothing(exchange: Exchange, bank: Bank, auditor: Auditor) -> None:
    event = the_look(exchange, auditor, granted=True).event
    other = the_look(exchange, auditor, granted=False).event
    moved = text(
        "UPDATE log_leaf SET leaf = (SELECT leaf FROM log_leaf WHERE leaf_index = :other) WHERE leaf_index = :event"
    )
    opened = text(
        "UPDATE log_opening SET leaf = (SELECT leaf FROM log_leaf WHERE leaf_index = :other) WHERE leaf_hash = :hash"
    )
    with exchange.engine.begin() as connection:
        connection.execute(opened, {"other": other.leaf_index, "hash": event.leaf_hash})
        connection.execute(moved, {"other": other.leaf_index, "event": event.leaf_index})
    with pytest.raises(IntegrityError):
        view_event(exchange.services, auditor, event.event_id)


@pytest.mark.parametrize("scopes", [frozenset(), frozenset({Scope.AUDIT_OPEN})], ids=["none", "open"])
def test_without_the_scope_nothing_is_shown_and_the_refusal_is_logged(
    exchange: Exchange, bank: Bank, auditor: Auditor, scopes: frozenset[Scope]
) -> None:
    without = Auditor(auditor.authority, auditor.officer_id, scopes)
    for asked in (
        lambda: search(exchange.services, without, EventFilter(), 10),
        lambda: view_event(exchange.services, without, event_id_of(0)),
    ):
        before = len(entries(exchange))
        with pytest.raises(Refused) as refused:
            asked()
        assert refusal_of(refused) == "SCOPE_MISSING"
        (logged,) = entries(exchange)[before:]
        assert logged.fields["act"] == "caller_refused"
        assert (logged.fields["member"], logged.fields["reasons"]) == (auditor.authority, ["SCOPE_MISSING"])


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (EventFilter(act="look me up"), "FILTER_NOT_VALID"),
        (EventFilter(rule="r" * 101), "FILTER_NOT_VALID"),
        (EventFilter(reason="\x00"), "FILTER_NOT_VALID"),
        (EventFilter(member_id="王芳"), "FILTER_NOT_VALID"),
        (EventFilter(purpose=""), "FILTER_NOT_VALID"),
    ],
    ids=["space", "long", "nul", "name", "empty"],
)
def test_a_filter_that_cannot_be_one_is_refused_and_kept_out_of_the_log(
    exchange: Exchange, auditor: Auditor, wanted: EventFilter, code: str
) -> None:
    before = acts(exchange)
    with pytest.raises(BadRequest) as refused:
        search(exchange.services, auditor, wanted, 10)
    assert refusal_of(refused) == code
    assert acts(exchange) == before


@pytest.mark.parametrize("first", [0, 101, -1])
def test_a_page_of_another_size_is_refused(exchange: Exchange, auditor: Auditor, first: int) -> None:
    with pytest.raises(BadRequest):
        search(exchange.services, auditor, EventFilter(), first)


def test_a_search_is_kept_replaced_and_forgotten(exchange: Exchange, officer: OfficerSignedIn) -> None:
    services, li_na = exchange.services, officer.officer
    other = exchange.officer("Wang Wei").officer
    save_search(services, li_na, " Refused  yesterday ", "outcome=refused")
    save_search(services, li_na, "A", "member=harbour-bank")
    kept = save_search(services, li_na, "Refused yesterday", "outcome=refused&act=look")
    named = {saved.name: saved.query for saved in saved_searches(services, li_na)}
    assert named == {"A": "member=harbour-bank", "Refused yesterday": "outcome=refused&act=look"}
    assert saved_searches(services, other) == ()
    with pytest.raises(BadRequest):
        forget_search(services, other, kept)
    forget_search(services, li_na, kept)
    assert [saved.name for saved in saved_searches(services, li_na)] == ["A"]
    with pytest.raises(BadRequest) as refused:
        forget_search(services, li_na, uuid4())
    assert refusal_of(refused) == "SEARCH_NOT_FOUND"


@pytest.mark.parametrize(("name", "query"), [("", "a"), ("  ", "a"), ("n" * 101, "a"), ("n", "q" * 2_001)])
def test_a_search_without_a_name_or_too_long_is_not_kept(
    exchange: Exchange, officer: OfficerSignedIn, name: str, query: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        save_search(exchange.services, officer.officer, name, query)
    assert refusal_of(refused) == "SEARCH_NOT_VALID"
    assert saved_searches(exchange.services, officer.officer) == ()


def entry_fields(tree: ast.AST) -> set[str]:
    """Every field name that a file gives to log entries: of dictionaries with an act, those typed as an entry's
    fields, those that functions of that type return, and those handed to what logs, however they are put together.
    """
    assigned = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and "act" in keys_of(node):
            found |= keys_of(node)
        elif isinstance(node, ast.AnnAssign) and is_of_fields(node.annotation) and node.value:
            found |= outer_keys(node.value)
        elif isinstance(node, ast.FunctionDef) and is_of_fields(node.returns):
            found |= {key for part in node.body for key in outer_keys(part)}
        elif isinstance(node, ast.Call) and re.search("log|entry_about", ast.unparse(node.func)):
            found |= {key for argument in node.args for key in handed_keys(argument, assigned)}
    return found


def is_of_fields(annotation: ast.expr | None) -> bool:
    typed = ast.unparse(annotation) if annotation else ""
    return "FieldValue" in typed and "EntryReader" not in typed


def handed_keys(argument: ast.expr, assigned: dict[str, ast.expr], seen: frozenset[str] = frozenset()) -> set[str]:
    found = outer_keys(argument)
    for node in ast.walk(argument):
        if isinstance(node, ast.Name) and node.id in assigned.keys() - seen:
            value = assigned[node.id]
            if isinstance(value, ast.Dict | ast.BinOp | ast.Name):
                found |= handed_keys(value, assigned, seen | {node.id})
    return found


def outer_keys(node: ast.AST) -> set[str]:
    return {key for inner in ast.walk(node) if isinstance(inner, ast.Dict) for key in keys_of(inner)}


def keys_of(node: ast.Dict) -> set[str]:
    return {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def test_every_field_of_every_entry_is_openable_or_named_as_closed() -> None:
    named = OPENABLE_WITHOUT_SECOND_PERSON | CLOSED_UNTIL_TWO_AGREE
    unnamed = {
        (path.name, name)
        for path in sorted(JOURNEYS.glob("*.py"))
        for name in entry_fields(ast.parse(path.read_text())) - named
    }
    assert unnamed == set()


def test_nothing_is_both_openable_and_closed_and_no_borrower_is_openable() -> None:
    assert not OPENABLE_WITHOUT_SECOND_PERSON & CLOSED_UNTIL_TWO_AGREE
    assert not {"subject", "sequence"} & OPENABLE_WITHOUT_SECOND_PERSON


@pytest.mark.parametrize("name", ["weather", "staff_name"])
def test_a_new_field_would_be_noticed(name: str) -> None:
    for source in (
        f'entry_about_nobody(services, now, {{"act": "a", "{name}": 1}})',
        f'fields: dict[str, FieldValue] = {{"act": "a"}} | {{"{name}": 1}}',
        f'def _fields() -> dict[str, FieldValue]:\n    return {{"{name}": 1}}',
        f'more = {{"{name}": 1}}\nsaid = {{**fields, **more}}\nentry_about(services, now, key, cipher, 1, said)',
        f'log_view(services, connection, auditor, "act", {{"{name}": 1}})',
    ):
        assert name in entry_fields(ast.parse(source))
