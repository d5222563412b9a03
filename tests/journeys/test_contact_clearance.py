"""Leave to contact a borrower: decided by the pack in force, kept, logged, signed; and what speaks against it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from clearing import CLEARING, ask, clear, clearances, clearer, reasons, send_clearance, wait
from factories import ALICE, BOB, NOBODY_WE_KNOW, Bank, Exchange
from noun_rows import add_noun
from reporting import MANDATE, agency, codes, entry_count, error_code, payload, report, report_account, send
from sqlalchemy import insert, update
from traces import entries

from consent.contact_facts import from_facts
from consent.policy.load import load_pack
from exchange.audit.signed_words import read_claims
from exchange.clock import new_id
from exchange.handover import NOBODY
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.request_clearance import CLEARANCE_TYPE
from exchange.store.contact_wishes import add_wish, end_wish
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_clearance
from exchange.store.tables.dispute import dispute
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.subject import subject
from schema.vocabulary.contact import WishKind
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.record_kind import RecordKind
from schema.vocabulary.scope import Scope

STILL = "cn.exchange.standstill"
REMINDER = {"stage": "REMINDER", "channel": "SMS"}


@pytest.fixture
def alice(exchange: Exchange) -> Any:
    """Alice's file."""
    return exchange.borrower()


@pytest.fixture
def bank(exchange: Exchange, alice: Any) -> Bank:
    """A bank with an account of Alice's that is late; she was reminded."""
    bank = clearer(exchange)
    report_account(bank)
    debt = account_key(exchange)
    late(exchange, 45)
    add_noun(exchange, collection_action, alice, bank.member_id, account_keys=[debt], stage="REMINDER", channel="SMS",
             result="LEFT_MESSAGE", contact=None, contact_token=None)  # fmt: skip
    return bank


def account_key(exchange: Exchange) -> Any:
    with exchange.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT account_key FROM account LIMIT 1").scalar_one()


def late(exchange: Exchange, days: int) -> None:
    with exchange.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE account SET days_past_due = {days}, state = 'OVERDUE'")


def an_agency(exchange: Exchange, bank: Bank, member_id: str = "agency-a", **mandate: Any) -> tuple[Bank, str]:
    """An agency and the id of its mandate."""
    collector = agency(exchange, member_id, scopes=CLEARING)
    given = {**MANDATE, "agency": member_id, "reference": f"M-{member_id}", **mandate}
    told = payload(send(bank, "recordMandate", mandate=("MandateInput!", given)))
    assert told["userErrors"] == []
    return collector, told["recordId"]


def say(exchange: Exchange, borrower: Any, **values: Any) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == borrower).values(**values))


def test_leave_is_given_kept_and_logged_and_what_is_signed_says_the_same(exchange: Exchange, bank: Bank) -> None:
    before, now = entry_count(exchange), exchange.clock.now()
    told = clear(bank)
    assert told["granted"]
    assert datetime.fromisoformat(told["expiresAt"]) == now + timedelta(minutes=15)
    assert (told["reasons"], told["againAt"], told["usedAt"]) == ([], None, None)
    assert STILL in told["rules"]
    assert told["pack"] == load_pack("cn").version
    assert {count["rule"]: count["counted"] for count in told["counts"]} == {
        "cn.gbt45251.interactive": 0, "cn.cba.attempts": 0
    }  # fmt: skip
    (row,) = clearances(exchange)
    assert (str(row["clearance_id"]), row["granted"], row["actor"], row["lender"]) == (
        told["id"], True, bank.member_id, bank.member_id,
    )  # fmt: skip
    assert row["used_at"] is None
    assert entry_count(exchange) == before + 1
    entry = entries(exchange)[-1]
    assert entry.subject_key == row["subject_key"]
    assert {name: entry.fields[name] for name in ("act", "clearance", "granted", "member", "channel", "target")} == {
        "act": "contact_cleared", "clearance": told["id"], "granted": True, "member": bank.member_id,
        "channel": "VOICE_HUMAN", "target": "DEBTOR",
    }  # fmt: skip
    signing = exchange.services.signing
    claims = read_claims(told["signed"], CLEARANCE_TYPE, {signing.kid: signing.key.public_key()})
    assert (claims["jti"], claims["aud"], claims["granted"]) == (told["id"], bank.member_id, True)
    assert (claims["leaf"], claims["pack"], claims["rules"]) == (told["leafHash"], told["pack"], told["rules"])
    assert claims["exp"] == int(row["expires_at"].timestamp())


