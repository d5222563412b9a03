"""An erased borrower is gone from every table, and the log still verifies; what must stay stays, and follows later."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from factories import ALICE, BOB, Exchange
from filled_file import fill_every_table, rows_left, tables_of_borrowers
from joined_files import reported, said, two_files
from noun_rows import add_noun
from openbureau_client import DirectoryFiles, verify_log
from sqlalchemy import delete, select, update
from traces import entries, error_of

from exchange.cli.erasure import erase
from exchange.cli.log_files import export_command
from exchange.errors import BadRequest, IntegrityError
from exchange.handover import Borrower
from exchange.journeys.erase_subject import Erasure, erase_pending, erase_subject, replay_erasures
from exchange.journeys.erasure_list import LIST_NAME
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.openable import Auditor
from exchange.journeys.own_erasure import ask_erasure, take_back_erasure, view_erasure
from exchange.journeys.reconcile_consents import reconcile
from exchange.journeys.retain import retain
from exchange.store import erasure as store
from exchange.store.erasure import EMPTIED, KEPT_OF_A_FILE, Erased
from exchange.store.subject_file import subject_file
from exchange.store.tables.account import account, account_identifier
from exchange.store.tables.assessment import review_request
from exchange.store.tables.collection import collection_action
from exchange.store.tables.consent import consent
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.log import log_pending
from exchange.store.tables.notice import notice
from exchange.store.tables.subject import erasure, subject, subject_key
from schema.vocabulary.erasure import ErasedPart, KeptBecause
from schema.vocabulary.scope import Scope

EVIDENCE = b"e" * 32
OVER: dict[str, Any] = {"state": "SETTLED", "closed_on": date(2026, 1, 10)}
LONG_OVER: dict[str, Any] = {"state": "SETTLED", "closed_on": date(2019, 1, 10)}


def erased(exchange: Exchange, document: Any = ALICE) -> Erasure:
    return erase_subject(exchange.services, document, EVIDENCE, "operator")


def kept(done: Erasure) -> list[KeptBecause]:
    return [each.because for each in done.plan.kept]


def myself(borrower: UUID) -> Borrower:
    return Borrower(borrower, b"", "PASSKEY", "en")


def full_file(exchange: Exchange) -> UUID:
    """A borrower with something in every table, nothing of which has to stay; a lender looked at it."""
    bank, alice = exchange.bank(), exchange.borrower()
    bank.ask(consent_id=exchange.consent(bank.member_id))
    exchange.borrower_signed_in(alice)
    reported(exchange, alice, bank.member_id, "R-1", **LONG_OVER)
    said(exchange, alice, "I paid all of it.")
    with exchange.engine.begin() as connection:
        connection.execute(update(account).values(previous_ref=sealed_reference(exchange, alice)))
    old = {"started_at": datetime(2015, 1, 1, tzinfo=UTC), "recorded_at": datetime(2015, 1, 1, tzinfo=UTC)}
    add_noun(exchange, collection_action, alice, bank.member_id, **old)
    fill_every_table(exchange, alice, bank.member_id, exchange.ciphers[alice].seal("t", "c", b"r", b"secret"))
    with exchange.engine.begin() as connection:
        connection.execute(update(delinquency).values(ended_on=date(2019, 1, 10)))
        connection.execute(delete(erasure_request))
        connection.execute(delete(erasure))
        for table, values in {
            "lawful_ground": {"ended_at": exchange.clock.now()},
            "public_record": {"ended_on": date(2015, 1, 1)},
            "repayment_plan": {"state": "COMPLETED", "ended_on": date(2015, 1, 1)},
            "contact_clearance": {"asked_at": datetime(2015, 1, 1, tzinfo=UTC)},
            "contact_breach": {"happened_at": datetime(2015, 1, 1, tzinfo=UTC)},
        }.items():
            connection.execute(update(tables()[table]).values(values))
    return alice


def tables() -> dict[str, Any]:
    return {table.name: table for table in tables_of_borrowers()}


def sealed_reference(exchange: Exchange, borrower: UUID) -> bytes:
    with exchange.engine.connect() as connection:
        key = connection.execute(select(account.c.account_key)).scalar_one()
    return exchange.ciphers[borrower].seal("account", "previous_ref", key.bytes, b"OLD-1")


def everything(exchange: Exchange, borrower: UUID) -> dict[str, Any]:
    return rows_left(exchange, borrower)


def test_after_an_erasure_no_table_holds_what_was_sealed_or_leads_to_the_borrower(exchange: Exchange) -> None:
    alice = full_file(exchange)
    untold = [name for name in tables() if name not in everything(exchange, alice)]
    assert set(untold) == {"erasure", "erasure_request"}

    done = erased(exchange)

    assert (done.whole, kept(done)) == (True, [])
    left = everything(exchange, alice)
    stays = {table.name for table in KEPT_OF_A_FILE | EMPTIED.keys()} | {"notice"}
    assert set(left) <= stays
    for name, rows in left.items():
        for row in rows:
            sealed = {
                column: value for column, value in row.items() if is_sealed(value) and column != "service_opening"
            }
            assert sealed == {}, name
    assert [row["state"] for row in left["subject_key"]] == ["WIPED"]
    assert [row["wrapped"] for row in left["subject_key"]] == [b""]
    with exchange.engine.connect() as connection:
        assert connection.execute(select(account_identifier)).all() == []


def is_sealed(value: Any) -> bool:
    """Whether bytes look like a sealed value: its version, its suite, and more than a nonce and a tag."""
    return isinstance(value, bytes) and len(value) > 34 and value[:2] in (b"\x01\x01", b"\x01\x02", b"\x01\x03")


def test_the_key_itself_can_no_longer_be_opened(exchange: Exchange) -> None:
    alice = full_file(exchange)
    with exchange.engine.connect() as connection:
        before = subject_file(connection, alice).wrapped_key
    erased(exchange)
    with exchange.engine.connect() as connection:
        row = connection.execute(select(subject_key)).mappings().one()
    wiped = type(before)(**{name: row[name] for name in before.__slots__})
    with pytest.raises(IntegrityError):
        exchange.services.keys.open(wiped)


def test_a_look_finds_nobody_and_the_lender_is_told(exchange: Exchange) -> None:
    alice = full_file(exchange)
    bank = exchange.bank("second-bank")
    consent_id = exchange.consent(bank.member_id)
    assert bank.ask(consent_id=consent_id).get_json()["data"]["creditReport"]
    erased(exchange)
    assert error_of(bank.ask(consent_id=consent_id))
    with exchange.engine.connect() as connection:
        told = connection.execute(select(notice.c.kind, notice.c.recipient).where(notice.c.subject_key == alice)).all()
        states = set(connection.scalars(select(consent.c.state)))
    assert ("FILE_ERASED", "harbour-bank") in told
    assert ("CONSENT_WITHDRAWN", "second-bank") in told
    assert all(recipient is not None for _, recipient in told)
    assert not states & {"ACTIVE", "PAUSED"}


def test_a_member_still_answers_what_it_was_told_before(exchange: Exchange) -> None:
    scopes = frozenset({Scope.CREDIT_READ, Scope.RECORDS_WRITE, Scope.CONSENT_REQUEST})
    bank, _ = exchange.bank(scopes=scopes), exchange.borrower()
    exchange.consent(bank.member_id)
    erased(exchange)
    bank.fetch_token("consent:request")
    listed = bank.post({"query": "{ notices(first: 9) { nodes { id kind } } }"}).get_json()["data"]["notices"]["nodes"]
    (withdrawn,) = [each["id"] for each in listed if each["kind"] == "CONSENT_WITHDRAWN"]
    answer = "mutation ($id: ID!) { answerNotice(noticeId: $id, answer: DELETED) { notice { answer } } }"
    told = bank.post({"query": answer, "variables": {"id": withdrawn}}).get_json()
    assert told["data"]["answerNotice"]["notice"]["answer"] == "DELETED"


def test_another_borrower_is_untouched(exchange: Exchange) -> None:
    alice = full_file(exchange)
    bob = exchange.borrower(BOB)
    reported(exchange, bob, "harbour-bank", "R-9")
    exchange.borrower_signed_in(bob)
    before = everything(exchange, bob)
    erased(exchange)
    assert everything(exchange, bob) == before
    with exchange.engine.connect() as connection:
        assert set(connection.scalars(select(account_identifier.c.subject_key))) == {bob} != {alice}


def test_the_log_still_verifies_and_its_last_entry_about_the_borrower_says_so(
    exchange: Exchange, tmp_path: Path
) -> None:
    alice = full_file(exchange)
    last_before = max(entry.sequence or 0 for entry in entries(exchange) if entry.subject_key == alice)
    exchange.integrate()
    erased(exchange)
    exchange.integrate()
    with exchange.engine.connect() as connection:
        done = connection.execute(select(erasure)).mappings().one()
    told = run(exchange, export_command, tmp_path / "log")
    assert told.exit_code == 0, told.output
    vkey = (exchange.settings.home / "log.vkey").read_text().split()[0]
    assert verify_log(DirectoryFiles(tmp_path / "log"), [vkey]).checkpoint.size > last_before
    proof = exchange.client.get(f"/log/proof/{done['leaf_hash'].hex()}")
    assert proof.status_code == 200
    assert done["subject_key"] == alice


def run(exchange: Exchange, command: Any, *arguments: object, **given: str) -> Result:
    url = exchange.engine.url.render_as_string(hide_password=False)
    settings = {"OPENBUREAU_HOME": str(exchange.settings.home), "OPENBUREAU_DATABASE_URL": url}
    return CliRunner().invoke(command, list(map(str, arguments)), env=settings | given)


def test_consents_still_stand_against_looks_for_the_authority(exchange: Exchange) -> None:
    exchange.authority()
    bank, _ = exchange.bank(), exchange.borrower()
    bank.ask(consent_id=exchange.consent(bank.member_id))
    erased(exchange)
    exchange.integrate()
    now = exchange.clock.now()
    auditor = Auditor("audit-office", None, frozenset({Scope.AUDIT_READ}))
    found = reconcile(exchange.services, auditor, now - timedelta(days=1), now + timedelta(days=1))
    assert (found.looks, found.unmatched) == (1, 0)


def test_a_crash_before_the_end_leaves_everything(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = full_file(exchange)
    before = everything(exchange, alice)

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(store, "wipe_file", crash)
    with pytest.raises(RuntimeError):
        erased(exchange)
    assert everything(exchange, alice) == before
    assert not (exchange.settings.home / LIST_NAME).exists()


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({}, KeptBecause.OPEN_ACCOUNT),
        ({**OVER, "history_codes": "N2N"}, KeptBecause.NEGATIVE),
        ({"state": "WRITTEN_OFF", "closed_on": date(2024, 1, 1)}, KeptBecause.NEGATIVE),
    ],
)
def test_an_account_that_is_open_or_says_something_negative_stays(
    exchange: Exchange, changes: dict[str, Any], because: KeptBecause
) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, **changes)
    done = erased(exchange)
    assert (done.whole, kept(done)) == (False, [because])
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["ACTIVE"]
    assert "account" in everything(exchange, alice)


def test_negative_information_stays_until_its_time_is_over_and_not_a_day_longer(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    key = exchange.account(alice, bank.member_id, **OVER)
    exchange.delinquency(alice, key, bank.member_id, ended_on=date(2025, 5, 1))
    view = view_erasure(exchange.services, myself(alice))
    assert [(each.because, each.until, each.rule) for each in view.plan.kept] == [
        (KeptBecause.NEGATIVE, date(2030, 5, 1), "cn.cir.16")
    ]
    assert view.rules["cn.cir.16"].clause
    erased(exchange)
    exchange.clock.instant = datetime(2030, 5, 1, 12, tzinfo=UTC)
    assert erase_pending(exchange.services, "operator") == []
    exchange.clock.instant = datetime(2030, 5, 2, 12, tzinfo=UTC)
    retain(exchange.services, "operator")
    assert "account" not in everything(exchange, alice)
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["WIPED"]


def test_contacts_about_a_debt_stay_for_as_long_as_they_must(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.clock.instant = datetime(2026, 6, 1, tzinfo=UTC)
    add_noun(exchange, collection_action, alice, bank.member_id)
    done = erased(exchange)
    ((because, until),) = [(each.because, each.until) for each in done.plan.kept]
    assert (because, until) == (KeptBecause.DUTY_TO_KEEP, date(2028, 5, 3))


@pytest.mark.parametrize(
    ("table", "values", "because"),
    [
        (dispute, {"closed_at": None, "state": "WITH_FURNISHER"}, KeptBecause.OPEN_DISPUTE),
        (review_request, {"answered_at": None}, KeptBecause.OPEN_REVIEW),
    ],
)
def test_what_runs_is_waited_for(exchange: Exchange, table: Any, values: dict[str, Any], because: KeptBecause) -> None:
    alice = full_file(exchange)
    with exchange.engine.begin() as connection:
        connection.execute(update(table).values(values))
    done = erased(exchange)
    assert (done.whole, kept(done)) == (False, [because])
    with exchange.engine.begin() as connection:
        connection.execute(update(table).values({name: exchange.clock.now() for name in values if name != "state"}))
    (after,) = erase_pending(exchange.services, "operator")
    assert after.whole
    assert "subject_identifier" not in everything(exchange, alice)


def test_a_part_goes_now_and_the_rest_is_remembered(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    still = exchange.account(alice, bank.member_id, "R-1")
    over = reported_without_fault(exchange, alice, bank.member_id)
    exchange.consent(bank.member_id)
    exchange.borrower_signed_in(alice)
    said(exchange, alice, "About the one that stays.", still)
    said(exchange, alice, "About all of it.")
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(phones=b"sealed"))

    done = erased(exchange)

    assert done.plan.gone == {
        ErasedPart.ACCOUNTS: 1, ErasedPart.STATEMENTS: 1, ErasedPart.CONSENTS: 1, ErasedPart.CONTACT_DETAILS: 1
    }  # fmt: skip
    left = everything(exchange, alice)
    assert [row["account_key"] for row in left["account"]] == [still] != [over]
    assert [row["about"] for row in left["statement"]] == [still]
    assert left["subject"][0]["phones"] is None
    assert left["consent"][0]["state"] == "REVOKED"
    assert {"passkey", "subject_identifier", "erasure_request"} <= set(left)
    assert "account_identifier" not in left
    (entry,) = [entry for entry in entries(exchange) if entry.fields["act"] == "file_erased"]
    assert (entry.fields["part"], entry.fields["kept"]) == ("PART", ["OPEN_ACCOUNT 1"])

    exchange.later(days=1)
    exchange.consent(bank.member_id)
    assert erase_pending(exchange.services, "operator") == []
    assert "ACTIVE" in {row["state"] for row in everything(exchange, alice)["consent"]}
    with exchange.engine.begin() as connection:
        connection.execute(update(account).values(**LONG_OVER))
    (after,) = erase_pending(exchange.services, "operator")
    assert after.whole
    assert "passkey" not in everything(exchange, alice)


def reported_without_fault(exchange: Exchange, borrower: UUID, contributor: str) -> UUID:
    key = reported(exchange, borrower, contributor, "R-2", **OVER)
    with exchange.engine.begin() as connection:
        connection.execute(delete(tables()["delinquency"]))
    return key


def test_a_dry_run_changes_nothing_and_says_the_same(exchange: Exchange) -> None:
    alice = full_file(exchange)
    before = everything(exchange, alice)
    would = erase_subject(exchange.services, ALICE, None, "operator", dry_run=True)
    assert everything(exchange, alice) == before
    assert erased(exchange).plan == would.plan


def test_a_borrower_asks_and_the_owner_of_the_tables_does_it(exchange: Exchange) -> None:
    alice = full_file(exchange)
    asked = ask_erasure(exchange.services, myself(alice))
    assert ask_erasure(exchange.services, myself(alice)) == asked
    assert view_erasure(exchange.services, myself(alice)).asked_at == exchange.clock.now()
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["ACTIVE"]
    retain(exchange.services, "operator")
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["WIPED"]
    with pytest.raises(BadRequest):
        view_erasure(exchange.services, myself(alice))


def test_the_clock_stops_once_what_may_go_has_gone(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    ask_erasure(exchange.services, myself(alice))
    (clock,) = everything(exchange, alice)["running_clock"]
    assert (clock["kind"], clock["met_at"], clock["member_id"]) == ("ERASURE", None, None)
    exchange.later(days=1)
    (done,) = erase_pending(exchange.services, "operator")
    assert not done.whole
    (clock,) = everything(exchange, alice)["running_clock"]
    assert clock["met_at"] == exchange.clock.now() < clock["due_at"]
    assert view_erasure(exchange.services, myself(alice)).begun_at == exchange.clock.now()


def test_a_request_that_was_taken_back_is_not_carried_out(exchange: Exchange) -> None:
    alice = full_file(exchange)
    ask_erasure(exchange.services, myself(alice))
    take_back_erasure(exchange.services, myself(alice))
    assert erase_pending(exchange.services, "operator") == []
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["ACTIVE"]
    with pytest.raises(BadRequest) as refused:
        take_back_erasure(exchange.services, myself(alice))
    assert refused.value.stable_code == "ERASURE_NOT_ASKED"


def test_files_that_were_joined_go_together(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = two_files(exchange)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert erased(exchange, BOB).whole
    for key in (alice, bob):
        assert [row["state"] for row in everything(exchange, key)["subject_key"]] == ["WIPED"]
    with exchange.engine.connect() as connection:
        assert set(connection.scalars(select(erasure.c.subject_key))) == {alice, bob}


def test_a_restored_backup_brings_nobody_back(exchange: Exchange) -> None:
    alice = full_file(exchange)
    backup = everything(exchange, alice)
    erased(exchange)
    restore(exchange, alice, backup)
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["ACTIVE"]

    assert replay_erasures(exchange.services, "operator") == 1

    left = everything(exchange, alice)
    assert [row["state"] for row in left["subject_key"]] == ["WIPED"]
    assert not set(left) & {"account", "passkey", "subject_identifier", "account_identifier", "statement"}
    assert "erasure" in left
    with exchange.engine.connect() as connection:
        told = connection.execute(select(log_pending.c.act).where(log_pending.c.act == "erasures_replayed")).all()
    assert len(told) == 1
    assert replay_erasures(exchange.services, "operator") == 0


def restore(exchange: Exchange, borrower: UUID, backup: dict[str, Any]) -> None:
    """Puts the borrower's rows back as they stood, the erasure itself unknown again."""
    with exchange.engine.begin() as connection:
        for table in reversed(tables_of_borrowers()):
            connection.execute(delete(table).where(table.c.subject_key == borrower))
        for table in tables_of_borrowers():
            if rows := backup.get(table.name):
                connection.execute(table.insert(), rows)


