"""The pages about complaints: forms that keep what was typed, every fault at once, and who may see which."""

import re
from datetime import timedelta

import pytest
from complaining import NIGHT, WORDS, Scene, make_scene
from factories import BOB, Exchange, OfficerSignedIn
from flask.testing import FlaskClient
from test_answer_complaint import SORRY, answer
from werkzeug.test import TestResponse

from schema.vocabulary.scope import Scope

TYPED = {"category": "HOURS", "against": "agency-a|harbour-bank", "words": WORDS}
LANGUAGES = ("en", "zh-Hans", "zh-Hant")


@pytest.fixture
def scene(exchange: Exchange) -> Scene:
    scene = make_scene(exchange)
    scene.alice.client.get("/complaints?lang=en")
    return scene


@pytest.fixture
def officer(exchange: Exchange, scene: Scene) -> OfficerSignedIn:
    return exchange.officer()


def post(client: FlaskClient, path: str, form: str = "/security", **fields: str) -> TestResponse:
    """Sends a form with its token, which any page of the reader's holds."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(form).text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields})


def audit_post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return post(client, path, "/audit/security", **fields)


def filed(scene: Scene, **changes: str) -> str:
    """Files by the form; the complaint's address."""
    answered = post(scene.alice.client, "/complaints", **(TYPED | changes))
    assert answered.status_code == 303, answered.text
    return answered.headers["Location"].split("?")[0]


def test_a_complaint_is_checked_confirmed_and_filed_and_the_receipt_names_the_days(scene: Scene) -> None:
    client = scene.alice.client
    scene.contact(NIGHT)
    form = client.get("/complaints/new").text
    assert "Agency-A, for Harbour-Bank" in form and "Contact too early or too late" in form
    confirm = post(client, "/complaints/new", **TYPED)
    assert confirm.status_code == 200 and WORDS in confirm.text and "File the complaint" in confirm.text
    assert "You have made no complaint." in client.get("/complaints").text
    page = client.get(f"{filed(scene)}?done=filed").text
    assert "This page is your receipt." in page and WORDS in page
    assert "16 June 2026" in page and "1 July 2026" in page  # 15 and 30 days
    assert "2026-05-30 22:30" in page and "cn.gbt45251.hours" in page
    assert "Waits for an answer" in client.get("/complaints").text


def test_a_form_with_faults_names_each_and_keeps_what_was_typed(scene: Scene) -> None:
    page = post(scene.alice.client, "/complaints/new", words="", first_day="yesterday", category="THREAT", against="x")
    assert page.status_code == 400
    for sentence in ("Choose of whom you complain.", "Say it in words.", "Write the day as year-month-day"):
        assert sentence in page.text
    assert "Choose what it is about." not in page.text
    assert re.search(r'value="THREAT" checked', page.text) and 'value="yesterday"' in page.text
    refused = post(scene.alice.client, "/complaints", **(TYPED | {"last_day": "31 May"}))
    assert refused.status_code == 400 and WORDS in refused.text
    assert "You have made no complaint." in scene.alice.client.get("/complaints").text


def test_words_that_hint_at_health_are_kept_only_when_they_are_confirmed(scene: Scene) -> None:
    ill = TYPED | {"words": "They rang while I was in hospital."}
    page = post(scene.alice.client, "/complaints/new", **ill)
    assert page.status_code == 400 and "My words (hospital) are not about that." in page.text
    assert "File the complaint" not in page.text
    assert "File the complaint" in post(scene.alice.client, "/complaints/new", keep_words="yes", **ill).text


def test_the_form_opens_at_the_contact_that_led_to_it_and_can_be_changed_after_the_check(scene: Scene) -> None:
    page = scene.alice.client.get(f"/complaints/new?about={scene.contact(NIGHT)}").text
    assert re.search(r'value="agency-a\|harbour-bank" checked', page) and 'value="2026-05-30"' in page
    again = post(scene.alice.client, "/complaints/new", back="yes", **TYPED)
    assert again.status_code == 200 and WORDS in again.text and "What is it about?" in again.text
    assert scene.alice.client.get("/complaints/new?about=nonsense").status_code == 200


