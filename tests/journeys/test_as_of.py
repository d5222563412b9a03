"""Reports of the past: what the exchange said at an instant, whatever came afterwards."""

import io
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import pytest
from factories import ALICE, STAFF, Bank, Exchange, report_of
from graphql import GraphQLObjectType, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loans_csv import MAPPING
from noun_rows import NOUNS, add_noun
from sqlalchemy import Connection, insert, text, update
from traces import looks
from werkzeug.test import TestResponse

from exchange.clock import new_id
from exchange.intake.reading import Reading
from exchange.journeys.find_borrower import Document
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from exchange.journeys.who_looked import look, who_looked
from exchange.store.tables.account import account
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.public_record import public_record
from exchange.store.tables.subject import subject
from schema.contract import build_contract
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass
from schema.vocabulary.submission import FileFormat, SubmissionState

SCOPES = frozenset(field_class.scope for field_class in FieldClass)
START = datetime(2026, 5, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PEOPLE = count(10_000_000)
PAGE = "(first: 50)"
ALL = f"""asOf subject {{ names }} summary {{ accounts }}
  accounts{PAGE} {{ nodes {{ accountRef state balance {{ minor }} history(months: 3) {{ status }}
    statement {{ words }} }} }}
  delinquencies{PAGE} {{ nodes {{ peakDaysPastDue }} }} publicRecords{PAGE} {{ nodes {{ reference status }} }}
  collectionActions{PAGE} {{ totalCount }} repaymentPlans{PAGE} {{ totalCount }} assessments{PAGE} {{ totalCount }}
  inquiries{PAGE} {{ totalCount }} statements {{ words }} disclosure {{ consentUse }}"""
CODES = {"N": "ON_TIME", "1": "OVERDUE_1_30", "2": "OVERDUE_31_60"}


def lender(exchange: Exchange) -> Bank:
    bank = exchange.bank(scopes=SCOPES)
    bank.fetch_token(" ".join(sorted(SCOPES)))
    return bank


def ask(
    bank: Bank, consent_id: UUID, as_of: datetime | str | None, selection: str = ALL, document: Document = ALICE
) -> TestResponse:
    query = report_of(selection).replace("($subject", "($asOf: DateTime, $subject").replace(
        "(subject: $subject", "(asOf: $asOf, subject: $subject"
    )  # fmt: skip
    instant = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    who = {"idType": document.id_type, "country": document.country, "idNumber": document.id_number}
    given_values = {"subject": who, "purpose": Purpose.LOAN_APPROVAL, "consentId": str(consent_id), "staff": STAFF}
    return bank.post({"query": query, "variables": given_values | {"asOf": instant}})


def said(answer: TestResponse) -> dict[str, Any]:
    assert "errors" not in answer.get_json(), answer.get_json()
    report: dict[str, Any] = answer.get_json()["data"]["creditReport"]
    return report


def keep_version(connection: Connection, table: str, key: UUID, now: datetime) -> None:
    """Keeps a row as it stands as a version, as intake does."""
    column = "account_key" if table == "account" else "subject_key"
    columns = f"{'subject_key, ' if table == 'account' else ''}{column}"
    kept = f"""INSERT INTO {table}_version ({columns}, version, recorded_at, superseded_at, reason, record)
        SELECT {columns}, version, recorded_at, :now, 'UPDATE', to_jsonb(t) FROM {table} t WHERE {column} = :key"""
    connection.execute(text(kept), {"now": now, "key": key})


class File:
    """A borrower's file that is written to at given instants, and a naive memory of what it said at each."""

    def __init__(self, exchange: Exchange, bank: Bank) -> None:
        self.exchange, self.bank = exchange, bank
        self.document = Document(IdType.PASSPORT, "CN", f"E{next(PEOPLE)}")
        exchange.clock.instant, now = START, exchange.clock.instant
        self.key = exchange.borrower(self.document, "Name 0")
        exchange.clock.instant = now
        self.cipher = exchange.ciphers[self.key]
        self.said: dict[str, Any] = {"names": ["Name 0"], "accounts": {}, "behind": [], "records": {}, "words": None}
        self.timeline: list[tuple[datetime, dict[str, Any]]] = [(START, deepcopy(self.said))]
        self.rows: dict[str, UUID] = {}

    def do(self, step: tuple[str, Any], now: datetime) -> None:
        name, value = step
        self.exchange.clock.instant = now
        getattr(self, name)(value, now)
        self.timeline.append((now, deepcopy(self.said)))

    def at(self, instant: datetime) -> dict[str, Any]:
        nothing: dict[str, Any] = {"names": None, "accounts": {}, "behind": [], "records": {}, "words": None}
        return next((said for when, said in reversed(self.timeline) if when <= instant), nothing)

    def report_account(self, value: tuple[str, int, str], now: datetime) -> None:
        reference, balance, codes = value
        state = "OVERDUE" if codes[0] in "12" else "NORMAL"
        values = {"balance_minor": balance, "history_codes": codes, "state": state, "recorded_at": now,
                  "superseded_at": None, "history_past_due_minor": None}  # fmt: skip
        if reference not in self.rows:
            self.rows[reference] = self.exchange.account(self.key, self.bank.member_id, reference, **values)
        else:
            self._replace_account(reference, now, **values)
        self.said["accounts"][reference] = (state, balance, codes)

    def withdraw_account(self, reference: str, now: datetime) -> None:
        if self.said["accounts"].pop(reference, None):
            self._replace_account(reference, now, recorded_at=now, superseded_at=now, withdrawal="DELETED")

    def _replace_account(self, reference: str, now: datetime, **values: Any) -> None:
        key = self.rows[reference]
        with self.exchange.engine.begin() as connection:
            keep_version(connection, "account", key, now)
            changed = {"withdrawal": None, "version": account.c.version + 1, **values}
            connection.execute(update(account).where(account.c.account_key == key).values(changed))

    def fall_behind(self, peak: int, now: datetime) -> None:
        if "R-1" not in self.rows:
            return
        with self.exchange.engine.begin() as connection:
            held = update(delinquency).where(delinquency.c.subject_key == self.key)
            connection.execute(held.where(delinquency.c.superseded_at.is_(None)).values(superseded_at=now))
        self.exchange.delinquency(self.key, self.rows["R-1"], self.bank.member_id, peak_days_past_due=peak)
        self.said["behind"] = [peak]

    def record(self, value: tuple[str, str | None], now: datetime) -> None:
        reference, status = value
        table = public_record
        held = self.rows.get(reference)
        if status is None and reference not in self.said["records"]:
            return
        with self.exchange.engine.begin() as connection:
            earlier = update(table).where(table.c.record_key == held, table.c.superseded_at.is_(None))
            connection.execute(earlier.values(superseded_at=now))
        self.rows[reference] = add_noun(
            self.exchange, table, self.key, self.bank.member_id, held, version=len(self.timeline),
            reference=reference, status=status or "OPEN", withdrawn=status is None,
        )  # fmt: skip
        if status is None:
            del self.said["records"][reference]
        else:
            self.said["records"][reference] = status

    def state(self, words: str | None, now: datetime) -> None:
        with self.exchange.engine.begin() as connection:
            mine = (statement.c.subject_key == self.key) & statement.c.withdrawn_at.is_(None)
            connection.execute(update(statement).where(mine).values(withdrawn_at=now))
            if words is not None:
                key = new_id(now)
                sealed = self.cipher.seal("statement", "words", key.bytes, words.encode())
                values = {"subject_key": self.key, "statement_id": key, "words": sealed, "stated_at": now}
                connection.execute(insert(statement).values(values))
        self.said["words"] = words

    def rename(self, name: str, now: datetime) -> None:
        sealed = self.cipher.seal("subject", "names", self.key.bytes, orjson.dumps([name]))
        with self.exchange.engine.begin() as connection:
            keep_version(connection, "subject", self.key, now)
            changed = {"names": sealed, "recorded_at": now, "version": subject.c.version + 1}
            connection.execute(update(subject).where(subject.c.subject_key == self.key).values(changed))
        self.said["names"] = [name]


REFERENCES = st.sampled_from(["R-1", "R-2"])
STEPS = st.one_of(
    st.tuples(
        st.just("report_account"),
        st.tuples(REFERENCES, st.integers(0, 9_000), st.text("N12", min_size=1, max_size=3)),
    ),
    st.tuples(st.just("withdraw_account"), REFERENCES),
    st.tuples(st.just("fall_behind"), st.integers(1, 180)),
    st.tuples(
        st.just("record"), st.tuples(st.sampled_from(["P-1", "P-2"]), st.sampled_from(["OPEN", "SATISFIED", None]))
    ),
    st.tuples(st.just("state"), st.sampled_from(["My words.", "Other words.", None])),
    st.tuples(st.just("rename"), st.sampled_from(["Name 1", "Name 2"])),
)


def shown(report: dict[str, Any]) -> dict[str, Any]:
    """A report in the form of the naive memory."""
    codes = {status: code for code, status in CODES.items()}
    return {
        "names": report["subject"] and report["subject"]["names"],
        "accounts": {
            node["accountRef"]: (
                node["state"], node["balance"]["minor"], "".join(codes[month["status"]] for month in node["history"])
            )
            for node in report["accounts"]["nodes"]
        },
        "behind": [node["peakDaysPastDue"] for node in report["delinquencies"]["nodes"]],
        "records": {node["reference"]: node["status"] for node in report["publicRecords"]["nodes"]},
        "words": next((each["words"] for each in report["statements"]), None),
    }  # fmt: skip


def read_at(bank: Bank, consent_id: UUID, file: File, instant: datetime) -> dict[str, Any]:
    report = said(ask(bank, consent_id, instant, document=file.document))
    assert report["asOf"] == instant.isoformat()
    return shown(report)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(STEPS, st.integers(1, 600)), min_size=1, max_size=8))
