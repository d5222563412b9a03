"""Every page of borrowers, on a phone and on a desktop: axe finds nothing, nothing is refused by the content security
policy, and nothing scrolls sideways, down to 320 pixels (WCAG 2.2, 1.4.10)."""

from uuid import UUID

import pytest
from browsing import DESKTOP, PHONE, Reader, press
from factories import ALICE, Exchange
from lender import Lender
from noun_rows import NOUNS, add_noun
from owing import Owing, make_owing
from playwright.sync_api import Browser, ViewportSize

NARROW: ViewportSize = {"width": 320, "height": 640}
PUBLIC = ("/", "/lenders", "/sign-in", "/sign-in/code", "/sign-in/recovery", "/enrol", "/enrol/begin", "/no-such-page")
OWN = (
    "/home", "/consents", "/consents/new", "/looks", "/looks/retention", "/report", "/report/statement", "/freeze",
    "/security", "/security/passkeys/add", "/security/app", "/acting", "/notices", "/contacts", "/contacts/wishes",
    "/plans", "/disputes", "/complaints", "/complaints/new", "/rights", "/erase", "/judgements",
)  # fmt: skip


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_is_accessible(
    served: Exchange, lender: Lender, alice: UUID, browser: Browser, screen: ViewportSize, language: str
) -> None:
    for noun in NOUNS:
        add_noun(served, noun, alice, lender.bank.member_id)
    with Reader.sitting_at(browser, served.settings.issuer, screen) as reader:
        reader.go(f"/?lang={language}")
        faults = [fault for path in PUBLIC for fault in reader.faults_at(path)]
        reader.enrol(ALICE)
        faults += _consent_pages(reader, lender, served)
        faults += [fault for path in OWN for fault in reader.faults_at(path)]
        faults += _pages_after_forms(reader)
        faults += _security_pages(reader)
    assert faults == []


def _consent_pages(reader: Reader, lender: Lender, served: Exchange) -> list[str]:
    faults = reader.faults_at(lender.request_consent())
    reader.allow()
    consent_id = lender.redeem(reader.page.url)
    lender.ask(consent_id)
    served.integrate()
    faults += reader.faults_at("/looks")
    look = reader.page.get_attribute(".ob-card__heading a >> nth=0", "href") or ""
    for path in (look, f"/consents/{consent_id}", f"/consents/{consent_id}/withdraw"):
        faults += reader.faults_at(path)
    reader.send_form()
    return faults + reader.faults("withdrawn") + reader.faults_at(f"/consents/{consent_id}")


def _pages_after_forms(reader: Reader) -> list[str]:
    faults = []
    for path in ("/report", "/report/statement", "/consents/new", "/freeze"):
        reader.go(path)
        reader.send_form()
        reader.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        faults += reader.faults(f"after {path}")
    reader.go("/consents/new")
    reader.page.select_option("#recipient", "clover-finance")
    for choice in ("CARD_APPROVAL", "ACCOUNTS", "2", "ONCE", "VIEW", "30"):
        reader.page.check(f"input[value='{choice}']")
    reader.send_form()
    faults += reader.faults("check")
    reader.allow()
    return faults + reader.faults("given")


def _security_pages(reader: Reader) -> list[str]:
    reader.sign_out()
    reader.sign_in()
    reader.go("/security")
    passkey = reader.page.get_attribute("a[href^='/security/passkeys/']:not([href$='/add'])", "href") or ""
    press(reader.page, "form[action='/security/recovery-codes'] button")
    return reader.faults("recovery codes") + reader.faults_at(passkey)


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_about_debts_is_accessible(
    served: Exchange, browser: Browser, screen: ViewportSize, language: str
) -> None:
    owing = make_owing(served)
    with Reader.sitting_at(browser, served.settings.issuer, screen) as reader:
        reader.go(f"/?lang={language}")
        reader.enrol(ALICE)
        served.later(minutes=1)
        faults = [fault for path in _addresses(owing) for fault in reader.faults_at(path)]
        faults += _contact_pages(reader, owing)
        faults += _plan_pages(reader, owing)
        faults += _dispute_pages(reader, owing)
        faults += _complaint_pages(reader, owing)
        faults += _right_pages(reader, owing)
    assert faults == []


