"""The pages of officers: who may see which, what a form keeps, and that nothing of another authority shows."""

import base64
import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from factories import ALICE, Bank, Exchange, OfficerSignedIn
from flask.testing import FlaskClient
from openbureau_client import verify_proof
from sqlalchemy import update
from werkzeug.test import TestResponse

from exchange.handover import EventFilter
from exchange.journeys.inspect_log import search
from exchange.journeys.open_event import opening_options, openings
from exchange.journeys.openable import auditor_of
from exchange.store.tables.consent import consent
from schema.vocabulary.scope import Scope

READ_ONLY = frozenset({Scope.AUDIT_READ})
PAGES = (
    "/audit", "/audit/events", "/audit/events/e0", "/audit/events/e0/proof.txt", "/audit/openings", "/audit/consents",
    "/audit/members", "/audit/members/harbour-bank", "/audit/log", "/audit/exports",
)  # fmt: skip
REFUSED_LOOKS = "act=look&outcome=refused"
CASE = "Case 2026-17: the bank says it never asked."


@dataclass(slots=True)
class Scene:
    """A bank that was refused one look at Alice's file and granted another, and an officer who looks into it."""

    exchange: Exchange
    bank: Bank
    alice: UUID
    officer: OfficerSignedIn

    def another(self, name: str, **changes: object) -> OfficerSignedIn:
        """One more officer."""
        return self.exchange.officer(name, **changes)  # type: ignore[arg-type]  # passed on as they come

    def event(self, **wanted: object) -> str:
        """The newest event of a filter."""
        found = search(self.exchange.services, auditor_of(self.officer.officer), EventFilter(**wanted), 1)  # type: ignore[arg-type]  # passed on
        return found.events[0].event_id

    @property
    def refused(self) -> str:
        """The refused look."""
        return self.event(act="look", granted=False)


@pytest.fixture
def scene(exchange: Exchange) -> Scene:
    bank, alice = exchange.bank(), exchange.borrower(ALICE)
    bank.ask()
    bank.ask(consent_id=exchange.consent(bank.member_id))
    officer = exchange.officer()
    exchange.later(seconds=2)
    return Scene(exchange, bank, alice, officer)


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Sends a form with its token."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/audit/security").text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields})


def acts(scene: Scene) -> list[str]:
    """The acts that the log took since the scene was set, oldest first."""
    scene.exchange.integrate()
    found = search(scene.exchange.services, auditor_of(scene.officer.officer), EventFilter(), 50)
    return [event.act for event in reversed(found.events)]


def test_every_page_answers_an_officer_and_sends_a_stranger_and_a_borrower_away(scene: Scene) -> None:
    stranger = scene.exchange.app.test_client()
    borrower = scene.exchange.borrower_signed_in(scene.alice).client
    assert borrower.get("/home").status_code == 200
    for path in PAGES:
        assert scene.officer.client.get(path).status_code == 200, path
        for other in (stranger, borrower):
            answer = other.get(path)
            assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/audit/sign-in"), path
    assert scene.officer.client.get("/home").headers["Location"].startswith("/sign-in")


def test_an_officer_who_may_only_read_sees_no_way_to_open_and_cannot_open(scene: Scene) -> None:
    reader = scene.another("Zhou Min", scopes=READ_ONLY)
    page = reader.client.get(f"/audit/events/{scene.refused}?lang=en").text
    assert "You may read the log, but not ask for an opening." in page
    assert 'name="reason"' not in page
    assert post(reader.client, f"/audit/events/{scene.refused}", reason=CASE).status_code == 403
    assert reader.client.get(f"/audit/events/{scene.refused}/opened").status_code == 403
    assert openings(scene.exchange.services, scene.officer.officer) == ()


def test_a_search_finds_what_was_asked_for_and_its_address_does_it_again(scene: Scene) -> None:
    address = "/audit/events?member=harbour-bank&act=look&outcome=refused&from=2026-06-01&until=2026-06-01&lang=en"
    page = scene.officer.client.get(address).text
    assert page.count('class="ob-event ') == 1
    assert "No consent was named" in page
    assert "Outcome: <strong>Refused</strong>" in page
    again = scene.another("Zhou Min").client.get(address).text
    assert 'class="ob-event ob-event--refused"' in again
    assert "The log holds no such event." in scene.officer.client.get(address.replace("2026-06-01", "2026-05-31")).text


