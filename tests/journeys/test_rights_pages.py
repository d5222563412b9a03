"""The pages of rights: what they say is computed, and what they do needs a recent sign-in and a form of ours."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from factories import Exchange, SignedInBorrower
from noun_rows import add_noun
from sqlalchemy import select, update

from exchange.journeys.own_report import free_reports, own_report
from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.sign_in import web_session


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    exchange.bank()
    alice = exchange.borrower_signed_in(exchange.borrower())
    alice.client.get("/rights?lang=en")
    return alice


def post(alice: SignedInBorrower, path: str, form: str | None = None, **data: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', alice.client.get(form or path).text)
    assert found
    return alice.client.post(path, data={"csrf_token": found[1], **data})


def rows(exchange: Exchange, table: Any) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(table)))


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("path", ["/rights", "/erase", "/judgements"])
def test_each_page_is_there_in_each_language(alice: SignedInBorrower, path: str, language: str) -> None:
    answer = alice.client.get(f"{path}?lang={language}")
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text


def test_the_hub_leads_to_every_right_and_names_its_article(alice: SignedInBorrower) -> None:
    text = alice.client.get("/rights").text
    for path in ("/report", "/looks", "/disputes", "/consents", "/freeze", "/contacts", "/erase", "/judgements",
                 "/complaints", "/notices", "/acting"):  # fmt: skip
        assert f'href="{path}"' in text
    for rule in ("cn.cir.17", "cn.cir.25", "cn.cir.26", "cn.pipl.24"):
        assert rule in text


def test_the_hub_counts_reports_and_makes_no_look_itself(exchange: Exchange, alice: SignedInBorrower) -> None:
    assert free_reports(exchange.services, alice.borrower).used == 0
    own_report(exchange.services, alice.borrower)
    own_report(exchange.services, alice.borrower)
    assert free_reports(exchange.services, alice.borrower).used == 1
    exchange.later(days=1)
    assert free_reports(exchange.services, alice.borrower).used == 1
    for _ in range(2):
        own_report(exchange.services, alice.borrower)
        exchange.later(days=1)
    assert (free_reports(exchange.services, alice.borrower).used, len(rows(exchange, inquiry))) == (3, 4)


def test_the_page_says_what_stays_and_until_when(exchange: Exchange, alice: SignedInBorrower) -> None:
    exchange.account(alice.borrower.subject_key, "harbour-bank")
    closed = {
        "state": "SETTLED",
        "closed_on": date(2025, 5, 1),
        "history_codes": "2N",
        "history_month": date(2025, 4, 1),
    }
    exchange.account(alice.borrower.subject_key, "harbour-bank", "R-2", history_past_due_minor=None, **closed)
    text = alice.client.get("/erase").text
    assert "the contract goes on" in text
    assert "until 1 May 2030" in text
    assert "cn.cir.16" in text
    assert "Your whole file can be erased" not in text


def test_asking_and_taking_back(exchange: Exchange, alice: SignedInBorrower) -> None:
    assert "Your whole file can be erased" in alice.client.get("/erase").text
    assert post(alice, "/erase").headers["Location"] == "/erase?done=asked"
    text = alice.client.get("/erase?done=asked").text
    assert "at the latest" in text
    assert "Erase my file" not in text
    assert post(alice, "/erase/take-back", "/erase").headers["Location"] == "/erase?done=taken-back"
    (request,) = rows(exchange, erasure_request)
    assert request.taken_back_at == exchange.clock.now()


def test_an_old_sign_in_asks_for_nothing(exchange: Exchange, alice: SignedInBorrower) -> None:
    earlier = exchange.clock.now() - timedelta(minutes=14)
    with exchange.engine.begin() as connection:
        connection.execute(update(web_session).values(signed_in_at=earlier))
    assert post(alice, "/erase").headers["Location"].startswith("/sign-in")
    assert rows(exchange, erasure_request) == []


def test_a_judgement_is_explained_and_a_person_is_asked_for(exchange: Exchange, alice: SignedInBorrower) -> None:
    key = add_noun(exchange, assessment, alice.borrower.subject_key, "harbour-bank")
    text = alice.client.get("/judgements").text
    assert "Two loans were late." in text
    assert "A machine decided this alone." in text
    assert post(alice, f"/judgements/{key}/ask", words="Ask my landlord.").status_code == 303
    (asked,) = rows(exchange, review_request)
    assert asked.assessment_key == key
    text = alice.client.get("/judgements?done=asked").text
    assert "You wrote: Ask my landlord." in text
    assert "They must answer by" in text
    assert f"/judgements/{key}/ask" not in text


def test_words_about_an_illness_are_asked_about_first(exchange: Exchange, alice: SignedInBorrower) -> None:
    key = add_noun(exchange, assessment, alice.borrower.subject_key, "harbour-bank")
    answer = post(alice, f"/judgements/{key}/ask", words="I am HIV positive.")
    assert answer.status_code == 400
    assert rows(exchange, review_request) == []
    assert post(alice, f"/judgements/{key}/ask", words="I am HIV positive.", keep_words="yes").status_code == 303
    assert post(alice, f"/judgements/{key}/ask", words="x" * 1_001).status_code == 400


def test_somebody_elses_judgement_is_not_there(exchange: Exchange, alice: SignedInBorrower) -> None:
    assert alice.client.get("/judgements/00000000-0000-4000-8000-000000000000/ask").status_code == 404
    assert rows(exchange, review_request) == []