def test_a_report_of_any_instant_says_what_a_naive_replay_says(
    exchange: Exchange, steps: Sequence[tuple[tuple[str, Any], int]]
) -> None:
    now, number = exchange.clock.now(), next(PEOPLE)
    bank = exchange.bank(f"bank-{number}", scopes=SCOPES)
    bank.fetch_token(" ".join(sorted(SCOPES)))
    file, instant = File(exchange, bank), START
    for step, minutes in steps:
        instant += minutes * MINUTE
        file.do(step, instant)
    exchange.clock.instant = now
    consent_id = exchange.consent(bank.member_id, file.document)

    moments = {when + shift for when, _ in file.timeline for shift in (-MINUTE / 2, timedelta(0))}
    for moment in sorted(moments):
        assert read_at(bank, consent_id, file, moment) == file.at(moment), moment
    assert shown(said(ask(bank, consent_id, None, document=file.document))) == file.said


def test_what_files_reported_is_read_back_at_every_instant(exchange: Exchange) -> None:
    bank = lender(exchange)
    order = SubmissionOrder(
        bank.member_id, Reading(FileFormat.MAPPED_CSV, mapping=MAPPING), notices_attested=True
    )  # fmt: skip
    reported: list[tuple[datetime, dict[str, int]]] = []
    for day, owed in ((1, {"L-1": 900}), (2, {"L-1": 800, "L-2": 50}), (3, {"L-2": 40}), (4, {"L-1": 700})):
        lines = [f"{loan},E10000001,Wang Fang,{amount},2026-05-0{day}" for loan, amount in owed.items()]
        content = "\n".join(["loan,id,name,owed,on", *lines]).encode()
        outcome = submit_file(exchange.services, io.BytesIO(content), order)
        assert (outcome.state, outcome.applied) == (SubmissionState.APPLIED, len(owed)), outcome
        reported.append((exchange.clock.now(), (reported[-1][1] if reported else {}) | owed))
        exchange.later(hours=1)
    bank.fetch_token(" ".join(sorted(SCOPES)))
    document = Document(IdType.PASSPORT, "CN", "E10000001")
    consent_id = exchange.consent(bank.member_id, document)
    for when, owed in reported:
        report = said(ask(bank, consent_id, when + MINUTE, document=document))
        told = {node["accountRef"]: node["balance"]["minor"] // 100 for node in report["accounts"]["nodes"]}
        assert told == owed, when
    earliest = said(ask(bank, consent_id, reported[0][0] - MINUTE, document=document))
    assert earliest["accounts"]["nodes"] == []


def fields_of(type_: str) -> str:
    """Every plain field of a type of the contract, with amounts and lists of plain values."""
    declared = build_contract().type_map[type_]
    assert isinstance(declared, GraphQLObjectType)
    named = {name: get_named_type(field.type) for name, field in declared.fields.items() if not field.args}
    return " ".join(
        f"{name} {{ {fields_of(type_.name)} }}" if isinstance(type_, GraphQLObjectType) else name
        for name, type_ in named.items()
    )


def test_every_field_of_an_account_comes_back_out_of_its_version(exchange: Exchange) -> None:
    bank, borrower, now = lender(exchange), exchange.borrower(), exchange.clock.now()
    full = {
        "five_class": "LOSS", "compliance_flag": "DISPUTED", "matures_on": date(2027, 1, 1), "days_past_due": 12,
        "credit_limit_minor": 1, "highest_balance_minor": 2**40, "scheduled_payment_minor": 3, "last_payment_minor": 4,
        "last_payment_on": date(2026, 4, 4), "term_count": 12, "term_frequency": "M", "original_creditor": "First",
        "sold_to": "Next", "purchased_from": "Last", "repayment_method": "OTHER", "rate_type": "FLOATING",
        "rate_basis_points": 720, "collateral": "PLEDGE", "co_lender_share_basis_points": 5_000,
        "annotated_by": "cn.note.1", "history_codes": "1N2", "history_days_past_due": [9, None, 40],
        "history_past_due_minor": [5, 0, 2**40], "history_balance_minor": None, "history_paid_minor": [None, 7, 8],
        "hidden_months": [date(2026, 4, 1)], "recorded_at": now - 3 * MINUTE,
    }  # fmt: skip
    key = exchange.account(borrower, bank.member_id, "R-1", **full)
    consent_id = exchange.consent(bank.member_id)
    months = f"history(months: 9) {{ {fields_of('PaymentMonth')} }}"
    selection = f"accounts{PAGE} {{ nodes {{ {fields_of('Account')} {months} }} }}"
    (told,) = said(ask(bank, consent_id, None, selection))["accounts"]["nodes"]
    with exchange.engine.begin() as connection:
        keep_version(connection, "account", key, now - MINUTE)
        bare = {name: None for name in full if name not in ("compliance_flag", "history_codes", "hidden_months")}
        connection.execute(update(account).values(bare | {"history_codes": "", "recorded_at": now - MINUTE}))

    (said_then,) = said(ask(bank, consent_id, now - 2 * MINUTE, selection))["accounts"]["nodes"]

    assert said_then == told
    assert (told["accountRef"], told["termFrequency"], told["rateBasisPoints"]) == ("R-1", "MONTHLY", 720)
    assert [month["status"] for month in told["history"]] == ["OVERDUE_1_30", "UNKNOWN", "OVERDUE_31_60"]
    assert said(ask(bank, consent_id, None, selection))["accounts"]["nodes"] != [told]


def a_file_of_april(exchange: Exchange, bank: Bank) -> File:
    file = File(exchange, bank)
    file.do(("report_account", ("R-1", 100, "1N")), START + MINUTE)
    exchange.clock.instant = datetime(2026, 6, 1, 8, tzinfo=UTC)
    return file


def test_the_answer_names_its_instant_and_so_does_the_log(exchange: Exchange) -> None:
    bank = lender(exchange)
    file = a_file_of_april(exchange, bank)
    consent_id = exchange.consent(bank.member_id, file.document)

    report = said(ask(bank, consent_id, "2026-05-03T09:00:00+08:00", document=file.document))
    said(ask(bank, consent_id, None, document=file.document))

    assert report["asOf"] == "2026-05-03T01:00:00+00:00"
    assert report["disclosure"]["consentUse"] == 1
    of_past, of_today = (entry.fields for entry in looks(exchange))
    assert of_past["as_of"] == "2026-05-03T01:00:00+00:00"
    assert "as_of" not in of_today


def test_the_borrower_sees_of_which_instant_a_report_was(exchange: Exchange) -> None:
    bank, borrower = lender(exchange), exchange.borrower()
    said(ask(bank, exchange.consent(bank.member_id), "2026-05-03T09:00:00+08:00"))
    browser = exchange.borrower_signed_in(borrower)
    (seen,) = who_looked(exchange.services, browser.borrower).looks
    assert look(exchange.services, browser.borrower, seen.inquiry_key).as_of == datetime(2026, 5, 3, 1, tzinfo=UTC)
    page = browser.client.get(f"/looks/{seen.inquiry_key}?lang=en").text
    assert "Your file as it stood on" in page
    assert "3 May 2026, 09:00" in page


def test_a_refused_report_of_the_past_is_logged_with_its_instant(exchange: Exchange) -> None:
    bank = lender(exchange)
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id, purpose=Purpose.POST_LOAN)
    answer = ask(bank, consent_id, START)
    assert answer.get_json()["errors"][0]["extensions"]["code"] == "PURPOSE_NOT_COVERED"
    (entry,) = looks(exchange)
    assert (entry.fields["granted"], entry.fields["as_of"]) == (False, START.isoformat())


