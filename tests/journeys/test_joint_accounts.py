"""Metro 2 accounts of several borrowers, and accounts whose number changes, in the store."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from factories import Exchange
from sqlalchemy import select

from exchange.handover import WrappedKey
from exchange.intake.joint_account import furnished_reference
from exchange.intake.reading import Reading
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.subject import subject, subject_key
from schema.vocabulary.submission import FileFormat
from tests.unit.intake.metro2_lines import base, header, segment, with_length

SECOND = {"surname": "SECOND", "first_name": "SAM", "ssn": "223456789", "born_on": "07081981", "ecoa": "2"}
THIRD = {"surname": "THIRD", "ssn": "323456788", "ecoa": "5", "city": "RENO", "state": "NV", "zip": "89501"}
RENUMBERED = segment("L1", change="1", new_account_number="A-9")


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    return exchange


def submit(exchange: Exchange, *lines: str) -> SubmissionOutcome:
    file = io.BytesIO("\n".join([header(), *lines]).encode())
    order = SubmissionOrder("lender", Reading(FileFormat.METRO2), notices_attested=True)
    return submit_file(exchange.services, file, order)


def joint(behind: str = "", **changes: str) -> str:
    line = base(**({"ecoa": "2"} | changes)) + segment("J1", **SECOND) + segment("J2", **THIRD) + behind
    return with_length(line.rstrip())


def rows(exchange: Exchange, table: Any) -> Sequence[Any]:
    with exchange.engine.connect() as connection:
        return connection.execute(select(table)).all()


def opened(exchange: Exchange, column: str) -> dict[Any, str | None]:
    """A sealed reference of every account, opened, by account key."""
    ciphers = {
        row.subject_key: exchange.services.keys.open(
            WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
        )
        for row in rows(exchange, subject_key)
    }

    def unsealed(row: Any) -> str | None:
        sealed = getattr(row, column)
        if sealed is None:
            return None
        return str(ciphers[row.subject_key].unseal("account", column, row.account_key.bytes, sealed).decode())

    return {row.account_key: unsealed(row) for row in rows(exchange, account)}


def test_each_borrower_has_an_account_of_their_own(lender: Exchange) -> None:
    outcome = submit(lender, joint(), base(account_number="B-1"))
    assert (outcome.read, outcome.applied, outcome.faulty) == (4, 4, 0)
    assert len(rows(lender, subject)) == 3 and len(rows(lender, account_identifier)) == 4
    accounts = rows(lender, account)
    assert sorted(row.owner_role for row in accounts) == ["BORROWER", "BORROWER", "CO_BORROWER", "GUARANTOR"]
    assert len({row.subject_key for row in accounts}) == 3
    references = [reference or "" for reference in opened(lender, "account_ref").values()]
    assert sorted(map(furnished_reference, references)) == ["A-1", "A-1", "A-1", "B-1"] and len(set(references)) == 4


def test_a_second_month_changes_the_same_accounts_whatever_the_order(lender: Exchange) -> None:
    submit(lender, joint())
    keys = {row.account_key for row in rows(lender, account)}
    later = base(ecoa="2", current_balance="000008000", account_information_on="02282019")
    outcome = submit(lender, with_length(later + segment("J2", **THIRD) + segment("J1", **SECOND)))
    assert (outcome.applied, outcome.faulty) == (3, 0)
    accounts = rows(lender, account)
    assert {row.account_key for row in accounts} == keys and {row.balance_minor for row in accounts} == {800_000}


def test_a_co_borrower_who_is_taken_back_leaves_the_others(lender: Exchange) -> None:
    submit(lender, joint())
    gone = base(ecoa="2") + segment("J1", **SECOND | {"ecoa": "Z"}) + segment("J2", **THIRD)
    assert submit(lender, with_length(gone)).faulty == 0
    taken_back = [row.owner_role for row in rows(lender, account) if row.superseded_at is not None]
    assert taken_back == ["CO_BORROWER"]


def test_an_account_keeps_its_identity_when_its_number_changes(lender: Exchange) -> None:
    submit(lender, joint())
    keys = {row.account_key for row in rows(lender, account)}
    outcome = submit(lender, joint(RENUMBERED, account_information_on="02282019"))
    assert (outcome.read, outcome.applied, outcome.faulty) == (3, 3, 0), outcome.faults
    assert {row.account_key for row in rows(lender, account)} == keys
    now, before = opened(lender, "account_ref"), opened(lender, "previous_ref")
    assert {furnished_reference(reference or "") for reference in now.values()} == {"A-9"}
    assert {furnished_reference(reference or "") for reference in before.values()} == {"A-1"}
    assert len(rows(lender, account_version)) == 3


def test_the_next_month_under_the_new_number_finds_the_same_accounts(lender: Exchange) -> None:
    submit(lender, joint())
    submit(lender, joint(RENUMBERED, account_information_on="02282019"))
    keys = {row.account_key for row in rows(lender, account)}
    newest = joint(account_number="A-9", account_information_on="03312019", current_balance="000007000")
    assert submit(lender, newest).applied == 3
    accounts = rows(lender, account)
    assert {row.account_key for row in accounts} == keys and {row.balance_minor for row in accounts} == {700_000}


def test_a_number_that_changes_for_an_account_never_reported_makes_a_new_one(lender: Exchange) -> None:
    assert submit(lender, joint(RENUMBERED)).applied == 3
    assert {furnished_reference(reference or "") for reference in opened(lender, "account_ref").values()} == {"A-9"}
