"""Every page of auditors, on a phone and on a desktop: axe finds nothing, nothing is refused by the content security
policy, and nothing scrolls sideways, down to 320 pixels (WCAG 2.2, 1.4.10)."""

from datetime import timedelta

import pytest
from auditing import AUTHORITY, ask_to_open, busy_exchange, enrol_officer, enter_code
from browsing import DESKTOP, PHONE, Reader, press
from factories import AUDITING, Exchange
from owing import make_owing
from playwright.sync_api import Browser, ViewportSize
from sqlalchemy import update

from exchange.journeys.officers import add_officer
from exchange.journeys.run_clocks import run_clocks
from exchange.store.tables.consent import consent

NARROW: ViewportSize = {"width": 320, "height": 640}
PUBLIC = ("/audit/sign-in", "/audit/enrol", "/audit/no-such-page")
OWN = (
    "/audit", "/audit/events", "/audit/events?act=look&outcome=refused&member=harbour-bank&rule=cn.cir.18",
    "/audit/events?from=x&until=y&act=z&reason=a&rule=B&member=%20x&purpose=q&outcome=r", "/audit/events?rule=no.such",
    "/audit/events/e999", "/audit/openings", "/audit/consents", "/audit/consents?from=x", "/audit/members",
    "/audit/members/harbour-bank", "/audit/members/clover-finance?from=2026-01-01&until=2026-01-31", "/audit/log",
    "/audit/exports", "/audit/security", "/audit/security/passkeys/add", "/audit/contacts", "/audit/contacts?from=x",
    "/audit/complaints", "/audit/complaints/conduct", "/audit/complaints/conduct?from=x", "/audit/complaints/alike",
    "/audit/complaints/alike?until=y", "/audit/clocks", "/audit/replay",
)  # fmt: skip

OF_DEBTS = (
    "/audit/contacts?from=2026-05-01&until=2026-06-30", "/audit/complaints", "/audit/complaints?overdue=yes",
    "/audit/complaints/conduct?from=2026-05-01&until=2026-07-31", "/audit/clocks", "/audit/clocks?member=agency-a",
    "/audit/complaints/alike?from=2026-05-01&until=2026-07-31", "/audit/members/harbour-bank",
)  # fmt: skip


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_of_auditors_is_accessible(
    served: Exchange, browser: Browser, screen: ViewportSize, language: str
) -> None:
    busy_exchange(served)
    issuer = served.settings.issuer
    with Reader.sitting_at(browser, issuer, screen) as reader, Reader.sitting_at(browser, issuer) as second:
        reader.go(f"/audit/sign-in?lang={language}")
        faults = [fault for path in PUBLIC for fault in reader.faults_at(path)]
        faults += _enrolment(reader, served)
        enrol_officer(second, served, "Zhou Min")
        faults += [fault for path in OWN for fault in reader.faults_at(path)]
        faults += _opening_pages(reader, second)
        faults += _pages_after_forms(reader)
        faults += _security_pages(reader)
        with served.engine.begin() as connection:
            connection.execute(update(consent).values(purpose="CARD_APPROVAL"))
        faults += reader.faults_at("/audit/consents")
        served.clock.instant += timedelta(seconds=served.settings.pending_stop_seconds + 1)
        faults += reader.faults_at("/audit/log")
    assert faults == []


def _enrolment(reader: Reader, served: Exchange) -> list[str]:
    """Makes the first passkey, and looks at the page on the way."""
    code = add_officer(served.services, AUTHORITY, "Li Na", AUDITING, "test").code
    enter_code(reader, "/audit", code)
    faults = reader.faults("first passkey")
    reader.send_form()
    served.later(seconds=1)
    return faults


def _opening_pages(reader: Reader, second: Reader) -> list[str]:
    second.go("/audit/events?act=look&outcome=refused")
    event = second.page.get_attribute(".ob-event__heading a >> nth=0", "href") or ""
    faults = reader.faults_at(event)
    opening = ask_to_open(second, event, "Case 17")
    faults += reader.faults_at(event) + reader.faults_at("/audit/openings") + reader.faults_at(opening)
    reader.allow()
    faults += reader.faults("agreed")
    return faults + reader.faults_at(f"{event}/opened") + reader.faults_at("/audit/openings")


def _pages_after_forms(reader: Reader) -> list[str]:
    reader.go("/audit/events?act=look")
    press(reader.page, "form:has(#name) button")
    faults = reader.faults("a search without a name")
    reader.page.fill("#name", "Looks")
    press(reader.page, "form:has(#name) button")
    faults += reader.faults("searches kept")
    reader.go("/audit/events?act=look")
    press(reader.page, "form[action='/audit/exports'] button")
    return faults + reader.faults("exports")


def _security_pages(reader: Reader) -> list[str]:
    reader.go("/audit/security")
    passkey = reader.page.get_attribute("a[href^='/audit/security/passkeys/']:not([href$='/add'])", "href") or ""
    return reader.faults_at(passkey)


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_about_debts_is_accessible(
    served: Exchange, browser: Browser, screen: ViewportSize, language: str
) -> None:
    owing = make_owing(served)
    for _ in range(2):
        owing.scene.complain()
    served.later(days=40)
    run_clocks(served.services, "test")
    served.integrate()
    served.authority(AUTHORITY, name="Audit Office")
    with Reader.sitting_at(browser, served.settings.issuer, screen) as reader:
        reader.go(f"/audit/sign-in?lang={language}")
        enrol_officer(reader, served, "Li Na")
        faults = [fault for path in OF_DEBTS for fault in reader.faults_at(path)]
        faults += _complaint_pages(reader, f"/audit/complaints/{owing.complaint}")
        faults += _replay_pages(reader)
    assert faults == []


def _complaint_pages(reader: Reader, complaint: str) -> list[str]:
    faults = reader.faults_at(complaint)
    form = f"form[action='{complaint}'] button"
    press(reader.page, form)
    faults += reader.faults("a finding without words")
    reader.page.check("input[value=UPHELD]")
    reader.page.fill("#words", "A call at half past ten in the evening breaks the rule.")
    press(reader.page, form)
    return faults + reader.faults("found")


def _replay_pages(reader: Reader) -> list[str]:
    page = reader.go("/audit/replay")
    text = page.input_value("#pack")
    page.fill("#pack", "rules = [")
    reader.send_form()
    faults = reader.faults("rules that cannot be used")
    page.fill("#from", "2026-05-01")
    stricter = text.replace('quiet_from = "22:00"', 'quiet_from = "10:00"')
    page.fill("#pack", stricter.replace('channels = ["VOICE_HUMAN"', 'channels = ["SMS", "VOICE_HUMAN"'))
    reader.send_form()
    return faults + reader.faults("other rules")
