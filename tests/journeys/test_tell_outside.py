"""What goes out beside webhooks: messages to borrowers by the gateway, and word of a delinquency to other lenders."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from factories import ALICE, NOBODY_WE_KNOW, Bank, Exchange, SignedInBorrower
from joserfc import jws
from joserfc.jwk import OKPKey
from reporting import lender, named, payload, report_account
from sqlalchemy import select, update
from traces import entries

from consent.policy.load import load_pack
from consent.policy.resolve import access_alert_rule
from exchange.audit.signed_words import encode_url
from exchange.journeys.announce_report import STANDING_MAX
from exchange.journeys.deliver import Ways, deliver_once, deliver_until
from exchange.journeys.deliver_notices import ID_HEADER, SIGNATURE_HEADER, Sent
from exchange.journeys.manage_members import change_member_status
from exchange.journeys.message_words import message_text
from exchange.journeys.send_messages import queue_alerts, send_messages
from exchange.journeys.tell import tell_borrower
from exchange.journeys.tell_elsewhere import tell_elsewhere
from exchange.key_files import public_jwk
from exchange.store.tables.consent import consent
from exchange.store.tables.delinquency import delinquency as delinquency_table
from exchange.store.tables.notice import notice
from exchange.store.tables.outbox import borrower_message, delinquent_elsewhere
from exchange.store.tables.subject import subject
from exchange.web.language import LANGUAGES
from schema.vocabulary.member_class import MemberStatus
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope
from tests.journeys.test_report_account import LATE, TOLD

PHONE = "13800138000"
GATEWAY = "http://127.0.0.1:9/messages"


@dataclass
class Gateway:
    """Stands in for the operator's gateway."""

    status: int | None = 202
    taken: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        self.taken.append((url, headers, content))
        return self.status

    @property
    def messages(self) -> list[Any]:
        return [orjson.loads(content) for _, _, content in self.taken]


def half() -> float:
    return 0.5


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.services = replace(
        exchange.services, settings=replace(exchange.services.settings, borrower_gateway_url=GATEWAY)
    )
    return exchange.bank()


@pytest.fixture
def alice(exchange: Exchange, bank: Bank) -> UUID:
    key = exchange.borrower()
    exchange.account(key, bank.member_id)
    reach(exchange, key, phones=[PHONE])
    queue_alerts(exchange.services)
    return key


def reach(exchange: Exchange, key: UUID, **lists: list[str]) -> None:
    sealed = {
        name: exchange.ciphers[key].seal("subject", name, key.bytes, orjson.dumps(values))
        for name, values in lists.items()
    }
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == key).values(sealed))


def tell(exchange: Exchange, key: UUID) -> UUID:
    with exchange.services.transaction() as connection:
        return tell_borrower(exchange.services, connection, key, NoticeKind.NEGATIVE_REPORT_AHEAD, None, {})


def look(exchange: Exchange, bank: Bank, times: int = 1) -> None:
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    for _ in range(times):
        assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    exchange.later(minutes=1)


def waiting(exchange: Exchange) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(borrower_message).order_by(borrower_message.c.message_id)))


# Messages


def test_a_notice_is_sent_signed_and_names_neither_debt_nor_lender(
    exchange: Exchange, alice: UUID, gateway: Gateway
) -> None:
    tell(exchange, alice)
    assert send_messages(exchange.services, gateway, half) == Sent(done=1)
    assert send_messages(exchange.services, gateway, half) == Sent()
    ((url, headers, body),) = gateway.taken
    protected, empty, signature = headers[SIGNATURE_HEADER].split(".")
    key = OKPKey.import_key(public_jwk(exchange.services.signing))
    assert jws.deserialize_compact(f"{protected}.{encode_url(body).decode()}.{signature}", key, ["Ed25519"])
    said = orjson.loads(body)
    assert (url, empty, said["jti"]) == (GATEWAY, "", headers[ID_HEADER])
    assert (said["channel"], said["to"], said["language"]) == ("SMS", PHONE, "zh-Hans")
    assert said["text"] == message_text(NoticeKind.NEGATIVE_REPORT_AHEAD, "zh-Hans")[1]
    assert set(said) == {"iss", "jti", "iat", "language", "text", "channel", "to"}


