"""Officers sign in through the pages, and everything that is refused: guessing, replays, planted cookies, borrowers."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from factories import ALICE, AUDITING, Exchange, OfficerSignedIn, SignedInBorrower
from flask import Flask
from flask.testing import FlaskClient
from software_authenticator import SoftwareAuthenticator
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from exchange.app import make_app
from exchange.errors import Refused
from exchange.journeys.officer_passkeys import list_officer_passkeys
from exchange.journeys.officers import add_officer, end_officer
from exchange.store.tables.officer import officer, officer_passkey
from exchange.store.tables.sign_in import web_session
from exchange.web.desks.current import current_officer, officer_page, require_scope
from exchange.web.pages import page_blueprint
from schema.vocabulary.scope import Scope

COOKIE = "openbureau"


@pytest.fixture
def li(exchange: Exchange) -> OfficerSignedIn:
    return exchange.officer()


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    return exchange.borrower_signed_in(exchange.borrower(ALICE))


@pytest.fixture
def code(exchange: Exchange) -> str:
    exchange.authority()
    return add_officer(exchange.services, "audit-office", "Li Na", AUDITING, "operator").code


@pytest.fixture
def device(exchange: Exchange) -> SoftwareAuthenticator:
    return SoftwareAuthenticator(exchange.settings.issuer, "127.0.0.1")


def csrf(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def options(answer: TestResponse) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', answer.text)
    assert found, answer.text
    return dict(json.loads(unescape(found[1])))


def send(client: FlaskClient, page: str, action: str | None = None, **fields: str) -> TestResponse:
    """Opens a page and sends its form, as a browser does."""
    token = csrf(client.get(page))
    return client.post(action or page, data={"csrf_token": token, **fields})


def sign_in_with(client: FlaskClient, authenticator: SoftwareAuthenticator, following: str = "") -> TestResponse:
    shown = client.get("/audit/sign-in", query_string={"next": following} if following else None)
    response = json.dumps(authenticator.sign_in(options(shown)))
    fields = {"csrf_token": csrf(shown), "response": response, "next": following}
    return client.post("/audit/sign-in/passkey", data=fields)


def enrol_with(client: FlaskClient, code: str, authenticator: SoftwareAuthenticator) -> TestResponse:
    shown = send(client, "/audit/enrol", code=code)
    fields = {"csrf_token": csrf(shown), "response": json.dumps(authenticator.register(options(shown)))}
    return client.post("/audit/enrol/passkey", data={**fields, "code": code, "name": "Key"})


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie
    return cookie.value


def passkey_addresses(client: FlaskClient) -> dict[str, str]:
    """Where each of an officer's passkeys is changed, by its name."""
    shown = client.get("/audit/security").text
    found = re.findall(r'href="(/audit/security/passkeys/[^"]+)">[^<]+<span[^>]*> ([^<]+)</span>', shown)
    return {name: address for address, name in found}


def is_officer(client: FlaskClient) -> bool:
    return client.get("/audit/security").status_code == 200


def is_borrower(client: FlaskClient) -> bool:
    return client.get("/security").status_code == 200


# --- the invitation ------------------------------------------------------------------------------------------------


def test_an_officer_makes_the_first_passkey_with_the_code_and_signs_in_with_it(
    exchange: Exchange, code: str, device: SoftwareAuthenticator
) -> None:
    client = exchange.app.test_client()
    shown = send(client, "/audit/enrol", code=code.lower().replace("-", " "))
    assert "no-store" in shown.headers["Cache-Control"]
    answer = enrol_with(client, code, device)
    assert (answer.status_code, answer.location) == (303, "/audit")
    assert is_officer(client)
    assert "Li Na" in client.get("/audit/security").text
    other = exchange.app.test_client()
    assert sign_in_with(other, device).location == "/audit"
    assert is_officer(other)


def test_a_code_that_was_used_or_is_wrong_leads_nowhere(
    exchange: Exchange, code: str, device: SoftwareAuthenticator
) -> None:
    enrol_with(exchange.app.test_client(), code, device)
    client = exchange.app.test_client()
    for typed in (code, code[:-1], "", "guessed"):
        answer = send(client, "/audit/enrol", code=typed)
        assert answer.status_code == 400
        assert "There is a problem" in answer.text
        assert "data-options" not in answer.text
    assert not is_officer(client)
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(officer_passkey)) == 1