def test_a_day_is_one_of_the_settings_time_zone(scene: Scene) -> None:
    """08:00 in UTC is 16:00 in Shanghai; a look at 17:00 in UTC is of the next day there."""
    scene.exchange.later(hours=9)
    scene.bank.fetch_token()
    scene.bank.ask()
    scene.exchange.integrate()
    officer = scene.another("Zhou Min").client
    query = "/audit/events?act=look&outcome=refused"
    assert officer.get(f"{query}&from=2026-06-02&until=2026-06-02").text.count("ob-event--refused") == 1
    assert officer.get(f"{query}&until=2026-06-01").text.count("ob-event--refused") == 1


def test_all_faults_of_a_search_are_told_at_once_and_nothing_typed_is_lost(scene: Scene) -> None:
    address = "/audit/events?member=%3Cb%3E&act=no-such&purpose=NONE&outcome=x&reason=low&rule=UP&from=31.5.&until=soon"
    answer = scene.officer.client.get(f"{address}&lang=en")
    assert answer.status_code == 400
    summary = re.search(r'govuk-error-summary__list">(.*?)</ul>', answer.text, re.DOTALL)
    assert summary
    named = re.findall(r'href="#(\w+)"', summary[1])
    assert sorted(named) == sorted(["member", "act", "purpose", "outcome", "reason", "rule", "from", "until"])
    for typed in ('value="low"', 'value="UP"', 'value="31.5."', 'value="soon"'):
        assert typed in answer.text
    assert "<b>" not in answer.text
    assert "log_searched" not in acts(scene)


def test_the_last_day_is_not_before_the_first(scene: Scene) -> None:
    for path in ("/audit/events", "/audit/consents", "/audit/members"):
        answer = scene.officer.client.get(f"{path}?from=2026-06-02&until=2026-06-01&lang=en")
        assert answer.status_code == 400
        assert "The last day must not be before the first" in answer.text
    too_long = scene.officer.client.get("/audit/members?from=2024-01-01&until=2026-06-01&lang=en")
    assert (too_long.status_code, "Ask for 366 days at most." in too_long.text) == (400, True)