def test_neither_the_number_nor_its_token_stands_in_what_is_kept_to_decide_again(
    exchange: Exchange, bank: Bank
) -> None:
    clear(bank)
    wait(exchange, bank, minutes=20)
    clear(bank, contact="+8613900139000")
    rows = clearances(exchange)
    kept = repr([row["facts"] for row in rows]) + repr(entries(exchange)[-1].fields)
    for row in rows:
        assert bytes(row["contact_token"]).hex() not in kept
    assert "13800138000" not in kept
    assert "+8613900139000" not in kept


def test_facts_decide_the_same_again(exchange: Exchange, bank: Bank) -> None:
    clear(bank)
    clear(bank, contact="+8613900139000")
    with exchange.engine.begin() as connection:
        connection.execute(update(repayment_plan).values(state="ACTIVE"))
    wait(exchange, bank, hours=9)
    clear(bank)
    for row in clearances(exchange):
        again = from_facts(row["facts"]).decide(load_pack("cn"))
        assert list(again.rules) == row["rules"]
        assert [[count.rule, count.counted, count.limit] for count in again.counts] == row["counts"]
        assert [reason.code for reason in getattr(again, "reasons", ())] == row["reasons"]


def test_at_night_leave_is_denied_until_the_morning_and_the_denial_is_kept_and_logged(
    exchange: Exchange, bank: Bank
) -> None:
    wait(exchange, bank, hours=6)  # 22:00 in Shanghai
    for _ in range(2):
        told = clear(bank)
        assert not told["granted"]
        assert reasons(told) == {("CONTACT_QUIET_HOURS", "cn.gbt45251.hours"), ("CONTACT_QUIET_HOURS", "cn.cba.hours")}
        assert datetime.fromisoformat(told["againAt"]) == datetime(2026, 6, 2, 0, tzinfo=UTC)
        assert told["expiresAt"] is None
    denied = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "contact_denied"]
    assert [(fields["granted"], set(fields["reasons"])) for fields in denied] == [(False, {"CONTACT_QUIET_HOURS"})] * 2
    assert [row["granted"] for row in clearances(exchange)] == [False, False]


def test_the_hours_are_those_of_the_debtors_own_clock(exchange: Exchange, bank: Bank, alice: Any) -> None:
    say(exchange, alice, time_zone="America/New_York")  # 04:00 there
    assert {code for code, _ in reasons(clear(bank))} == {"CONTACT_QUIET_HOURS"}


def test_agreed_hours_lift_the_night_until_they_are_taken_back(exchange: Exchange, bank: Bank, alice: Any) -> None:
    wait(exchange, bank, hours=6)
    with exchange.engine.begin() as connection:
        wish = add_wish(connection, alice, WishKind.AGREED_HOURS, bank.member_id, exchange.clock.now())
    assert clear(bank)["granted"]
    with exchange.engine.begin() as connection:
        end_wish(connection, alice, wish, exchange.clock.now())
    assert not clear(bank, contact="+8613900139000")["granted"]


@pytest.mark.parametrize(
    "how",
    [
        {"security_freeze": True}, {"deceased_on": date(2026, 1, 1)}, {"incapacity_since": date(2026, 1, 1)},
        {"vulnerability": "CARE"}, {"vulnerability": "CARE", "vulnerability_until": date(2026, 6, 1)},
    ],
)  # fmt: skip
def test_what_is_known_of_the_borrower_stands_against_contact(
    exchange: Exchange, bank: Bank, alice: Any, how: dict[str, Any]
) -> None:
    say(exchange, alice, **how)
    assert reasons(clear(bank)) == {("CONTACT_STANDS_STILL", STILL)}


def test_a_need_of_care_that_has_ended_stands_against_nothing(exchange: Exchange, bank: Bank, alice: Any) -> None:
    say(exchange, alice, vulnerability="CARE", vulnerability_until=date(2026, 5, 31))
    assert clear(bank)["granted"]


@pytest.mark.parametrize(("member", "denied"), [("harbour-bank", True), (None, True), ("other-bank", False)])
def test_a_stop_stands_for_its_lender_or_for_all(
    exchange: Exchange, bank: Bank, alice: Any, member: str | None, denied: bool
) -> None:
    with exchange.engine.begin() as connection:
        add_wish(connection, alice, WishKind.STOP, member, exchange.clock.now())
    assert clear(bank)["granted"] is not denied


