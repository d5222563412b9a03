"""The pages of disputes, as a borrower goes through them without scripts; and what officers see overdue."""

import hashlib
import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from disputing import ANSWERING, answer, later, notices, own
from factories import Bank, Exchange, SignedInBorrower
from reporting import lender, report_account
from traces import entries

from exchange.handover import NOBODY
from exchange.journeys.own_disputes import list_own_disputes
from exchange.journeys.run_clocks import escalate_missed
from exchange.store.running_clocks import RunningClock, start_clock
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.running_clock import ClockKind

SCAN = b"%PDF-1.7 a receipt that nobody keeps " * 4_000


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    exchange.borrower()
    bank = lender(exchange, scopes=ANSWERING)
    assert report_account(bank)["userErrors"] == []
    return bank


@pytest.fixture
def alice(exchange: Exchange, bank: Bank) -> SignedInBorrower:
    return exchange.borrower_signed_in(_only_borrower(exchange))


def _only_borrower(exchange: Exchange) -> UUID:
    (key,) = exchange.ciphers
    return key


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def link(alice: SignedInBorrower) -> str:
    """Where "This is wrong" beside the account leads."""
    before = alice.client.get("/report?lang=en").text
    report = alice.client.post("/report", data={"csrf_token": token(before)}).text
    found = re.search(r'href="(/disputes/new\?kind=ACCOUNT&amp;record=[^"]+)"', report)
    assert found and "This is wrong" in report
    return found[1].replace("&amp;", "&")


