"""Every door is guarded, or stands on the list of those that are open to everybody."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from factories import Exchange, make_exchange
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from exchange.clock import FixedClock
from exchange.settings import Settings

OPEN = {
    "/", "/lenders", "/static/<name>",
    "/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/recovery", "/sign-out",
    "/enrol", "/enrol/begin", "/enrol/return",
    "/audit/sign-in", "/audit/sign-in/passkey", "/audit/sign-out", "/audit/enrol", "/audit/enrol/passkey",
    "/member/sign-in", "/member/sign-in/passkey", "/member/sign-out", "/member/enrol", "/member/enrol/passkey",
    "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/oauth/jwks",
    "/log/checkpoint", "/log/key", "/log/proof/<name>", "/log/tile/<path:place>",
    "/health/live", "/health/ready",
}  # fmt: skip
"""Open to everybody: what is public, and the ways in."""
OF_MEMBERS = {
    "/graphql", "/evidence/<name>",
    "/submissions", "/submissions/<uuid:submission_id>", "/submissions/<uuid:submission_id>/faults.csv",
    "/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/revoke", "/oauth/register",
}  # fmt: skip
"""For members who show who they are; a stranger gets an error."""


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Iterator[Exchange]:
    exchange = make_exchange(settings, engine, clock)
    yield exchange
    exchange.close()


def doors(exchange: Exchange) -> list[tuple[Rule, str, str]]:
    """Every route with each of its methods, and an address that leads to it."""
    found = []
    for rule in exchange.app.url_map.iter_rules():
        path = re.sub(r"<uuid:[a-z_]+>", str(UUID(int=7)), rule.rule)
        path = re.sub(r"<[a-z_:]+>", "anything", path)
        found += [(rule, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def form_token(client: FlaskClient) -> str:
    """The token of a stranger's form, so that the guard is what answers, not the check of forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in/code").get_data(as_text=True))
    assert found
    return found[1]


def ask(client: FlaskClient, method: str, path: str, token: str) -> TestResponse:
    return client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)


def test_the_lists_name_routes_that_there_are(exchange: Exchange) -> None:
    routes = {rule.rule for rule, _, _ in doors(exchange)}
    assert routes >= OPEN | OF_MEMBERS


def test_every_other_door_leads_a_stranger_to_the_sign_in_page(exchange: Exchange) -> None:
    client = exchange.app.test_client()
    token = form_token(client)
    unguarded = []
    for rule, method, path in doors(exchange):
        if rule.rule in OPEN | OF_MEMBERS:
            continue
        answer = ask(client, method, path, token)
        desk = next((desk for desk in ("/audit", "/member") if rule.rule.startswith(desk)), "")
        door = f"{desk}/sign-in"
        if answer.status_code not in (302, 303) or answer.headers["Location"].split("?")[0] != door:
            unguarded.append((method, rule.rule, answer.status_code))
    assert unguarded == []


def test_the_doors_of_members_give_a_stranger_an_error(exchange: Exchange) -> None:
    client = exchange.app.test_client()
    for rule, method, path in doors(exchange):
        if rule.rule in OF_MEMBERS:
            assert client.open(path, method=method).status_code in (400, 401, 403), rule.rule


def test_a_form_without_its_token_changes_nothing(exchange: Exchange) -> None:
    client = exchange.app.test_client()
    for rule, method, path in doors(exchange):
        if method == "POST" and rule.rule not in OF_MEMBERS:
            assert client.post(path).status_code in (302, 303, 400, 403), rule.rule
