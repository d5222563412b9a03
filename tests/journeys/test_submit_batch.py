"""Handing in files: what is stored, what is not, and what a second time does."""

import gzip
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from factories import BOB, Exchange
from loans_csv import MAPPING
from sample_data import METRO2, MONTHLY_STATUS, sample
from sqlalchemy import Table, func, select, text

from exchange.audit.entry import open_fields, verify_opening
from exchange.errors import BadRequest, ExchangeError, FileNotReadable, Unavailable
from exchange.handover import NOBODY, WrappedKey
from exchange.intake.reading import Reading
from exchange.journeys.submission import SubmissionOrder, SubmissionOutcome, order_as_json, order_from_json
from exchange.journeys.submit_batch import submit_file
from exchange.key_files import open_vault, vault_file
from exchange.store import append
from exchange.store.copy_rows import copy_rows
from exchange.store.tables import metadata
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.log import log_opening, log_pending
from exchange.store.tables.subject import (
    subject,
    subject_identifier,
    subject_key,
    subject_review,
    subject_sequence,
    subject_version,
)
from exchange.store.tables.submission import submission, submission_fault
from exchange.vault.key_hierarchy import KekPurpose
from exchange.vault.providers.local_file import LocalFileProvider
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.submission import FileFormat, SubmissionState
from tests.unit.intake.metro2_lines import base, header

METRO2_READING = Reading(FileFormat.METRO2)
MONTHLY = Reading(FileFormat.MONTHLY_STATUS, newest_month=date(2026, 5, 1), synthesise_identities=True)
CONTRIBUTED = (subject, subject_key, subject_identifier, subject_sequence, account, account_identifier, account_version,
               delinquency)  # fmt: skip

MAPPED = Reading(FileFormat.MAPPED_CSV, mapping=MAPPING)


@pytest.fixture
def lender(exchange: Exchange) -> Exchange:
    exchange.bank("lender")
    return exchange


def submit(
    exchange: Exchange, content: bytes | Path, reading: Reading = METRO2_READING, member: str = "lender", **order: Any
) -> SubmissionOutcome:
    file = content if isinstance(content, Path) else io.BytesIO(content)
    return submit_file(exchange.services, file, attested(member, reading, **order))


def attested(member: str, reading: Reading, **order: Any) -> SubmissionOrder:
    """An order for formats that carry no notices: the member attests them, unless told otherwise."""
    return SubmissionOrder(member, reading, **{"notices_attested": True, **order})


def metro2(*lines: str) -> bytes:
    return "\n".join([header(), *lines]).encode()


def monthly(*rows: str) -> bytes:
    return "\n".join(["ID,MONTHS_BALANCE,STATUS", *rows]).encode()


def mapped(*rows: str) -> bytes:
    return "\n".join(["loan,id,name,owed,on", *rows]).encode()


def rows(exchange: Exchange, table: Table, *order: str) -> Sequence[Any]:
    with exchange.engine.connect() as connection:
        return connection.execute(select(table).order_by(*(table.c[name] for name in order))).all()


def counts(exchange: Exchange, *tables: Table) -> list[int]:
    with exchange.engine.connect() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def everything(exchange: Exchange) -> dict[str, Sequence[Any]]:
    return {table.name: rows(exchange, table, *table.primary_key.columns.keys()) for table in metadata.sorted_tables}


def cipher_of(exchange: Exchange, key: Any) -> Any:
    (row,) = [row for row in rows(exchange, subject_key) if row.subject_key == key]
    stored = WrappedKey(row.subject_key, row.key_no, row.kek_ref, row.kek_version, row.suite, row.wrapped)
    return exchange.services.keys.open(stored)


