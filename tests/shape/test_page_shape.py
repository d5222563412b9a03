"""The shape of the pages: what no template may hold, and who may see which page."""

import re
from pathlib import Path

import pytest
from factories import Exchange, make_exchange
from sqlalchemy import Engine
from werkzeug.routing import Rule

from exchange.clock import FixedClock
from exchange.settings import Settings

WEB = Path(__file__).resolve().parent.parent.parent / "exchange" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
INLINE = {
    "a style attribute": re.compile(r"\sstyle="),
    "a style element": re.compile(r"<style\b"),
    "an event attribute": re.compile(r"\son\w+="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "a script without its nonce": re.compile(r"<script(?![^>]*nonce=\"\{\{ csp_nonce \}\}\")"),
    "another site": re.compile(r"(?:src|href|action)=\"(?:https?:)?//"),
    "unescaped text": re.compile(r"\|\s*safe\b"),
}
PUBLIC = {
    "/", "/lenders", "/sign-in", "/sign-in/passkey", "/sign-in/code", "/sign-in/recovery", "/sign-out", "/enrol",
    "/enrol/begin", "/enrol/return", "/audit/sign-in", "/audit/sign-in/passkey", "/audit/enrol",
    "/audit/enrol/passkey", "/member/sign-in", "/member/sign-in/passkey", "/member/enrol", "/member/enrol/passkey",
}  # fmt: skip
"""The pages that need no sign-in."""
PAGES = {
    "acting", "audit_clocks", "audit_complaints", "audit_consents", "audit_contacts", "audit_event",
    "audit_exports", "audit_health", "audit_members", "audit_openings", "audit_replay", "audit_search",
    "audit_security", "audit_sign_in", "complaints", "consent_request", "consents", "contacts", "disputes",
    "erase", "freeze", "front", "give_consent", "home", "judgements", "looks", "member_complaints",
    "member_disputes", "member_home", "member_mandates", "member_notices", "member_plans", "member_security",
    "member_sign_in", "member_submissions", "own_notices", "plans", "report", "rights", "security", "sign_in",
    "wishes",
}  # fmt: skip
MACHINES = {"oauth", "graphql", "evidence", "log", "log_tiles", "health", "static_files", "notices", "submissions"}
SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def exchange(settings: Settings, engine: Engine, clock: FixedClock) -> Exchange:
    return make_exchange(settings, engine, clock)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_content_security_policy_refuses(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert [what for what, pattern in INLINE.items() if pattern.search(source)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_is_posted_carries_its_token(template: Path) -> None:
    forms = re.findall(r"<form\b[^>]*method=\"post\".*?</form>", template.read_text(encoding="utf-8"), re.DOTALL)
    assert [form for form in forms if not re.search(r"csrf_token|csrf\(\)|passkey_fields\(\)", form)] == []


def test_every_page_is_guarded_or_on_the_public_list(exchange: Exchange) -> None:
    rules = [rule for rule in exchange.app.url_map.iter_rules() if _blueprint(rule.endpoint) not in MACHINES]
    assert {_blueprint(rule.endpoint) for rule in rules} == PAGES
    guarded = {rule.rule for rule in rules if all(_sends_away(exchange, rule, method) for method in _methods(rule))}
    assert {rule.rule for rule in rules} - guarded == PUBLIC


def _blueprint(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


def _sends_away(exchange: Exchange, rule: Rule, method: str) -> bool:
    """Whether a visitor who is not signed in, with a valid form, is sent to the sign-in page."""
    visitor = exchange.app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/sign-in").text)
    assert token is not None
    path = re.sub(r"<[^>]+>", SOME_ID, rule.rule)
    answer = visitor.open(path, method=method, data={"csrf_token": token[1]} if method == "POST" else None)
    desk = next((desk for desk in ("/audit", "/member") if rule.rule.startswith(desk)), "")
    door = f"{desk}/sign-in"
    return answer.status_code == 303 and answer.headers["Location"].split("?")[0] == door