@pytest.mark.parametrize(
    ("changes", "denied"),
    [
        ({}, True), ({"state": "ACCEPTED"}, True), ({"state": "PROPOSED"}, False), ({"state": "BROKEN"}, False),
        ({"stop_collection_until": date(2026, 6, 1)}, True), ({"stop_collection_until": date(2026, 5, 31)}, False),
        ({"withdrawn": True}, False), ({"superseded_at": datetime(2026, 5, 1, tzinfo=UTC)}, False),
        ({"account_keys": []}, False), ({"state": "COMPLETED", "ended_on": date(2026, 5, 1)}, True),
    ],
)  # fmt: skip
def test_a_plan_that_runs_about_the_debt_stands_against_contact(
    exchange: Exchange, bank: Bank, alice: Any, changes: dict[str, Any], denied: bool
) -> None:
    values = {"account_keys": [account_key(exchange)], **changes}
    add_noun(exchange, repayment_plan, alice, bank.member_id, **values)
    assert clear(bank)["granted"] is not denied


@pytest.mark.parametrize(
    ("changes", "denied"),
    [
        ({}, True), ({"closed_at": datetime(2026, 5, 30, tzinfo=UTC)}, False), ({"record_kind": "ASSESSMENT"}, False),
        ({"record_key": NOBODY}, False),
    ],
)  # fmt: skip
def test_an_open_dispute_about_the_debt_stands_against_contact(
    exchange: Exchange, bank: Bank, alice: Any, changes: dict[str, Any], denied: bool
) -> None:
    now = exchange.clock.now()
    values = {
        "subject_key": alice, "dispute_id": new_id(now), "kind": "PAID", "record_kind": "ACCOUNT",
        "record_key": account_key(exchange), "record_version": 1, "contributor": bank.member_id, "words": b"w",
        "evidence": [], "state": "MARKED", "filed_at": now, "pack_version": "1",
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(dispute).values(values | changes))
    assert clear(bank)["granted"] is not denied


@pytest.mark.parametrize(("kind", "status", "denied"), [("BANKRUPTCY", "OPEN", True), ("BANKRUPTCY", "ENDED", False),
                                                        ("JUDGMENT", "OPEN", False)])  # fmt: skip
def test_insolvency_stands_against_contact(
    exchange: Exchange, bank: Bank, alice: Any, kind: str, status: str, denied: bool
) -> None:
    add_noun(exchange, public_record, alice, bank.member_id, kind=kind, status=status)
    assert clear(bank)["granted"] is not denied


def test_a_lender_and_all_its_agencies_are_counted_together(exchange: Exchange, bank: Bank) -> None:
    one, first_mandate = an_agency(exchange, bank)
    two, second_mandate = an_agency(exchange, bank, "agency-b")
    for caller, mandate in ((bank, None), (one, first_mandate), (two, second_mandate)):
        assert clear(caller, mandateId=mandate)["granted"]
    for caller, mandate in ((bank, None), (one, first_mandate)):
        told = clear(caller, mandateId=mandate, contact="+8613900139000")
        assert reasons(told) == {("CONTACT_TOO_OFTEN", "cn.gbt45251.interactive")}
        assert [3, 3] in [[count["counted"], count["limit"]] for count in told["counts"]]
    assert clear(bank, channel="SMS")["granted"]
    wait(exchange, bank, one, two, minutes=15)  # contacts may still be recorded under the three
    assert not clear(bank)["granted"]
    wait(exchange, bank, one, two, minutes=60)  # unused, they come to nothing
    assert clear(bank)["granted"]


def test_one_dial_moves_three_counters(exchange: Exchange, bank: Bank) -> None:
    told = clear(bank, channel="VOICE_AI_INTERACTIVE")
    report(bank, RecordKind.COLLECTION_ACTION, clearanceId=told["id"], channel="VOICE_AI_INTERACTIVE",
           result="NO_ANSWER", startedAt=exchange.clock.now().isoformat())  # fmt: skip
    counted = {count["rule"]: count["counted"] for count in clear(bank)["counts"]}
    assert counted == {"cn.gbt45251.interactive": 0, "cn.cba.attempts": 1}
    report(bank, RecordKind.COLLECTION_ACTION, clearanceId=told["id"], channel="VOICE_AI_INTERACTIVE",
           result="EFFECTIVE", startedAt=exchange.clock.now().isoformat())  # fmt: skip
    counted = {count["rule"]: count["counted"] for count in clear(bank, contact="+86139")["counts"]}
    assert counted == {"cn.gbt45251.interactive": 2, "cn.cba.attempts": 0}