def test_a_file_makes_borrowers_accounts_and_delinquencies_all_sealed(lender: Exchange) -> None:
    late = base(account_status="71", payment_profile="1" + "0" * 23, first_delinquency_on="12052018",
                amount_past_due="000000400")  # fmt: skip
    outcome = submit(lender, metro2(late))
    assert outcome.state is SubmissionState.APPLIED
    assert (outcome.read, outcome.applied, outcome.unchanged, outcome.faulty) == (1, 1, 0, 0)
    assert counts(lender, *CONTRIBUTED) == [1, 1, 1, 1, 1, 1, 0, 1]
    (borrower,), (held,), (arrears,) = (rows(lender, table) for table in (subject, account, delinquency))
    cipher, row_key = cipher_of(lender, borrower.subject_key), borrower.subject_key.bytes
    assert cipher.unseal("subject", "id_number", row_key, borrower.id_number) == b"123456789"
    assert orjson.loads(cipher.unseal("subject", "names", row_key, borrower.names)) == ["PAT SAMPLE"]
    assert cipher.unseal("subject", "birth_date", row_key, borrower.birth_date) == b"1980-05-06"
    assert orjson.loads(cipher.unseal("subject", "phones", row_key, borrower.phones)) == ["6025550100"]
    assert cipher.unseal("account", "account_ref", held.account_key.bytes, held.account_ref) == b"A-1"
    assert not borrower.synthetic_identity and (borrower.country, borrower.id_type) == ("US", "SSN")
    assert (held.contributor, held.version, held.superseded_at) == ("lender", 1, None)
    assert (held.basis, held.jurisdiction, held.pack_version) == ("cn.cir.13", "cn", lender.services.pack.version)
    assert held.history_codes == "22" + "N" * 23 and held.past_due_minor == 40_000
    assert arrears.account_key == held.account_key and arrears.first_delinquent_on == date(2018, 12, 5)
    assert len(held.commitment) == len(arrears.commitment) == 32
    with lender.engine.connect() as connection:
        dump = str([connection.execute(select(table)).all() for table in metadata.sorted_tables])
    assert "SAMPLE" not in dump and "123456789" not in dump


def test_the_borrower_is_found_under_the_look_up_token(lender: Exchange) -> None:
    submit(lender, metro2(base()))
    token = lender.services.keys.lookup_tokens().identifier("SSN", "US", "123456789")
    (identifier,), (borrower,) = rows(lender, subject_identifier), rows(lender, subject)
    assert identifier.bidx == token and identifier.subject_key == borrower.subject_key


def test_two_accounts_of_one_person_belong_to_one_borrower_whoever_reports_them(lender: Exchange) -> None:
    lender.bank("other")
    submit(lender, metro2(base(), base(account_number="A-2", surname="SAMPLE-JONES")))
    submit(lender, metro2(base()), member="other")
    assert counts(lender, subject, subject_sequence, account, account_identifier) == [1, 1, 3, 3]


def test_the_submission_and_its_log_entry_are_written_with_the_records(lender: Exchange) -> None:
    before = counts(lender, log_pending, log_opening)
    outcome = submit(lender, metro2(base(), "no record"))
    assert counts(lender, log_pending, log_opening) == [count + 1 for count in before]
    (row,), (found,) = rows(lender, submission), rows(lender, submission_fault)
    assert (row.submission_id, row.state, row.format) == (outcome.submission_id, "APPLIED", "METRO2")
    assert (row.records_read, row.records_applied, row.records_faulty) == (2, 1, 1)
    assert (found.record_no, found.code) == (3, "RECORD_NOT_READABLE") and outcome.faults[0].sentence == found.sentence
    (opening,) = [entry for entry in rows(lender, log_opening) if entry.leaf_hash == row.leaf_hash]
    assert opening.subject_key == NOBODY and opening.subject_opening is None
    unsealed = lender.services.keys.log_cipher().unseal_opening(opening.entry_id, opening.service_opening)
    shown = open_fields(["act", "member", "digest", "records_applied"], unsealed)
    assert verify_opening(opening.leaf, shown) == {
        "act": "submission", "member": "lender", "digest": row.digest.hex(), "records_applied": 1,
    }  # fmt: skip


