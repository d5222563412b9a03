"""How a borrower can be reached, reported by a member of its own: added, never taken away, never believed blindly."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from factories import ALICE, NOBODY_WE_KNOW, Bank, Exchange
from reporting import codes, entry_count, error_code, lender, named, payload, report_account, send
from sqlalchemy import Row, select
from traces import entries

from exchange.journeys.known_identity import open_identity
from exchange.store.tables.subject import subject, subject_review, subject_version
from schema.vocabulary.scope import Scope

ALICES: dict[str, Any] = {**named(ALICE), "names": ["王芳"], "birthDate": "1990-01-01"}


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    """A bank with an account of Alice's."""
    exchange.borrower()
    bank = lender(exchange)
    report_account(bank, who={"birthDate": "1990-01-01", "phones": ["13800138000"]})
    return bank


def sent(bank: Bank, basis: str = "cn.cir.13", client: Any = None, **changes: Any) -> Any:
    who = ("SubjectRecordInput!", {**ALICES, **changes})
    return send(bank, "reportSubject", client, subject=who, basis=("String!", basis))


def report(bank: Bank, **changes: Any) -> dict[str, Any]:
    return payload(sent(bank, **changes))


def row_of(exchange: Exchange) -> Any:
    with exchange.engine.connect() as connection:
        return connection.execute(select(subject)).mappings().one()


def known(exchange: Exchange) -> Any:
    row = row_of(exchange)
    return open_identity(row, exchange.ciphers[row["subject_key"]])


def earlier(exchange: Exchange) -> list[Row[Any]]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(subject_version).order_by(subject_version.c.version)))


def reviews(exchange: Exchange) -> list[Row[Any]]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(subject_review)))


def test_what_is_new_is_added_behind_what_is_held_and_the_earlier_row_stays(exchange: Exchange, bank: Bank) -> None:
    first = report(bank, phones=["13900139000"], emails=["fang@example.cn"])
    exchange.later(seconds=10)
    before = entry_count(exchange)
    told = report(bank, phones=["13700137000", "13900139000"], addresses=["1 Harbour Road"], employment=["Harbour Ltd"])
    assert (told["recordId"], told["version"], told["changed"]) == (None, first["version"] + 1, True)
    lists = known(exchange).lists
    assert lists["phones"] == ("13900139000", "13700137000")
    assert (lists["emails"], lists["addresses"], lists["employment"]) == (
        ("fang@example.cn",), ("1 Harbour Road",), ("Harbour Ltd",),
    )  # fmt: skip
    kept = earlier(exchange)[-1]
    assert (kept.version, kept.reason, kept.superseded_at) == (
        first["version"], "CONTACTS_REPORTED", exchange.clock.now(),
    )  # fmt: skip
    assert entry_count(exchange) == before + 1
    fields = entries(exchange)[-1].fields
    assert (fields["act"], fields["kind"], fields["version"]) == ("record_reported", "SUBJECT", told["version"])
    assert "13700137000" not in repr(fields)
    assert "record" not in fields


def test_nothing_new_changes_and_logs_nothing_and_nothing_is_ever_removed(exchange: Exchange, bank: Bank) -> None:
    report(bank, phones=["13900139000", "13700137000"])
    held, before, kept = row_of(exchange), entry_count(exchange), len(earlier(exchange))
    for phones in ([], ["13900139000"], ["13700137000", "13900139000"]):
        assert not report(bank, phones=phones)["changed"]
    assert row_of(exchange) == held
    assert (entry_count(exchange), len(earlier(exchange))) == (before, kept)


def test_another_name_is_put_before_a_person_and_not_taken(exchange: Exchange, bank: Bank) -> None:
    told = report(bank, names=["李四"], phones=["13900139000"])
    assert told["changed"]
    assert known(exchange).names == ("王芳",)
    held = [review.kind for review in reviews(exchange)]
    # A row from before names were compared has nothing to contradict.
    assert held in ([], ["NAME_DIFFERS"])