def test_a_message_speaks_every_language_and_never_of_debts() -> None:
    for kind in NoticeKind:
        texts = {message_text(kind, language) for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES)
        assert not any(word in text.lower() for _, text in texts for word in ("debt", "late", "loan", "欠", "逾期"))
    assert message_text(NoticeKind.PLAN_OFFERED, "fr") == message_text(NoticeKind.PLAN_OFFERED, "en")


def test_an_address_is_used_where_there_is_no_telephone_and_nobody_is_guessed(
    exchange: Exchange, alice: UUID, gateway: Gateway
) -> None:
    reach(exchange, alice, phones=[], emails=["old@alice.example", "alice@alice.example"])
    tell(exchange, alice)
    send_messages(exchange.services, gateway, half)
    assert [(said["channel"], said["to"]) for said in gateway.messages] == [("EMAIL", "alice@alice.example")]
    reach(exchange, alice, emails=[])
    tell(exchange, alice)
    assert send_messages(exchange.services, gateway, half) == Sent()
    assert sorted(row.dead_at is not None for row in waiting(exchange)) == [False, True]
    assert len(gateway.taken) == 1


def test_a_telephone_is_stored_and_logged_nowhere(
    exchange: Exchange, alice: UUID, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.status = 500
    tell(exchange, alice)
    send_messages(exchange.services, gateway, half)
    assert PHONE in str(gateway.taken)
    assert PHONE not in str(waiting(exchange)) and PHONE not in caplog.text
    with exchange.engine.connect() as connection:
        assert PHONE.encode() not in b"".join(connection.scalars(select(notice.c.body)))


def test_a_message_is_not_sent_once_its_notice_was_seen(exchange: Exchange, alice: UUID, gateway: Gateway) -> None:
    tell(exchange, alice)
    with exchange.engine.begin() as connection:
        connection.execute(update(notice).values(seen_at=exchange.clock.now()))
    assert send_messages(exchange.services, gateway, half) == Sent()
    assert gateway.taken == []


def test_a_gateway_that_fails_is_asked_once_a_round_and_again_later(
    exchange: Exchange, alice: UUID, gateway: Gateway
) -> None:
    gateway.status = None
    for _ in range(3):
        tell(exchange, alice)
    assert send_messages(exchange.services, gateway, half) == Sent(failed=1)
    assert len(gateway.taken) == 1
    gateway.status = 200
    exchange.clock.instant += timedelta(minutes=1)
    assert send_messages(exchange.services, gateway, half) == Sent(done=3)


def test_without_a_gateway_nothing_is_queued(exchange: Exchange, gateway: Gateway) -> None:
    key = exchange.borrower()
    tell(exchange, key)
    done = deliver_once(exchange.services, Ways(gateway, gateway, half))
    assert (done.alerts, done.messages) == (0, Sent())
    assert waiting(exchange) == [] and gateway.taken == []


# Looks


def test_looks_are_told_once_a_day_and_not_lost(exchange: Exchange, bank: Bank, alice: UUID, gateway: Gateway) -> None:
    look(exchange, bank, times=3)
    assert (queue_alerts(exchange.services), queue_alerts(exchange.services)) == (1, 0)
    assert send_messages(exchange.services, gateway, half) == Sent(done=1)
    look(exchange, bank, times=2)
    assert queue_alerts(exchange.services) == 1
    look(exchange, bank)
    assert queue_alerts(exchange.services) == 0
    assert send_messages(exchange.services, gateway, half) == Sent()
    exchange.clock.instant += timedelta(hours=24)
    assert send_messages(exchange.services, gateway, half) == Sent(done=1)
    texts = {said["text"] for said in gateway.messages}
    assert texts == {message_text(NoticeKind.FILE_LOOKED_AT, "zh-Hans")[1]} and len(gateway.taken) == 2


def test_each_look_is_told_where_the_operator_says_so(
    exchange: Exchange, bank: Bank, alice: UUID, gateway: Gateway
) -> None:
    exchange.services = replace(exchange.services, settings=replace(exchange.services.settings, alert_hours=0))
    look(exchange, bank, times=3)
    assert queue_alerts(exchange.services) == 3
    assert send_messages(exchange.services, gateway, half) == Sent(done=3)


def test_each_look_is_told_where_the_law_says_so(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    assert access_alert_rule(exchange.services.pack, exchange.clock.now().date()) is None
    look(exchange, bank, times=3)
    exchange.services = replace(exchange.services, pack=load_pack("in"))
    assert queue_alerts(exchange.services) == 3


def test_a_refused_look_and_the_borrowers_own_send_no_message(exchange: Exchange, bank: Bank, alice: UUID) -> None:
    bank.ask(consent_id=None)
    exchange.clock.instant += timedelta(minutes=1)
    assert queue_alerts(exchange.services) == 0


def test_a_look_that_may_not_be_committed_yet_is_read_the_next_time(
    exchange: Exchange, bank: Bank, alice: UUID
) -> None:
    look(exchange, bank)
    exchange.clock.instant -= timedelta(minutes=1)
    assert queue_alerts(exchange.services) == 0
    exchange.clock.instant += timedelta(minutes=1)
    assert queue_alerts(exchange.services) == 1


# A delinquency elsewhere


WATCHING = frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ})