def test_the_same_bytes_again_change_nothing(lender: Exchange) -> None:
    content = metro2(base(), "no record")
    first = submit(lender, content)
    before = everything(lender)
    again = submit(lender, content)
    assert first.is_new and not again.is_new and again.submission_id == first.submission_id
    assert replace(again, seconds=first.seconds, is_new=True) == first
    assert everything(lender) == before


def test_the_same_content_in_another_file_makes_no_versions(lender: Exchange) -> None:
    submit(lender, metro2(base()))
    before = [rows(lender, table) for table in CONTRIBUTED]
    outcome = submit(lender, gzip.compress(metro2(base())))
    assert (outcome.state, outcome.applied, outcome.unchanged) == (SubmissionState.APPLIED, 0, 1)
    assert [rows(lender, table) for table in CONTRIBUTED] == before


def test_a_changed_account_keeps_what_we_said_before(lender: Exchange) -> None:
    submit(lender, metro2(base()))
    (first,) = rows(lender, account)
    lender.clock.instant += timedelta(days=30)
    outcome = submit(lender, metro2(base(current_balance="000008000", account_information_on="02282019")))
    assert (outcome.applied, outcome.unchanged) == (1, 0)
    (now,), (before,) = rows(lender, account), rows(lender, account_version)
    assert (now.version, now.balance_minor, now.recorded_at) == (2, 800_000, lender.clock.now())
    assert now.account_key == first.account_key and now.account_ref == first.account_ref
    assert now.commitment != first.commitment and now.history_codes == "N" * 26
    assert (before.version, before.reason, before.superseded_at) == (1, "UPDATE", lender.clock.now())
    assert before.recorded_at == first.recorded_at and before.record["balance_minor"] == 900_000
    assert counts(lender, subject, account, account_identifier) == [1, 1, 1]


def test_arrears_that_go_on_keep_their_first_day_in_a_new_version(lender: Exchange) -> None:
    late = {"account_status": "71", "payment_profile": "0" * 24, "first_delinquency_on": "01052019"}
    submit(lender, metro2(base(**late)))
    later = late | {"account_status": "78", "payment_profile": "1" + "0" * 23, "account_information_on": "02282019"}
    submit(lender, metro2(base(**later)))
    old, new = rows(lender, delinquency, "version")
    assert old.superseded_at == new.recorded_at > old.recorded_at and new.superseded_at is None
    assert (old.version, new.version) == (1, 2)
    assert old.first_delinquent_on == new.first_delinquent_on == date(2019, 1, 5)
    assert (old.peak_days_past_due, new.peak_days_past_due) == (31, 61)


def test_a_moved_first_delinquency_is_refused_and_changes_nothing(lender: Exchange) -> None:
    late = {"account_status": "78", "payment_profile": "1" + "0" * 23, "first_delinquency_on": "12052018"}
    submit(lender, metro2(base(**late)))
    before = [rows(lender, table) for table in CONTRIBUTED]
    moved = late | {"first_delinquency_on": "01052019", "current_balance": "000000001"}
    outcome = submit(lender, metro2(base(**moved)))
    assert [fault.code for fault in outcome.faults] == ["FIRST_DELINQUENCY_MOVED"] and outcome.applied == 0
    assert [rows(lender, table) for table in CONTRIBUTED] == before


def test_a_withdrawn_account_is_no_longer_current_and_is_not_lost(lender: Exchange) -> None:
    late = base(account_status="71", payment_profile="0" * 24, first_delinquency_on="01052019")
    submit(lender, metro2(late))
    outcome = submit(lender, metro2(base(account_status="DA")))
    assert outcome.applied == 1
    (held,), (arrears,), (before,) = (rows(lender, table) for table in (account, delinquency, account_version))
    assert held.superseded_at is not None and arrears.superseded_at is not None
    assert before.reason == "WITHDRAWN" and before.record["state"] == "OVERDUE"
    submit(lender, metro2(late, ""))
    assert rows(lender, account)[0].superseded_at is None


