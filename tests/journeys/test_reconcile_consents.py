"""Consents held against accesses: what is sound is not reported, and each thing that must not be is found."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from factories import ALICE, BOB, Bank, Exchange
from sqlalchemy import text
from test_borrower_consents import given
from test_lawful_grounds import ask as ask_under_ground
from test_lawful_grounds import recorded
from traces import entries, error_of, inquiries

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.lifecycle import ConsentState
from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.signed_words import read_claims
from exchange.errors import BadRequest, IntegrityError, Refused
from exchange.journeys import reconcile_consents
from exchange.journeys.lawful_grounds import end_recorded_ground
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.openable import Auditor
from exchange.journeys.own_report import own_report
from exchange.journeys.reconcile_consents import KIND, Reconciliation, reconcile
from schema.vocabulary.scope import Scope

AUDITOR = Auditor("audit-office", None, frozenset({Scope.AUDIT_READ}))
DAY = timedelta(days=1)


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.authority()
    return exchange.bank()


def granted(bank: Bank, consent_id: UUID, borrower: object = ALICE) -> None:
    answer = bank.ask(borrower, consent_id).get_json()  # type: ignore[arg-type]  # a document
    assert answer["data"]["creditReport"], answer


def refused(bank: Bank, consent_id: UUID | None) -> None:
    assert error_of(bank.ask(consent_id=consent_id))


def now_reconciled(exchange: Exchange, from_time: datetime | None = None) -> Reconciliation:
    exchange.integrate()
    now = exchange.clock.now()
    return reconcile(exchange.services, AUDITOR, from_time or now - DAY, now + DAY)


def busy(exchange: Exchange, bank: Bank) -> None:
    """Looks on every basis, some refused, with consents given, paused, resumed, withdrawn and taken the place of."""
    alice = exchange.borrower()
    exchange.borrower(BOB)
    first = exchange.consent(bank.member_id)
    granted(bank, first)
    move_consent(exchange.services, ALICE, first, ConsentState.PAUSED, "test")
    refused(bank, first)
    move_consent(exchange.services, ALICE, first, ConsentState.ACTIVE, "test")
    granted(bank, first)
    second = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
    granted(bank, second)
    refused(bank, second)
    refused(bank, None)
    move_consent(exchange.services, ALICE, second, ConsentState.REVOKED, "test")
    refused(bank, second)
    often = exchange.consent(bank.member_id, BOB, frequency=Frequency(2, FrequencyUnit.DAY))
    granted(bank, often, BOB)
    granted(bank, often, BOB)
    exchange.later(days=1)
    bank.fetch_token()
    granted(bank, often, BOB)
    ground = recorded(exchange, bank.member_id)
    assert ask_under_ground(bank, ground).get_json()["data"]["creditReport"]
    end_recorded_ground(exchange.services, ALICE, ground, "test")
    assert error_of(ask_under_ground(bank, ground))
    signed_in = exchange.borrower_signed_in(alice)
    own_report(exchange.services, signed_in.borrower)


def test_looks_on_every_basis_match_and_nothing_sound_is_reported(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)

    result = now_reconciled(exchange, exchange.clock.now() - 2 * DAY)

    assert result.faults == ()
    assert (result.unmatched, result.by_fault) == (0, {})
    assert result.by_basis == {"CONSENT": 6, "COURT": 1, "SELF": 1}
    assert (result.looks, result.matched, result.refused, result.waiting) == (8, 8, 5, 0)
    assert (result.consents_verified, result.every_consent_verified, result.entries_opened) == (3, True, 8)


def test_many_small_steps_find_the_same(exchange: Exchange, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(exchange, bank)
    monkeypatch.setattr(reconcile_consents, "LOOKS_AT_ONCE", 2)
    monkeypatch.setattr(reconcile_consents, "LEAVES_AT_ONCE", 3)

    result = now_reconciled(exchange, exchange.clock.now() - 2 * DAY)

    assert (result.looks, result.matched, result.refused, result.unmatched) == (8, 8, 5, 0)


def test_what_lies_outside_the_period_is_not_counted(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)
    exchange.integrate()
    now = exchange.clock.now()

    yesterday = reconcile(exchange.services, AUDITOR, now - 2 * DAY, now)
    tomorrow = reconcile(exchange.services, AUDITOR, now + timedelta(seconds=1), now + DAY)

    assert (yesterday.looks, yesterday.refused, yesterday.unmatched) == (5, 4, 0)
    assert (tomorrow.looks, tomorrow.refused, tomorrow.unmatched, tomorrow.by_basis) == (0, 0, 0, {})


def test_looks_that_wait_for_their_place_are_no_fault(exchange: Exchange, bank: Bank) -> None:
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    exchange.integrate()
    granted(bank, consent_id)
    now = exchange.clock.now()

    result = reconcile(exchange.services, AUDITOR, now - DAY, now + DAY)

    assert (result.looks, result.matched, result.waiting, result.unmatched) == (1, 1, 1, 0)


def test_the_statement_is_signed_bound_to_the_checkpoint_and_named_in_the_log(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)
    result = now_reconciled(exchange)
    keys = {exchange.services.signing.kid: exchange.services.signing.key.public_key()}

    claims = read_claims(result.statement, KIND, keys)

    checkpoint = checkpoint_in(result.note)
    assert (claims["log_origin"], claims["tree_size"]) == (checkpoint.origin, checkpoint.size)
    assert (claims["aud"], claims["looks"], claims["unmatched"]) == ("audit-office", result.looks, 0)
    assert (claims["faults"], claims["seed"], len(bytes.fromhex(result.seed))) == ([], result.seed, 16)
    (view,) = [entry for entry in entries(exchange) if entry.fields["act"] == "reconciled"]
    assert (view.fields["member"], view.fields["officer"], view.fields["found"]) == ("audit-office", None, 0)
    assert view.fields["digest"] == hashlib.sha256(result.statement.encode()).hexdigest()
    with pytest.raises(IntegrityError):
        read_claims(result.statement, "openbureau-count", keys)


def test_without_the_scope_nothing_is_said_and_the_refusal_is_logged(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)
    exchange.integrate()
    opener = Auditor("audit-office", None, frozenset({Scope.AUDIT_OPEN}))
    now = exchange.clock.now()

    with pytest.raises(Refused) as refusal:
        reconcile(exchange.services, opener, now - DAY, now)

    assert refusal.value.stable_code == "SCOPE_MISSING"
    acts = [entry.fields["act"] for entry in entries(exchange)]
    assert acts.count("caller_refused") == 1
    assert "reconciled" not in acts


@pytest.mark.parametrize("naive", [False, True])
def test_a_time_that_is_no_period_is_refused(exchange: Exchange, bank: Bank, naive: bool) -> None:
    now = exchange.clock.now()
    times = (now.replace(tzinfo=None), now) if naive else (now, now)
    with pytest.raises(BadRequest) as fault:
        reconcile(exchange.services, AUDITOR, *times)
    assert fault.value.stable_code == "PERIOD_NOT_VALID"


def test_only_so_many_signatures_are_verified_as_the_settings_allow(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)
    sample: reconcile_consents.Sample[int] = reconcile_consents.Sample(b"seed", 2)
    sample.add((bytes([number]), number) for number in range(3))
    sample.add([(bytes([0]), 0)])
    assert (len(sample.items()), sample.whole) == (2, False)
    assert set(sample.items()) <= {0, 1, 2}


SOUND_LOOK = "(SELECT inquiry_key FROM inquiry WHERE granted AND basis = 'CONSENT' ORDER BY asked_at, sequence LIMIT 1)"
ITS_CONSENT = f"(SELECT consent_id FROM inquiry WHERE inquiry_key = {SOUND_LOOK})"
ITS_LEAF = f"(SELECT leaf_hash FROM inquiry WHERE inquiry_key = {SOUND_LOOK})"
ITS_INDEX = f"(SELECT leaf_index FROM log_leaf WHERE leaf_hash = {ITS_LEAF})"
ITS_ENTRY = f"(SELECT entry_id FROM log_leaf WHERE leaf_hash = {ITS_LEAF})"

TAMPERING: dict[str, tuple[str, str]] = {
    "leaf taken out of the log": (f"DELETE FROM log_leaf WHERE leaf_hash = {ITS_LEAF}", "LEAF_MISSING"),
    "another leaf named": (f"UPDATE inquiry SET leaf_hash = 'x' WHERE inquiry_key = {SOUND_LOOK}", "LEAF_MISSING"),
    "event rewritten": (
        f"UPDATE log_event SET member_id = 'other' WHERE leaf_index = {ITS_INDEX}", "EVENT_DIFFERS",
    ),
    "event taken out": (f"DELETE FROM log_event WHERE leaf_index = {ITS_INDEX}", "EVENT_MISSING"),
    "look moved in time": (
        f"UPDATE inquiry SET asked_at = asked_at - interval '1 hour' WHERE inquiry_key = {SOUND_LOOK}",
        "EVENT_DIFFERS",
    ),
    "inquiry taken out": (f"DELETE FROM inquiry WHERE inquiry_key = {SOUND_LOOK}", "INQUIRY_MISSING"),
    "refused inquiry taken out": ("DELETE FROM inquiry WHERE NOT granted", "INQUIRY_MISSING"),
    "opening taken out": (f"DELETE FROM log_opening WHERE entry_id = {ITS_ENTRY}", "OPENING_MISSING"),
    "refused look made a granted one": ("UPDATE inquiry SET granted = true WHERE NOT granted", "EVENT_DIFFERS"),
    "consent taken out": (
        f"UPDATE inquiry SET consent_id = gen_random_uuid() WHERE inquiry_key = {SOUND_LOOK}", "CONSENT_MISSING",
    ),
    "consent of another member": (
        f"UPDATE consent SET recipient = 'other' WHERE consent_id = {ITS_CONSENT}", "CONSENT_OTHER_RECIPIENT",
    ),
    "consent for another purpose": (
        f"UPDATE consent SET purpose = 'COLLECTION' WHERE consent_id = {ITS_CONSENT}", "CONSENT_PURPOSE",
    ),
    "consent not begun": (
        f"UPDATE consent SET starts_at = expires_at WHERE consent_id = {ITS_CONSENT}", "CONSENT_NOT_IN_FORCE",
    ),
    "consent ended": (
        f"UPDATE consent SET expires_at = starts_at WHERE consent_id = {ITS_CONSENT}", "CONSENT_NOT_IN_FORCE",
    ),
    "consent stretched": (
        f"UPDATE consent SET expires_at = expires_at + interval '1 year' WHERE consent_id = {ITS_CONSENT}",
        "CONSENT_DIFFERS",
    ),
    "artefact of a consent rewritten": (
        f"UPDATE consent SET artefact = '{{}}' WHERE consent_id = {ITS_CONSENT}", "CONSENT_SIGNATURE",
    ),
    "signature of another": (
        "UPDATE consent SET signatures = (SELECT signatures FROM consent ORDER BY consent_id DESC LIMIT 1)",
        "CONSENT_SIGNATURE",
    ),
    "uses counted down": (f"UPDATE consent SET uses = uses - 1 WHERE consent_id = {ITS_CONSENT}", "USES_DIFFER"),
    "use numbered twice": ("UPDATE inquiry SET consent_use = 1 WHERE consent_use = 2", "USES_DIFFER"),
    "move back-dated to before the look": (
        f"""UPDATE consent_move m SET entry_id = (SELECT entry_id FROM consent_move WHERE consent_id = m.consent_id
            AND to_state = 'ACTIVE' AND from_state IS NULL), to_state = 'PAUSED'
            WHERE consent_id = {ITS_CONSENT} AND from_state IS NULL""",
        "MOVE_DIFFERS",
    ),
    "withdrawal taken out": ("DELETE FROM consent_move WHERE to_state = 'REVOKED'", "MOVE_MISSING"),
    "giving taken out": (
        f"DELETE FROM consent_move WHERE from_state IS NULL AND consent_id = {ITS_CONSENT}", "CONSENT_NOT_IN_FORCE",
    ),
    "ground taken out": ("DELETE FROM lawful_ground", "GROUND_MISSING"),
    "ground for another": ("UPDATE lawful_ground SET recipient = 'other'", "GROUND_OTHER_RECIPIENT"),
    "ground of another kind": ("UPDATE lawful_ground SET kind = 'FRAUD_DUTY'", "GROUND_OTHER_KIND"),
    "ground for another purpose": ("UPDATE lawful_ground SET purpose = 'DISPUTE'", "GROUND_PURPOSE"),
    "ground that had ended": (
        "UPDATE lawful_ground SET expires_at = recorded_at - interval '1 hour'", "GROUND_NOT_IN_FORCE",
    ),
    "ground recorded with a later entry": (
        """UPDATE lawful_ground g SET entry_id = (SELECT entry_id FROM log_opening o
            WHERE o.subject_key = g.subject_key ORDER BY sequence DESC LIMIT 1)""",
        "GROUND_NOT_IN_FORCE",
    ),
    "ground stretched": ("UPDATE lawful_ground SET expires_at = expires_at + interval '9 days'", "GROUND_DIFFERS"),
    "ending of a ground taken back": ("UPDATE lawful_ground SET ended_at = NULL", "MOVE_MISSING"),
    "look of a member passed off as the borrower's own": (
        f"UPDATE inquiry SET basis = 'SELF' WHERE inquiry_key = {SOUND_LOOK}", "SELF_BY_ANOTHER",
    ),
    "more released than was logged": (
        f"UPDATE inquiry SET released = ARRAY['IDENTITY'] WHERE inquiry_key = {SOUND_LOOK}", "ENTRY_DIFFERS",
    ),
    "look and event moved in time": (
        f"""WITH moved AS (UPDATE log_event SET recorded_at = recorded_at - interval '1 hour'
            WHERE leaf_index = {ITS_INDEX})
            UPDATE inquiry SET asked_at = asked_at - interval '1 hour' WHERE inquiry_key = {SOUND_LOOK}""",
        "ENTRY_DIFFERS",
    ),
    "tile of the tree rewritten": ("UPDATE log_tile SET hashes = sha256(hashes)", "NOT_IN_TREE"),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERING)
def test_every_way_of_tampering_is_found(exchange: Exchange, bank: Bank, tampering: str) -> None:
    busy(exchange, bank)
    exchange.integrate()
    statement, why = TAMPERING[tampering]
    before = reconcile(exchange.services, AUDITOR, exchange.clock.now() - 2 * DAY, exchange.clock.now() + DAY)
    assert before.unmatched == 0
    with exchange.engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # as one who owns the database could
        assert connection.execute(text(statement)).rowcount
        connection.execute(text("SET session_replication_role = DEFAULT"))

    after = reconcile(exchange.services, AUDITOR, exchange.clock.now() - 2 * DAY, exchange.clock.now() + DAY)

    assert why in after.by_fault, after.by_fault
    assert after.unmatched >= 1
    assert after.by_fault[why] <= len(after.faults)
    assert all(fault.why in after.by_fault for fault in after.faults)


def test_every_look_that_was_tampered_with_is_counted_once(exchange: Exchange, bank: Bank) -> None:
    busy(exchange, bank)
    exchange.integrate()
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE inquiry SET leaf_hash = 'x'"))

    result = now_reconciled(exchange, exchange.clock.now() - 2 * DAY)

    assert result.by_fault["LEAF_MISSING"] == result.unmatched == 13
    assert (result.looks, result.matched, result.refused) == (8, 0, 5)


OVERUSE: dict[str, Callable[[Exchange, Bank], UUID]] = {
    "once": lambda exchange, bank: exchange.consent(bank.member_id, fetch=Fetch.ONCE),
    "often": lambda exchange, bank: exchange.consent(bank.member_id, frequency=Frequency(1, FrequencyUnit.DAY)),
}


@pytest.mark.parametrize("limit", OVERUSE)
def test_a_use_beyond_the_limit_is_found_though_all_is_counted_and_logged(
    exchange: Exchange, bank: Bank, limit: str
) -> None:
    exchange.borrower()
    consent_id = OVERUSE[limit](exchange, bank)
    granted(bank, consent_id)
    forget = "UPDATE consent SET uses = 0, window_uses = 0, window_started_at = NULL"
    with exchange.engine.begin() as connection:
        connection.execute(text(forget))
    granted(bank, consent_id)
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE consent SET uses = 2"))
        connection.execute(
            text("UPDATE inquiry SET consent_use = 2 WHERE sequence = (SELECT max(sequence) FROM inquiry)")
        )

    result = now_reconciled(exchange)

    assert result.by_fault["CONSENT_OVERUSED"] == 1
    assert "USES_DIFFER" not in result.by_fault


def test_a_consent_signed_by_passkey_counts_only_while_the_log_knows_the_passkey(
    exchange: Exchange, bank: Bank
) -> None:
    signed_in = exchange.borrower_signed_in(exchange.borrower())
    consent_id = given(exchange, signed_in, bank)
    granted(bank, consent_id)
    assert (now_reconciled(exchange).unmatched, now_reconciled(exchange).consents_verified) == (0, 1)
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE consent SET key_entry = NULL"))

    assert now_reconciled(exchange).by_fault == {"CONSENT_SIGNATURE": 1}


def test_a_look_under_a_consent_withdrawn_before_it_is_found_by_the_order_of_entries(
    exchange: Exchange, bank: Bank
) -> None:
    """The clock stands still throughout: only the borrower's own sequence tells what came first."""
    exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    granted(bank, consent_id)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    assert now_reconciled(exchange).unmatched == 0
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE consent SET state = 'ACTIVE'"))
    granted(bank, consent_id)

    result = now_reconciled(exchange)

    assert result.by_fault == {"CONSENT_NOT_IN_FORCE": 1}
    (fault,) = result.faults
    assert (fault.member_id, fault.leaf_hash) == (bank.member_id, inquiries(exchange)[-1].leaf_hash)
    assert fault.event_id is not None
    assert (result.looks, result.matched, result.unmatched) == (2, 1, 1)