@pytest.mark.parametrize(
    ("as_of", "code"),
    [("2026-06-01T08:00:01+00:00", "AS_OF_IN_FUTURE"), ("2026-05-03T09:00:00", "AS_OF_WITHOUT_ZONE")],
)
def test_an_instant_that_cannot_be_answered_for_is_turned_away_before_anything_is_looked_at(
    exchange: Exchange, as_of: str, code: str
) -> None:
    bank = lender(exchange)
    exchange.borrower()
    answer = ask(bank, exchange.consent(bank.member_id), as_of)
    assert answer.get_json()["errors"][0]["extensions"]["code"] == code
    assert looks(exchange) == []


def test_before_the_borrower_was_known_there_is_nothing(exchange: Exchange) -> None:
    bank = lender(exchange)
    file = a_file_of_april(exchange, bank)
    report = said(ask(bank, exchange.consent(bank.member_id, file.document), START - MINUTE, document=file.document))
    assert (report["subject"], report["summary"], report["accounts"]) == (None, {"accounts": 0}, {"nodes": []})


def test_looks_that_came_later_are_not_in_a_report_of_the_past(exchange: Exchange) -> None:
    bank = lender(exchange)
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    before = exchange.clock.now()
    exchange.later(minutes=1)
    said(ask(bank, consent_id, None))
    exchange.later(minutes=1)
    bank.fetch_token(" ".join(sorted(SCOPES)))
    counted = [said(ask(bank, consent_id, when))["inquiries"]["totalCount"] for when in (before, exchange.clock.now())]
    assert counted == [0, 2]