def watching(exchange: Exchange, member_id: str = "watching-bank", **changes: Any) -> Bank:
    """A lender with a consent of Alice's to look after a loan."""
    bank = exchange.bank(member_id, scopes=WATCHING)
    bank.fetch_token(" ".join(sorted(WATCHING)))
    exchange.consent(member_id, **{"purpose": Purpose.POST_LOAN, **changes})
    return bank


def notices_of(bank: Bank) -> list[Any]:
    query = "{ notices(first: 10) { nodes { kind consentId about facts { name value } } } }"
    return list(bank.post({"query": query}).get_json()["data"]["notices"]["nodes"])


def test_a_lender_with_a_consent_learns_the_fact_and_nothing_else(exchange: Exchange) -> None:
    exchange.borrower()
    watcher, reporter = watching(exchange), lender(exchange)
    assert report_account(reporter, **LATE, delinquencies=[TOLD])["userErrors"] == []
    assert notices_of(watcher) == []
    assert (tell_elsewhere(exchange.services), tell_elsewhere(exchange.services)) == (1, 0)
    (told,) = notices_of(watcher)
    assert told["kind"] == "DELINQUENT_ELSEWHERE"
    assert {fact["name"] for fact in told["facts"]} == {"consent_id", "member"}
    assert "harbour-bank" not in str(told)
    act = entries(exchange)[-1].fields
    assert (act["act"], act["member"], act["consent"]) == ("delinquency_told", "watching-bank", told["about"])
    with exchange.engine.connect() as connection:
        own = select(notice.c.kind).where(notice.c.recipient.is_(None))
        assert connection.scalars(own).all() == ["DELINQUENT_ELSEWHERE"]


def test_nobody_else_learns_it(exchange: Exchange) -> None:
    exchange.borrower()
    reporter = lender(exchange)
    exchange.consent(reporter.member_id, purpose=Purpose.POST_LOAN)
    others = [
        watching(exchange, "applied-bank", purpose=Purpose.LOAN_APPROVAL),
        watching(exchange, "ended-bank", expires_at=exchange.clock.now() + timedelta(seconds=1)),
        watching(exchange, "narrow-bank", field_classes=frozenset({FieldClass.IDENTITY, FieldClass.ACCOUNTS})),
        watching(exchange, "withdrawn-bank"),
    ]
    exchange.clock.instant += timedelta(seconds=2)
    report_account(reporter, **LATE, delinquencies=[TOLD])
    with exchange.engine.begin() as connection:
        gone = update(consent).where(consent.c.recipient == "withdrawn-bank")
        connection.execute(gone.values(state="REVOKED"))
    assert tell_elsewhere(exchange.services) == 0
    assert [notices_of(bank) for bank in others] == [[], [], [], []]


def test_a_lender_that_was_suspended_or_may_read_no_delinquencies_is_told_nothing(exchange: Exchange) -> None:
    exchange.borrower()
    suspended = watching(exchange)
    exchange.bank("other-bank", scopes=frozenset({Scope.CREDIT_READ}))
    exchange.consent("other-bank", purpose=Purpose.POST_LOAN)
    assert report_account(lender(exchange), **LATE, delinquencies=[TOLD])["userErrors"] == []
    change_member_status(exchange.services, suspended.member_id, MemberStatus.SUSPENDED, "test")
    assert tell_elsewhere(exchange.services) == 0
    with exchange.engine.connect() as connection:
        assert connection.execute(select(notice)).all() == []


