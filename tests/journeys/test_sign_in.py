"""Borrowers sign in through the pages: passkeys, codes, recovery, first enrolment, and everything that is refused."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import orjson
import pyotp
import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, Exchange, SignedInBorrower, make_exchange
from flask.testing import FlaskClient
from software_authenticator import SoftwareAuthenticator
from sqlalchemy import Engine, func, select, update
from werkzeug.test import TestResponse

from exchange.app import make_app
from exchange.clock import FixedClock
from exchange.errors import BadRequest
from exchange.identity.proofing.demonstration import DemonstrationNotAllowed, DemonstrationProofing
from exchange.journeys.sign_in_methods import (
    finish_totp,
    list_methods,
    make_recovery_codes,
    remove,
    show_totp,
    start_totp,
)
from exchange.settings import Settings
from exchange.store.tables.log import log_opening
from exchange.store.tables.sign_in import attempt_limit, enrolment, passkey, recovery_code, totp, web_session
from exchange.store.tables.subject import subject
from exchange.web.sessions import ServerSideSessions

COOKIE = "openbureau"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Cheap hashes: their cost is no part of these tests."""
    return replace(settings, argon2_memory_kib=64, argon2_passes=1)


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    return exchange.borrower_signed_in(exchange.borrower(ALICE))


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
    shown = client.get(f"/sign-in?next={following}" if following else "/sign-in")
    response = json.dumps(authenticator.sign_in(options(shown)))
    fields = {"csrf_token": csrf(shown), "response": response, "next": following}
    return client.post("/sign-in/passkey", data=fields)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/security").status_code == 200


def document_fields(code: str, number: str = ALICE.id_number) -> dict[str, str]:
    return {"id_type": "RESIDENT_ID", "country": "CN", "id_number": number, "code": code}


def set_up_totp(exchange: Exchange, alice: SignedInBorrower) -> pyotp.TOTP:
    sealed = start_totp(exchange.services, alice.borrower)
    secret = show_totp(exchange.services, alice.borrower, sealed).secret
    generator = pyotp.TOTP(secret)
    finish_totp(exchange.services, alice.borrower, sealed, generator.at(exchange.clock.now()))
    exchange.clock.instant += timedelta(seconds=30)
    return generator


def acts_logged(exchange: Exchange, borrower: UUID) -> list[dict[str, Any]]:
    with exchange.engine.connect() as connection:
        rows = connection.execute(
            select(log_opening.c.entry_id, log_opening.c.service_opening)
            .where(log_opening.c.subject_key == borrower)
            .order_by(log_opening.c.sequence)
        ).all()
    cipher = exchange.services.keys.log_cipher()
    return [orjson.loads(cipher.unseal_opening(entry, blob))["fields"] for entry, blob in rows]


# --- passkeys ------------------------------------------------------------------------------------------------------


def test_a_borrower_signs_in_with_a_passkey_and_out_again(exchange: Exchange, alice: SignedInBorrower) -> None:
    client = exchange.app.test_client()
    answer = sign_in_with(client, alice.authenticator)
    assert (answer.status_code, answer.location) == (303, "/home")
    assert is_signed_in(client)
    assert send(client, "/security", "/sign-out").location == "/"
    assert not is_signed_in(client)


def test_the_cookie_of_a_session_that_was_signed_out_is_worth_nothing(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    kept = alice.client.get_cookie(COOKIE)
    send(alice.client, "/security", "/sign-out")
    thief = exchange.app.test_client()
    thief.set_cookie(COOKIE, kept.value)
    assert not is_signed_in(thief)


def test_a_page_for_borrowers_leads_a_stranger_to_the_door_and_back(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    client = exchange.app.test_client()
    answer = client.get("/security")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fsecurity")
    assert sign_in_with(client, alice.authenticator, "/security").location == "/security"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example".replace("%09", "\t"),
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "/\n//evil.example",
        "///evil.example",
    ],
)
def test_nobody_is_led_to_another_site(exchange: Exchange, alice: SignedInBorrower, wanted: str) -> None:
    client = exchange.app.test_client()
    shown = client.get("/sign-in")
    response = json.dumps(alice.authenticator.sign_in(options(shown)))
    fields = {"csrf_token": csrf(shown), "response": response, "next": wanted}
    assert client.post("/sign-in/passkey", data=fields).location == "/home"