def test_contradictions_with_what_is_held_are_faults_and_make_no_borrower(lender: Exchange) -> None:
    submit(lender, metro2(base()))
    outcome = submit(
        lender,
        metro2(base(ssn="111223333"), base(account_number="NEW", account_status="DF"), base(account_number="A-3"),
               base(account_number="A-3")),
    )  # fmt: skip
    assert [fault.code for fault in outcome.faults] == [
        "RECORD_TWICE",
        "ACCOUNT_OF_ANOTHER_BORROWER",
        "NOTHING_TO_WITHDRAW",
    ]
    assert (outcome.read, outcome.applied, outcome.faulty) == (4, 1, 3)
    assert counts(lender, subject, subject_identifier, account) == [1, 1, 2]


def test_all_or_nothing_refuses_the_file_and_says_why(lender: Exchange) -> None:
    outcome = submit(lender, metro2(base(), base(account_number="A-2", portfolio="?")), all_or_nothing=True)
    assert outcome.state is SubmissionState.REFUSED
    assert (outcome.read, outcome.applied, outcome.faulty) == (2, 0, 1)
    assert counts(lender, *CONTRIBUTED) == [0] * len(CONTRIBUTED)
    (row,), (found,) = rows(lender, submission), rows(lender, submission_fault)
    assert (row.state, row.records_applied, found.field) == ("REFUSED", 0, "portfolio")
    assert row.leaf_hash in {entry.leaf_hash for entry in rows(lender, log_opening)}


def test_a_refused_file_may_be_tried_again_and_applies_record_by_record(lender: Exchange) -> None:
    content = metro2(base(), base(account_number="A-2", portfolio="?"))
    for _ in range(2):
        assert submit(lender, content, all_or_nothing=True).state is SubmissionState.REFUSED
    assert counts(lender, submission, submission_fault) == [1, 1]
    assert submit(lender, content).applied == 1


def test_a_sound_file_is_applied_whole(lender: Exchange) -> None:
    assert submit(lender, metro2(base()), all_or_nothing=True).state is SubmissionState.APPLIED


@pytest.mark.parametrize("cut", [lambda content: gzip.compress(content)[:-30], lambda content: content + b"\xff\xfe"])
def test_a_file_that_breaks_off_applies_nothing(lender: Exchange, cut: Any) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=2_000))
    content = cut(monthly(*(f"{number},{-back},C" for number in range(20_000) for back in range(3))))
    outcome = submit_file(services, io.BytesIO(content), attested("lender", MONTHLY))
    assert outcome.state is SubmissionState.REFUSED and outcome.file_fault and outcome.read == 0
    assert counts(lender, *CONTRIBUTED, submission_fault) == [0] * (len(CONTRIBUTED) + 1)
    assert rows(lender, submission)[0].file_fault == outcome.file_fault


class _Killed(Exception):
    pass


@pytest.mark.parametrize("step", ["add_subjects", "add_accounts", "add_delinquencies"])
def test_an_all_or_nothing_import_that_dies_in_the_middle_applies_nothing(
    lender: Exchange, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=3))
    content = monthly(*(f"{number},{-back},1" for number in range(10) for back in range(3)))
    order = attested("lender", MONTHLY, all_or_nothing=True)
    with monkeypatch.context() as patched:
        patched.setattr(append, step, _dying_at_call(3, getattr(append, step)))
        with pytest.raises(_Killed):
            submit_file(services, io.BytesIO(content), order)
    assert counts(lender, *CONTRIBUTED) == [0] * len(CONTRIBUTED)
    outcome = submit_file(services, io.BytesIO(content), order)
    assert (outcome.state, outcome.applied, outcome.is_new) == (SubmissionState.APPLIED, 10, True)
    assert counts(lender, submission, account, account_version, log_pending) == [1, 10, 0, 2]