def test_guessed_codes_are_counted(exchange: Exchange, code: str) -> None:
    app = make_app(replace(exchange.settings, attempts_per_source_max=2), exchange.engine, exchange.clock)
    client = app.test_client()
    assert [send(client, "/audit/enrol", code="x").status_code for _ in range(2)] == [400, 400]
    answer = send(client, "/audit/enrol", code=code)
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)


def test_who_planted_the_cookie_does_not_share_the_invitation(
    exchange: Exchange, code: str, device: SoftwareAuthenticator
) -> None:
    """Fixation before and after: neither the half-way session nor the finished one is the attacker's."""
    victim, attacker = exchange.app.test_client(), exchange.app.test_client()
    victim.get("/audit/enrol")
    planted = cookie_of(victim)
    shown = send(victim, "/audit/enrol", code=code)
    attacker.set_cookie(COOKIE, planted)
    foreign = SoftwareAuthenticator(exchange.settings.issuer, "127.0.0.1")
    fields = {
        "csrf_token": csrf(attacker.get("/audit/enrol")),
        "response": json.dumps(foreign.register(options(shown))),
    }
    assert attacker.post("/audit/enrol/passkey", data={**fields, "code": "", "name": "Key"}).status_code == 400
    assert enrol_with(victim, code, device).status_code == 303
    assert cookie_of(victim) != planted
    attacker.set_cookie(COOKIE, planted)
    assert not is_officer(attacker)
    assert sign_in_with(attacker, foreign).status_code == 400


def test_a_challenge_of_enrolling_works_once_and_for_nothing_else(
    exchange: Exchange, code: str, device: SoftwareAuthenticator
) -> None:
    client = exchange.app.test_client()
    shown = send(client, "/audit/enrol", code=code)
    response = json.dumps(device.register(options(shown)))
    fields = {"csrf_token": csrf(shown), "response": response, "code": code}
    client.get("/audit/sign-in")  # Another challenge takes its place.
    assert client.post("/audit/enrol/passkey", data=fields).status_code == 400
    assert client.post("/audit/enrol/passkey", data=fields).status_code == 400
    assert not is_officer(client)
    assert enrol_with(client, code, device).status_code == 303


# --- signing in ----------------------------------------------------------------------------------------------------


def test_a_page_leads_a_stranger_to_the_door_and_back(exchange: Exchange, li: OfficerSignedIn) -> None:
    client = exchange.app.test_client()
    answer = client.get("/audit/security")
    assert (answer.status_code, answer.location) == (303, "/audit/sign-in?next=%2Faudit%2Fsecurity")
    assert sign_in_with(client, li.authenticator, "/audit/security").location == "/audit/security"
    kept = "/audit/events?member=harbour-bank&outcome=refused"
    assert sign_in_with(client, li.authenticator, kept).location == kept


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/audit", "//evil.example/audit", "/\\evil.example", "/audit\\..\\evil", "/\t/evil.example",
        "javascript:alert(1)", "audit", "http:audit", "/audit\n//evil.example", "///audit", "/home", "/auditors",
        "/sign-out?x=/audit",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(exchange: Exchange, li: OfficerSignedIn, wanted: str) -> None:
    client = exchange.app.test_client()
    shown = client.get("/audit/sign-in")
    response = json.dumps(li.authenticator.sign_in(options(shown)))
    fields = {"csrf_token": csrf(shown), "response": response, "next": wanted}
    assert client.post("/audit/sign-in/passkey", data=fields).location == "/audit"


def test_signing_in_makes_the_cookie_anew_and_signing_out_ends_it(exchange: Exchange, li: OfficerSignedIn) -> None:
    client, attacker = exchange.app.test_client(), exchange.app.test_client()
    client.get("/audit/sign-in")
    planted = cookie_of(client)
    assert sign_in_with(client, li.authenticator).status_code == 303
    attacker.set_cookie(COOKIE, planted)
    assert not is_officer(attacker)
    stolen = cookie_of(client)
    assert send(client, "/audit/security", "/audit/sign-out").location == "/audit/sign-in"
    attacker.set_cookie(COOKIE, stolen)
    assert not is_officer(client)
    assert not is_officer(attacker)