def test_signing_in_makes_the_cookie_anew(exchange: Exchange, alice: SignedInBorrower) -> None:
    """Session fixation: the attacker knows the cookie that the victim's browser had before."""
    victim, attacker = exchange.app.test_client(), exchange.app.test_client()
    victim.get("/sign-in")
    planted = victim.get_cookie(COOKIE)
    assert sign_in_with(victim, alice.authenticator).status_code == 303
    attacker.set_cookie(COOKIE, planted.value)
    assert victim.get_cookie(COOKIE).value != planted.value
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)


def test_a_cookie_that_we_did_not_give_is_not_taken_over(exchange: Exchange, alice: SignedInBorrower) -> None:
    client = exchange.app.test_client()
    client.set_cookie(COOKIE, "A" * 43)
    sign_in_with(client, alice.authenticator)
    assert client.get_cookie(COOKIE).value != "A" * 43
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(func.count()).where(web_session.c.revoked)) > 0


@pytest.mark.parametrize("token", [None, "", "not-ours"])
def test_a_form_without_its_token_does_nothing(exchange: Exchange, alice: SignedInBorrower, token: str | None) -> None:
    for path in ("/sign-out", "/security/recovery-codes", "/security/app/remove", "/security/sessions/end-others"):
        fields = {} if token is None else {"csrf_token": token}
        assert alice.client.post(path, data=fields).status_code == 400
    assert is_signed_in(alice.client)
    assert list_methods(exchange.services, alice.borrower).recovery_codes_left == 0


def test_another_browsers_token_is_not_ours(exchange: Exchange, alice: SignedInBorrower) -> None:
    foreign = csrf(exchange.app.test_client().get("/sign-in"))
    assert alice.client.post("/sign-out", data={"csrf_token": foreign}).status_code == 400
    assert is_signed_in(alice.client)


def test_a_signed_challenge_works_once(exchange: Exchange, alice: SignedInBorrower) -> None:
    client = exchange.app.test_client()
    shown = client.get("/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(alice.authenticator.sign_in(options(shown)))}
    cookie = client.get_cookie(COOKIE).value
    assert client.post("/sign-in/passkey", data=fields).status_code == 303
    again = exchange.app.test_client()
    again.set_cookie(COOKIE, cookie)
    assert again.post("/sign-in/passkey", data=fields).status_code == 400
    assert not is_signed_in(again)


def test_a_challenge_is_taken_for_five_minutes(exchange: Exchange, alice: SignedInBorrower) -> None:
    client = exchange.app.test_client()
    shown = client.get("/sign-in")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(alice.authenticator.sign_in(options(shown)))}
    exchange.clock.instant += timedelta(minutes=5)
    assert client.post("/sign-in/passkey", data=fields).status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize("response", ["", "{}", "[]", "null", "nonsense", '{"rawId": 7}', '{"rawId": "AAAA"}'])
def test_what_is_no_credential_is_refused_in_words(exchange: Exchange, alice: SignedInBorrower, response: str) -> None:
    answer = send(exchange.app.test_client(), "/sign-in", "/sign-in/passkey", response=response)
    assert answer.status_code == 400
    assert "There is a problem" in answer.text


def misuse(**changes: Any) -> Callable[[SoftwareAuthenticator], None]:
    def change(authenticator: SoftwareAuthenticator) -> None:
        for name, value in changes.items():
            setattr(authenticator, name, value)

    return change


@pytest.mark.parametrize(
    "change",
    [
        misuse(origin="https://evil.example"),
        misuse(origin="http://127.0.0.1:8601"),
        misuse(rp_id="evil.example"),
        misuse(user_verified=False),
        misuse(user_present=False),
        misuse(cross_origin=True),
        misuse(sign_count=-1, counts=True),
        misuse(sign_count=0),
        misuse(user_handle=b"somebody else's 16"),
        misuse(credential_id=b"never registered"),
    ],
    ids=["origin", "port", "rp", "unverified", "absent", "framed", "count back", "count same", "handle", "unknown"],
)
def test_a_passkey_that_is_misused_does_not_open(
    exchange: Exchange, alice: SignedInBorrower, change: Callable[[SoftwareAuthenticator], None]
) -> None:
    client = exchange.app.test_client()
    change(alice.authenticator)
    assert sign_in_with(client, alice.authenticator).status_code == 400
    assert not is_signed_in(client)