@pytest.mark.parametrize("step", ["add_subjects", "add_accounts", "add_delinquencies"])
def test_an_import_that_dies_in_the_middle_goes_on_behind_its_last_batch(
    lender: Exchange, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=3))
    content = monthly(*(f"{number},{-back},{'?' if number == 1 else 1}" for number in range(10) for back in range(3)))
    with monkeypatch.context() as patched:
        patched.setattr(append, step, _dying_at_call(3, getattr(append, step)))
        with pytest.raises(_Killed):
            submit_file(services, io.BytesIO(content), attested("lender", MONTHLY))
    (row,) = rows(lender, submission)
    assert (row.state, row.batches_done, row.records_read, row.records_applied, row.faults) == ("WORKING", 2, 6, 5, 3)
    assert counts(lender, account, submission_fault) == [5, 3]
    lender.clock.instant += timedelta(days=2)
    outcome = submit_file(services, io.BytesIO(content), attested("lender", MONTHLY))
    assert (outcome.state, outcome.read, outcome.applied, outcome.unchanged) == (SubmissionState.APPLIED, 10, 9, 0)
    assert outcome.submission_id == row.submission_id and {fault.record_no for fault in outcome.faults} == {5, 6, 7}
    assert {held.recorded_at for held in rows(lender, account)} == {row.submitted_at}
    assert counts(lender, submission, account, account_version, submission_fault, log_pending) == [1, 9, 0, 3, 2]


def _dying_at_call(number: int, whole: Any) -> Any:
    calls = []

    def dies(*values: Any) -> Any:
        calls.append(values)
        if len(calls) == number:
            raise _Killed
        return whole(*values)

    return dies


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_after_a_killed_connection_the_file_is_gone_on_with(lender: Exchange, all_or_nothing: bool) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=3))
    content = monthly(*(f"{number},0,1" for number in range(10)))
    order = attested("lender", MONTHLY, all_or_nothing=all_or_nothing)
    killed = []

    def kill(records: int, _bytes: int) -> None:
        if records >= 6 and not killed:
            with lender.engine.connect() as connection:
                others = "datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle%'"
                killed.append(
                    connection.scalar(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
                )

    with pytest.raises(Unavailable):
        submit_file(services, io.BytesIO(content), order, kill)
    assert killed == [True] and counts(lender, account) == [0 if all_or_nothing else 6]
    assert submit_file(services, io.BytesIO(content), order).applied == 10
    assert counts(lender, submission, account, account_version) == [1, 10, 0]


def test_an_error_of_the_database_quotes_no_value(lender: Exchange) -> None:
    with pytest.raises(ExchangeError) as raised, lender.engine.begin() as connection:
        copy_rows(connection, subject_sequence, ["subject_key", "last"], [("secret value", 0)])
    assert "secret" not in str(raised.value) and raised.value.__cause__ is None
    assert "SQLSTATE" in raised.value.sentence


def test_two_imports_of_the_same_new_borrowers_at_once_make_each_borrower_once(lender: Exchange) -> None:
    lender.bank("other")
    people = [f"E{number:08d}" for number in range(400)]
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=400))

    def hand_in(member: str, order: Sequence[str]) -> SubmissionOutcome:
        content = mapped(*(f"{member}-{person},{person},Name,10.00,2026-05-31" for person in order))
        return submit_file(services, io.BytesIO(content), attested(member, MAPPED))

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(hand_in, "lender", people), pool.submit(hand_in, "other", people[::-1])
        assert one.result().applied == two.result().applied == 400
    assert counts(lender, subject, subject_key, subject_identifier, subject_sequence, account) == [400] * 4 + [800]
    assert {row.subject_key for row in rows(lender, account)} == {row.subject_key for row in rows(lender, subject)}


def test_the_same_file_handed_in_twice_at_once_is_applied_once(lender: Exchange) -> None:
    content = metro2(*(base(account_number=f"A-{number}") for number in range(50)))
    with ThreadPoolExecutor(2) as pool:
        outcomes = [future.result() for future in [pool.submit(submit, lender, content) for _ in range(2)]]
    assert sorted(outcome.is_new for outcome in outcomes) == [False, True]
    assert {(outcome.state, outcome.applied) for outcome in outcomes} == {(SubmissionState.APPLIED, 50)}
    assert counts(lender, submission, account, account_version) == [1, 50, 0]