def test_a_contact_that_was_taken_back_still_counts(exchange: Exchange, bank: Bank) -> None:
    for number in range(3):
        report(bank, RecordKind.COLLECTION_ACTION, reference=f"C-{number}", result="EFFECTIVE",
               startedAt=exchange.clock.now().isoformat())  # fmt: skip
        send(bank, "withdrawRecord", subject=("SubjectInput!", {"idType": ALICE.id_type, "country": "CN",
             "idNumber": ALICE.id_number}), kind=("RecordKind!", "COLLECTION_ACTION"),
             reference=("String!", f"C-{number}"), reason=("CorrectionReason!", "FURNISHER_ERROR"))  # fmt: skip
    assert reasons(clear(bank)) == {("CONTACT_TOO_OFTEN", "cn.gbt45251.interactive")}


def test_the_same_question_again_is_given_the_same_clearance_while_it_is_open(exchange: Exchange, bank: Bank) -> None:
    first = clear(bank)
    before = entry_count(exchange)
    wait(exchange, bank, minutes=5)
    assert clear(bank) == first
    assert clear(bank, contact="0086 (138) 0013.8000") == first
    assert len(clearances(exchange)) == 1
    assert entry_count(exchange) == before
    wait(exchange, bank, minutes=10)
    assert clear(bank)["id"] != first["id"]


def test_a_stop_denies_the_same_question_although_its_clearance_is_open(
    exchange: Exchange, bank: Bank, alice: Any
) -> None:
    assert clear(bank)["granted"]
    with exchange.engine.begin() as connection:
        add_wish(connection, alice, WishKind.STOP, None, exchange.clock.now())
    assert not clear(bank)["granted"]
    assert sorted(row["granted"] for row in clearances(exchange)) == [False, True]


def test_a_mutation_that_is_sent_again_is_answered_again(exchange: Exchange, bank: Bank) -> None:
    first = send_clearance(bank, headers={"Idempotency-Key": "k-1"})
    again = send_clearance(bank, headers={"Idempotency-Key": "k-1"})
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"]
    assert len(clearances(exchange)) == 1


def test_third_persons_only_after_three_failures_and_never_once_they_refused(exchange: Exchange, bank: Bank) -> None:
    third = {"target": "THIRD_RELATED", "contact": "+8613700137000"}
    denied = {("CONTACT_THIRD_PERSON", "cn.gbt45251.contacts"), ("CONTACT_THIRD_PERSON", "cn.cba.contacts")}
    for number in range(3):
        assert reasons(clear(bank, **third)) == denied
        dial(exchange, bank, f"C-{number}", "NO_ANSWER")
    assert clear(bank, **third)["granted"]
    dial(exchange, bank, "C-3", "CONNECTED")
    assert reasons(clear(bank, **{**third, "contact": "+8613700137001"})) == denied
    for number in range(4, 7):
        dial(exchange, bank, f"C-{number}", "NO_ANSWER")
    dial(exchange, bank, "C-7", "REFUSED", **third)
    told = clear(bank, **{**third, "contact": "+86 137-0013-7000"})
    assert {code for code, _ in reasons(told)} == {"CONTACT_NUMBER_REFUSED"}
    assert clear(bank, **{**third, "contact": "+8613700137001"})["granted"]


def test_third_persons_where_every_number_turned_out_not_to_be_one(exchange: Exchange, bank: Bank) -> None:
    third = {"target": "THIRD_RELATED", "contact": "+8613700137000"}
    dial(exchange, bank, "C-1", "INVALID_NUMBER")
    assert clear(bank, **third)["granted"]
    dial(exchange, bank, "C-2", "CONNECTED", contact="+8613600136000")
    assert {code for code, _ in reasons(clear(bank, **third))} == {"CONTACT_THIRD_PERSON"}


