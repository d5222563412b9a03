"""Three ways of a borrower who owes, in a real browser: a plan is accepted and nobody may call; a record is contested,
corrected, and whoever had read it is told; a call at night is complained of, and the regulator finds the proof.
"""

from datetime import date, timedelta
from uuid import UUID

import pytest
from auditing import enrol_officer
from browsing import Reader, press
from debts import BASIS, SCOPES, report_debt, request_of
from factories import ALICE, Bank, Exchange
from playwright.sync_api import Browser

from exchange.intake.check_contact import WantedContact
from exchange.intake.noun_records import CollectionRecord, PlanOption, PlanRecord
from exchange.journeys.answer_dispute import Answer, answer_dispute
from exchange.journeys.notices import fetch_notices
from exchange.journeys.report_record import Reported, report_record
from exchange.journeys.request_clearance import Cleared, request_clearance
from exchange.store.disputes import disputes_to
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.dispute import DisputeOutcome
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment

NUMBER = "+86 138 0013 8000"
SINCE = date(2026, 5, 10)


@pytest.fixture
def debt(served: Exchange) -> UUID:
    """The key of an overdue account of Alice's at Harbour Bank."""
    served.bank(name="Harbour Bank", scopes=SCOPES)
    account_key, _ = report_debt(served, ALICE, "Asia/Shanghai", NUMBER, "harbour-bank", "R-1", SINCE)
    served.integrate()
    return account_key


@pytest.fixture
def clover(served: Exchange) -> Bank:
    """Another lender."""
    return served.bank(
        "clover-finance", name="Clover Consumer Finance", member_class=MemberClass.CONSUMER_FINANCE, scopes=SCOPES
    )


def test_a_plan_is_accepted_and_nobody_may_call(served: Exchange, debt: UUID, reader: Reader) -> None:
    reader.go("/?lang=en")
    reader.enrol(ALICE)
    before = _asked(served).clearance
    assert before is not None
    assert before.granted
    _offer(served)
    page = reader.go("/plans")
    press(page, "main a[href^='/plans/'] >> nth=0")
    press(page, "a[href*='/accept?option=0']")
    press(page, "form[action$='/accept'] button")
    assert page.url.endswith("/accepted")

    denied = _asked(served).clearance
    assert denied is not None
    assert not denied.granted
    assert "CONTACT_STANDS_STILL" in denied.reasons
    assert reader.refused == []


def test_a_record_is_contested_and_corrected_and_the_past_reader_is_told(
    served: Exchange, debt: UUID, clover: Bank, reader: Reader
) -> None:
    consent_id = served.consent("clover-finance")
    assert clover.ask(ALICE, consent_id).get_json()["data"]["creditReport"]
    served.integrate()
    served.later(minutes=1)
    reader.go("/?lang=en")
    reader.enrol(ALICE)

    page = reader.go("/report")
    if page.locator("main form button").count():
        reader.send_form()
    press(page, f"a[href*='kind=ACCOUNT'][href*='{debt}']")
    page.check("input[value=AMOUNT]")
    page.fill("textarea[name=words]", "I paid 10,000 yuan in April.")
    reader.send_form()
    reader.send_form()
    assert "/disputes/" in page.url
    dispute_page = page.url

    _correct(served)
    reader.sign_in()  # two days later
    reader.page.goto(dispute_page)
    shown = page.inner_text("main")
    assert "Put right" in shown
    assert "Clover Consumer Finance" in shown
    told = fetch_notices(served.services, request_of("clover-finance"), 10, None, unanswered=False)
    assert [notice.kind for notice in told.notices] == [NoticeKind.RECORD_CORRECTED]
    assert reader.refused == []


def test_a_call_at_night_is_complained_of_and_the_regulator_finds_the_proof(
    served: Exchange, debt: UUID, reader: Reader, browser: Browser
) -> None:
    served.later(hours=7)  # 23:00 in Shanghai
    _call(served)
    served.integrate()
    served.later(hours=10)
    reader.go("/?lang=en")
    reader.enrol(ALICE)

    page = reader.go("/contacts")
    press(page, "main a[href^='/contacts/']:has-text('Harbour Bank') >> nth=0")
    press(page, "a[href^='/complaints/new?about=']")
    page.check("input[value=HOURS]")
    page.fill("textarea[name=words]", "They called at eleven at night.")
    reader.send_form()
    reader.send_form()
    assert "/complaints/" in page.url
    complaint_page = page.url
    served.integrate()

    with Reader.sitting_at(browser, served.settings.issuer) as office:
        served.authority()
        enrol_officer(office, served, "Li Na")
        found = office.go("/audit/complaints")
        press(found, ".ob-card__heading a >> nth=0")
        shown = found.inner_text("main")
        assert "They called at eleven at night." in shown
        assert "proved" in shown
        assert "cn.gbt45251.hours" in shown or "22:00" in shown
        complaint_at_office = found.url
        press(found, "main a[href^='/audit/events/'] >> nth=0")
        assert "Entry" in found.inner_text("main")
        found.goto(complaint_at_office)
        found.check("input[value=UPHELD]")
        found.fill("#words", "A call at 23:00 breaks the rule.")
        press(found, "form[action^='/audit/complaints/'] button")
        assert office.refused == []

    page.goto(complaint_page)
    assert "Upheld" in page.inner_text("main")
    assert reader.refused == []


def _asked(exchange: Exchange) -> Cleared:
    wanted = WantedContact(("R-1",), CollectionStage.REMINDER, ContactChannel.SMS, ContactTarget.DEBTOR, contact=NUMBER)
    return request_clearance(exchange.services, request_of("harbour-bank"), ALICE, wanted)


def _offer(exchange: Exchange) -> None:
    today = exchange.clock.now().date()
    first = today + timedelta(days=30)
    options = (
        PlanOption(PlanType.INSTALMENT, 3, 100_000, 300_000, first_due_on=first),
        PlanOption(PlanType.INSTALMENT, 6, 50_000, 300_000, first_due_on=first),
    )
    plan = PlanRecord(
        "P-1", ("R-1",), PlanType.INSTALMENT, PlanState.PROPOSED, "CNY", options, ReportingTreatment.KEEP_STATUS, today
    )
    written = report_record(exchange.services, request_of("harbour-bank"), Reported(ALICE, plan, BASIS))
    assert written.faults == ()


def _correct(exchange: Exchange) -> None:
    exchange.later(days=2)
    correction = CorrectionReason.DISPUTE
    report_debt(exchange, ALICE, "Asia/Shanghai", NUMBER, "harbour-bank", "R-1", SINCE, correction, 1_000_000)
    with exchange.engine.connect() as connection:
        (dispute,) = disputes_to(connection, "harbour-bank", None, 10, True)
    answer = Answer(DisputeOutcome.CORRECTED, "You are right: the payment of April was missing.")
    answered = answer_dispute(exchange.services, request_of("harbour-bank"), dispute.dispute_id, answer)
    assert answered.wrong == ()


def _call(exchange: Exchange) -> None:
    record = CollectionRecord(
        reference="C-1",
        account_references=("R-1",),
        agent="agent-7",
        stage=CollectionStage.PHONE,
        channel=ContactChannel.VOICE_HUMAN,
        direction=ContactDirection.OUTBOUND,
        target=ContactTarget.DEBTOR,
        started_at=exchange.clock.now(),
        result=ContactResult.CONNECTED,
        contact=NUMBER,
    )
    written = report_record(exchange.services, request_of("harbour-bank"), Reported(ALICE, record, BASIS))
    assert written.faults == ()
    assert written.notes != ()
