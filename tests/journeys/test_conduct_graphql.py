"""An authority's own client asks about conduct through GraphQL."""

from datetime import timedelta
from typing import Any

import pytest
from factories import ALICE, Bank, Exchange
from sqlalchemy import text
from traces import entries, error_of, inquiries

from exchange.audit.signed_words import read_claims
from exchange.journeys.reconcile_consents import KIND
from schema.vocabulary.scope import Scope

RECONCILIATION = """query ($from: DateTime!, $until: DateTime!) {
  consentReconciliation(from: $from, until: $until) {
    from until looks byBasis { basis looks } refused waiting matched unmatched byFault { code times }
    faults { eventId leafHash recordedAt memberId why } consentsVerified everyConsentVerified entriesOpened seed
    checkpoint statement
  }
}"""
CONDUCT = """query ($member: ID, $from: DateTime!, $until: DateTime!) {
  memberConduct(memberId: $member, from: $from, until: $until, first: 100) { nodes {
    memberId name memberClass looks granted refused refusedByRule { code times } refusedByReason { code times }
    perDay { day granted refused } unrecognised recordsRead recordsFaulty faultRate noticesOverdue noticesWaiting
  } }
}"""


@pytest.fixture
def authority(exchange: Exchange) -> Bank:
    authority = exchange.authority()
    authority.fetch_token("audit:read")
    return authority


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank that has looked once, and was refused once."""
    exchange.borrower()
    bank = exchange.bank()
    assert bank.ask(consent_id=exchange.consent(bank.member_id)).get_json()["data"]["creditReport"]
    assert error_of(bank.ask(ALICE))
    exchange.integrate()
    return bank


def asked(exchange: Exchange, who: Bank, query: str, **variables: Any) -> Any:
    now = exchange.clock.now()
    times = {"from": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    return who.post({"query": query, "variables": times | variables})


def acts(exchange: Exchange) -> list[str]:
    return [entry.fields["act"] for entry in entries(exchange)]


def test_an_authority_holds_consents_against_accesses(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    answer = asked(exchange, authority, RECONCILIATION).get_json()

    found = answer["data"]["consentReconciliation"]
    assert (found["looks"], found["refused"], found["matched"], found["unmatched"]) == (1, 1, 1, 0)
    assert (found["byBasis"], found["byFault"], found["faults"]) == ([{"basis": "CONSENT", "looks": 1}], [], [])
    assert (found["consentsVerified"], found["everyConsentVerified"], found["entriesOpened"]) == (1, True, 1)
    keys = {exchange.services.signing.kid: exchange.services.signing.key.public_key()}
    assert read_claims(found["statement"], KIND, keys)["unmatched"] == 0
    assert found["checkpoint"].startswith(exchange.settings.log_origin)
    assert acts(exchange).count("reconciled") == 1


def test_what_does_not_match_is_named(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE consent SET uses = 9"))

    found = asked(exchange, authority, RECONCILIATION).get_json()["data"]["consentReconciliation"]

    assert (found["unmatched"], found["byFault"]) == (1, [{"code": "USES_DIFFER", "times": 1}])
    (fault,) = found["faults"]
    assert (fault["why"], fault["memberId"]) == ("USES_DIFFER", bank.member_id)
    assert fault["eventId"]


def test_an_authority_sees_how_members_conduct_themselves(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    (member,) = asked(exchange, authority, CONDUCT).get_json()["data"]["memberConduct"]["nodes"]

    assert (member["memberId"], member["memberClass"], member["looks"]) == (bank.member_id, "BANK", 2)
    assert (member["granted"], member["refused"], member["faultRate"]) == (1, 1, None)
    refusal = next(row for row in inquiries(exchange) if not row.granted)
    assert [each["code"] for each in member["refusedByReason"]] == refusal.reasons
    assert sum(day["granted"] for day in member["perDay"]) == 1
    assert acts(exchange).count("conduct_viewed") == 1


def test_one_member_alone_may_be_asked_for(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    exchange.bank("quiet-bank")
    (member,) = asked(exchange, authority, CONDUCT, member="quiet-bank").get_json()["data"]["memberConduct"]["nodes"]
    assert (member["memberId"], member["looks"]) == ("quiet-bank", 0)


def test_members_come_by_their_ids_page_by_page(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    for other in ("quiet-bank", "a-bank"):
        exchange.bank(other)
    query = """query ($from: DateTime!, $until: DateTime!, $first: Int!, $after: String) {
      memberConduct(from: $from, until: $until, first: $first, after: $after) {
        nodes { memberId } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    page = asked(exchange, authority, query, first=2).get_json()["data"]["memberConduct"]
    assert [node["memberId"] for node in page["nodes"]] == ["a-bank", bank.member_id]
    after = page["pageInfo"].pop("endCursor")
    assert (page["totalCount"], page["pageInfo"]) == (3, {"hasNextPage": True, "hasPreviousPage": False})

    page = asked(exchange, authority, query, first=2, after=after).get_json()["data"]["memberConduct"]
    assert [node["memberId"] for node in page["nodes"]] == ["quiet-bank"]
    del page["pageInfo"]["endCursor"]
    assert (page["totalCount"], page["pageInfo"]) == (3, {"hasNextPage": False, "hasPreviousPage": True})


@pytest.mark.parametrize("page", [{"first": 0}, {"first": 101}, {"first": 1, "after": "\u20ac"}])
def test_a_page_of_no_size_or_of_another_list_is_not_taken(
    exchange: Exchange, authority: Bank, bank: Bank, page: dict[str, Any]
) -> None:
    query = """query ($from: DateTime!, $until: DateTime!, $first: Int!, $after: String) {
      memberConduct(from: $from, until: $until, first: $first, after: $after) { totalCount } }"""
    assert error_of(asked(exchange, authority, query, **page))["extensions"]["code"] == "BAD_USER_INPUT"
    assert "conduct_viewed" not in acts(exchange)


@pytest.mark.parametrize("query", [RECONCILIATION, CONDUCT], ids=["reconciliation", "conduct"])
def test_a_bank_is_refused_told_nothing_and_logged(exchange: Exchange, bank: Bank, query: str) -> None:
    error = error_of(asked(exchange, bank, query))
    assert error["extensions"]["code"] == "NOT_A_REGULATOR"
    assert acts(exchange).count("caller_refused") == 1
    assert not {"reconciled", "conduct_viewed"} & set(acts(exchange))


def test_an_authority_without_the_scope_is_refused(exchange: Exchange, bank: Bank) -> None:
    opener = exchange.authority("opening-office", scopes=frozenset({Scope.AUDIT_OPEN}))
    opener.fetch_token("audit:open")
    assert error_of(asked(exchange, opener, RECONCILIATION))["extensions"]["code"] == "SCOPE_MISSING"
    assert "reconciled" not in acts(exchange)


def test_a_period_that_is_none_is_a_bad_request(exchange: Exchange, authority: Bank, bank: Bank) -> None:
    answer = asked(exchange, authority, RECONCILIATION, until="2020-01-01T00:00:00+00:00")
    assert error_of(answer)["extensions"]["code"] == "PERIOD_NOT_VALID"