def test_a_signed_challenge_works_once(exchange: Exchange, li: OfficerSignedIn) -> None:
    client = exchange.app.test_client()
    shown = client.get("/audit/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(li.authenticator.sign_in(options(shown)))}
    cookie = cookie_of(client)
    assert client.post("/audit/sign-in/passkey", data=fields).status_code == 303
    again = exchange.app.test_client()
    again.set_cookie(COOKIE, cookie)
    assert again.post("/audit/sign-in/passkey", data=fields).status_code == 400
    assert not is_officer(again)


def test_a_challenge_of_one_browser_is_none_of_anothers(exchange: Exchange, li: OfficerSignedIn) -> None:
    theirs, ours = exchange.app.test_client(), exchange.app.test_client()
    response = json.dumps(li.authenticator.sign_in(options(theirs.get("/audit/sign-in"))))
    assert send(ours, "/audit/sign-in", "/audit/sign-in/passkey", response=response).status_code == 400
    assert not is_officer(ours)


def test_a_challenge_is_taken_for_five_minutes(exchange: Exchange, li: OfficerSignedIn) -> None:
    client = exchange.app.test_client()
    shown = client.get("/audit/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(li.authenticator.sign_in(options(shown)))}
    exchange.clock.instant += timedelta(minutes=5)
    assert client.post("/audit/sign-in/passkey", data=fields).status_code == 400
    assert not is_officer(client)


def misuse(**changes: Any) -> Callable[[SoftwareAuthenticator], None]:
    def change(authenticator: SoftwareAuthenticator) -> None:
        for name, value in changes.items():
            setattr(authenticator, name, value)

    return change


@pytest.mark.parametrize(
    "change",
    [
        misuse(origin="https://evil.example"),
        misuse(rp_id="evil.example"),
        misuse(user_verified=False),
        misuse(user_present=False),
        misuse(cross_origin=True),
        misuse(sign_count=-1),
        misuse(user_handle=b"somebody else's 16"),
        misuse(credential_id=b"never registered"),
    ],
    ids=["origin", "rp", "unverified", "absent", "framed", "count back", "handle", "unknown"],
)
def test_a_passkey_that_is_misused_does_not_open(
    exchange: Exchange, li: OfficerSignedIn, change: Callable[[SoftwareAuthenticator], None]
) -> None:
    assert sign_in_with(exchange.app.test_client(), li.authenticator).status_code == 303
    client = exchange.app.test_client()
    change(li.authenticator)
    assert sign_in_with(client, li.authenticator).status_code == 400
    assert not is_officer(client)


@pytest.mark.parametrize("token", [None, "", "not-ours"])
def test_a_form_without_its_token_does_nothing(exchange: Exchange, li: OfficerSignedIn, token: str | None) -> None:
    fields = {} if token is None else {"csrf_token": token}
    for path in (
        "/audit/sign-out", "/audit/enrol", "/audit/enrol/passkey", "/audit/sign-in/passkey",
        "/audit/security/passkeys/add", "/audit/security/sessions/end", "/audit/security/sessions/end-others",
    ):  # fmt: skip
        assert li.client.post(path, data=fields).status_code == 400
    assert is_officer(li.client)
    foreign = csrf(exchange.app.test_client().get("/audit/sign-in"))
    assert li.client.post("/audit/sign-out", data={"csrf_token": foreign}).status_code == 400
    assert is_officer(li.client)


# --- borrowers and officers are apart ------------------------------------------------------------------------------


def test_an_officers_session_opens_no_page_of_borrowers_nor_the_other_way_round(
    exchange: Exchange, li: OfficerSignedIn, alice: SignedInBorrower
) -> None:
    for path in ("/home", "/consents", "/looks", "/report", "/security", "/acting"):
        answer = li.client.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in")
    assert is_officer(li.client)
    for path in ("/audit/security", "/audit/security/passkeys/add"):
        answer = alice.client.get(path)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/audit/sign-in")
    assert is_borrower(alice.client)


def test_neithers_passkey_signs_the_other_in(exchange: Exchange, li: OfficerSignedIn, alice: SignedInBorrower) -> None:
    client = exchange.app.test_client()
    assert sign_in_with(client, alice.authenticator).status_code == 400
    shown = client.get("/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(li.authenticator.sign_in(options(shown)))}
    assert client.post("/sign-in/passkey", data=fields).status_code == 400
    assert not is_officer(client)
    assert not is_borrower(client)


def test_a_challenge_of_one_door_does_not_open_the_other(exchange: Exchange, li: OfficerSignedIn) -> None:
    client = exchange.app.test_client()
    shown = client.get("/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(li.authenticator.sign_in(options(shown)))}
    assert client.post("/audit/sign-in/passkey", data=fields).status_code == 400
    assert not is_officer(client)


def test_one_browser_is_a_borrower_or_an_officer(
    exchange: Exchange, li: OfficerSignedIn, alice: SignedInBorrower
) -> None:
    assert sign_in_with(alice.client, li.authenticator).status_code == 303
    assert is_officer(alice.client)
    assert not is_borrower(alice.client)
    with exchange.engine.connect() as connection:
        both = web_session.c.subject_key.is_not(None) & web_session.c.officer_id.is_not(None)
        assert connection.scalar(select(func.count()).where(both)) == 0
        going = connection.scalar(
            select(func.count()).where(web_session.c.subject_key.is_not(None), ~web_session.c.revoked)
        )
    assert going == 0


# --- passkeys and sessions, by oneself -----------------------------------------------------------------------------


def test_a_passkey_is_added_renamed_and_removed(
    exchange: Exchange, li: OfficerSignedIn, device: SoftwareAuthenticator
) -> None:
    shown = li.client.get("/audit/security/passkeys/add")
    assert device.credential_id != li.authenticator.credential_id
    fields = {"csrf_token": csrf(shown), "response": json.dumps(device.register(options(shown))), "name": " Old  key "}
    assert li.client.post("/audit/security/passkeys/add", data=fields).location == "/audit/security"
    assert "Old key" in li.client.get("/audit/security").text
    address = passkey_addresses(li.client)["Old key"]
    send(li.client, address, f"{address}/rename", name="New key")
    assert "New key" in li.client.get("/audit/security").text
    assert send(li.client, address, f"{address}/remove").location == "/audit/security"
    assert "New key" not in li.client.get("/audit/security").text
    assert sign_in_with(exchange.app.test_client(), device).status_code == 400


def test_the_last_passkey_cannot_be_removed(exchange: Exchange, li: OfficerSignedIn) -> None:
    address = passkey_addresses(li.client)["My key"]
    answer = send(li.client, address, f"{address}/remove")
    assert answer.status_code == 400
    assert "last passkey" in answer.text
    assert len(list_officer_passkeys(exchange.services, li.officer)) == 1
    assert sign_in_with(exchange.app.test_client(), li.authenticator).status_code == 303


def test_changing_the_ways_in_takes_a_recent_passkey(exchange: Exchange, li: OfficerSignedIn) -> None:
    address = passkey_addresses(li.client)["My key"]
    exchange.clock.instant += timedelta(seconds=601)
    assert is_officer(li.client)
    assert li.client.get("/audit/security/passkeys/add").location.startswith("/audit/sign-in?next=")
    for path in (f"{address}/remove", "/audit/security/passkeys/add"):
        assert send(li.client, "/audit/security", path).location == "/audit/sign-in?next=%2Faudit"
    assert "Sign in again" in li.client.get("/audit/sign-in").text
    assert sign_in_with(li.client, li.authenticator).status_code == 303
    assert li.client.get("/audit/security/passkeys/add").status_code == 200


def test_an_officer_reaches_nobody_elses_passkeys_or_sessions(exchange: Exchange, li: OfficerSignedIn) -> None:
    wang = exchange.officer("Wang Fang")
    address = passkey_addresses(wang.client)["My key"]
    assert li.client.get(address).status_code == 404
    for act, status in (("rename", 404), ("remove", 400)):
        assert send(li.client, "/audit/security", f"{address}/{act}", name="Mine").status_code == status
    second = exchange.app.test_client()
    sign_in_with(second, wang.authenticator)
    (session,) = re.findall(r'name="session" value="([^"]+)"', wang.client.get("/audit/security").text)
    assert send(li.client, "/audit/security", "/audit/security/sessions/end", session=session).status_code == 400
    assert is_officer(second)
    assert "My key" in wang.client.get("/audit/security").text


def test_sessions_are_listed_and_ended_from_another_one(exchange: Exchange, li: OfficerSignedIn) -> None:
    others = [exchange.app.test_client() for _ in range(3)]
    for other in others:
        sign_in_with(other, li.authenticator)
    (session, *_) = re.findall(r'name="session" value="([^"]+)"', li.client.get("/audit/security").text)
    send(li.client, "/audit/security", "/audit/security/sessions/end", session=session)
    assert sum(is_officer(other) for other in others) == 2
    send(li.client, "/audit/security", "/audit/security/sessions/end-others")
    assert not any(is_officer(other) for other in others)
    assert is_officer(li.client)


def test_a_session_ends_when_it_is_not_used_and_after_eight_hours(exchange: Exchange, li: OfficerSignedIn) -> None:
    for _ in range(8 * 60 // 14):
        exchange.clock.instant += timedelta(minutes=14)
        assert is_officer(li.client)
    exchange.clock.instant += timedelta(minutes=14)
    assert not is_officer(li.client)
    sign_in_with(li.client, li.authenticator)
    exchange.clock.instant += timedelta(minutes=15)
    assert not is_officer(li.client)


def test_an_ended_officers_session_is_gone_at_the_next_page(exchange: Exchange, li: OfficerSignedIn) -> None:
    wang = exchange.officer("Wang Fang")
    end_officer(exchange.services, li.officer.officer_id, "operator")
    assert not is_officer(li.client)
    assert is_officer(wang.client)
    answer = sign_in_with(exchange.app.test_client(), li.authenticator)
    assert answer.status_code == 400
    assert "not admitted any more" in answer.text


# --- scopes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_scoped_pages(exchange: Exchange) -> Flask:
    """The same exchange, with a page for each scope."""
    exchange.app = app = make_app(exchange.settings, exchange.engine, exchange.clock)
    pages = page_blueprint("scoped", __name__)

    @pages.get("/audit/test/read")
    @officer_page(Scope.AUDIT_READ)
    def read() -> str:
        return current_officer().name

    @pages.get("/audit/test/both")
    @officer_page(Scope.AUDIT_READ, Scope.AUDIT_OPEN)
    def both() -> str:
        return current_officer().name

    @pages.get("/audit/test/asked")
    @officer_page()
    def asked() -> str:
        with pytest.raises(Refused) as refused:
            require_scope(Scope.AUDIT_READ, Scope.AUDIT_OPEN)
        return " ".join(reason.code for reason in refused.value.reasons)

    app.register_blueprint(pages)
    return app


def test_a_page_is_for_officers_who_hold_its_scopes(exchange: Exchange, with_scoped_pages: Flask) -> None:
    reader = exchange.officer(scopes=frozenset({Scope.AUDIT_READ}))
    assert reader.client.get("/audit/test/read").text == "Li Na"
    refused = reader.client.get("/audit/test/both")
    assert refused.status_code == 403
    assert "audit:open" in refused.text
    assert "OpenBureau — audit" in refused.text
    assert "Sign out" in refused.text
    assert reader.client.get("/audit/test/asked").text == "AUDIT_SCOPE_MISSING"
    both = exchange.officer("Wang Fang")
    assert both.client.get("/audit/test/both").text == "Wang Fang"


def test_the_pages_speak_the_officers_language(exchange: Exchange, li: OfficerSignedIn) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(update(officer).values(language="zh-Hans"))
    client = exchange.app.test_client()
    sign_in_with(client, li.authenticator)
    shown = client.get("/audit/security").text
    assert 'lang="zh-Hans"' in shown
    assert "您以 audit-office 的 Li Na 身份登录。" in shown
    assert "審計" in client.get("/audit/sign-in?lang=zh-Hant").text
