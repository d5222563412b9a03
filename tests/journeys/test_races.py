"""Many at once: every answer has its leaf, nothing is answered twice, and a withdrawal holds from its commit on."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from factories import ALICE, Bank, Exchange, report_of
from traces import Entry, entries, error_of, inquiries, looks, marks

from consent.artefact import Fetch
from consent.lifecycle import ConsentState
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.manage_members import change_member_status
from schema.vocabulary.member_class import MemberStatus

SHORT = report_of("accounts(first: 5) { totalCount } disclosure { leafHash consentUse }")


def outcome(bank: Bank, consent_id: Any, client: Any) -> str:
    """GRANTED, or the code of the error."""
    answer = bank.ask(consent_id=consent_id, query=SHORT, client=client)
    if "errors" not in answer.get_json():
        return "GRANTED"
    return error_of(answer)["extensions"]["code"]


def at_once(many: int, act: Callable[[int], str]) -> Counter[str]:
    """What `act` gave when so many did it at the same time."""
    with ThreadPoolExecutor(many) as pool:
        return Counter(pool.map(act, range(many)))


def assert_dense(of_borrower: list[Entry]) -> None:
    assert sorted(entry.sequence or 0 for entry in of_borrower) == list(range(1, len(of_borrower) + 1))
    assert all(entry.fields["sequence"] == entry.sequence for entry in of_borrower)


def test_sixteen_lookers_at_one_borrower_on_two_workers_leave_sixteen_leaves_a_round(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    workers = [exchange.another_worker(), exchange.another_worker()]

    counted: Counter[str] = Counter()
    for _round in range(3):
        counted += at_once(16, lambda n: outcome(bank, consent_id, workers[n % 2]))

    assert counted == {"GRANTED": 48}
    assert marks(exchange).uses == 48
    assert_dense([entry for entry in entries(exchange) if entry.subject_key == alice])
    assert sorted(entry.fields["consent_use"] for entry in looks(exchange)) == list(range(1, 49))
    assert {row.leaf_hash for row in inquiries(exchange)} == {entry.leaf_hash for entry in looks(exchange)}


def test_a_consent_for_one_look_raced_by_eight_gives_exactly_one_answer(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    bank.fetch_token()
    workers = [exchange.another_worker(), exchange.another_worker()]
    for round_ in range(1, 4):
        consent_id = exchange.consent(bank.member_id, fetch=Fetch.ONCE)
        counted = at_once(8, lambda n, consent_id=consent_id: outcome(bank, consent_id, workers[n % 2]))
        assert counted == {"GRANTED": 1, "CONSENT_USED_UP": 7}
        assert marks(exchange).uses == round_
    assert_dense([entry for entry in entries(exchange) if entry.subject_key == alice])


def test_a_withdrawal_on_one_worker_stops_the_very_next_answer_on_another(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    worker = exchange.another_worker()
    assert outcome(bank, consent_id, worker) == "GRANTED"
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
    assert outcome(bank, consent_id, worker) == "CONSENT_REVOKED"
    assert marks(exchange).uses == 1


def test_a_withdrawal_among_many_looks_is_the_end_of_grants(exchange: Exchange) -> None:
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id)
    bank.fetch_token()
    workers = [exchange.another_worker(), exchange.another_worker()]
    for _round in range(3):
        consent_id = exchange.consent(bank.member_id)
        started, late = Event(), Event()

        def look(n: int, consent_id=consent_id, started=started, late=late) -> str:
            told = []
            for _ in range(6):
                began_late = late.is_set()
                told.append(outcome(bank, consent_id, workers[n % 2]))
                started.set()
                assert not (began_late and told[-1] == "GRANTED")
            return "GRANTED" if "GRANTED" in told else told[0]

        with ThreadPoolExecutor(6) as pool:
            lookers = [pool.submit(look, n) for n in range(6)]
            started.wait()
            move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "test")
            late.set()
            assert {looker.result() for looker in lookers} <= {"GRANTED", "CONSENT_REVOKED"}

        of_consent = [entry for entry in entries(exchange) if entry.fields.get("consent") == str(consent_id)]
        in_order = sorted(of_consent, key=lambda entry: entry.sequence or 0)
        acts = [(entry.fields["act"], entry.fields.get("granted")) for entry in in_order]
        withdrawn = acts.index(("consent_moved", None))
        assert ("look", True) not in acts[withdrawn:]
        assert acts[-1] == ("look", False)
        assert len(acts) == 38  # given, withdrawn, 36 looks
    assert_dense([entry for entry in entries(exchange) if entry.subject_key == alice])


def test_looks_and_moves_of_one_consent_never_wait_for_each_other_in_a_circle(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    worker = exchange.another_worker()

    def act(n: int) -> str:
        if n:
            return outcome(bank, consent_id, worker)
        for _ in range(10):
            for state in (ConsentState.PAUSED, ConsentState.ACTIVE):
                move_consent(exchange.services, ALICE, consent_id, state, "test")
        return "MOVED"

    assert set(at_once(5, act)) <= {"MOVED", "GRANTED", "CONSENT_PAUSED"}


def test_a_member_suspended_among_looks_looks_no_more(exchange: Exchange) -> None:
    bank, _ = exchange.bank(), exchange.borrower()
    consent_id = exchange.consent(bank.member_id)
    bank.fetch_token()
    workers = [exchange.another_worker(), exchange.another_worker()]
    late = Event()

    def act(n: int) -> str:
        if n == 0:
            change_member_status(exchange.services, bank.member_id, MemberStatus.SUSPENDED, "test")
            late.set()
            return "SUSPENDED"
        for _ in range(5):
            began_late = late.is_set()
            told = outcome(bank, consent_id, workers[n % 2])
            assert not (began_late and told == "GRANTED")
        return told

    assert set(at_once(5, act)) <= {"SUSPENDED", "GRANTED", "MEMBER_NOT_ACTIVE"}
    assert outcome(bank, consent_id, workers[0]) == "MEMBER_NOT_ACTIVE"