def test_who_may_not_contribute_is_refused(lender: Exchange) -> None:
    lender.bank("suspended", status=MemberStatus.SUSPENDED)
    for member, code in (("nobody", "MEMBER_UNKNOWN"), ("suspended", "MEMBER_NOT_ACTIVE")):
        with pytest.raises(BadRequest) as refused:
            submit(lender, metro2(base()), member=member)
        assert refused.value.stable_code == code
    assert counts(lender, account, submission) == [0, 0]


def test_a_collection_agency_may_report_only_what_is_open_to_it(lender: Exchange) -> None:
    lender.bank("agency", member_class=MemberClass.COLLECTION_AGENCY)
    collected = base(
        account_number="A-2", account_status="93", first_delinquency_on="01012018", payment_profile="G" * 24
    )
    outcome = submit(lender, metro2(base(), collected), member="agency")
    assert [fault.code for fault in outcome.faults] == ["COLLECTOR_STATE"] and outcome.applied == 1


def test_negative_records_without_a_notice_are_faults_unless_the_member_attests_it(lender: Exchange) -> None:
    content = monthly("1,0,1", "2,0,C")
    outcome = submit(lender, content, MONTHLY, notices_attested=False)
    assert [(fault.code, fault.rule) for fault in outcome.faults] == [("PRIOR_NOTICE_MISSING", "cn.cir.15")]
    assert outcome.applied == 1 and rows(lender, submission_fault)[0].rule == "cn.cir.15"
    attested_one = submit(lender, content, MONTHLY)
    assert (attested_one.is_new, attested_one.applied, attested_one.unchanged) == (True, 1, 1)


def test_the_basis_must_be_a_rule_that_lets_somebody_contribute(lender: Exchange) -> None:
    for basis in ("cn.cir.16", "a consent", ""):
        with pytest.raises(BadRequest) as refused:
            submit(lender, metro2(base()), basis=basis)
        assert refused.value.stable_code == "BASIS_UNKNOWN"
    assert counts(lender, submission, account) == [0, 0]


def test_a_stream_that_cannot_go_back_and_a_path_are_read_alike(lender: Exchange, tmp_path: Path) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    path = tmp_path / "file.csv"
    path.write_bytes(monthly("1,0,C"))
    assert submit_file(lender.services, Stream(path.read_bytes()), attested("lender", MONTHLY)).applied == 1
    assert not submit(lender, path, MONTHLY).is_new
    with pytest.raises(FileNotReadable, match="no file of this name"):
        submit(lender, tmp_path / "absent.csv", MONTHLY)


def test_a_file_beyond_the_size_limit_is_refused(lender: Exchange) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_bytes_max=1_000))
    for content in (io.BytesIO(b"x" * 1_001),):
        with pytest.raises(FileNotReadable, match="larger than 1,000 bytes"):
            submit_file(services, content, attested("lender", MONTHLY))
    assert counts(lender, submission) == [0]


def test_the_newest_month_is_the_last_one_that_is_over_unless_it_is_named(lender: Exchange) -> None:
    assert lender.clock.now() == datetime(2026, 6, 1, 8, tzinfo=lender.clock.now().tzinfo)
    submit(lender, monthly("1,0,C"), replace(MONTHLY, newest_month=None))
    assert rows(lender, account)[0].history_month == date(2026, 5, 1)
    again = submit(lender, monthly("1,0,C"), replace(MONTHLY, newest_month=date(2026, 4, 1)))
    assert again.state is SubmissionState.APPLIED


def test_of_too_many_faults_the_first_are_kept_and_all_are_counted(
    lender: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.journeys.submission.FAULTS_KEPT", 3)
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=2))
    content = monthly("0,0,C", *(f"{number},0,?" for number in range(1, 9)))
    outcome = submit_file(services, io.BytesIO(content), attested("lender", MONTHLY))
    assert (outcome.state, outcome.applied, outcome.faulty) == (SubmissionState.APPLIED, 1, 8)
    assert [row.record_no for row in rows(lender, submission_fault, "fault_no")] == [3, 4, 5]
    assert rows(lender, submission)[0].faults == 8