def hidden(page: str) -> dict[str, list[str]]:
    """The hidden fields of the form that is confirmed."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return found


def test_a_dispute_is_filed_from_the_report_in_two_steps_and_its_receipt_names_the_days(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    address = link(alice)
    form = alice.client.get(address).text
    given = {
        **{name: values[0] for name, values in hidden(form).items()},
        "what": "PAID", "field": "BALANCE", "words": "I paid it <in> March.",
        "evidence": [(io.BytesIO(SCAN), "receipt.pdf"), (io.BytesIO(b""), "")],
    }  # fmt: skip
    checked = alice.client.post("/disputes/new", data=given, content_type="multipart/form-data")
    assert checked.status_code == 200 and "I paid it &lt;in&gt; March." in checked.text
    assert list_own_disputes(exchange.services, alice.borrower) == ()  # Nothing is filed before it is confirmed.
    confirmed = {**hidden(checked.text), "words": "I paid it <in> March."}
    filed = alice.client.post("/disputes", data=confirmed)
    assert filed.status_code == 303 and filed.headers["Location"].endswith("?done=filed")
    receipt = alice.client.get(filed.headers["Location"]).text
    assert "Your dispute is filed." in receipt and "Waiting for the answer" in receipt
    assert hashlib.sha256(SCAN).hexdigest() in receipt
    (seen,) = list_own_disputes(exchange.services, alice.borrower)
    assert seen.words == "I paid it <in> March." and seen.evidence == (hashlib.sha256(SCAN).hexdigest(),)
    assert "21 June 2026" in receipt  # 20 days after 1 June.
    listed = alice.client.get("/disputes").text
    assert f"/disputes/{seen.dispute_id}" in listed and "I have paid this" in listed
    report = alice.client.post("/report", data={"csrf_token": token(listed + form)}).text
    assert "You dispute this" in report


def test_what_is_missing_is_told_and_what_was_typed_is_kept(exchange: Exchange, alice: SignedInBorrower) -> None:
    form = alice.client.get(link(alice)).text
    given = {name: values[0] for name, values in hidden(form).items()}
    nothing = alice.client.post("/disputes/new", data={**given, "words": "I paid."})
    assert nothing.status_code == 400 and "Choose what is wrong." in nothing.text and "I paid." in nothing.text
    empty = alice.client.post("/disputes/new", data={**given, "what": "PAID", "words": " "})
    assert empty.status_code == 400 and "Write your statement." in empty.text
    flagged = {**given, "what": "PAID", "words": "I had cancer.", "evidence": (io.BytesIO(b"scan"), "scan.png")}
    sensitive = alice.client.post("/disputes/new", data=flagged, content_type="multipart/form-data")
    assert sensitive.status_code == 400 and 'name="keep_words"' in sensitive.text
    assert hashlib.sha256(b"scan").hexdigest() in sensitive.text  # The document need not be chosen again.
    wrong = alice.client.post("/disputes/new", data={**given, "what": "PAID", "words": "x", "digest": ["zz"]})
    assert wrong.status_code == 400 and "Name at most 5 documents." in wrong.text
    assert list_own_disputes(exchange.services, alice.borrower) == ()


def test_an_address_that_names_no_record_of_the_borrower_is_no_page(alice: SignedInBorrower) -> None:
    nobody = "019e8232-6000-793c-8429-ac0d6bc49318"
    form = "/disputes/new"
    for address in (
        form,
        f"{form}?kind=PLANET&record=x",
        f"{form}?kind=ACCOUNT&record={nobody}",
        f"/disputes/{nobody}",
    ):
        assert alice.client.get(address).status_code == 404


def test_a_form_beyond_the_bound_is_refused(exchange: Exchange, alice: SignedInBorrower) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="evidence"; filename="big"\r\n\r\n'
    big = head + b"x" * exchange.settings.form_bytes_max + b"\r\n--edge--\r\n"
    answered = alice.client.post("/disputes/new", data=big, content_type="multipart/form-data; boundary=edge")
    assert answered.status_code == 400
    assert list_own_disputes(exchange.services, alice.borrower) == ()


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_the_pages_speak_the_borrowers_language(exchange: Exchange, alice: SignedInBorrower, language: str) -> None:
    form = alice.client.get(f"{link(alice)}&lang={language}").text
    assert {"zh-Hans": "这不是我的", "zh-Hant": "這不是我的"}[language] in form
    assert "This is not mine" not in form


def test_a_dispute_is_taken_back_on_its_page(exchange: Exchange, alice: SignedInBorrower) -> None:
    form = alice.client.get(link(alice)).text
    given = {name: values[0] for name, values in hidden(form).items()}
    filed = alice.client.post("/disputes", data={**given, "what": "OTHER", "field": "", "words": "It is wrong."})
    page = alice.client.get(filed.headers["Location"]).text
    address = re.search(r'action="(/disputes/[^"]+/withdraw)"', page)
    assert address
    done = alice.client.post(address[1], data={"csrf_token": token(page)})
    after = alice.client.get(done.headers["Location"]).text
    assert "You took the dispute back." in after and "/withdraw" not in after


def test_who_was_told_of_a_correction_stands_on_the_borrowers_page(
    exchange: Exchange, alice: SignedInBorrower, bank: Bank
) -> None:
    reader = exchange.bank("river-bank")
    reader.ask(consent_id=exchange.consent("river-bank"))
    form = alice.client.get(link(alice)).text
    given = {name: values[0] for name, values in hidden(form).items()}
    filed = alice.client.post("/disputes", data={**given, "what": "AMOUNT", "field": "BALANCE", "words": "It is less."})
    (seen,) = list_own_disputes(exchange.services, alice.borrower)
    later(exchange, bank, days=1)
    report_account(bank, reportedOn="2026-06-01", balanceMinor=1)
    assert answer(bank, seen.dispute_id, "CORRECTED")["userErrors"] == []
    again = exchange.borrower_signed_in(alice.borrower.subject_key)
    page = again.client.get(filed.headers["Location"].partition("?")[0] + "?lang=en").text
    assert "Who was told that it was put right" in page and "River-Bank" in page


def test_officers_see_what_is_overdue_by_member_and_kind_until_it_is_answered(
    exchange: Exchange, alice: SignedInBorrower, bank: Bank
) -> None:
    form = alice.client.get(link(alice)).text
    given = {name: values[0] for name, values in hidden(form).items()}
    alice.client.post("/disputes", data={**given, "what": "OTHER", "field": "", "words": "It is wrong."})
    (seen,) = list_own_disputes(exchange.services, own(alice.borrower.subject_key))
    now = exchange.clock.now()
    ours = RunningClock(NOBODY, seen.dispute_id, ClockKind.ERASURE, seen.dispute_id, None, "cn.x", now, now)
    with exchange.engine.begin() as connection:
        start_clock(connection, ours)
    officer = exchange.officer()
    exchange.clock.instant += timedelta(seconds=1)
    early = officer.client.get("/audit/clocks?lang=en").text
    assert "Erasure of a file" in early and "Answer to a dispute, to the borrower</td>" not in early
    later(exchange, bank, days=21)
    officer = exchange.officer("Wang Wei")
    shown = officer.client.get("/audit/clocks?lang=en").text
    assert "Harbour-Bank" in shown and "Answer to a dispute, to the borrower</td>" in shown
    assert "the exchange itself" in shown and str(alice.borrower.subject_key) not in shown
    only = officer.client.get("/audit/clocks?kind=ERASURE").text
    assert "Harbour-Bank" not in only
    assert "Erasure of a file</td>" not in officer.client.get("/audit/clocks?member=harbour-bank").text
    for address in ("/audit/clocks?kind=PLANET", "/audit/clocks?after=now", "/audit/clocks?after=2026-06-01,x"):
        assert officer.client.get(address).status_code == 404
    assert escalate_missed(exchange.services, "test")
    answer(bank, seen.dispute_id, "MARK_REMOVED", "It is right.")
    assert "Harbour-Bank" not in officer.client.get("/audit/clocks").text
    viewed = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "clocks_viewed"]
    assert ["member=harbour-bank"] in [fields["wanted"] for fields in viewed]
    assert notices(exchange, NoticeKind.CLOCK_MISSED)