def dial(exchange: Exchange, bank: Bank, reference: str, result: str, **changes: Any) -> None:
    """A call, recorded a minute later."""
    told = report(bank, RecordKind.COLLECTION_ACTION, reference=reference, result=result,
                  startedAt=exchange.clock.now().isoformat(), **changes)  # fmt: skip
    assert told["changed"], told
    wait(exchange, bank, minutes=1)


def test_a_stage_comes_after_its_day_and_after_the_one_before(exchange: Exchange, bank: Bank) -> None:
    assert reasons(clear(bank, stage="VISIT", channel="VISIT")) == {("CONTACT_STAGE_ORDER", "cn.exchange.stage.visit")}
    late(exchange, 0)
    assert reasons(clear(bank)) == {("CONTACT_STAGE_TOO_EARLY", "cn.exchange.stage.phone")}


def test_an_agency_needs_a_mandate_in_force_that_allows_the_channel_and_covers_the_accounts(
    exchange: Exchange, bank: Bank
) -> None:
    collector, mandate = an_agency(exchange, bank, portfolio=None, accountReferences=["R-1"], channels=["VOICE_HUMAN"])
    report_account(bank, reference="R-2")
    other, _ = an_agency(exchange, bank, "agency-b")
    wrong: list[tuple[Bank, dict[str, Any], set[tuple[str, ...]]]] = [
        (collector, {}, {("action", "mandateId", "MANDATE_MISSING"),
                         ("action", "accountReferences", "ACCOUNT_NOT_YOURS")}),
        (collector, {"mandateId": str(NOBODY)}, {("action", "mandateId", "MANDATE_NOT_IN_FORCE"),
                                                 ("action", "accountReferences", "ACCOUNT_NOT_YOURS")}),
        (other, {"mandateId": mandate}, {("action", "mandateId", "MANDATE_NOT_IN_FORCE"),
                                         ("action", "accountReferences", "ACCOUNT_NOT_YOURS")}),
        (collector, {"mandateId": mandate, "channel": "SMS"}, {("action", "channel", "CHANNEL_NOT_MANDATED")}),
        (collector, {"mandateId": mandate, "accountReferences": ["R-2"]},
         {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}),
        (bank, {"mandateId": mandate}, {("action", "mandateId", "MANDATE_NOT_WANTED")}),
    ]  # fmt: skip
    for caller, changes, expected in wrong:
        told = ask(caller, **changes)
        assert told["clearance"] is None
        assert {(*error["path"], error["code"]) for error in told["userErrors"]} == expected
    assert clearances(exchange) == []
    assert clear(collector, mandateId=mandate)["lender"] == bank.member_id
    send(bank, "endMandate", reference=("String!", "M-agency-a"))
    wait(exchange, collector, days=1)
    ended = ask(collector, mandateId=mandate)
    assert ("action", "mandateId", "MANDATE_NOT_IN_FORCE") in {
        (*error["path"], error["code"]) for error in ended["userErrors"]
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contact": None}, {("action", "contact", "FIELD_MISSING")}),
        ({"contact": " "}, {("action", "contact", "FIELD_MISSING")}),
        ({"contact": None, "channel": "LETTER", "target": "THIRD_RELATED"}, {("action", "contact", "FIELD_MISSING")}),
        ({"accountReferences": []}, {("action", "accountReferences", "ACCOUNT_MISSING")}),
        ({"accountReferences": ["nothing"]}, {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}),
        ({"contact": "+" + "1" * 999}, {("action", "contact", "TEXT_TOO_LONG")}),
        ({"contact": "138 0013 8000"}, {("action", "contact", "NUMBER_NOT_INTERNATIONAL")}),
        ({"contact": "138 0013 8000", "channel": "SMS"}, {("action", "contact", "NUMBER_NOT_INTERNATIONAL")}),
    ],
)
def test_a_question_with_a_fault_is_not_decided(
    exchange: Exchange, bank: Bank, changes: dict[str, Any], expected: set[tuple[str, ...]]
) -> None:
    before = entry_count(exchange)
    told = ask(bank, **changes)
    assert told["clearance"] is None
    assert {(*error["path"], error["code"]) for error in told["userErrors"]} == expected
    assert clearances(exchange) == []
    assert entry_count(exchange) == before


def test_a_letter_and_a_visit_need_no_number(exchange: Exchange, bank: Bank) -> None:
    assert clear(bank, channel="LETTER", contact=None)["granted"]