def test_progress_is_told_to_the_end(lender: Exchange) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=4))
    content, told = monthly(*(f"{number},0,C" for number in range(10))), []
    order = attested("lender", MONTHLY)
    submit_file(services, io.BytesIO(content), order, lambda records, size: told.append((records, size)))
    assert [records for records, _ in told] == [4, 8, 10] and told[-1][1] == len(content)


def test_after_a_new_index_key_the_same_borrower_and_account_are_found(lender: Exchange) -> None:
    submit(lender, metro2(base()))
    LocalFileProvider.open(vault_file(lender.settings)).rotate(KekPurpose.INDEX)
    services = replace(lender.services, keys=open_vault(lender.settings, lender.clock))
    content = metro2(
        base(current_balance="000000007"), base(account_number="A-2"), base(ssn="111223333", account_number="B")
    )
    outcome = submit_file(services, io.BytesIO(content), attested("lender", METRO2_READING))
    assert (outcome.applied, outcome.faulty) == (3, 0)
    assert counts(lender, subject, account, account_version) == [2, 3, 1]
    assert sorted(row.index_key_id for row in rows(lender, subject_identifier)) == [1, 2]


def test_what_was_handed_in_is_what_another_lender_is_shown(lender: Exchange) -> None:
    other = lender.bank("other")
    alice = f"L-1,{BOB.id_number},Alice,1250.50,2026-05-31"
    submit(lender, mapped(alice), MAPPED)
    answer = other.ask(BOB, lender.consent("other", BOB)).get_json()
    report = answer["data"]["creditReport"]
    assert "errors" not in answer
    assert report["subject"] == {"names": ["Alice"], "idNumber": BOB.id_number, "birthDate": None}
    (shown,) = report["accounts"]["nodes"]
    assert int(shown["balance"]["minor"]) == 125_050
    assert shown["state"] == "NORMAL" and shown["ownBook"] is False


def test_the_real_metro2_file_is_stored_whole_once(lender: Exchange) -> None:
    reading = Reading(FileFormat.METRO2, synthesise_identities=True)
    outcome = submit(lender, sample(METRO2), reading)
    assert (outcome.state, outcome.read, outcome.applied, outcome.faulty) == (SubmissionState.APPLIED, 2_810, 2_809, 1)
    assert [(fault.record_no, fault.code) for fault in outcome.faults] == [(2, "RECORD_NOT_READABLE")]
    assert counts(lender, subject, account, submission_fault) == [2_809, 2_809, 1]
    before = counts(lender, *metadata.sorted_tables)
    assert not submit(lender, sample(METRO2), reading).is_new
    assert counts(lender, *metadata.sorted_tables) == before


def test_the_real_monthly_file_is_stored_whole(lender: Exchange) -> None:
    outcome = submit(lender, sample(MONTHLY_STATUS), MONTHLY)
    assert (outcome.read, outcome.applied, outcome.faulty) == (45_985, 45_985, 0)
    assert counts(lender, subject, account) == [45_985, 45_985]
    with lender.engine.connect() as connection:
        assert connection.scalar(select(func.sum(func.length(account.c.history_codes)))) == 1_048_353


def test_an_account_that_the_same_file_holds_twice_is_a_fault_in_whatever_batch(lender: Exchange) -> None:
    services = replace(lender.services, settings=replace(lender.settings, import_batch_records=2))
    rows_of_file = [f"L-{number},E1234567{number},Name,10.00,2026-05-31" for number in range(4)]
    content = mapped(*rows_of_file, rows_of_file[0].replace("10.00", "11.00"))
    outcome = submit_file(services, io.BytesIO(content), attested("lender", MAPPED))
    assert [(fault.record_no, fault.code) for fault in outcome.faults] == [(6, "RECORD_TWICE")]
    assert counts(lender, account, account_version) == [4, 0] and outcome.applied == 4