def test_the_borrower_reads_the_answer_the_finding_and_who_read_their_words(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    address = filed(scene)
    complaint_id = address.rsplit("/", 1)[1]
    answer(scene.agency, complaint_id)
    exchange.later(seconds=5)
    found = audit_post(officer.client, f"/audit{address}", finding="UPHELD", words="It was at night.")
    assert found.status_code == 303
    officer.client.get(f"/audit{address}")
    page = scene.alice.client.get(address).text
    assert SORRY in page and "It was at night." in page and "Upheld" in page
    assert "An officer of Audit-Office" in page
    assert "Take it back" not in page


def test_a_complaint_is_taken_back_by_its_own_page(scene: Scene) -> None:
    address = filed(scene)
    answered = post(scene.alice.client, f"{address}/withdraw")
    assert answered.status_code == 303
    page = scene.alice.client.get(answered.headers["Location"]).text
    assert "You took your complaint back." in page and "Take it back" not in page
    assert post(scene.alice.client, f"{address}/withdraw").status_code == 400


def test_another_borrower_sees_nothing_of_it_and_has_nobody_to_complain_of(exchange: Exchange, scene: Scene) -> None:
    address = filed(scene)
    bob = exchange.borrower_signed_in(exchange.borrower(BOB)).client
    assert bob.get(f"{address}?lang=en").status_code == 404
    assert post(bob, f"{address}/withdraw").status_code == 404
    assert "there is nobody to complain of" in bob.get("/complaints/new").text


def test_officers_list_filter_and_see_one_with_its_evidence(scene: Scene, officer: OfficerSignedIn) -> None:
    scene.reported_contact()
    address = filed(scene, against="harbour-bank|")
    scene.exchange.later(seconds=5)
    listed = officer.client.get("/audit/complaints?category=HOURS&state=FILED").text
    assert "Harbour-Bank" in listed and address in listed
    assert "There is no such complaint." in officer.client.get("/audit/complaints?overdue=yes").text
    wrong = officer.client.get("/audit/complaints?category=NONSENSE&state=NONSENSE")
    assert wrong.status_code == 400 and "Choose the state from the list" in wrong.text
    page = officer.client.get(f"/audit{address}").text
    assert WORDS in page and "2026-05-31 10:00" in page and "proved" in page
    event = re.search(r'href="(/audit/events/e\d+)"', page)
    assert event and "Leaf hash" in officer.client.get(event[1]).text


def test_an_officer_who_may_only_search_sees_no_words_and_no_form(exchange: Exchange, scene: Scene) -> None:
    reader = exchange.officer("Zhou Min", frozenset({Scope.AUDIT_READ}))
    address = filed(scene)
    page = reader.client.get(f"/audit{address}").text
    assert WORDS not in page and 'name="finding"' not in page
    assert audit_post(reader.client, f"/audit{address}", finding="UPHELD", words="No.").status_code == 403


def test_a_finding_needs_a_recent_sign_in_a_choice_and_reasons(scene: Scene, officer: OfficerSignedIn) -> None:
    address = filed(scene)
    page = audit_post(officer.client, f"/audit{address}", words="  ")
    assert page.status_code == 400
    assert "Choose what you found." in page.text and "Say it in words." in page.text
    scene.exchange.clock.instant += timedelta(minutes=12)
    late = audit_post(officer.client, f"/audit{address}", finding="UPHELD", words="At night.")
    assert (late.status_code, late.headers["Location"].split("?")[0]) == (303, "/audit/sign-in")
    assert "has not decided" in scene.exchange.borrower_signed_in(scene.key).client.get(f"{address}?lang=en").text


def test_conduct_and_alike_pages_show_numbers_and_refuse_what_is_no_period(
    scene: Scene, officer: OfficerSignedIn
) -> None:
    for number in range(3):
        filed(scene, words=f"{WORDS} Call {number}.")
    conduct = officer.client.get("/audit/complaints/conduct").text
    assert "Agency-A" in conduct and "3,000" in conduct
    alike = officer.client.get("/audit/complaints/alike").text
    assert "3 complaints" in alike and WORDS not in alike
    for name in ("conduct", "alike"):
        too_long = officer.client.get(f"/audit/complaints/{name}?from=2020-01-01&until=2026-01-01")
        assert too_long.status_code == 400 and "Ask for 366 days at most." in too_long.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_in_every_language(scene: Scene, officer: OfficerSignedIn, language: str) -> None:
    address = filed(scene)
    for path in ("/complaints", "/complaints/new", address):
        page = scene.alice.client.get(f"{path}?lang={language}")
        assert page.status_code == 200 and f'lang="{language}"' in page.text
    for path in ("/audit/complaints", f"/audit{address}", "/audit/complaints/conduct", "/audit/complaints/alike"):
        assert officer.client.get(f"{path}?lang={language}").status_code == 200
