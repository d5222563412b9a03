"""Members that ask for leave to contact a borrower, by hand through GraphQL; and rules of contact, made by hand."""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any

from factories import ALICE, Bank, Exchange
from reporting import WRITING, lender, named
from sqlalchemy import select

from consent.policy.contact_terms import ContactTerms, Hours, Rate, Standstill
from consent.policy.rules import Act, Applies, Force, Kind, Override, Pack, Rule, Source, Verified
from exchange.journeys.find_borrower import Document
from exchange.store.tables.contact import contact_breach, contact_clearance
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.contact import Counted, Group, Per, Standstills
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import Scope

CLEARING = WRITING | {Scope.CONTACT_CLEAR}
CONTACT: Mapping[str, Any] = {
    "accountReferences": ["R-1"],
    "stage": "PHONE",
    "channel": "VOICE_HUMAN",
    "target": "DEBTOR",
    "contact": "+86 138-0013-8000",
}
SHOWN = """id granted lender mandateId stage channel target askedAt expiresAt againAt usedAt
  counts { rule counted limit } reasons { code message rule } rules pack signed leafHash"""
QUERY = f"""mutation ($subject: SubjectInput!, $action: ContactInput!) {{
  requestContactClearance(subject: $subject, action: $action) {{
    clearance {{ {SHOWN} }} userErrors {{ path code message rule }} }} }}"""
_KINDS = {"Hours": Kind.HOURS, "Rate": Kind.RATE, "Standstill": Kind.STANDSTILL, "Targets": Kind.TARGETS}


def rule(
    id: str,
    terms: ContactTerms,
    channels: frozenset[ContactChannel] = frozenset(),
    member_classes: frozenset[MemberClass] = frozenset(),
    override: frozenset[Override] = frozenset(),
    force: Force = Force.MUST,
    effective_from: date = date(2000, 1, 1),
) -> Rule:
    """A rule of contact."""
    none: frozenset[Any] = frozenset()
    applies = Applies(Act.CONTACT, none, member_classes, none, none, channels)
    source = Source("A law", id, "en", None, Verified.TO_VERIFY)
    kind = _KINDS.get(type(terms).__name__, Kind.STAGE_ORDER)
    return Rule(id, source, force, kind, applies, terms, effective_from, None, (), override)


def pack_of(*rules: Rule) -> Pack:
    """A pack of these rules."""
    return Pack("cn", "test-1", rules)


NIGHT = rule("night", Hours(time(22), time(8)), override=frozenset({Override.AGREEMENT}))
THREE_A_DAY = rule("three", Rate(Counted.CONNECTED, 1, Group.LENDER_AND_AGENCIES, Per.DEBTOR, 3))
STANDSTILL = rule("still", Standstill(frozenset(Standstills)))
USUAL = pack_of(NIGHT, THREE_A_DAY, STANDSTILL)


def clearer(exchange: Exchange, member_id: str = "harbour-bank", **changes: Any) -> Bank:
    """A bank that may report and ask for clearances, with its token."""
    return lender(exchange, member_id, scopes=CLEARING, **changes)


def wait(exchange: Exchange, *banks: Bank, **time_passed: float) -> None:
    """Moves the clock; the banks have tokens again."""
    exchange.later(**time_passed)
    for bank in banks:
        bank.fetch_token(" ".join(sorted(CLEARING)))


def send_clearance(
    bank: Bank,
    borrower: Document = ALICE,
    client: Any = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    **changes: Any,
) -> Any:
    """Asks for leave for a usual contact with these changes."""
    variables = {"subject": named(borrower), "action": {**CONTACT, **changes}}
    return bank.post({"query": QUERY, "variables": variables}, client, **headers)


def ask(bank: Bank, **changes: Any) -> dict[str, Any]:
    """The payload of it."""
    body = send_clearance(bank, **changes).get_json()
    assert "errors" not in body, body
    return dict(body["data"]["requestContactClearance"])


def clear(bank: Bank, **changes: Any) -> dict[str, Any]:
    """The decision itself."""
    told = ask(bank, **changes)
    assert told["userErrors"] == [], told
    return dict(told["clearance"])


def reasons(clearance: Mapping[str, Any]) -> set[tuple[str, str | None]]:
    """(code, rule) of each reason."""
    return {(reason["code"], reason["rule"]) for reason in clearance["reasons"]}


def clearances(exchange: Exchange) -> list[Mapping[str, Any]]:
    """Every clearance, the oldest first."""
    with exchange.engine.connect() as connection:
        found = select(contact_clearance).order_by(contact_clearance.c.clearance_id)
        return [dict(row) for row in connection.execute(found).mappings()]


def breaches(exchange: Exchange) -> list[Mapping[str, Any]]:
    """Every breach, by kind."""
    with exchange.engine.connect() as connection:
        found = select(contact_breach).order_by(contact_breach.c.happened_at, contact_breach.c.kind)
        return [dict(row) for row in connection.execute(found).mappings()]
