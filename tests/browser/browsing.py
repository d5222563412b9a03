"""Somebody at a browser: goes to pages, uses a passkey, and has axe look at what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, ViewportSize

from exchange.journeys.find_borrower import Document

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""A passkey in the browser itself, always present and always willing."""


@dataclass
class Reader:
    """A person with one browser window and one passkey."""

    context: BrowserContext
    page: Page
    issuer: str
    refused: list[str]
    """What the page asked for and its content security policy did not let it have, and scripts' errors."""

    @classmethod
    @contextmanager
    def sitting_at(cls, browser: Browser, issuer: str, screen: ViewportSize = DESKTOP) -> Iterator[Reader]:
        """A fresh window with a fresh passkey device."""
        context = browser.new_context(viewport=screen, locale="en-GB")
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: refused.append(str(error)))
        _add_authenticator(context.new_cdp_session(page))
        try:
            yield cls(context, page, issuer, refused)
        finally:
            context.close()

    def go(self, path: str) -> Page:
        """Opens a page of the exchange."""
        self.page.goto(self.issuer + path)
        return self.page

    @contextmanager
    def without_javascript(self) -> Iterator[Page]:
        """A second window of the same browser, signed in alike, in which no script runs."""
        browser = self.context.browser
        assert browser is not None
        context = browser.new_context(
            base_url=self.issuer,
            java_script_enabled=False,
            locale="en-GB",
            storage_state=self.context.storage_state(),
        )
        try:
            yield context.new_page()
        finally:
            context.close()

    def enrol(self, document: Document) -> None:
        """Proves who they are to the demonstration's stand-in, and makes a passkey."""
        press(self.go("/enrol"), ".govuk-button--start")
        self.page.fill("#id_number", document.id_number)
        self.send_form()
        assert "/security/passkeys/add" in self.page.url
        self.send_form()
        assert self.page.url.endswith("/security")

    def sign_in(self) -> None:
        """Signs in with the passkey."""
        self.go("/sign-in")
        self.send_form()
        assert self.page.url.endswith("/home")

    def sign_out(self) -> None:
        press(self.page, ".ob-navigation__button")

    def send_form(self) -> None:
        """Sends the first form of the page, and waits for the page that answers."""
        press(self.page, "main form button[type=submit] >> nth=0")

    def allow(self) -> None:
        """Signs the consent that the page shows, with the passkey, and waits for the page that answers."""
        press(self.page, "form[data-passkey] button")

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def faults_at(self, path: str) -> list[str]:
        """What is wrong with a page of the exchange, everything in it that can be folded being open."""
        self.go(path)
        self.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        return self.faults(path)

    def faults(self, name: str) -> list[str]:
        """What is wrong with the page as it is shown: what axe finds, what was refused, and scrolling sideways."""
        found = self.violations()
        found += [said for said in self.refused if "Failed to load resource" not in said or "status of 5" in said]
        found += ["scrolls sideways"] if self.scrolls_sideways() else []
        self.refused.clear()
        return [f"{name}: {fault}" for fault in found]

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is shown (WCAG 2.2 A and AA, and good practice)."""
        found = self.page.evaluate(f"async () => {{ {AXE}; return await axe.run({{runOnly: {AXE_TAGS}}}); }}")
        return [_told(violation) for violation in found["violations"]]


def press(page: Page, selector: str) -> None:
    """Clicks once the page and its scripts are there, and returns when the next page has come."""
    page.wait_for_load_state()
    with page.expect_event("load"):
        page.click(selector)


def _told(violation: Mapping[str, Any]) -> str:
    places = "; ".join(str(node["target"]) for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']} at {places}"


def _add_authenticator(session: CDPSession) -> None:
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
