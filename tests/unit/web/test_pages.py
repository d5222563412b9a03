"""What every page shares: headers, languages, forms, errors in plain words."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from factories import ALICE, Exchange, SignedInBorrower, make_exchange
from flask import Flask
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.settings import Settings
from exchange.web import language, pages
from exchange.web.static_files import STATIC

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(settings, engine, clock)
    yield exchange
    exchange.close()


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    alice = exchange.borrower_signed_in(exchange.borrower(ALICE))
    alice.client.get("/home?lang=en")
    return alice


@pytest.fixture
def app() -> Flask:
    """Pages alone, without an exchange behind them."""
    app = Flask("pages", static_folder=None)
    pages.set_up_pages(app, Settings(), b"s" * 32)
    return app


def test_a_page_lets_the_browser_load_from_us_alone_and_keeps_nothing(exchange: Exchange) -> None:
    answer = exchange.client.get("/")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    nonce = re.fullmatch(r"'self' 'nonce-([\w-]+)'", policy["script-src"])
    assert nonce is not None and f'nonce="{nonce[1]}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_every_page_has_a_nonce_of_its_own(exchange: Exchange) -> None:
    assert len({exchange.client.get("/").headers["Content-Security-Policy"] for _ in range(3)}) == 3


def test_a_form_without_its_token_changes_nothing(alice: SignedInBorrower) -> None:
    for token in (None, "", "forged"):
        answer = alice.client.post("/freeze", data={"freeze": "on", "csrf_token": token} if token is not None else {})
        assert answer.status_code == 400
        assert "This form is no longer valid" in answer.text
    assert "Not frozen" in alice.client.get("/freeze").text


def test_the_token_of_another_session_is_refused(exchange: Exchange, alice: SignedInBorrower) -> None:
    foreign = _token(exchange.app.test_client().get("/sign-in").text)
    answer = alice.client.post("/freeze", data={"freeze": "on", "csrf_token": foreign})
    assert answer.status_code == 400
    assert "Not frozen" in alice.client.get("/freeze").text


def test_the_token_of_the_page_is_taken(alice: SignedInBorrower) -> None:
    token = _token(alice.client.get("/freeze").text)
    assert alice.client.post("/freeze", data={"freeze": "on", "csrf_token": token}).status_code == 303
    assert "Frozen now" in alice.client.get("/freeze").text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("fr-FR,fr;q=0.9", "en"),
        ("en-GB,zh-CN;q=0.5", "en"),
        ("fr,zh-HK;q=0.4", "zh-Hant"),
    ],
)
def test_a_browser_is_spoken_to_in_its_language(exchange: Exchange, asked: str, shown: str) -> None:
    assert f'<html lang="{shown}"' in exchange.client.get("/", headers={"Accept-Language": asked}).text


def test_a_language_that_was_chosen_stays_and_an_unknown_one_is_passed_over(exchange: Exchange) -> None:
    client = exchange.app.test_client()
    assert '<html lang="zh-Hant"' in client.get("/?lang=zh-Hant").text
    assert '<html lang="zh-Hant"' in client.get("/lenders").text
    assert '<html lang="zh-Hant"' in client.get("/?lang=tlh").text


def test_somebody_signed_in_is_spoken_to_in_their_own_language_also_in_errors(exchange: Exchange) -> None:
    client = exchange.borrower_signed_in(exchange.borrower(ALICE)).client
    assert '<html lang="zh-Hans"' in client.get("/home").text
    assert "此表单已失效" in client.post("/freeze").text


def test_the_switch_keeps_what_the_address_says(exchange: Exchange) -> None:
    text = exchange.client.get("/sign-in?next=/looks").text
    assert "/sign-in?next=%2Flooks&amp;lang=zh-Hans" in text


def test_a_page_for_the_signed_in_leads_to_the_door_and_back(exchange: Exchange) -> None:
    answer = exchange.client.get("/looks?newest=4")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Flooks%3Fnewest%3D4")


def test_an_unknown_address_is_a_page_for_people_and_json_for_machines(exchange: Exchange) -> None:
    page = exchange.client.get("/nothing", headers=BROWSER | {"Accept-Language": "zh-CN"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "找不到页面" in page.text
    machine = exchange.client.get("/nothing", headers={"Accept": "application/json"})
    assert (machine.status_code, machine.mimetype) == (404, "application/problem+json")


def test_what_is_not_there_is_not_found_in_words(alice: SignedInBorrower) -> None:
    for path in ("/looks/00000000-0000-4000-8000-000000000000", "/consents/00000000-0000-4000-8000-000000000000"):
        answer = alice.client.get(path)
        assert answer.status_code == 404
        assert "Page not found" in answer.text


def test_a_style_sheet_is_kept_for_long_and_nothing_else_lies_beside_it(exchange: Exchange) -> None:
    answer = exchange.client.get("/static/openbureau.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/none.css"):
        assert exchange.client.get(path).status_code == 404


def test_what_a_borrower_wrote_is_never_markup(alice: SignedInBorrower) -> None:
    token = _token(alice.client.get("/report/statement").text)
    words = "<script>alert(1)</script> & so on"
    alice.client.post("/report/statement", data={"words": words, "about": "", "csrf_token": token})
    shown = alice.client.get("/report").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on" in shown
    assert "<script>alert" not in shown


@pytest.mark.parametrize(
    ("tag", "day", "instant", "money"),
    [
        ("en", "3 May 2026", "3 May 2026, 22:05", "CN¥12,500.50"),
        ("zh-Hans", "2026年5月3日", "2026年5月3日 22:05", "¥12,500.50"),
        ("zh-Hant", "2026年5月3日", "2026年5月3日 22:05", "CN¥12,500.50"),
    ],
)
def test_dates_and_money_are_written_as_the_language_writes_them(
    app: Flask, tag: str, day: str, instant: str, money: str
) -> None:
    with app.test_request_context(f"/?lang={tag}"):
        assert language.show_date(date(2026, 5, 3)) == day
        assert language.show_instant(datetime(2026, 5, 3, 14, 5, tzinfo=UTC)) == instant
        assert language.show_month(date(2026, 5, 1)) == ("May 2026" if tag == "en" else "2026年5月")
        assert language.show_money(1_250_050, "CNY") == money


def test_numbers_of_things_have_their_plural(app: Flask) -> None:
    with app.test_request_context("/"):
        assert language.ngettext("%(num)s day", "%(num)s days", 1) == "%(num)s day"
        assert language.ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s days"
    with app.test_request_context("/?lang=zh-Hans"):
        assert language.ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s 天"


def test_the_built_style_asks_no_other_site_for_anything() -> None:
    style = (STATIC / "openbureau.css").read_text(encoding="utf-8")
    assert "url(" not in style.replace("url(data:", "")
    assert "GDS Transport" not in style


def _token(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found is not None
    return found[1]
