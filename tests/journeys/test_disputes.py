"""Disputes: filed, marked, answered in each of the three ways, and everybody who had read what was wrong is told."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from disputing import ANSWERING, WORDS, answer, contest, later, listed, notices, own
from factories import BOB, Bank, Exchange, report_of
from noun_rows import NOUNS, add_noun
from reporting import lender, report_account
from sqlalchemy import Table, select
from traces import entries

from exchange.errors import BadRequest
from exchange.journeys.own_disputes import (
    Contested,
    check_dispute,
    file_dispute,
    list_own_disputes,
    own_dispute,
    withdraw_dispute,
)
from exchange.journeys.own_report import own_report
from exchange.journeys.own_words import SensitiveWords
from exchange.store.records import add_version
from exchange.store.running_clocks import clocks_about
from exchange.store.tables.account import account
from exchange.store.tables.collection import collection_action
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.public_record import public_record
from schema.vocabulary.account import ComplianceFlag
from schema.vocabulary.dispute import DisputedKind, DisputeKind, DisputeState
from schema.vocabulary.disputed_field import DisputedField
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.running_clock import ClockKind
from schema.vocabulary.scope import FieldClass, Scope

FLAGS = report_of("""accounts(first: 5) { nodes { complianceFlag } }
  delinquencies(first: 5) { nodes { id complianceFlag } } publicRecords(first: 5) { nodes { complianceFlag } }
  collectionActions(first: 5) { nodes { complianceFlag } } repaymentPlans(first: 5) { nodes { complianceFlag } }
  assessments(first: 5) { nodes { complianceFlag } }""")
AS_OF = """query ($subject: SubjectInput!, $purpose: Purpose!, $consentId: ID, $staff: StaffInput) {
  creditReport(subject: $subject, purpose: $purpose, consentId: $consentId, staff: $staff, asOf: "%s") {
    accounts(first: 5) { nodes { complianceFlag } } publicRecords(first: 5) { nodes { complianceFlag } }
    delinquencies(first: 5) { nodes { complianceFlag } } } }"""
PART_OF = {
    "public_record": "publicRecords", "collection_action": "collectionActions", "repayment_plan": "repaymentPlans",
    "assessment": "assessments",
}  # fmt: skip
READING = frozenset({
    Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.COLLECTION_READ, Scope.PLAN_READ, Scope.ASSESSMENT_READ
})  # fmt: skip


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    return exchange.borrower()


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A furnisher that may answer disputes."""
    return lender(exchange, scopes=ANSWERING)


def reader(exchange: Exchange, member_id: str = "river-bank") -> tuple[Bank, UUID]:
    """Another bank with a consent of Alice's to everything."""
    bank = exchange.bank(member_id, scopes=READING)
    bank.fetch_token(" ".join(sorted(READING)))
    return bank, exchange.consent(member_id)


def reported(exchange: Exchange, bank: Bank, **changes: Any) -> UUID:
    """The key of an account that the bank reported."""
    assert report_account(bank, **changes)["userErrors"] == []
    with exchange.engine.connect() as connection:
        return UUID(str(connection.scalar(select(account.c.account_key))))


def flags(bank: Bank, consent_id: UUID, part: str, query: str = FLAGS) -> list[str]:
    body = bank.ask(consent_id=consent_id, query=query).get_json()
    assert "errors" not in body, body
    return [node["complianceFlag"] for node in body["data"]["creditReport"][part]["nodes"]]


def stored(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(dispute).order_by(dispute.c.dispute_id)))


def states(exchange: Exchange) -> list[str]:
    return [row.state for row in stored(exchange)]


def acts(exchange: Exchange) -> list[str]:
    return [entry.fields["act"] for entry in entries(exchange)]