def test_another_birth_date_holds_the_report_back(exchange: Exchange) -> None:
    bank = lender(exchange)
    passport = {"idType": "PASSPORT", "country": "CN", "idNumber": "E7654321"}
    report_account(bank, who={**passport, "names": ["李雷"], "birthDate": "1990-01-01"})
    held = row_of(exchange)
    told = report(bank, **passport, names=["李雷"], birthDate="1991-02-02", phones=["13900139000"])
    assert codes(told) == {("subject", "birthDate", "IDENTITY_CONFLICT")}
    assert row_of(exchange) == held
    assert [review.kind for review in reviews(exchange)] == ["BIRTH_DATE_DIFFERS"]
    agreed = report(bank, **passport, names=["韩梅梅"], birthDate="1990-01-01", phones=["13900139000"])
    assert agreed["changed"]
    assert {review.kind for review in reviews(exchange)} == {"BIRTH_DATE_DIFFERS", "NAME_DIFFERS"}


def test_only_who_reports_an_account_of_the_borrower_learns_or_changes_anything(exchange: Exchange, bank: Bank) -> None:
    other = lender(exchange, "other-bank")
    held, before = row_of(exchange), entry_count(exchange)
    strangers = [
        report(other, phones=["13900139000"]),
        report(bank, **named(NOBODY_WE_KNOW), birthDate=None, phones=["13900139000"]),
    ]
    for told in strangers:
        assert codes(told) == {("subject", "SUBJECT_UNKNOWN")}
    assert strangers[0] == strangers[1]
    assert row_of(exchange) == held
    assert entry_count(exchange) == before + 2
    assert [entry.fields["act"] for entry in entries(exchange)[-2:]] == ["record_refused"] * 2


def test_every_fault_is_told_at_once(exchange: Exchange, bank: Bank) -> None:
    held = row_of(exchange)
    told = report(bank, basis="cn.none", phones=["no number"], emails=["nobody"], timeZone="Moon/Base")
    assert {path[-1] for path in codes(told)} == {
        "BASIS_UNKNOWN", "PHONE_NOT_VALID", "EMAIL_NOT_VALID", "TIME_ZONE_UNKNOWN",
    }  # fmt: skip
    assert row_of(exchange) == held


def test_an_employer_may_be_called_what_may_not_be_collected(exchange: Exchange, bank: Bank) -> None:
    assert report(bank, employment=["First Church Medical Ltd"])["changed"]


def test_a_list_grows_to_twenty_entries_and_no_further(exchange: Exchange, bank: Bank) -> None:
    report(bank, phones=[f"138001380{n:02}" for n in range(20)])
    told = report(bank, phones=["13900139000"])
    assert codes(told) == {("subject", "phones", "LIST_TOO_LONG")}
    assert len(known(exchange).lists["phones"]) == 20


def test_without_the_scope_nothing_is_added(exchange: Exchange, bank: Bank) -> None:
    other = lender(exchange, "other-bank", scopes=frozenset({Scope.COLLECTION_WRITE}))
    held = row_of(exchange)
    assert error_code(sent(other, phones=["13900139000"])) == "SCOPE_MISSING"
    assert row_of(exchange) == held
    assert entries(exchange)[-1].fields["reasons"] == ["SCOPE_MISSING"]


def test_of_reports_at_the_same_moment_none_is_lost(exchange: Exchange, bank: Bank) -> None:
    workers = [exchange.another_worker(), exchange.another_worker()]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda n: sent(bank, client=workers[n % 2], phones=[f"1390013900{n}"]), range(6)))
    assert all(payload(answer)["changed"] for answer in told)
    assert {f"1390013900{n}" for n in range(6)} <= set(known(exchange).lists["phones"])
    assert [row.version for row in earlier(exchange)] == list(range(1, len(earlier(exchange)) + 1))