def test_a_copied_passkey_is_noticed(exchange: Exchange, alice: SignedInBorrower) -> None:
    copy = replace(alice.authenticator)
    copy.key = alice.authenticator.key
    for _ in range(2):
        assert sign_in_with(exchange.app.test_client(), alice.authenticator).status_code == 303
    client = exchange.app.test_client()
    assert sign_in_with(client, copy).status_code == 400
    assert not is_signed_in(client)


def test_a_passkey_is_added_renamed_and_removed_and_each_is_in_the_log(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    second = SoftwareAuthenticator(exchange.settings.issuer, "127.0.0.1")
    shown = alice.client.get("/security/passkeys/add")
    fields = {"csrf_token": csrf(shown), "response": json.dumps(second.register(options(shown))), "name": " Old  key "}
    assert alice.client.post("/security/passkeys/add", data=fields).location == "/security"
    assert "Old key" in alice.client.get("/security").text
    address = "/security/passkeys/" + second.sign_in(options(exchange.app.test_client().get("/sign-in")))["rawId"]
    send(alice.client, address, f"{address}/rename", name="New key")
    assert "New key" in alice.client.get("/security").text
    assert send(alice.client, address, f"{address}/remove").location == "/security"
    assert "New key" not in alice.client.get("/security").text
    assert sign_in_with(exchange.app.test_client(), second).status_code == 400
    acts = acts_logged(exchange, alice.borrower.subject_key)
    assert [act["act"] for act in acts] == ["passkey_added", "passkey_added", "sign_in_method"]
    assert acts[-1] == {"act": "sign_in_method", "change": "PASSKEY_REMOVED", "actor": "borrower"}


def test_the_registration_entry_is_kept_with_the_passkey(exchange: Exchange, alice: SignedInBorrower) -> None:
    with exchange.engine.connect() as connection:
        entry = connection.execute(select(passkey.c.entry_id)).scalar_one()
        logged = connection.execute(select(log_opening.c.entry_id)).scalar_one()
    assert entry == logged


def test_the_last_way_in_cannot_be_removed(exchange: Exchange, alice: SignedInBorrower) -> None:
    with pytest.raises(BadRequest) as refused:
        remove(exchange.services, alice.borrower, alice.authenticator.credential_id)
    assert refused.value.stable_code == "LAST_WAY_IN"
    assert sign_in_with(exchange.app.test_client(), alice.authenticator).status_code == 303
    assert [act["act"] for act in acts_logged(exchange, alice.borrower.subject_key)] == ["passkey_added"]


def test_a_borrower_reaches_nobody_elses_passkeys_or_sessions(exchange: Exchange, alice: SignedInBorrower) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    set_up_totp(exchange, bob)
    with pytest.raises(BadRequest, match="no such passkey"):
        remove(exchange.services, bob.borrower, alice.authenticator.credential_id)
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(passkey)) == 2
    session = urlsafe_b64encode(alice.borrower.session_digest).decode()
    assert send(bob.client, "/security", "/security/sessions/end", session=session).status_code == 400
    assert is_signed_in(alice.client)