def test_it_is_told_once_and_not_when_it_is_reported_again(exchange: Exchange) -> None:
    exchange.borrower()
    watching(exchange)
    reporter = lender(exchange)
    before = report_account(reporter, **{"reportedOn": "2026-03-31", "months": LATE["months"][2:]})
    assert before["userErrors"] == []
    with exchange.engine.connect() as connection:
        assert connection.scalars(select(delinquent_elsewhere.c.member_id)).all() == []
    assert report_account(reporter, **LATE, delinquencies=[TOLD])["userErrors"] == []
    exchange.clock.instant += timedelta(seconds=1)
    more = {**LATE, "pastDueMinor": 6_000}
    again = report_account(reporter, **more, delinquencies=[TOLD])
    assert again["changed"] and again["userErrors"] == []
    with exchange.engine.connect() as connection:
        assert connection.scalars(select(delinquent_elsewhere.c.member_id)).all() == ["watching-bank"]


def test_nothing_is_told_of_a_frozen_file(exchange: Exchange) -> None:
    exchange.borrower()
    watcher = watching(exchange)
    report_account(lender(exchange), **LATE, delinquencies=[TOLD])
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(security_freeze=True))
    assert tell_elsewhere(exchange.services) == 0
    assert notices_of(watcher) == []


# Announcing


ANNOUNCE = """mutation ($subject: SubjectInput!, $references: [String!]!, $on: Date!) {
  announceNegativeReport(subject: $subject, accountReferences: $references, expectedOn: $on) {
    noticeId sentAt deliveredAt channel userErrors { path code } } }"""
UNTOLD = {name: value for name, value in TOLD.items() if not name.startswith("priorNotice")}


def announce(bank: Bank, references: tuple[str, ...] = ("R-1",), on: str = "2026-06-03", who: Any = ALICE) -> Any:
    values = {"subject": named(who), "references": list(references), "on": on}
    return payload(bank.post({"query": ANNOUNCE, "variables": values}))


def fell_behind(**changes: Any) -> dict[str, Any]:
    return {**LATE, "reportedOn": "2026-05-31", "delinquencies": [UNTOLD], **changes}


def test_what_was_announced_is_the_prior_notice_of_what_is_reported_then(
    exchange: Exchange, signed_in_alice: SignedInBorrower
) -> None:
    reporter = lender(exchange)
    exchange.clock.instant -= timedelta(days=3)
    reporter.fetch_token("records:write")
    report_account(reporter, **{"reportedOn": "2026-05-28", "months": LATE["months"][2:]})
    first, second = announce(reporter), announce(reporter)
    assert first == second and first["userErrors"] == [] and first["deliveredAt"] is None
    assert "2026" in signed_in_alice.client.get("/notices").text
    seen_at = announce(reporter)["deliveredAt"]
    assert seen_at is not None
    exchange.clock.instant += timedelta(days=3)
    reporter.fetch_token("records:write")
    assert report_account(reporter, **fell_behind())["userErrors"] == []
    with exchange.engine.connect() as connection:
        from_us = connection.execute(select(delinquency_table)).one()
    assert from_us.prior_notice_sent_at.isoformat() == first["sentAt"].replace("Z", "+00:00")
    assert from_us.prior_notice_delivered_at is not None
    assert from_us.prior_notice_channel == first["channel"] == "OPENBUREAU"
    acts = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "negative_report_announced"]
    assert [act["notice"] for act in acts] == [first["noticeId"]]


@pytest.fixture
def signed_in_alice(exchange: Exchange) -> SignedInBorrower:
    return exchange.borrower_signed_in(exchange.borrower())


def test_a_report_that_nobody_announced_is_still_refused(exchange: Exchange) -> None:
    exchange.borrower()
    reporter, other = lender(exchange), lender(exchange, "other-bank")
    report_account(other, months=LATE["months"][2:])
    announce(other)
    refused = report_account(reporter, **fell_behind())
    assert [error["code"] for error in refused["userErrors"]] == ["PRIOR_NOTICE_MISSING"]
    announce(reporter, references=())  # today, and the report is of yesterday
    assert [error["code"] for error in report_account(reporter, **fell_behind())["userErrors"]] == [
        "PRIOR_NOTICE_MISSING"
    ]


def test_a_notice_about_an_account_to_come_counts_for_the_first_report_of_it(exchange: Exchange) -> None:
    exchange.borrower()
    reporter = lender(exchange)
    assert announce(reporter, references=())["userErrors"] == []
    exchange.clock.instant += timedelta(minutes=1)
    told = report_account(reporter, **fell_behind(reportedOn="2026-06-01", months=FIRST_OF_JUNE))
    assert told["userErrors"] == []