def test_a_filed_dispute_marks_the_record_starts_both_clocks_and_tells_both_sides(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    key = reported(exchange, bank)
    other, consent_id = reader(exchange)
    assert flags(other, consent_id, "accounts") == ["NONE"]
    dispute_id = contest(exchange, alice, key, field=DisputedField.BALANCE, evidence=[b"e" * 32])
    (row,) = stored(exchange)
    assert (row.state, row.record_version, row.contributor, row.field) == (
        "WITH_FURNISHER", 1, "harbour-bank", "BALANCE"
    )  # fmt: skip
    assert row.filed_at == row.marked_at == exchange.clock.now() and row.closed_at is None
    assert WORDS.encode() not in bytes(row.words)
    assert flags(other, consent_id, "accounts") == ["DISPUTED"]
    assert own_report(exchange.services, own(alice)).accounts[0].compliance_flag is ComplianceFlag.DISPUTED
    with exchange.engine.connect() as connection:
        clocks = clocks_about(connection, alice, dispute_id)
    assert {clock.kind for clock in clocks} <= {ClockKind.DISPUTE_FURNISHER, ClockKind.DISPUTE_ANSWER}
    (answer_clock,) = [clock for clock in clocks if clock.kind is ClockKind.DISPUTE_ANSWER]
    assert answer_clock.due_at == exchange.clock.now() + timedelta(days=20)
    assert (answer_clock.member_id, answer_clock.met_at) == ("harbour-bank", None)
    told = notices(exchange, NoticeKind.DISPUTE_FILED)
    assert {row.recipient for row in told} == {None, "harbour-bank"}
    assert [row.due_at for row in told if row.recipient] == [min(clock.due_at for clock in clocks)]
    (entry,) = [entry for entry in entries(exchange) if entry.fields["act"] == "dispute_filed"]
    assert (entry.fields["dispute"], entry.fields["member"]) == (str(dispute_id), "harbour-bank")
    assert WORDS not in str(entry.fields)


def test_what_the_borrower_sees_of_it(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    key = reported(exchange, bank)
    dispute_id = contest(exchange, alice, key, evidence=[b"e" * 32])
    (listed_one,) = list_own_disputes(exchange.services, own(alice))
    seen = own_dispute(exchange.services, own(alice), dispute_id)
    assert seen == listed_one
    assert (seen.words, seen.furnisher, seen.is_open, seen.answer, seen.told) == (
        WORDS, "Harbour-Bank", True, None, ()
    )  # fmt: skip
    assert seen.evidence == ((b"e" * 32).hex(),)
    stranger = exchange.borrower(BOB)
    assert list_own_disputes(exchange.services, own(stranger)) == ()
    with pytest.raises(BadRequest, match="no such dispute"):
        own_dispute(exchange.services, own(stranger), dispute_id)


def test_a_second_dispute_of_the_same_kind_about_the_same_record_is_refused_while_one_is_open(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    key = reported(exchange, bank)
    first = contest(exchange, alice, key)
    with pytest.raises(BadRequest) as refused:
        contest(exchange, alice, key)
    assert refused.value.stable_code == "DISPUTE_OPEN"
    contest(exchange, alice, key, kind=DisputeKind.NOT_MINE)
    assert len(stored(exchange)) == 2
    withdraw_dispute(exchange.services, own(alice), first)
    contest(exchange, alice, key)
    assert sorted(states(exchange)) == ["WITHDRAWN", "WITH_FURNISHER", "WITH_FURNISHER"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"record_key": uuid4()}, "RECORD_NOT_FOUND"),
        ({"record_kind": DisputedKind.PUBLIC_RECORD}, "RECORD_NOT_FOUND"),
        ({"field": DisputedField.SCORE}, "FIELD_NOT_OF_RECORD"),
        ({"words": "  "}, "STATEMENT_EMPTY"),
        ({"words": "x" * 1_001}, "STATEMENT_TOO_LONG"),
        ({"evidence": [b"short"]}, "EVIDENCE_NOT_VALID"),
        ({"evidence": [b"e" * 32] * 6}, "EVIDENCE_NOT_VALID"),
        ({"words": "I was in hospital with cancer."}, "STATEMENT_SENSITIVE"),
    ],
)
def test_what_cannot_be_contested_so_is_refused_and_nothing_is_kept(
    exchange: Exchange, alice: UUID, bank: Bank, changes: dict[str, Any], code: str
) -> None:
    key = reported(exchange, bank)
    before = acts(exchange)
    good = {
        "record_kind": DisputedKind.ACCOUNT, "record_key": key, "kind": DisputeKind.PAID, "field": None, "words": WORDS
    }  # fmt: skip
    for way in (check_dispute, file_dispute):
        with pytest.raises(BadRequest) as refused:
            way(exchange.services, own(alice), Contested(**(good | changes)))
        assert refused.value.stable_code == code
    assert (stored(exchange), acts(exchange), notices(exchange, NoticeKind.DISPUTE_FILED)) == ([], before, [])