def test_accounts_are_the_borrowers_own(exchange: Exchange, bank: Bank) -> None:
    exchange.borrower(BOB, "李雷")
    told = ask(bank, borrower=BOB)
    assert codes({"changed": False, **told}) == {("action", "accountReferences", "ACCOUNT_NOT_YOURS")}


def test_a_member_that_has_nothing_to_do_with_somebody_finds_out_of_a_file_only_with_a_trace_in_it(
    exchange: Exchange, bank: Bank
) -> None:
    bob = exchange.borrower(BOB, "李雷")
    before = entry_count(exchange)
    ask(bank, borrower=BOB)
    assert entry_count(exchange) == before + 1
    last = entries(exchange)[-1]
    assert (last.subject_key, last.fields["act"], last.fields["granted"], last.fields["member"]) == (
        bob, "record_refused", False, bank.member_id,
    )  # fmt: skip
    assert last.fields["reasons"] == ["ACCOUNT_NOT_YOURS"]
    ask(bank, accountReferences=["R-9"])  # of its own borrower it learns nothing
    assert entry_count(exchange) == before + 1


def test_of_nobody_whom_we_know_nothing_is_decided_and_it_is_logged(exchange: Exchange, bank: Bank) -> None:
    before = entry_count(exchange)
    told = ask(bank, borrower=NOBODY_WE_KNOW)
    assert codes({"changed": False, **told}) == {("subject", "SUBJECT_UNKNOWN")}
    assert clearances(exchange) == []
    assert entry_count(exchange) == before + 1
    assert entries(exchange)[-1].fields["act"] == "record_refused"


def test_without_the_scope_or_standing_nothing_is_decided(exchange: Exchange, bank: Bank) -> None:
    bank.fetch_token("collection:write")
    assert error_code(send_clearance(bank)) == "SCOPE_MISSING"
    bank.fetch_token(Scope.CONTACT_CLEAR)
    change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
    assert error_code(send_clearance(bank)) == "MEMBER_NOT_ACTIVE"
    assert clearances(exchange) == []


PAGE = """query ($first: Int!, $after: String) { contactClearances(first: $first, after: $after) {
  edges { cursor node { id granted reasons { code message rule } usedAt signed } } pageInfo { hasNextPage } } }"""


def page(bank: Bank, first: int, after: str | None = None) -> dict[str, Any]:
    answer = bank.post({"query": PAGE, "variables": {"first": first, "after": after}})
    return dict(answer.get_json()["data"]["contactClearances"])


def test_members_read_their_own_clearances_the_newest_last(exchange: Exchange, bank: Bank) -> None:
    collector, mandate = an_agency(exchange, bank)
    asked = []
    for number in range(3):
        asked.append(clear(bank, contact=f"+861390013900{number}"))
        exchange.clock.instant += timedelta(seconds=1)
    theirs = clear(collector, mandateId=mandate)
    one = page(bank, 2)
    two = page(bank, 2, one["edges"][-1]["cursor"])
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (True, False)
    nodes = [edge["node"] for edge in (*one["edges"], *two["edges"])]
    assert [(node["id"], node["signed"]) for node in nodes] == [(told["id"], told["signed"]) for told in asked]
    (node,) = (edge["node"] for edge in page(collector, 9)["edges"])
    assert (node["id"], node["granted"], node["reasons"]) == (theirs["id"], False, theirs["reasons"])


@pytest.mark.parametrize("after", ["AAAA", "_" * 32])
def test_a_cursor_of_another_list_is_refused(exchange: Exchange, bank: Bank, after: str) -> None:
    answer = bank.post({"query": PAGE, "variables": {"first": 1, "after": after}})
    assert error_code(answer) == "BAD_USER_INPUT"


def test_a_clearance_is_kept_in_the_transaction_of_its_log_entry(exchange: Exchange, bank: Bank) -> None:
    """A proof that was used before leaves neither."""
    proof = bank.proof("/graphql")
    first = send_clearance(bank, headers={"DPoP": proof})
    assert first.get_json()["data"]["requestContactClearance"]["clearance"]["granted"]
    with exchange.engine.begin() as connection:
        connection.execute(contact_clearance.delete())
    before = entry_count(exchange)
    assert error_code(send_clearance(bank, headers={"DPoP": proof})) == "PROOF_REPLAYED"
    assert clearances(exchange) == []
    assert [entry.fields["act"] for entry in entries(exchange)[before:]] in ([], ["caller_refused"])
