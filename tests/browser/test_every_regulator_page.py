"""Every page of auditors, on a phone and on a desktop: axe finds nothing, nothing is refused by the content security
policy, and nothing scrolls sideways, down to 320 pixels (WCAG 2.2, 1.4.10)."""

from datetime import timedelta

import pytest
from auditing import AUTHORITY, ask_to_open, busy_exchange, enrol_officer
from browsing import DESKTOP, PHONE, Reader, press
from factories import AUDITING, Exchange
from playwright.sync_api import Browser, ViewportSize
from sqlalchemy import update

from exchange.journeys.officers import add_officer
from exchange.store.tables.consent import consent

NARROW: ViewportSize = {"width": 320, "height": 640}
PUBLIC = ("/audit/sign-in", "/audit/enrol", "/audit/no-such-page")
OWN = (
    "/audit", "/audit/events", "/audit/events?act=look&outcome=refused&member=harbour-bank&rule=cn.cir.18",
    "/audit/events?from=x&until=y&act=z&reason=a&rule=B&member=%20x&purpose=q&outcome=r", "/audit/events?rule=no.such",
    "/audit/events/e999", "/audit/openings", "/audit/consents", "/audit/consents?from=x", "/audit/members",
    "/audit/members/harbour-bank", "/audit/members/clover-finance?from=2026-01-01&until=2026-01-31", "/audit/log",
    "/audit/exports", "/audit/security", "/audit/security/passkeys/add",
)  # fmt: skip


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_of_auditors_is_accessible(
    served: Exchange, browser: Browser, screen: ViewportSize, language: str
) -> None:
    busy_exchange(served)
    issuer = served.settings.issuer
    with Reader.sitting_at(browser, issuer, screen) as reader, Reader.sitting_at(browser, issuer) as second:
        reader.go(f"/audit/sign-in?lang={language}")
        faults = [fault for path in PUBLIC for fault in _faults_at(reader, path)]
        faults += _enrolment(reader, served)
        enrol_officer(second, served, "Zhou Min")
        faults += [fault for path in OWN for fault in _faults_at(reader, path)]
        faults += _opening_pages(reader, second)
        faults += _pages_after_forms(reader)
        faults += _security_pages(reader)
        with served.engine.begin() as connection:
            connection.execute(update(consent).values(purpose="CARD_APPROVAL"))
        faults += _faults_at(reader, "/audit/consents")
        served.clock.instant += timedelta(seconds=served.settings.pending_stop_seconds + 1)
        faults += _faults_at(reader, "/audit/log")
    assert faults == []


def _enrolment(reader: Reader, served: Exchange) -> list[str]:
    """Makes the first passkey, and looks at the page on the way."""
    code = add_officer(served.services, AUTHORITY, "Li Na", AUDITING, "test").code
    reader.go("/audit/enrol")
    reader.page.fill("#code", code)
    reader.send_form()
    faults = _faults(reader, "first passkey")
    reader.send_form()
    served.later(seconds=1)
    return faults


def _opening_pages(reader: Reader, second: Reader) -> list[str]:
    second.go("/audit/events?act=look&outcome=refused")
    event = second.page.get_attribute(".ob-event__heading a >> nth=0", "href") or ""
    faults = _faults_at(reader, event)
    opening = ask_to_open(second, event, "Case 17")
    faults += _faults_at(reader, event) + _faults_at(reader, "/audit/openings") + _faults_at(reader, opening)
    reader.allow()
    faults += _faults(reader, "agreed")
    return faults + _faults_at(reader, f"{event}/opened") + _faults_at(reader, "/audit/openings")


def _pages_after_forms(reader: Reader) -> list[str]:
    reader.go("/audit/events?act=look")
    press(reader.page, "form:has(#name) button")
    faults = _faults(reader, "a search without a name")
    reader.page.fill("#name", "Looks")
    press(reader.page, "form:has(#name) button")
    faults += _faults(reader, "searches kept")
    reader.go("/audit/events?act=look")
    press(reader.page, "form[action='/audit/exports'] button")
    return faults + _faults(reader, "exports")


def _security_pages(reader: Reader) -> list[str]:
    reader.go("/audit/security")
    passkey = reader.page.get_attribute("a[href^='/audit/security/passkeys/']:not([href$='/add'])", "href") or ""
    return _faults_at(reader, passkey)


def _faults_at(reader: Reader, path: str) -> list[str]:
    reader.go(path)
    reader.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    return _faults(reader, path)


def _faults(reader: Reader, name: str) -> list[str]:
    found = reader.violations()
    found += [said for said in reader.refused if "Failed to load resource" not in said]
    found += ["scrolls sideways"] if reader.scrolls_sideways() else []
    reader.refused.clear()
    return [f"{name}: {fault}" for fault in found]