def test_flagged_words_are_kept_once_the_borrower_confirms_them(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    key = reported(exchange, bank)
    words = "The hospital bill was paid, not by me: cancer was the name of the shop."
    with pytest.raises(SensitiveWords):
        contest(exchange, alice, key, words=words)
    contest(exchange, alice, key, words=words, keep_words=True)
    assert list_own_disputes(exchange.services, own(alice))[0].words == words


@pytest.mark.parametrize("table", list(NOUNS), ids=lambda table: table.name)
def test_a_record_of_any_kind_is_marked_while_it_is_contested(exchange: Exchange, alice: UUID, table: Table) -> None:
    exchange.bank(scopes=ANSWERING)
    key = add_noun(exchange, table, alice, "harbour-bank")
    other, consent_id = reader(exchange)
    part = PART_OF[table.name]
    assert flags(other, consent_id, part) == ["NONE"]
    dispute_id = contest(exchange, alice, key, DisputedKind(table.name.upper()))
    assert flags(other, consent_id, part) == ["DISPUTED"]
    own_part = {"public_record": "public_records", "collection_action": "collection_actions",
                "repayment_plan": "repayment_plans", "assessment": "assessments"}[table.name]  # fmt: skip
    (mine,) = getattr(own_report(exchange.services, own(alice)), own_part)
    assert mine.compliance_flag is ComplianceFlag.DISPUTED
    withdraw_dispute(exchange.services, own(alice), dispute_id)
    assert flags(other, consent_id, part) == ["NONE"]


def test_the_mark_outlives_the_furnishers_next_report_and_is_none_of_its_versions(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    late = [{"firstDelinquentOn": "2026-04-01", "priorNoticeSentAt": "2026-03-20T10:00:00+08:00"}]
    months = [{"month": "2026-05-01", "status": "OVERDUE_31_60"}, {"month": "2026-04-01", "status": "OVERDUE_1_30"}]
    key = reported(exchange, bank, months=months, delinquencies=late, state="OVERDUE", daysPastDue=45, pastDueMinor=900)
    with exchange.engine.connect() as connection:
        behind = connection.scalar(select(delinquency.c.delinquency_key))
    other, consent_id = reader(exchange)
    contest(exchange, alice, key)
    contest(exchange, alice, behind, DisputedKind.DELINQUENCY, field=DisputedField.PEAK_DAYS_PAST_DUE)
    assert flags(other, consent_id, "delinquencies") == ["DISPUTED"]
    later(exchange, bank, other, days=30)
    more = [{"month": "2026-06-01", "status": "OVERDUE_61_90"}, *months]
    told = report_account(
        bank, months=more, delinquencies=late, state="OVERDUE", daysPastDue=75, pastDueMinor=1_200,
        reportedOn="2026-06-30",
    )  # fmt: skip
    assert told["changed"] and told["version"] == 2, told
    assert flags(other, consent_id, "accounts") == ["DISPUTED"]
    assert flags(other, consent_id, "delinquencies") == ["DISPUTED"]
    with exchange.engine.connect() as connection:
        assert connection.execute(select(account.c.compliance_flag, account.c.dispute_mark)).all() == [
            ("NONE", "DISPUTED")
        ]


def test_a_report_of_the_past_says_what_was_contested_then(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    key = reported(exchange, bank)
    court = add_noun(exchange, public_record, alice, "harbour-bank", kind="JUDGMENT", ended_on=None)
    other, consent_id = reader(exchange)
    before = exchange.clock.now() + timedelta(seconds=1)
    later(exchange, bank, other, days=2)
    dispute_id = contest(exchange, alice, key)
    contested = exchange.clock.now() + timedelta(seconds=1)
    later(exchange, bank, other, days=2)

    def then(at: Any, part: str = "accounts") -> list[str]:
        return flags(other, consent_id, part, AS_OF % at.isoformat())

    assert (then(before), then(contested)) == (["DISPUTED"], ["DISPUTED"])  # Readers know that it is contested today.
    assert answer(bank, dispute_id, "MARK_REMOVED", "The payment was for another loan.")["userErrors"] == []
    answered = exchange.clock.now() + timedelta(seconds=1)
    later(exchange, bank, other, days=2)
    assert (then(before), then(contested), then(answered)) == (["NONE"], ["DISPUTED"], ["NONE"])
    second = contest(exchange, alice, court, DisputedKind.PUBLIC_RECORD)
    later(exchange, bank, other, days=1)
    assert answer(bank, second, "UNVERIFIABLE_RECORDED", "The file is lost.")["userErrors"] == []
    later(exchange, bank, other, days=1)
    assert then(contested, "publicRecords") == ["NONE"]
    assert then(exchange.clock.now() - timedelta(hours=1), "publicRecords") == ["UNVERIFIABLE"]
    assert flags(other, consent_id, "publicRecords") == ["UNVERIFIABLE"]


def test_the_furnisher_reads_its_own_disputes_and_each_reading_is_logged(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    key = reported(exchange, bank)
    first = contest(exchange, alice, key, evidence=[b"e" * 32])
    later(exchange, bank, hours=1)
    second = contest(exchange, alice, key, kind=DisputeKind.NOT_MINE)
    stranger = lender(exchange, "river-bank", scopes=ANSWERING)
    assert (listed(stranger)["totalCount"], listed(stranger)["nodes"]) == (0, [])
    assert "dispute_read" not in acts(exchange)
    page = listed(bank, first=1)
    (node,) = page["nodes"]
    assert (node["id"], node["words"], node["reference"], node["recordId"]) == (str(first), WORDS, "R-1", str(key))
    assert (node["evidence"], node["state"], node["kind"]) == ([(b"e" * 32).hex()], "WITH_FURNISHER", "PAID")
    assert node["answerBy"] and page["totalCount"] == 2 and page["pageInfo"]["hasNextPage"]
    rest = listed(bank, first=1, after=page["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["nodes"]] == [str(second)]
    read = [entry for entry in entries(exchange) if entry.fields["act"] == "dispute_read"]
    assert [entry.fields["dispute"] for entry in read] == [str(first), str(second)]
    assert {entry.fields["member"] for entry in read} == {"harbour-bank"}
    answer(bank, first, "MARK_REMOVED", "It is right.")
    assert [node["id"] for node in listed(bank, open=True)["nodes"]] == [str(second)]
    assert [node["id"] for node in listed(bank, open=False)["nodes"]] == [str(first)]


def test_without_its_scope_nobody_reads_or_answers(exchange: Exchange, alice: UUID) -> None:
    bank = lender(exchange)
    dispute_id = contest(exchange, alice, reported(exchange, bank))
    for body in (
        {"query": "{ disputes(first: 1) { totalCount } }"},
        {"query": f'mutation {{ answerDispute(disputeId: "{dispute_id}", outcome: MARK_REMOVED, words: "x") '
                  "{ userErrors { code } } }"},
    ):  # fmt: skip
        (error,) = bank.post(body).get_json()["errors"]
        assert "SCOPE_MISSING" in str(error)
    assert states(exchange) == ["WITH_FURNISHER"]


@pytest.mark.parametrize(("outcome", "flag"), [("MARK_REMOVED", "NONE"), ("UNVERIFIABLE_RECORDED", "UNVERIFIABLE")])
def test_an_answer_in_words_closes_the_dispute_stops_its_clocks_and_tells_the_borrower(
    exchange: Exchange, alice: UUID, bank: Bank, outcome: str, flag: str
) -> None:
    key = reported(exchange, bank)
    other, consent_id = reader(exchange)
    flags(other, consent_id, "accounts")
    dispute_id = contest(exchange, alice, key)
    later(exchange, bank, other, days=3)
    assert answer(bank, dispute_id, outcome)["userErrors"] == [{"path": ["words"], "code": "ANSWER_EMPTY"}]
    assert states(exchange) == ["WITH_FURNISHER"]
    told = answer(bank, dispute_id, outcome, "The money never came.")
    assert told["userErrors"] == [] and told["dispute"]["state"] == outcome
    seen = own_dispute(exchange.services, own(alice), dispute_id)
    assert (seen.state, seen.answer, seen.is_open) == (DisputeState(outcome), "The money never came.", False)
    assert all(clock.met_at == exchange.clock.now() for clock in seen.clocks)
    assert flags(other, consent_id, "accounts") == [flag]
    assert [row.recipient for row in notices(exchange, NoticeKind.DISPUTE_CLOSED)] == [None]
    assert notices(exchange, NoticeKind.RECORD_CORRECTED) == []
    assert all(row.answered_at for row in notices(exchange, NoticeKind.DISPUTE_FILED) if row.recipient)
    assert b"never came" not in bytes(stored(exchange)[0].answer)


def test_the_same_answer_again_changes_nothing_and_another_is_refused(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    dispute_id = contest(exchange, alice, reported(exchange, bank))
    answer(bank, dispute_id, "MARK_REMOVED", "It is right.")
    before, rows = acts(exchange), stored(exchange)
    assert answer(bank, dispute_id, "MARK_REMOVED", "It is right.")["userErrors"] == []
    for outcome, words in (("MARK_REMOVED", "Other words."), ("UNVERIFIABLE_RECORDED", "It is right.")):
        told = answer(bank, dispute_id, outcome, words)
        assert told["userErrors"] == [{"path": ["disputeId"], "code": "DISPUTE_CLOSED"}]
    assert (acts(exchange), stored(exchange)) == (before, rows)
    assert len(notices(exchange, NoticeKind.DISPUTE_CLOSED)) == 1


def test_a_dispute_of_another_furnisher_is_not_found(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    dispute_id = contest(exchange, alice, reported(exchange, bank))
    stranger = lender(exchange, "river-bank", scopes=ANSWERING)
    for unknown in (dispute_id, uuid4()):
        told = answer(stranger, unknown, "MARK_REMOVED", "Not ours.")
        assert told == {"dispute": None, "userErrors": [{"path": ["disputeId"], "code": "DISPUTE_NOT_FOUND"}]}
    assert states(exchange) == ["WITH_FURNISHER"]


def test_a_taken_back_dispute_takes_the_mark_away_and_nobody_has_to_answer(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    key = reported(exchange, bank)
    other, consent_id = reader(exchange)
    dispute_id = contest(exchange, alice, key)
    withdraw_dispute(exchange.services, own(alice), dispute_id)
    assert flags(other, consent_id, "accounts") == ["NONE"]
    seen = own_dispute(exchange.services, own(alice), dispute_id)
    assert seen.state is DisputeState.WITHDRAWN and all(clock.met_at for clock in seen.clocks)
    assert [row.recipient for row in notices(exchange, NoticeKind.DISPUTE_CLOSED)] == ["harbour-bank"]
    with pytest.raises(BadRequest) as refused:
        withdraw_dispute(exchange.services, own(alice), dispute_id)
    assert refused.value.stable_code == "DISPUTE_CLOSED"
    told = answer(bank, dispute_id, "MARK_REMOVED", "It is right.")
    assert [error["code"] for error in told["userErrors"]] == ["DISPUTE_CLOSED"]


def test_corrected_is_taken_only_once_the_record_was_put_right(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    key = reported(exchange, bank)
    dispute_id = contest(exchange, alice, key, field=DisputedField.BALANCE)
    not_corrected = [{"path": ["outcome"], "code": "DISPUTE_NOT_CORRECTED"}]
    later(exchange, bank, days=1)
    assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == not_corrected
    report_account(bank, reportedOn="2026-06-01", lastPaymentMinor=7)
    assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == not_corrected  # It still says the same balance.
    later(exchange, bank, days=1)
    report_account(bank, reportedOn="2026-06-02", lastPaymentMinor=7, balanceMinor=1)
    assert answer(bank, dispute_id, "CORRECTED", version=2)["userErrors"] == not_corrected
    assert states(exchange) == ["WITH_FURNISHER"]
    told = answer(bank, dispute_id, "CORRECTED", version=3)
    assert told["userErrors"] == []
    assert (told["dispute"]["state"], told["dispute"]["correctedVersion"]) == ("CORRECTED", 3)


def test_a_record_that_was_taken_back_is_corrected(exchange: Exchange, alice: UUID, bank: Bank) -> None:
    key = reported(exchange, bank)
    other, consent_id = reader(exchange)
    flags(other, consent_id, "accounts")
    dispute_id = contest(exchange, alice, key, kind=DisputeKind.NOT_MINE)
    later(exchange, bank, days=1)
    bank.post({"query": 'mutation { withdrawAccount(reference: "R-1", withdrawal: DELETED) { userErrors { code } } }'})
    assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == []
    assert [row.recipient for row in notices(exchange, NoticeKind.RECORD_CORRECTED)] == ["river-bank"]
    assert own_dispute(exchange.services, own(alice), dispute_id).standing is None


def test_a_delinquency_is_corrected_by_its_next_version_under_another_key(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    months = [{"month": "2026-05-01", "status": "OVERDUE_1_30"}]
    told = {"firstDelinquentOn": "2026-05-10", "priorNoticeSentAt": "2026-05-12T00:00:00Z", "reason": "LIQUIDITY"}
    late = {"months": months, "state": "OVERDUE", "daysPastDue": 20, "pastDueMinor": 900}
    reported(exchange, bank, delinquencies=[told], **late)
    with exchange.engine.connect() as connection:
        behind = connection.scalar(select(delinquency.c.delinquency_key))
    other, consent_id = reader(exchange)
    assert flags(other, consent_id, "delinquencies") == ["NONE"]
    dispute_id = contest(exchange, alice, behind, DisputedKind.DELINQUENCY, field=DisputedField.REASON)
    (node,) = listed(bank)["nodes"]
    assert node["reference"] == "R-1"
    later(exchange, bank, other, days=1)
    not_corrected = [{"path": ["outcome"], "code": "DISPUTE_NOT_CORRECTED"}]
    assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == not_corrected
    changed = {**told, "reason": "DISASTER"}
    assert report_account(bank, delinquencies=[changed], **late)["changed"]
    assert flags(other, consent_id, "delinquencies") == ["DISPUTED"]
    assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == []
    assert flags(other, consent_id, "delinquencies") == ["NONE"]
    assert [row.recipient for row in notices(exchange, NoticeKind.RECORD_CORRECTED)] == ["river-bank"]


def test_every_member_that_read_what_was_wrong_is_told_exactly_once_and_no_other(
    exchange: Exchange, alice: UUID, bank: Bank
) -> None:
    court = add_noun(exchange, public_record, alice, "harbour-bank")  # Read, but not contested.
    early, early_consent = reader(exchange, "early-bank")
    flags(early, early_consent, "publicRecords")
    later(exchange, bank, days=1)
    key = reported(exchange, bank)  # From here the wrong balance is published.
    twice, twice_consent = reader(exchange, "twice-bank")
    flags(twice, twice_consent, "accounts")
    later(exchange, bank, twice, days=30)
    report_account(bank, reportedOn="2026-06-30", lastPaymentMinor=5)  # The next month still says it.
    once, once_consent = reader(exchange, "once-bank")
    flags(once, once_consent, "accounts")
    flags(twice, twice_consent, "accounts")
    narrow = exchange.bank("narrow-bank", scopes=READING)
    narrow.fetch_token(" ".join(sorted(READING)))
    part = exchange.consent("narrow-bank", field_classes=frozenset({FieldClass.PUBLIC_RECORDS}))
    flags(narrow, part, "publicRecords", report_of("publicRecords(first: 5) { nodes { complianceFlag } }"))
    refused, _ = reader(exchange, "refused-bank")
    refused.ask(consent_id=uuid4(), query=FLAGS)
    own_report(exchange.services, own(alice))
    dispute_id = contest(exchange, alice, key, field=DisputedField.BALANCE)
    later(exchange, bank, once, days=2)
    report_account(bank, reportedOn="2026-07-01", lastPaymentMinor=5, balanceMinor=1)
    after, after_consent = reader(exchange, "after-bank")
    flags(after, after_consent, "accounts")
    for _ in range(2):
        assert answer(bank, dispute_id, "CORRECTED")["userErrors"] == []
    told = notices(exchange, NoticeKind.RECORD_CORRECTED)
    assert sorted(row.recipient for row in told) == ["once-bank", "twice-bank"]
    assert {row.about for row in told} == {dispute_id}
    seen = own_dispute(exchange.services, own(alice), dispute_id)
    assert sorted(name for name, _ in seen.told) == ["Once-Bank", "Twice-Bank"]
    (entry,) = [entry for entry in entries(exchange) if entry.fields["act"] == "dispute_answered"]
    assert (entry.fields["readers_told"], entry.fields["corrected_version"]) == (2, 3)
    assert court and "harbour-bank" not in {row.recipient for row in told}
    fetched = once.post({"query": "{ notices(first: 5) { nodes { kind signed } } }"}).get_json()
    assert "errors" not in fetched, fetched
    (notice,) = fetched["data"]["notices"]["nodes"]
    assert notice["kind"] == "RECORD_CORRECTED" and "harbour" not in _payload(notice["signed"])


def test_a_contested_contact_that_is_reported_anew_keeps_its_mark(exchange: Exchange, alice: UUID) -> None:
    exchange.bank(scopes=ANSWERING)
    key = add_noun(exchange, collection_action, alice, "harbour-bank")
    contest(exchange, alice, key, DisputedKind.COLLECTION_ACTION)
    with exchange.engine.begin() as connection:
        row = dict(connection.execute(select(collection_action)).mappings().one())
        add_version(connection, RecordKind.COLLECTION_ACTION, {**row, "version": 2, "dispute_mark": None})
        marks = connection.execute(
            select(collection_action.c.version, collection_action.c.dispute_mark).order_by(collection_action.c.version)
        ).all()
    assert marks == [(1, "DISPUTED"), (2, "DISPUTED")]


def _payload(signed: str) -> str:
    part = signed.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