def test_the_list_beside_the_database_names_nobody(exchange: Exchange) -> None:
    alice = full_file(exchange)
    erased(exchange)
    path = exchange.settings.home / LIST_NAME
    (line,) = map(json.loads, path.read_text().splitlines())
    assert (line["subject_key"], set(line)) == (str(alice), {"subject_key", "done_at", "leaf_hash"})
    assert path.stat().st_mode & 0o077 == 0


def test_a_list_from_elsewhere_is_enough(exchange: Exchange) -> None:
    alice = full_file(exchange)
    known = Erased(alice, exchange.clock.now(), b"l" * 32)
    assert replay_erasures(exchange.services, "operator", [known]) == 1
    assert [row["state"] for row in everything(exchange, alice)["subject_key"]] == ["WIPED"]


def test_the_command_tells_what_goes_and_what_stays(exchange: Exchange, tmp_path: Path) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    letter = tmp_path / "letter"
    letter.write_bytes(b"Please erase me.")
    number = {"OPENBUREAU_ID_NUMBER": ALICE.id_number}
    trial = run(exchange, erase, "subject", "--dry-run", **number)
    assert "would go" in trial.output
    assert "OPEN_ACCOUNT 1 until it is over" in trial.output
    assert run(exchange, erase, "subject", **number).exit_code == 2
    told = run(exchange, erase, "subject", "--evidence", letter, "--json", **number)
    assert json.loads(told.output)["whole"] is False
    assert json.loads(run(exchange, erase, "pending", "--json").output) == {"whole": 0, "in_part": 0}
    assert ALICE.id_number not in told.output + trial.output


def test_the_command_erases_again_from_a_list(exchange: Exchange, tmp_path: Path) -> None:
    alice = full_file(exchange)
    backup = everything(exchange, alice)
    erased(exchange)
    listed = tmp_path / "list"
    listed.write_text(run(exchange, erase, "list").output)
    restore(exchange, alice, backup)
    (exchange.settings.home / LIST_NAME).unlink()
    told = run(exchange, erase, "replay", "--list", listed, "--json")
    assert json.loads(told.output) == {"erased_again": 1}
    listed.write_text("no list")
    assert "no list of erasures" in run(exchange, erase, "replay", "--list", listed).output
