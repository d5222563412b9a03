"""A member takes its own accounts along: what is in the file, what is not, and what the log says."""

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from factories import Exchange
from sample_data import METRO2, sample
from sqlalchemy import select, update

from exchange.audit.entry import open_fields, verify_opening
from exchange.cli.exports import export_records_command
from exchange.errors import BadRequest
from exchange.handover import NOBODY
from exchange.intake.contribution import AccountRecord, Contribution, DelinquencyRecord, ReadRecord
from exchange.intake.joint_account import furnished_reference
from exchange.intake.metro2.reader import read_metro2
from exchange.intake.reading import Reading
from exchange.journeys import export_own_records as journey
from exchange.journeys.export_own_records import Exported, export_own_records
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.log import log_event, log_leaf, log_opening
from exchange.store.tables.subject import subject_key
from schema.vocabulary.submission import FileFormat, SubmissionState
from tests.unit.intake.metro2_lines import base, header, segment, with_length

READING = Reading(FileFormat.METRO2)
SECOND = {"surname": "SECOND", "first_name": "SAM", "ssn": "223456789", "born_on": "07081981", "ecoa": "2"}
THIRD = {"surname": "THIRD", "ssn": "323456788", "ecoa": "5", "city": "RENO", "state": "NV", "zip": "89501"}
JOINT = with_length(base(account_number="J-1", ecoa="2") + segment("J1", **SECOND) + segment("J2", **THIRD))
LATE = base(account_number="L-1", account_status="71", payment_profile="1" + "0" * 23, amount_past_due="000000400",
            first_delinquency_on="12052018", ssn="423456789", surname="LATER")  # fmt: skip


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    exchange.bank("other")
    return exchange


def submit(exchange: Exchange, *lines: str, member: str = "lender") -> None:
    file = io.BytesIO("\n".join([header(), *lines]).encode())
    outcome = submit_file(exchange.services, file, SubmissionOrder(member, READING, notices_attested=True))
    assert outcome.state is SubmissionState.APPLIED and outcome.faulty == 0, outcome.faults


def export(exchange: Exchange, member: str = "lender") -> tuple[Exported, list[Contribution], str]:
    file = io.BytesIO()
    exported = export_own_records(exchange.services, member, file, "operator")
    text = file.getvalue().decode("ascii")
    records = list(read_metro2(iter(text.split("\n")), READING))
    return exported, [record for record in records if isinstance(record, Contribution)], text


def acts(exchange: Exchange) -> list[Any]:
    exchange.integrate()
    with exchange.engine.connect() as connection:
        exported = (
            select(log_opening)
            .join(log_leaf, log_leaf.c.entry_id == log_opening.c.entry_id)
            .join(log_event, log_event.c.leaf_index == log_leaf.c.leaf_index)
        )
        return list(connection.execute(exported.where(log_event.c.act == "records_exported")))


def without_addresses(record: Contribution) -> Contribution:
    """What is exported of a person: the document, the name, the birth date."""
    subject = replace(record.subject, addresses=(), phones=(), time_zone="America/New_York")
    return replace(record, subject=subject, record_no=0, notes=())


def test_a_member_gets_its_accounts_as_it_reported_them(lender: Exchange) -> None:
    submit(lender, base(), JOINT, LATE)
    lines = iter([header(), base(), JOINT, LATE])
    reported = [record for record in read_metro2(lines, READING) if isinstance(record, Contribution)]
    exported, records, _ = export(lender)
    assert (exported.accounts, exported.not_written, len(records)) == (3, 0, 5)

    def by_reference(given: list[Contribution]) -> dict[str, tuple[object, ...]]:
        return {
            record.account.reference: (record.subject, record.account, record.delinquencies)
            for record in map(without_addresses, given)
        }

    assert by_reference(records) == by_reference(reported)
    assert exported.unsaid == {}


def test_borrowers_of_one_account_stand_on_its_line(lender: Exchange) -> None:
    submit(lender, JOINT, base())
    _, records, text = export(lender)
    assert sorted(len(line) for line in text.split("\n")) == [0, 426, 426, 426, 426 + 100 + 100]
    assert Counter(furnished_reference(record.account.reference) for record in records) == {"J-1": 3, "A-1": 1}


def test_nothing_of_another_member_is_in_the_file(lender: Exchange) -> None:
    submit(lender, base())
    submit(lender, base(account_number="O-1", telephone="6025550199"), LATE, member="other")
    exported, records, text = export(lender)
    assert [record.account.reference for record in records] == ["A-1"] and exported.accounts == 1
    assert "O-1" not in text and "LATER" not in text and "6025550199" not in text
    assert "MAIN ST" not in text and "6025550100" not in text


def test_accounts_that_were_taken_back_are_left_out(lender: Exchange) -> None:
    submit(lender, base(), LATE)
    submit(lender, base(account_status="DA"))
    _, records, _ = export(lender)
    assert [record.account.reference for record in records] == ["L-1"]


def test_a_borrower_whose_key_is_gone_is_left_out(lender: Exchange) -> None:
    submit(lender, base(), LATE)
    with lender.engine.begin() as connection:
        connection.execute(update(subject_key).values(state="WIPED"))
    exported, records, _ = export(lender)
    assert (exported.accounts, records) == (0, [])