def test_a_passkey_that_is_held_already_is_not_taken_from_its_owner(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    shown = bob.client.get("/security/passkeys/add")
    stolen = json.dumps(alice.authenticator.register(options(shown)))
    answer = bob.client.post("/security/passkeys/add", data={"csrf_token": csrf(shown), "response": stolen})
    assert answer.status_code == 400
    assert sign_in_with(exchange.app.test_client(), bob.authenticator).status_code == 303


def test_changing_the_ways_in_takes_a_recent_passkey(exchange: Exchange, alice: SignedInBorrower) -> None:
    token = csrf(alice.client.get("/security"))
    exchange.clock.instant += timedelta(minutes=11)
    for path in ("/security/passkeys/add", "/security/app"):
        assert alice.client.get(path).location.startswith("/sign-in?next=")
    assert alice.client.post("/security/recovery-codes", data={"csrf_token": token}).location.startswith("/sign-in")
    assert list_methods(exchange.services, alice.borrower).recovery_codes_left == 0
    assert is_signed_in(alice.client)


def test_who_signed_in_with_a_code_adds_a_passkey_but_removes_none(exchange: Exchange, alice: SignedInBorrower) -> None:
    generator = set_up_totp(exchange, alice)
    client = exchange.app.test_client()
    assert send(client, "/sign-in/code", **document_fields(generator.at(exchange.clock.now()))).status_code == 303
    assert client.get("/security/passkeys/add").status_code == 200
    assert send(client, "/security", "/security/app/remove").location.startswith("/sign-in")
    assert list_methods(exchange.services, alice.borrower).has_totp


# --- authenticator app and recovery codes --------------------------------------------------------------------------


def test_an_authenticator_app_is_set_up_on_the_page_and_then_opens(exchange: Exchange, alice: SignedInBorrower) -> None:
    shown = alice.client.get("/security/app")
    assert "<svg" in shown.text
    secret = re.search(r'<code class="ob-code">([A-Z2-7 ]+)</code>', shown.text)
    assert secret is not None
    generator = pyotp.TOTP(secret[1].replace(" ", ""))
    assert send(alice.client, "/security/app", code="000000").status_code == 400
    assert not list_methods(exchange.services, alice.borrower).has_totp
    code = generator.at(exchange.clock.now())
    assert send(alice.client, "/security/app", code=code).location == "/security"
    client = exchange.app.test_client()
    assert send(client, "/sign-in/code", **document_fields(code)).status_code == 400, "the code of the set-up is used"
    exchange.clock.instant += timedelta(seconds=30)
    code = generator.at(exchange.clock.now())
    assert send(client, "/sign-in/code", **document_fields(code)).location == "/home"
    assert is_signed_in(client)
    with exchange.engine.connect() as connection:
        assert secret[1].replace(" ", "").encode() not in connection.execute(select(totp.c.secret)).scalar_one()


def test_a_code_works_once(exchange: Exchange, alice: SignedInBorrower) -> None:
    code = set_up_totp(exchange, alice).at(exchange.clock.now())
    assert send(exchange.app.test_client(), "/sign-in/code", **document_fields(code)).status_code == 303
    again = exchange.app.test_client()
    assert send(again, "/sign-in/code", **document_fields(code)).status_code == 400
    assert not is_signed_in(again)


def test_a_stranger_is_told_the_same_as_somebody_who_mistyped(exchange: Exchange, alice: SignedInBorrower) -> None:
    set_up_totp(exchange, alice)
    client = exchange.app.test_client()

    def said(number: str) -> str:
        answer = send(client, "/sign-in/code", **document_fields("000000", number))
        assert answer.status_code == 400
        found = re.search(r'__body"><p>([^<]+)</p>', answer.text)
        assert found
        return found[1]

    assert said(ALICE.id_number) == said("190101198001010016") == said("not a number")


def test_guessing_stops_at_the_limit_and_the_right_code_no_longer_helps(
    exchange: Exchange, alice: SignedInBorrower
) -> None:
    generator = set_up_totp(exchange, alice)
    client = exchange.app.test_client()
    for _ in range(exchange.settings.attempts_per_target_max):
        assert send(client, "/sign-in/code", **document_fields("000000")).status_code == 400
    right = generator.at(exchange.clock.now())
    answer = send(client, "/sign-in/code", **document_fields(right))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert not is_signed_in(client)
    assert sign_in_with(exchange.app.test_client(), alice.authenticator).status_code == 303, "passkeys are not locked"
    exchange.clock.instant += timedelta(seconds=exchange.settings.attempt_window_seconds)
    assert send(client, "/sign-in/code", **document_fields(generator.at(exchange.clock.now()))).status_code == 303


def test_the_limits_hold_no_personal_data(exchange: Exchange, alice: SignedInBorrower) -> None:
    send(exchange.app.test_client(), "/sign-in/code", **document_fields("000000"))
    with exchange.engine.connect() as connection:
        rows = connection.execute(select(attempt_limit)).all()
    assert rows
    assert all(ALICE.id_number not in repr(row) and "127.0.0.1" not in repr(row) for row in rows)


def test_a_recovery_code_opens_once_and_its_use_is_logged(exchange: Exchange, alice: SignedInBorrower) -> None:
    shown = send(alice.client, "/security", "/security/recovery-codes")
    codes = re.findall(r'<code class="ob-code">([0-9A-Z-]+)</code>', shown.text)
    assert len(codes) == 10
    assert "no-store" in shown.headers["Cache-Control"]
    client = exchange.app.test_client()
    typed = document_fields(codes[3].lower().replace("-", " "))
    assert send(client, "/sign-in/recovery", **typed).location == "/security"
    assert is_signed_in(client)
    again = exchange.app.test_client()
    assert send(again, "/sign-in/recovery", **typed).status_code == 400
    assert not is_signed_in(again)
    changes = [act.get("change") for act in acts_logged(exchange, alice.borrower.subject_key)]
    assert changes == [None, "RECOVERY_CODES_MADE", "RECOVERY_CODE_USED"]
    with exchange.engine.connect() as connection:
        stored = connection.execute(select(recovery_code.c.hash)).scalars().all()
    assert all(each.startswith("$argon2id$") for each in stored)


def test_new_recovery_codes_end_the_old_ones(exchange: Exchange, alice: SignedInBorrower) -> None:
    old = make_recovery_codes(exchange.services, alice.borrower)
    new = make_recovery_codes(exchange.services, alice.borrower)
    client = exchange.app.test_client()
    assert send(client, "/sign-in/recovery", **document_fields(old[0])).status_code == 400
    assert send(client, "/sign-in/recovery", **document_fields(new[0])).status_code == 303


# --- sessions ------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(exchange: Exchange, alice: SignedInBorrower) -> None:
    for _ in range(4):
        exchange.clock.instant += timedelta(minutes=14)
        assert is_signed_in(alice.client)
    exchange.clock.instant += timedelta(minutes=15)
    assert not is_signed_in(alice.client)
    client = exchange.app.test_client()
    sign_in_with(client, alice.authenticator)
    for _ in range(12 * 60 // 14):
        exchange.clock.instant += timedelta(minutes=14)
        assert is_signed_in(client)
    exchange.clock.instant += timedelta(minutes=14)
    assert not is_signed_in(client)


def test_sessions_are_listed_and_ended_from_another_one(exchange: Exchange, alice: SignedInBorrower) -> None:
    others = [exchange.app.test_client() for _ in range(3)]
    for other in others:
        sign_in_with(other, alice.authenticator)
    shown = alice.client.get("/security").text
    (session, *_) = re.findall(r'name="session" value="([^"]+)"', shown)
    send(alice.client, "/security", "/security/sessions/end", session=session)
    assert sum(is_signed_in(other) for other in others) == 2
    send(alice.client, "/security", "/security/sessions/end-others")
    assert not any(is_signed_in(other) for other in others)
    assert is_signed_in(alice.client)


def test_the_cookie_is_bound_to_host_and_tls(settings: Settings, engine: Engine, clock: FixedClock) -> None:
    exchange = make_exchange(replace(settings, issuer="https://exchange.example"), engine, clock)
    answer = exchange.client.get("/sign-in", base_url="https://exchange.example")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if "openbureau=" in value)
    assert cookie.startswith("__Host-openbureau=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_without_tls_borrowers_are_served_on_this_machine_only(exchange: Exchange) -> None:
    in_clear = replace(exchange.settings, issuer="http://exchange.example")
    with pytest.raises(ValueError, match="https"):
        ServerSideSessions(replace(exchange.services, settings=in_clear))


def test_machines_get_no_session(exchange: Exchange) -> None:
    exchange.client.get("/.well-known/oauth-authorization-server")
    exchange.bank().fetch_token()
    with exchange.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(web_session)) == 0


# --- proving who one is --------------------------------------------------------------------------------------------


@pytest.fixture
def demonstration(exchange: Exchange) -> Iterator[Exchange]:
    """The same exchange, as a demonstration."""
    settings = replace(exchange.settings, demonstration=True)
    exchange.app = make_app(settings, exchange.engine, exchange.clock)
    yield exchange


def make_synthetic(exchange: Exchange, borrower: UUID) -> None:
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == borrower).values(synthetic_identity=True))