def test_every_noun_is_read_at_its_instant(exchange: Exchange) -> None:
    bank, borrower, now = lender(exchange), exchange.borrower(), exchange.clock.now()
    for table in NOUNS:
        add_noun(exchange, table, borrower, bank.member_id, recorded_at=now - 3 * MINUTE, superseded_at=now - MINUTE)
    consent_id = exchange.consent(bank.member_id)
    parts = ("publicRecords", "collectionActions", "repaymentPlans", "assessments")
    selection = " ".join(f"{part}{PAGE} {{ totalCount }}" for part in parts)
    for ago, found in ((4, 0), (3, 1), (2, 1), (1, 0)):
        report = said(ask(bank, consent_id, now - ago * MINUTE, selection))
        assert [report[part]["totalCount"] for part in parts] == [found] * 4, ago


class TestWhatMayNotBeShownToday:
    """It is not shown of the past either."""

    def test_months_that_a_rule_hides_since(self, exchange: Exchange) -> None:
        bank = lender(exchange)
        file = a_file_of_april(exchange, bank)
        hide = {"hidden_months": [date(2026, 5, 1)]}
        with exchange.engine.begin() as connection:
            keep_version(connection, "account", file.rows["R-1"], exchange.clock.now())
            connection.execute(update(account).values(**hide, recorded_at=exchange.clock.now(), version=2))
        consent_id = exchange.consent(bank.member_id, file.document)
        (node,) = said(ask(bank, consent_id, START + MINUTE, document=file.document))["accounts"]["nodes"]
        assert [month["status"] for month in node["history"]] == ["UNKNOWN", "ON_TIME"]

    def test_a_delinquency_that_a_rule_suppresses_since(self, exchange: Exchange) -> None:
        assert behind_after(exchange, suppressed_by="cn.repair.2025") == []

    def test_a_delinquency_whose_display_is_over_since(self, exchange: Exchange) -> None:
        assert behind_after(exchange, display_until=date(2026, 5, 31)) == []

    def test_a_delinquency_that_ended_too_long_ago_as_is_known_since(self, exchange: Exchange) -> None:
        assert behind_after(exchange, ended_on=date(2021, 5, 31)) == []

    def test_but_one_that_was_corrected_is_said_as_it_was_said(self, exchange: Exchange) -> None:
        assert behind_after(exchange, peak_days_past_due=1) == [60]

    def test_a_bad_account_that_was_closed_too_long_ago_as_is_known_since(self, exchange: Exchange) -> None:
        bank = lender(exchange)
        file = a_file_of_april(exchange, bank)
        file.do(("report_account", ("R-2", 5, "N")), START + MINUTE)
        file._replace_account(
            "R-1", START + 2 * MINUTE, state="WRITTEN_OFF", closed_on=date(2021, 4, 30), recorded_at=START + 2 * MINUTE
        )
        exchange.clock.instant = datetime(2026, 6, 1, 8, tzinfo=UTC)
        consent_id = exchange.consent(bank.member_id, file.document)
        report = said(ask(bank, consent_id, START + MINUTE, document=file.document))
        assert [node["accountRef"] for node in report["accounts"]["nodes"]] == ["R-2"]
        assert report["summary"] == {"accounts": 1}

    @pytest.mark.parametrize(("withdrawal", "said_then"), [("FRAUD", []), ("DELETED", ["R-1"])])
    def test_an_account_that_was_opened_by_fraud(
        self, exchange: Exchange, withdrawal: str, said_then: list[str]
    ) -> None:
        bank = lender(exchange)
        file = a_file_of_april(exchange, bank)
        file.do(("fall_behind", 60), START + MINUTE)
        exchange.clock.instant = now = datetime(2026, 6, 1, 8, tzinfo=UTC)
        file._replace_account("R-1", now, recorded_at=now, superseded_at=now, withdrawal=withdrawal)
        consent_id = exchange.consent(bank.member_id, file.document)
        report = said(ask(bank, consent_id, START + MINUTE, document=file.document))
        assert [node["accountRef"] for node in report["accounts"]["nodes"]] == said_then
        assert len(report["delinquencies"]["nodes"]) == len(said_then)

    @pytest.mark.parametrize(("ended_on", "kept"), [(date(2021, 5, 31), 0), (date(2021, 6, 1), 1)])
    def test_a_public_record_that_ended_too_long_ago_as_is_known_since(
        self, exchange: Exchange, ended_on: date, kept: int
    ) -> None:
        bank, borrower, now = lender(exchange), exchange.borrower(), exchange.clock.now()
        first = {"recorded_at": now - 2 * MINUTE, "superseded_at": now - MINUTE}
        key = add_noun(exchange, public_record, borrower, bank.member_id, **first)
        add_noun(exchange, public_record, borrower, bank.member_id, key, version=2, ended_on=ended_on)
        selection = f"publicRecords{PAGE} {{ totalCount }}"
        report = said(ask(bank, exchange.consent(bank.member_id), now - 2 * MINUTE, selection))
        assert report["publicRecords"]["totalCount"] == kept


def behind_after(exchange: Exchange, **since: Any) -> list[int]:
    """What a report of two minutes ago says of a delinquency of 60 days that is known otherwise since."""
    bank, borrower, now = lender(exchange), exchange.borrower(), exchange.clock.now()
    owed = exchange.account(borrower, bank.member_id, recorded_at=now - 3 * MINUTE)
    then = {"recorded_at": now - 3 * MINUTE, "superseded_at": now, "cured_on": None, "ended_on": None}
    exchange.delinquency(borrower, owed, bank.member_id, peak_days_past_due=60, **then)
    exchange.delinquency(borrower, owed, bank.member_id, **since)
    selection = f"delinquencies{PAGE} {{ nodes {{ peakDaysPastDue }} }}"
    report = said(ask(bank, exchange.consent(bank.member_id), now - 2 * MINUTE, selection))
    return [node["peakDaysPastDue"] for node in report["delinquencies"]["nodes"]]