FIRST_OF_JUNE = [{"month": "2026-06-30", "status": "OVERDUE_31_60"}, *LATE["months"]]


def test_a_notice_of_ours_that_is_named_must_be_there(exchange: Exchange) -> None:
    exchange.borrower()
    reporter = lender(exchange)
    sent_at = announce(reporter, references=())["sentAt"]
    exchange.clock.instant += timedelta(minutes=1)
    for named_at, expected in (("2026-05-25T09:00:00Z", ["PRIOR_NOTICE_MISSING"]), (sent_at, [])):
        late = {**UNTOLD, "priorNoticeSentAt": named_at, "priorNoticeChannel": "OPENBUREAU"}
        report = fell_behind(reportedOn="2026-06-01", months=FIRST_OF_JUNE, delinquencies=[late])
        assert [error["code"] for error in report_account(reporter, **report)["userErrors"]] == expected


def test_a_notice_about_another_account_does_not_count(exchange: Exchange) -> None:
    exchange.borrower()
    reporter = lender(exchange)
    for reference in ("R-1", "R-2"):
        report_account(reporter, reference=reference, months=LATE["months"][2:])
    announce(reporter, references=("R-2",))
    exchange.clock.instant += timedelta(minutes=1)
    refused = report_account(reporter, **fell_behind(reportedOn="2026-06-01"))
    assert "PRIOR_NOTICE_MISSING" in [error["code"] for error in refused["userErrors"]]


def test_what_is_wrong_with_an_announcement_is_told_and_the_borrower_is_not_troubled(exchange: Exchange) -> None:
    exchange.borrower()
    reporter, other = lender(exchange), lender(exchange, "other-bank")
    report_account(reporter)
    assert [error["code"] for error in announce(other, on="2026-05-31")["userErrors"]] == [
        "ACCOUNT_NOT_YOURS",
        "EXPECTED_DAY_PAST",
    ]
    assert [error["code"] for error in announce(reporter, ("R-1",) * 101)["userErrors"]] == ["LIST_TOO_LONG"]
    unknown = announce(reporter, who=NOBODY_WE_KNOW)
    assert [(error["path"], error["code"]) for error in unknown["userErrors"]] == [(["subject"], "SUBJECT_UNKNOWN")]
    assert entries(exchange)[-1].fields["act"] == "record_refused"
    with exchange.engine.connect() as connection:
        assert connection.execute(select(notice)).all() == []


def test_somebody_whom_a_stranger_asks_about_has_it_in_their_log(exchange: Exchange) -> None:
    bob = exchange.borrower()
    other = lender(exchange, "other-bank")
    assert [error["code"] for error in announce(other)["userErrors"]] == ["ACCOUNT_NOT_YOURS"]
    last = entries(exchange)[-1]
    assert (last.subject_key, last.fields["act"], last.fields["member"]) == (bob, "record_refused", "other-bank")


def test_a_borrower_is_not_warned_without_end(exchange: Exchange) -> None:
    exchange.borrower()
    reporter = lender(exchange)
    days = [(exchange.clock.now() + timedelta(days=number)).date().isoformat() for number in range(STANDING_MAX + 1)]
    for day in days[:-1]:
        assert announce(reporter, references=(), on=day)["userErrors"] == []
    assert announce(reporter, references=(), on=days[0])["userErrors"] == []  # said before
    assert [error["code"] for error in announce(reporter, references=(), on=days[-1])["userErrors"]] == [
        "ANNOUNCED_ENOUGH"
    ]
    with exchange.engine.connect() as connection:
        assert len(connection.execute(select(notice)).all()) == STANDING_MAX


# The process


def test_a_round_that_fails_is_followed_by_the_next_one(
    exchange: Exchange, alice: UUID, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[float] = []

    def stopped_within(seconds: float) -> bool:
        rounds.append(seconds)
        return len(rounds) == 2

    def broken(*_: Any) -> int | None:
        raise RuntimeError("13800138000")

    tell(exchange, alice)
    deliver_until(exchange.services, Ways(gateway, broken, half), stopped_within)
    assert rounds == [exchange.settings.deliver_interval_seconds] * 2
    assert "deliver.failed error=RuntimeError" in caplog.text and PHONE not in caplog.text
    exchange.clock.instant += timedelta(minutes=1)
    deliver_until(exchange.services, Ways(gateway, gateway, half), lambda _: True)
    assert len(gateway.taken) == 1