def prove(client: FlaskClient, number: str = ALICE.id_number, kind: str = "RESIDENT_ID") -> TestResponse:
    asked = client.get("/enrol/begin")
    shown = client.get(asked.location)
    found = re.search(r'name="state" value="([^"]+)"', shown.text)
    assert found
    fields = {"csrf_token": csrf(shown), "state": found[1], "id_type": kind, "country": "CN", "id_number": number}
    return client.post("/enrol/demonstration", data=fields)


def test_a_borrower_proves_who_they_are_and_makes_the_first_passkey(demonstration: Exchange) -> None:
    borrower = demonstration.borrower(ALICE)
    client = demonstration.app.test_client()
    client.get("/sign-in")
    planted = client.get_cookie(COOKIE).value
    assert prove(client).location == "/security/passkeys/add"
    assert client.get_cookie(COOKIE).value != planted
    authenticator = SoftwareAuthenticator(demonstration.settings.issuer, "127.0.0.1")
    shown = client.get("/security/passkeys/add")
    response = json.dumps(authenticator.register(options(shown)))
    client.post("/security/passkeys/add", data={"csrf_token": csrf(shown), "response": response, "name": "Phone"})
    assert sign_in_with(demonstration.app.test_client(), authenticator).status_code == 303
    acts = acts_logged(demonstration, borrower)
    assert [act.get("change", act["act"]) for act in acts] == ["IDENTITY_PROVED", "passkey_added"]
    with demonstration.engine.connect() as connection:
        row = connection.execute(select(enrolment)).one()
    assert (row.subject_key, row.proofed_by) == (borrower, "DEMONSTRATION")