def test_suppressed_delinquencies_are_not_told(lender: Exchange) -> None:
    submit(lender, LATE)
    with lender.engine.begin() as connection:
        connection.execute(update(delinquency).values(suppressed_by="cn.cir.16"))
    _, records, _ = export(lender)
    (record,) = records
    # The status needs a date; the one that is suppressed is not it.
    assert [one.first_delinquent_on for one in record.delinquencies] == [record.account.reported_on]


def test_accounts_come_page_by_page(lender: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [base(account_number=f"A-{number}", ssn=f"{523_456_100 + number}") for number in range(7)]
    submit(lender, *lines, JOINT)
    whole = export(lender)[2]
    monkeypatch.setattr(journey, "PAGE_ACCOUNTS", 2)
    exported, records, text = export(lender)
    assert (exported.accounts, len(records)) == (8, 10) and text == whole


def test_an_account_in_another_currency_is_told_and_not_written(lender: Exchange) -> None:
    key = lender.borrower()
    lender.account(key, "lender", "C-1")
    exported, records, text = export(lender)
    assert (exported.accounts, exported.not_written, records) == (0, 1, [])
    assert [(lost.field, lost.kind.value, count) for lost, count in exported.unsaid.items()] == [
        ("account.currency", "NOT_WRITTEN", 1)
    ]
    assert "C-1" not in text


def test_every_export_is_in_the_log_with_its_member_and_how_much_it_was(lender: Exchange) -> None:
    submit(lender, base(), JOINT)
    export(lender)
    (opening,) = acts(lender)
    assert opening.subject_key == NOBODY
    service = lender.services.keys.log_cipher().unseal_opening(opening.entry_id, opening.service_opening)
    names = ("act", "member", "format", "accounts", "actor")
    assert verify_opening(opening.leaf, open_fields(names, service)) == {
        "act": "records_exported",
        "member": "lender",
        "format": "METRO2",
        "accounts": 2,
        "actor": "operator",
    }


def test_a_member_that_is_not_there_gets_nothing_and_the_log_says_nothing(lender: Exchange) -> None:
    with pytest.raises(BadRequest):
        export(lender, "nobody")
    assert acts(lender) == []


def test_a_member_without_accounts_gets_an_empty_file(lender: Exchange) -> None:
    exported, records, text = export(lender)
    assert (exported.accounts, records) == (0, []) and "HEADER" in text and "TRAILER" in text
    assert len(acts(lender)) == 1


def run(exchange: Exchange, *arguments: object) -> Result:
    url = exchange.engine.url.render_as_string(hide_password=False)
    given = {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url}
    return CliRunner().invoke(export_records_command, list(map(str, arguments)), env=given)


def test_the_operators_command_writes_a_file_that_only_its_owner_may_read(lender: Exchange, tmp_path: Path) -> None:
    submit(lender, base(), JOINT)
    lender.account(lender.borrower(), "lender", "C-1")
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "own.m2"
    told = run(lender, "--member", "lender", "--format", "METRO2", file, "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.output) == {
        "format": "METRO2",
        "accounts": 2,
        "not_written": 1,
        "unsaid": {"account.currency NOT_WRITTEN": 1},
    }
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_text().splitlines()) == 4
    assert [path.name for path in file.parent.iterdir()] == ["own.m2"]
    assert len(acts(lender)) == 1


def test_the_command_never_writes_over_a_file_and_leaves_none_behind(lender: Exchange, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    assert run(lender, "--member", "lender", out / "mine").exit_code == 1
    assert (out / "mine").read_text() == "mine"
    told = run(lender, "--member", "nobody", out / "fresh")
    assert told.exit_code == 1 and "MEMBER_UNKNOWN" in told.output
    assert [path.name for path in out.iterdir()] == ["mine"]
    assert acts(lender) == []


def test_the_real_file_comes_back_out_as_it_went_in(lender: Exchange) -> None:
    reading = Reading(FileFormat.METRO2, synthesise_identities=True)
    path = sample(METRO2)
    # The month after the file was made: no delinquency of it has reached the end of its retention.
    lender.clock.instant = datetime(2019, 2, 15, 8, tzinfo=UTC)
    submit_file(lender.services, path, SubmissionOrder("lender", reading, notices_attested=True))
    file = io.BytesIO()
    exported = export_own_records(lender.services, "lender", file, "operator")
    assert (exported.accounts, exported.not_written, exported.unsaid) == (1_997, 0, {})
    with gzip.open(path, "rt") as sent:
        before = by_reference(read_metro2(iter(sent.read().split("\n")), reading))
    after = by_reference(read_metro2(iter(file.getvalue().decode().split("\n")), reading))
    assert before.keys() == after.keys()
    different = [reference for reference in before if before[reference] != after[reference]]
    # That a day was stated is not stored: here it is the very day that the history gives.
    assert len(different) == 1 and before[different[0]][1][-1].stated and not after[different[0]][1][-1].stated
    assert without_stated(before) == without_stated(after)


Accounts = dict[str, tuple[AccountRecord, tuple[DelinquencyRecord, ...]]]


def without_stated(records: Accounts) -> Accounts:
    return {
        reference: (account, tuple(replace(one, stated=False) for one in late))
        for reference, (account, late) in records.items()
    }


def by_reference(records: Iterable[ReadRecord]) -> Accounts:
    return {
        record.account.reference: (record.account, record.delinquencies)
        for record in records
        if isinstance(record, Contribution)
    }