def test_another_birth_date_holds_the_record_back_and_another_name_is_noted(lender: Exchange) -> None:
    own = replace(MAPPED, mapping=MAPPING + 'birth_date = "born"\n')

    def born(*rows_of_file: str) -> bytes:
        return "\n".join(["loan,id,name,owed,on,born", *rows_of_file]).encode()

    submit(lender, born("L-1,E12345678,Wang Wei,10.00,2026-05-31,1990-01-01"), own)
    outcome = submit(
        lender,
        born(
            "L-2,E12345678,WEI WANG,10.00,2026-05-31,1990-01-01",
            "L-3,E12345678,Li Na,10.00,2026-05-31,1990-01-01",
            "L-4,E12345678,Wang Wei,10.00,2026-05-31,1991-01-01",
        ),
        own,
    )
    assert [(fault.record_no, fault.code) for fault in outcome.faults] == [(4, "IDENTITY_CONFLICT")]
    assert outcome.notes == {"NAME_DIFFERS": 1} and outcome.applied == 2
    assert counts(lender, subject, account) == [1, 3]
    assert {review.kind for review in rows(lender, subject_review)} == {"NAME_DIFFERS", "BIRTH_DATE_DIFFERS"}


def test_a_birth_date_that_was_not_known_completes_the_borrower(lender: Exchange) -> None:
    own = replace(MAPPED, mapping=MAPPING + 'birth_date = "born"\n')
    submit(lender, mapped("L-1,E12345678,Wang Wei,10.00,2026-05-31"), MAPPED)
    later = b"loan,id,name,owed,on,born\nL-2,E12345678,Wang Wei,10.00,2026-05-31,1990-01-01"
    assert submit(lender, later, own).applied == 1
    (borrower,), (before,) = rows(lender, subject), rows(lender, subject_version)
    cipher = cipher_of(lender, borrower.subject_key)
    assert cipher.unseal("subject", "birth_date", borrower.subject_key.bytes, borrower.birth_date) == b"1990-01-01"
    assert (borrower.version, before.version, before.record["birth_date"]) == (2, 1, None)


def test_documents_of_one_record_that_belong_to_two_borrowers_hold_it_back(lender: Exchange) -> None:
    base_record = {
        "portfolio": "INSTALMENT", "product": "AUTO", "state": "NORMAL", "currency": "CNY", "country": "CN",
        "opened_on": "2024-06-01", "reported_on": "2026-05-31", "time_zone": "Asia/Shanghai", "language": "zh-Hans",
        "names": ["Wang Wei"], "id_type": "PASSPORT",
    }  # fmt: skip

    def record(reference: str, number: str, *others: str) -> bytes:
        documents = [{"id_type": "PASSPORT", "country": "CN", "id_number": other} for other in others]
        own_fields = {"reference": reference, "id_number": number, "other_ids": documents}
        return orjson.dumps(base_record | own_fields, option=orjson.OPT_APPEND_NEWLINE)

    own = Reading(FileFormat.JSON_LINES)
    submit(lender, record("L-1", "E1111") + record("L-2", "E2222", "E3333"), own)
    outcome = submit(lender, record("L-3", "E1111", "E3333") + record("L-4", "E4444", "E2222"), own)
    assert [(fault.record_no, fault.code) for fault in outcome.faults] == [(1, "IDS_DISAGREE")]
    assert counts(lender, subject, subject_identifier, account) == [2, 4, 3]
    assert [review.kind for review in rows(lender, subject_review)] == ["IDS_DISAGREE"]


def test_an_order_is_the_same_after_it_was_kept(lender: Exchange) -> None:
    order = attested("lender", MONTHLY, all_or_nothing=True, correction=CorrectionReason.COURT)
    assert order_from_json(orjson.loads(orjson.dumps(order_as_json(order)))) == order
    assert submit(lender, monthly("1,0,C"), correction=CorrectionReason.LATE_FEED, reading=MONTHLY).applied == 1
    assert submit(lender, monthly("1,0,1"), correction=CorrectionReason.LATE_FEED, reading=MONTHLY).applied == 1
    assert rows(lender, account_version)[0].correction == "LATE_FEED"