def test_somebody_we_do_not_know_is_told_so_clearly_and_leaves_nothing(demonstration: Exchange) -> None:
    client = demonstration.app.test_client()
    answer = prove(client, NOBODY_WE_KNOW.id_number, "PASSPORT")
    assert answer.status_code == 404
    assert "We hold no file about you" in answer.text
    assert not is_signed_in(client)
    with demonstration.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(enrolment)) == 0


def test_the_demonstration_never_opens_a_real_persons_file(demonstration: Exchange) -> None:
    borrower = demonstration.borrower(BOB)
    client = demonstration.app.test_client()
    assert prove(client, BOB.id_number, "PASSPORT").status_code == 400
    assert not is_signed_in(client)
    assert acts_logged(demonstration, borrower) == []
    with demonstration.engine.begin() as connection:
        connection.execute(update(subject).values(synthetic_identity=True))
    assert prove(client, BOB.id_number, "PASSPORT").location == "/security/passkeys/add"


def test_what_comes_back_without_having_been_asked_for_enrols_nobody(demonstration: Exchange) -> None:
    demonstration.borrower(ALICE)
    client = demonstration.app.test_client()
    fields = {"state": "guessed", "id_type": "RESIDENT_ID", "country": "CN", "id_number": ALICE.id_number}
    assert send(client, "/sign-in", "/enrol/demonstration", **fields).status_code == 400
    client.get("/enrol/begin")
    assert send(client, "/sign-in", "/enrol/demonstration", **fields).status_code == 400
    assert client.get("/enrol/return", query_string=fields).status_code == 400
    assert not is_signed_in(client)


def test_without_a_provider_nobody_can_be_enrolled_and_there_is_no_stand_in(exchange: Exchange) -> None:
    assert exchange.client.get("/enrol").status_code == 200
    assert exchange.client.get("/enrol/begin").status_code == 400
    assert exchange.client.get("/enrol/demonstration").status_code == 404


@pytest.mark.parametrize(
    ("demonstration", "issuer"),
    [
        (False, "http://localhost:8600"),
        (True, "https://localhost:8600"),
        (True, "https://exchange.example"),
        (True, "http://exchange.example"),
        (True, "http://localhost.example:8600"),
    ],
)
def test_the_stand_in_cannot_be_made_for_a_real_service(settings: Settings, demonstration: bool, issuer: str) -> None:
    with pytest.raises(DemonstrationNotAllowed):
        DemonstrationProofing(replace(settings, demonstration=demonstration, issuer=issuer))


def test_a_service_with_a_real_address_does_not_start_as_a_demonstration(
    exchange: Exchange, engine: Engine, clock: FixedClock
) -> None:
    with pytest.raises(DemonstrationNotAllowed):
        make_app(replace(exchange.settings, demonstration=True, issuer="https://exchange.example"), engine, clock)
