"""The way of an audit, in a real browser: a refused look of last week is found, opened by two officers, proved, and
taken along in an export that is checked without the exchange."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path

from auditing import ask_to_open, busy_exchange, enrol_officer
from browsing import Reader, press
from factories import STAFF, Exchange
from openbureau_client import verify_export, verify_proof
from playwright.sync_api import Browser

CASE = "Case 2026-17: the borrower says that the bank never asked."


def test_two_officers_find_open_prove_and_export_a_refused_look(
    served: Exchange, browser: Browser, tmp_path: Path
) -> None:
    busy_exchange(served)
    looked_on = served.clock.now().date()
    served.later(days=7)
    issuer = served.settings.issuer
    with Reader.sitting_at(browser, issuer) as first, Reader.sitting_at(browser, issuer) as second:
        enrol_officer(first, served, "Li Na")
        enrol_officer(second, served, "Zhou Min")

        event = _find_the_look(first, looked_on.isoformat())
        _check_the_proof(first, event, served, tmp_path)
        opening = ask_to_open(first, event, CASE)
        assert first.page.locator("form[data-passkey]").count() == 0, "who asked does not decide"
        assert _fields(first, event) == "", "nothing is open before a second officer agreed"

        second.go(opening)
        assert CASE in second.page.inner_text("main")
        second.allow()
        assert "You agreed." in second.page.inner_text("main")

        opened = _fields(first, event)
        assert "Checked against the public leaf." in opened
        assert STAFF["name"] in opened
        assert "王芳" not in opened

        _check_the_export(first, served, tmp_path)
        _check_the_statement(first, tmp_path)
        assert [said for said in first.refused + second.refused if "403 (FORBIDDEN)" not in said] == []


def test_refusing_an_opening_needs_no_javascript(served: Exchange, browser: Browser) -> None:
    busy_exchange(served)
    issuer = served.settings.issuer
    with Reader.sitting_at(browser, issuer) as first, Reader.sitting_at(browser, issuer) as second:
        enrol_officer(first, served, "Li Na")
        enrol_officer(second, served, "Zhou Min")
        first.go("/audit/events?act=look&outcome=refused")
        event = first.page.get_attribute(".ob-event__heading a >> nth=0", "href") or ""
        opening = ask_to_open(first, event, CASE)
        with second.without_javascript() as page:
            page.goto(opening)
            press(page, "form[data-passkey] button")
            assert "Your browser did not use a passkey" in page.inner_text("main")
            page.goto(opening)
            press(page, "form:has(input[value=refuse]) button")
            assert "You refused. The event stays closed." in page.inner_text("main")
        assert _fields(first, event) == ""


def _find_the_look(reader: Reader, day: str) -> str:
    """Searches with the form. Returns the event's address."""
    page = reader.go("/audit")
    page.select_option("#member", "harbour-bank")
    page.select_option("#act", "look")
    page.select_option("#outcome", "refused")
    page.fill("#from", day)
    page.fill("#until", day)
    press(page, "form[action='/audit/events'] button")
    assert f"from={day}&until={day}" in page.url
    assert page.locator(".ob-event").count() == 1
    press(page, ".ob-event__heading a")
    assert "CONSENT_MISSING" in page.inner_text("main")
    return page.url.removeprefix(reader.issuer)


def _check_the_proof(reader: Reader, event: str, served: Exchange, folder: Path) -> None:
    page = reader.go(event)
    leaf = bytes.fromhex(page.inner_text("#leaf-hash"))
    with page.expect_download() as download:
        page.click("a[href$='proof.txt']")
    download.value.save_as(folder / "proof.txt")
    assert verify_proof((folder / "proof.txt").read_text(), leaf, [_log_key(served)]).index == int(event[-2:])


def _fields(reader: Reader, event: str) -> str:
    """What the page of all fields says; empty where it is refused."""
    page = reader.page
    answer = page.goto(f"{reader.issuer}{event}/opened")
    return page.inner_text("main") if answer and answer.ok else ""


def _check_the_export(reader: Reader, served: Exchange, folder: Path) -> None:
    """Exports all that happened until the look, and checks it as somebody who has the file and the keys alone."""
    served.integrate()
    page = reader.go("/audit/events?until=2026-06-07")
    press(page, "form[action='/audit/exports'] button")
    with page.expect_download() as download:
        page.click("a[href$='export.zip']")
    download.value.save_as(folder / "export.zip")
    keys = served.client.get("/oauth/jwks").get_json()
    verified = verify_export(folder / "export.zip", keys, [_log_key(served)])
    assert (verified.whole, verified.first, verified.last) == (True, 0, verified.events - 1)
    assert verified.consents is not None
    assert verified.consents.unmatched == 0
    assert verified.consents.looks > 0
    page.wait_for_selector(
        f"text={verified.events} of {verified.events} events"
    )  # The script keeps the figure current.
    press(page, "main a[href='/audit/exports']")
    assert f"{verified.events} of {verified.events} events" in page.inner_text("main")


def _check_the_statement(reader: Reader, folder: Path) -> None:
    """Takes along what the page says of consents and looks, as the exchange signed it."""
    page = reader.go("/audit/consents")
    assert "0 unmatched" in page.inner_text("main")
    with page.expect_download() as download:
        page.click("a[download^='consents-']")
    download.value.save_as(folder / "consents.jws")
    _header, claims, _signature = (folder / "consents.jws").read_text().split(".")
    said = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert (said["unmatched"], said["looks"]) == (0, int(page.inner_text(".ob-facts dd >> nth=0")))


def _log_key(served: Exchange) -> str:
    return (served.settings.home / "log.vkey").read_text().strip()
