"""Somebody at a browser: goes to pages, uses a passkey, and has axe look at what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
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
    def sitting_at(
        cls, browser: Browser, issuer: str, screen: Mapping[str, int] = DESKTOP, javascript: bool = True
    ) -> Iterator[Reader]:
        """A fresh window with a fresh passkey device."""
        context = browser.new_context(viewport=dict(screen), java_script_enabled=javascript, locale="en-GB")  # type: ignore[arg-type]  # a plain dict of width and height
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

    def without_javascript(self) -> Page:
        """A second window of the same browser, signed in alike, in which no script runs."""
        browser = self.context.browser
        assert browser is not None
        state = self.context.storage_state()
        context = browser.new_context(
            viewport=self.page.viewport_size, java_script_enabled=False, locale="en-GB", storage_state=state
        )
        return context.new_page()

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is shown (WCAG 2.2 A and AA, and good practice)."""
        found = self.page.evaluate(f"async () => {{ {AXE}; return await axe.run({{runOnly: {AXE_TAGS}}}); }}")
        return [_told(violation) for violation in found["violations"]]


def _told(violation: Mapping[str, Any]) -> str:
    places = "; ".join(str(node["target"]) for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']} at {places}"


def _add_authenticator(session: CDPSession) -> None:
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
