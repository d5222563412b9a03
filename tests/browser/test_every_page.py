"""Every page of borrowers, on a phone and on a desktop: axe finds nothing, nothing is refused by the content security
policy, and nothing scrolls sideways, down to 320 pixels (WCAG 2.2, 1.4.10)."""

from uuid import UUID

import pytest
from browsing import DESKTOP, PHONE, Reader, press
from factories import ALICE, Exchange
from lender import Lender
from noun_rows import NOUNS, add_noun
from playwright.sync_api import Browser, ViewportSize

NARROW: ViewportSize = {"width": 320, "height": 640}
PUBLIC = ("/", "/lenders", "/sign-in", "/sign-in/code", "/sign-in/recovery", "/enrol", "/enrol/begin", "/no-such-page")
OWN = (
    "/home", "/consents", "/consents/new", "/looks", "/looks/retention", "/report", "/report/statement", "/freeze",
    "/security", "/security/passkeys/add", "/security/app", "/acting",
)  # fmt: skip


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_is_accessible(
    served: Exchange, lender: Lender, alice: UUID, browser: Browser, screen: ViewportSize, language: str
) -> None:
    for noun in NOUNS:
        add_noun(served, noun, alice, lender.bank.member_id)
    with Reader.sitting_at(browser, served.settings.issuer, screen) as reader:
        reader.go(f"/?lang={language}")
        faults = [fault for path in PUBLIC for fault in _faults_at(reader, path)]
        reader.enrol(ALICE)
        faults += _consent_pages(reader, lender, served)
        faults += [fault for path in OWN for fault in _faults_at(reader, path)]
        faults += _pages_after_forms(reader)
        faults += _security_pages(reader)
    assert faults == []


def _consent_pages(reader: Reader, lender: Lender, served: Exchange) -> list[str]:
    faults = _faults_at(reader, lender.request_consent())
    reader.allow()
    consent_id = lender.redeem(reader.page.url)
    lender.ask(consent_id)
    served.integrate()
    faults += _faults_at(reader, "/looks")
    look = reader.page.get_attribute(".ob-card__heading a >> nth=0", "href") or ""
    for path in (look, f"/consents/{consent_id}", f"/consents/{consent_id}/withdraw"):
        faults += _faults_at(reader, path)
    reader.send_form()
    return faults + _faults(reader, "withdrawn") + _faults_at(reader, f"/consents/{consent_id}")


def _pages_after_forms(reader: Reader) -> list[str]:
    faults = []
    for path in ("/report", "/report/statement", "/consents/new", "/freeze"):
        reader.go(path)
        reader.send_form()
        reader.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        faults += _faults(reader, f"after {path}")
    reader.go("/consents/new")
    reader.page.select_option("#recipient", "clover-finance")
    for choice in ("CARD_APPROVAL", "ACCOUNTS", "2", "ONCE", "VIEW", "30"):
        reader.page.check(f"input[value='{choice}']")
    reader.send_form()
    faults += _faults(reader, "check")
    reader.allow()
    return faults + _faults(reader, "given")


def _security_pages(reader: Reader) -> list[str]:
    reader.sign_out()
    reader.sign_in()
    reader.go("/security")
    passkey = reader.page.get_attribute("a[href^='/security/passkeys/']:not([href$='/add'])", "href") or ""
    press(reader.page, "form[action='/security/recovery-codes'] button")
    return _faults(reader, "recovery codes") + _faults_at(reader, passkey)


def _faults_at(reader: Reader, path: str) -> list[str]:
    reader.go(path)
    return _faults(reader, path)


def _faults(reader: Reader, name: str) -> list[str]:
    found = reader.violations()
    found += [said for said in reader.refused if "Failed to load resource" not in said]
    found += ["scrolls sideways"] if reader.scrolls_sideways() else []
    reader.refused.clear()
    return [f"{name}: {fault}" for fault in found]