def _addresses(owing: Owing) -> tuple[str, ...]:
    """Every address about debts that shows something at once."""
    plan = f"/plans/{owing.plan}"
    return (
        "/home", "/notices", "/contacts", f"/contacts/{owing.contact}", "/contacts/wishes",
        "/contacts/wishes/new?kind=STOP", "/contacts/wishes/new?kind=AGREED_HOURS&lender=harbour-bank", "/plans", plan,
        f"{plan}/accept?option=0", f"{plan}/counter", f"{plan}/refuse", "/disputes", f"/disputes/{owing.dispute}",
        f"/disputes/new?kind=ACCOUNT&record={owing.account}", "/complaints", f"/complaints/{owing.complaint}",
        f"/complaints/new?about={owing.contact}", "/rights", "/erase", "/judgements",
        f"/judgements/{owing.judgement}/ask", "/report",
    )  # fmt: skip


def _contact_pages(reader: Reader, owing: Owing) -> list[str]:
    page = reader.go(f"/contacts/{owing.contact}")
    press(page, "button[value=OBJECTED]")
    faults = reader.faults("objected")
    reader.go("/contacts/wishes/new?kind=STOP")
    reader.send_form()
    return faults + reader.faults("wished") + reader.faults_at("/contacts")


def _plan_pages(reader: Reader, owing: Owing) -> list[str]:
    page = reader.go(f"/plans/{owing.plan}/counter")
    reader.send_form()
    faults = reader.faults("no counter-offer")
    for name, value in (("instalments", "5"), ("amount", "200.00"), ("first_due_on", "2026-07-10")):
        page.fill(f"#{name}", value)
    page.fill("#words", "I am paid on the ninth.")
    reader.send_form()
    faults += reader.faults("check the counter-offer")
    reader.go(f"/plans/{owing.plan}/refuse")
    page.fill("#words", "x" * 2_000)
    reader.send_form()
    faults += reader.faults("too many words")
    reader.go(f"/plans/{owing.plan}/accept?option=0")
    reader.send_form()
    return faults + reader.faults("accepted") + reader.faults_at(f"/plans/{owing.plan}") + reader.faults_at("/plans")


def _dispute_pages(reader: Reader, owing: Owing) -> list[str]:
    page = reader.go(f"/disputes/new?kind=ASSESSMENT&record={owing.judgement}")
    reader.send_form()
    faults = reader.faults("no dispute")
    page.check("input[name=what] >> nth=0")
    page.fill("#words", "Nobody asked me.")
    reader.send_form()
    faults += reader.faults("check the dispute")
    reader.send_form()
    return faults + reader.faults("filed") + reader.faults_at("/disputes")


def _complaint_pages(reader: Reader, owing: Owing) -> list[str]:
    page = reader.go("/complaints/new")
    page.fill("#words", "My illness is nobody's business.")
    reader.send_form()
    faults = reader.faults("no complaint")
    page.fill("#words", "They shouted.")
    page.check("input[value=HOURS]")
    page.check("input[name=against] >> nth=0")
    reader.send_form()
    faults += reader.faults("check the complaint")
    reader.send_form()
    return faults + reader.faults("complained")


def _right_pages(reader: Reader, owing: Owing) -> list[str]:
    page = reader.go(f"/judgements/{owing.judgement}/ask")
    page.fill("#words", "I am HIV positive.")
    reader.send_form()
    faults = reader.faults("sensitive words")
    page.fill("#words", "A machine cannot know me.")
    reader.send_form()
    faults += reader.faults("asked for a person")
    reader.go("/erase")
    reader.send_form()
    return faults + reader.faults("asked for erasure") + reader.faults_at("/notices")
