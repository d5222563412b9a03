"""The whole way of a consent, in a real browser and in every language: asked for, allowed, used, seen, withdrawn.

Only the passkey's own steps have JavaScript; everything else happens in a window in which no script runs.
"""

import json
from base64 import b64decode
from pathlib import Path
from uuid import UUID

import pytest
from browsing import Reader, press
from factories import ALICE, Exchange
from lender import Lender
from openbureau_client import verify_proof
from playwright.sync_api import Page

from exchange.web.language import LANGUAGES

WORDS = {
    "en": ("They may see", "Nobody may look at your file without your consent.", "Consent withdrawn"),
    "zh-Hans": ("对方可以看到", "未经您同意，任何人不得查询您的档案。", "授权已撤回"),
    "zh-Hant": ("對方可以看到", "未經您同意，任何人不得查詢您的檔案。", "授權已撤回"),
}
"""Words that show that a page speaks the language: of the request, of the rule that decided, of the withdrawal."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_borrower_allows_sees_and_withdraws(
    served: Exchange, lender: Lender, alice: UUID, reader: Reader, language: str, tmp_path: Path
) -> None:
    see, rule, withdrawn = WORDS[language]
    _sign_in(reader, language)

    reader.go(lender.request_consent())
    assert see in reader.page.inner_text("main")
    assert reader.page.get_attribute("html", "lang") == language
    reader.allow()
    consent_id = lender.redeem(reader.page.url)
    report = lender.ask(consent_id).get_json()["data"]["creditReport"]
    assert report["summary"]["accounts"] == 2
    served.integrate()

    with reader.without_javascript() as page:
        leaf = b64decode(report["disclosure"]["leafHash"])
        _see_the_look(page, rule)
        _check_the_proof(page, leaf, served, tmp_path)
        receipt = _withdraw(page, consent_id, withdrawn, tmp_path)
    assert receipt["state"] == "REVOKED"

    refused = lender.ask(consent_id).get_json()
    assert refused["data"]["creditReport"] is None
    assert refused["errors"][0]["extensions"]["code"] == "CONSENT_REVOKED"
    assert refused["errors"][0]["extensions"]["rule"] == "cn.cir.18"
    assert reader.refused == []


def test_refusing_needs_no_javascript_and_gives_the_lender_nothing(
    served: Exchange, lender: Lender, alice: UUID, reader: Reader
) -> None:
    _sign_in(reader, "en")
    address = lender.request_consent()
    with reader.without_javascript() as page:
        page.goto(address)
        press(page, "form:has(input[value=refuse]) button")
        assert "error=access_denied" in page.url
        assert "code=" not in page.url
        page.goto(lender.request_consent())
        assert "You refused this not long ago" in page.inner_text("main")
        assert page.locator("form[data-passkey] button").count() == 0


def test_allow_without_javascript_gives_no_consent(
    served: Exchange, lender: Lender, alice: UUID, reader: Reader
) -> None:
    _sign_in(reader, "en")
    with reader.without_javascript() as page:
        page.goto(lender.request_consent())
        press(page, "form[data-passkey] button")
        assert page.url == f"{served.settings.issuer}/oauth/authorize"
        assert "Your browser did not use a passkey" in page.inner_text("main")
        page.goto("/consents")
        assert "Nobody may look at your file under a consent." in page.inner_text("main")


def _sign_in(reader: Reader, language: str) -> None:
    reader.go(f"/?lang={language}")
    reader.enrol(ALICE)
    reader.sign_out()
    reader.sign_in()


def _see_the_look(page: Page, rule: str) -> None:
    page.goto("/home")
    assert page.locator(".ob-note--attention").count() == 1, "a new look is announced"
    page.goto("/looks")
    press(page, ".ob-card__heading a >> nth=0")
    assert rule in page.inner_text("main")


def _check_the_proof(page: Page, leaf: bytes, served: Exchange, folder: Path) -> None:
    with page.expect_download() as download:
        page.click("a[href$='proof.txt']")
    download.value.save_as(folder / "proof.txt")
    vkey = (served.settings.home / "log.vkey").read_text().strip()
    verify_proof((folder / "proof.txt").read_text(), leaf, [vkey])


def _withdraw(page: Page, consent_id: UUID, withdrawn: str, folder: Path) -> dict[str, object]:
    page.goto(f"/consents/{consent_id}/withdraw")
    press(page, "main form button[type=submit]")
    assert withdrawn in page.inner_text("main")
    with page.expect_download() as download:
        page.click("a[href$='receipt.json']")
    download.value.save_as(folder / "receipt.json")
    receipt: dict[str, object] = json.loads((folder / "receipt.json").read_text())
    return receipt