def test_older_events_are_one_link_away_and_none_is_shown_twice(scene: Scene) -> None:
    for _ in range(30):
        scene.bank.ask()
    scene.exchange.integrate()
    first = scene.officer.client.get("/audit/events?act=look&lang=en").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = scene.officer.client.get(older[1].replace("&amp;", "&")).text
    shown = [set(re.findall(r'href="/audit/events/(e\d+)"', page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (25, 7, set())
    assert 'rel="next"' not in second


def test_a_search_is_kept_by_its_officer_alone_and_forgotten(scene: Scene) -> None:
    mine, other = scene.officer.client, scene.another("Zhou Min").client
    nameless = post(mine, f"/audit/events?{REFUSED_LOOKS}", name=" ")
    assert nameless.status_code == 400
    assert 'href="#name"' in nameless.text
    assert post(mine, f"/audit/events?{REFUSED_LOOKS}", name="Refused looks").status_code == 303
    kept = re.search(r"/audit/searches/([0-9a-f-]+)/forget", mine.get("/audit").text)
    assert kept
    assert "/audit/events?act=look&amp;outcome=refused" in mine.get("/audit").text
    assert "Refused looks" not in other.get("/audit").text
    assert post(other, f"/audit/searches/{kept[1]}/forget").status_code == 404
    assert post(mine, f"/audit/searches/{kept[1]}/forget").status_code == 303
    assert "Refused looks" not in mine.get("/audit").text


def test_an_event_shows_its_rules_and_a_proof_that_holds_and_names_nobody(scene: Scene) -> None:
    page = scene.officer.client.get(f"/audit/events/{scene.refused}?lang=en").text
    assert "Look at a file" in page
    assert "cn.cir.18" in page
    assert "Member of staff" in page
    leaf = re.search(r'id="leaf-hash">([0-9a-f]{64})<', page)
    assert leaf
    proof = scene.officer.client.get(f"/audit/events/{scene.refused}/proof.txt").text
    verify_proof(proof, bytes.fromhex(leaf[1]), [scene.exchange.services.log_vkey])
    for secret in ("Wang Fang", "s-17", str(scene.alice), ALICE.id_number):
        assert secret not in page


def test_there_is_no_page_for_an_event_that_is_not_there(scene: Scene) -> None:
    for path in ("/audit/events/e999", "/audit/events/x", "/audit/events/e999/proof.txt", f"/audit/openings/{uuid4()}"):
        assert scene.officer.client.get(path).status_code == 404, path
    assert scene.officer.client.get("/audit/members/no-such-bank").status_code == 404


def test_two_officers_open_an_event_and_one_alone_does_not(scene: Scene) -> None:
    second, event = scene.another("Zhou Min"), scene.refused
    empty = post(scene.officer.client, f"/audit/events/{event}", reason=" ")
    assert (empty.status_code, 'href="#reason"' in empty.text) == (400, True)
    asked = post(scene.officer.client, f"/audit/events/{event}", reason=CASE)
    opening = asked.headers["Location"].split("?")[0]
    own = scene.officer.client.get(f"{opening}?lang=en").text
    assert "Another officer of your authority must decide" in own
    assert 'name="decision"' not in own
    assert post(scene.officer.client, opening, decision="refuse").status_code == 403
    assert scene.officer.client.get(f"/audit/events/{event}/opened").status_code == 403

    assert CASE in second.client.get(opening).text
    assert post(second.client, opening, decision="agree").status_code == 400, "not without the passkey"
    services, request_id = scene.exchange.services, UUID(opening.rpartition("/")[2])
    options = opening_options(services, second.officer, request_id)
    response = json.dumps(second.authenticator.sign_in(options))
    assert post(second.client, opening, decision="agree", response=response).status_code == 303

    page = scene.officer.client.get(f"/audit/events/{event}/opened?lang=en").text
    assert "Checked against the public leaf." in page
    assert str(scene.alice) in page
    assert "Wang Fang" in page
    assert ALICE.id_number not in page
    scene.exchange.later(days=8)
    assert scene.another("Chen Jie").client.get(f"/audit/events/{event}/opened").status_code == 403


def test_a_refused_opening_stays_closed_and_can_be_asked_for_again(scene: Scene) -> None:
    second, event = scene.another("Zhou Min"), scene.refused
    opening = post(scene.officer.client, f"/audit/events/{event}", reason=CASE).headers["Location"]
    twice = post(scene.officer.client, f"/audit/events/{event}", reason="Again")
    assert (twice.status_code, "Again" in twice.text) == (400, False)
    assert post(second.client, opening.split("?")[0], decision="refuse").status_code == 303
    assert scene.officer.client.get(f"/audit/events/{event}/opened").status_code == 403
    assert 'name="reason"' in scene.officer.client.get(f"/audit/events/{event}").text


def test_openings_and_exports_of_another_authority_are_not_there(scene: Scene) -> None:
    stranger = scene.another("Ma Li", authority="other-office")
    opening = post(scene.officer.client, f"/audit/events/{scene.refused}", reason=CASE).headers["Location"]
    assert post(scene.officer.client, "/audit/exports", act="look").status_code == 303
    export = re.search(r'href="(/audit/exports/[^"]+)/export.zip"', scene.officer.client.get("/audit/exports").text)
    assert export
    assert stranger.client.get(opening).status_code == 404
    assert post(stranger.client, opening.split("?")[0], decision="refuse").status_code == 404
    assert CASE not in stranger.client.get("/audit/openings").text
    assert CASE not in stranger.client.get(f"/audit/events/{scene.refused}").text
    for name in ("export.zip", "progress.json"):
        assert stranger.client.get(f"{export[1]}/{name}").status_code == 404
    assert "/export.zip" not in stranger.client.get("/audit/exports").text


def test_an_export_holds_the_search_and_tells_how_far_it_is(scene: Scene) -> None:
    client = scene.officer.client
    assert post(client, "/audit/exports", act="look", outcome="refused").status_code == 303
    page = client.get("/audit/exports?lang=en").text
    assert "0 of 1 events" in page
    export = re.search(r'href="(/audit/exports/[^"]+)/export.zip"', page)
    assert export
    assert client.get(f"{export[1]}/progress.json").get_json() == {"done": 0, "total": 1, "finished": False}
    taken = client.get(f"{export[1]}/export.zip")
    assert taken.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(taken.data)) as archive:
        lines = archive.read("events.jsonl").splitlines()
    assert [json.loads(line)["index"] for line in lines] == [int(scene.refused[1:])]
    assert client.get(f"{export[1]}/progress.json").get_json() == {"done": 1, "total": 1, "finished": True}
    assert post(client, "/audit/exports", act="no-such").headers["Location"] == "/audit/events?act=no-such"


def test_consents_and_looks_match_and_the_page_hands_out_the_signed_statement(scene: Scene) -> None:
    page = scene.officer.client.get("/audit/consents?lang=en").text
    assert "0 unmatched" in page
    assert "The one granted look of this period has its basis." in page
    statement = re.search(r'href="data:application/jose;base64,([^"]+)"', page)
    assert statement
    claims = base64.b64decode(statement[1]).split(b".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4)))
    assert (said["looks"], said["matched"], said["unmatched"]) == (1, 1, 0)


def test_a_look_whose_consent_was_changed_behind_our_back_is_listed_with_what_is_wrong(scene: Scene) -> None:
    with scene.exchange.engine.begin() as connection:
        connection.execute(update(consent).values(purpose="CARD_APPROVAL"))
    page = scene.officer.client.get("/audit/consents?lang=en").text
    assert "1 unmatched" in page
    assert "0 unmatched" not in page
    assert "the consent is for another purpose" in page
    assert "Harbour-Bank" in page
    assert re.search(r'href="/audit/events/e\d+">See the event', page)


def test_a_member_is_shown_with_its_figures_and_charts(scene: Scene) -> None:
    page = scene.officer.client.get("/audit/members/harbour-bank?lang=en").text
    assert page.count('<svg class="chart"') == 3
    assert "CONSENT_MISSING" in page
    assert "member=harbour-bank&amp;reason=CONSENT_MISSING" in page
    row = re.search(r"<th scope=\"row\".*?Harbour-Bank.*?</tr>", scene.officer.client.get("/audit/members").text, re.S)
    assert row
    assert re.findall(r"numeric\">(\d+)<", row[0])[:2] == ["2", "1"]


def test_the_log_says_when_it_waits_for_too_long(scene: Scene) -> None:
    assert "No entry waits longer than it may." in scene.officer.client.get("/audit/log?lang=en").text
    scene.exchange.clock.instant += timedelta(seconds=15)
    post(scene.officer.client, "/audit/exports", act="look")
    scene.exchange.clock.instant += timedelta(seconds=15)
    page = scene.officer.client.get("/audit/log?lang=en").text
    assert "Alarm" in page
    assert "No entry waits longer than it may." not in page


def test_every_view_leaves_an_entry_in_the_log(scene: Scene) -> None:
    client, event = scene.officer.client, scene.refused
    before = len(acts(scene))
    for path in ("/audit/events", f"/audit/events/{event}", "/audit/consents", "/audit/members"):
        client.get(path)
        scene.exchange.later(seconds=1)
    assert acts(scene)[before:] == ["log_searched", "log_searched", "event_viewed", "reconciled", "conduct_viewed"]


def test_a_form_without_its_token_does_nothing(scene: Scene) -> None:
    client = scene.officer.client
    for path in ("/audit/events", "/audit/exports", f"/audit/events/{scene.refused}"):
        assert client.post(path, data={"name": "x", "reason": CASE}).status_code == 400, path
    assert openings(scene.exchange.services, scene.officer.officer) == ()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", ("搜索日志", "查询信用档案", "未指明授权")), ("zh-Hant", ("搜尋日誌", "查詢信用檔案", "未指明授權"))],
)
def test_pages_speak_chinese(scene: Scene, language: str, words: tuple[str, ...]) -> None:
    page = scene.officer.client.get(f"/audit/events?act=look&lang={language}").text
    assert [said for said in words if said not in page] == []
    nameless = post(scene.officer.client, f"/audit/events/{scene.refused}?lang={language}", reason="")
    assert {"zh-Hans": "请写明案件和理由，1 至", "zh-Hant": "請寫明案件和理由，1 至"}[language] in nameless.text
