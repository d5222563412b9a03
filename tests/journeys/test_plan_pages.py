"""The pages of repayment plans, through a browser's eyes."""

from collections.abc import Iterator

import pytest
from factories import BOB, Bank, Exchange, SignedInBorrower
from plan_offers import offer, plan_now, post, replies, versions_of_plan
from reporting import lender

from exchange.audit.signed_words import read_claims
from exchange.journeys.own_plans import Offer
from exchange.journeys.plan_views import RECEIPT_KIND

COUNTER = {"instalments": "5", "amount": "200.00", "first_due_on": "2026-07-10"}


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    signed_in = exchange.borrower_signed_in(exchange.borrower())
    signed_in.client.get("/plans?lang=en")
    return signed_in


@pytest.fixture
def bank(exchange: Exchange, alice: SignedInBorrower) -> Bank:
    return lender(exchange)


@pytest.fixture
def made(exchange: Exchange, bank: Bank) -> Iterator[Offer]:
    yield offer(bank, reportingTreatment="FREEZE_STATUS")


def test_the_offer_shows_its_options_side_by_side_and_what_each_means(alice: SignedInBorrower, made: Offer) -> None:
    assert "Waiting for your answer" in alice.client.get("/plans").text
    shown = alice.client.get(f"/plans/{made.plan_id}").text
    for said in (
        "Option 1", "Option 2", "3 payments of CN¥400.00", "CN¥1,000.00", "CN¥100.00", "R-1",
        "Nobody may collect until",
        "may not be reported as later than it was before the plan", "Before the plan your account was 45 days late",
        "What was reported before stays", "Answer by",
    ):  # fmt: skip
        assert said in shown, said
    assert "Download your receipt" not in shown


def test_an_option_is_accepted_after_a_page_that_says_what_follows(
    exchange: Exchange, alice: SignedInBorrower, made: Offer
) -> None:
    path = f"/plans/{made.plan_id}/accept"
    before = alice.client.get(f"{path}?option=0").text
    assert "nobody may contact you to collect this debt" in before and "You cannot take this back here" in before
    assert plan_now(exchange)["state"] == "PROPOSED"
    assert alice.client.get(f"/plans/{made.plan_id}/accepted").headers["Location"] == f"/plans/{made.plan_id}"
    answer = post(alice.client, path, f"{path}?option=0")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/plans/{made.plan_id}/accepted")
    assert plan_now(exchange)["state"] == "ACCEPTED"
    assert "Plan accepted" in alice.client.get(f"/plans/{made.plan_id}/accepted").text
    shown = alice.client.get(f"/plans/{made.plan_id}").text
    assert "You are on track" in shown and "Accept option" not in shown and "not reported" in shown


def test_accepting_takes_a_recent_sign_in(exchange: Exchange, alice: SignedInBorrower, made: Offer) -> None:
    path = f"/plans/{made.plan_id}/accept"
    hidden = alice.client.get(f"{path}?option=0").text
    token = hidden.split('name="csrf_token" value="')[1].split('"')[0]
    exchange.later(minutes=14)
    for answer in (
        alice.client.get(f"{path}?option=0"),
        alice.client.post(path, data={"csrf_token": token, "version": "1", "option": "0"}),
    ):
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
    assert (plan_now(exchange)["state"], replies(exchange)) == ("PROPOSED", [])


def test_the_receipt_is_signed_and_says_what_was_agreed(
    exchange: Exchange, alice: SignedInBorrower, made: Offer
) -> None:
    path = f"/plans/{made.plan_id}/receipt.jws"
    assert alice.client.get(path).status_code == 404
    post(alice.client, f"/plans/{made.plan_id}/accept", f"/plans/{made.plan_id}/accept?option=1")
    key = exchange.services.signing
    claims = read_claims(alice.client.get(path).text, RECEIPT_KIND, {key.kid: key.key.public_key()})
    (reply,) = replies(exchange)
    assert claims["plan"] == str(made.plan_id) and claims["leaf_hash"] == bytes(reply.leaf_hash).hex()
    assert (claims["chosen_option"], claims["schedule"]) == (1, [["2026-12-01", 90_000, None]])
    stranger = exchange.borrower_signed_in(exchange.borrower(BOB, "李伟"))
    assert stranger.client.get(path).status_code == 404
    assert stranger.client.get(f"/plans/{made.plan_id}").status_code == 404


def test_other_terms_are_checked_shown_again_and_sent(exchange: Exchange, alice: SignedInBorrower, made: Offer) -> None:
    path = f"/plans/{made.plan_id}/counter"
    faulty = post(alice.client, path, path, instalments="five", amount="1,2.3", first_due_on="", words="Hello")
    assert faulty.status_code == 400
    for said in ("There is a problem", "how many payments", "the amount of each payment", "the day of the first"):
        assert said in faulty.text, said
    assert 'value="five"' in faulty.text and "Hello" in faulty.text
    too_much = post(alice.client, path, path, **{**COUNTER, "amount": "2,500.00"})
    assert too_much.status_code == 400 and "not more than you owe" in too_much.text
    check = post(alice.client, path, path, **COUNTER, words="On the 10th, please.")
    assert "Send this offer" in check.text and "On the 10th, please." in check.text
    assert (plan_now(exchange)["state"], replies(exchange)) == ("PROPOSED", [])
    sent = post(alice.client, path, path, **COUNTER, words="On the 10th, please.", step="send")
    assert sent.headers["Location"].endswith("?done=countered")
    shown = alice.client.get(sent.headers["Location"]).text
    assert "Your offer was sent" in shown and "5 payments of CN¥200.00" in shown and "On the 10th" in shown
    assert "Accept option" not in shown


def test_an_offer_is_refused_after_a_page_that_says_what_follows(
    exchange: Exchange, alice: SignedInBorrower, made: Offer
) -> None:
    path = f"/plans/{made.plan_id}/refuse"
    assert "What you owe stays as it is" in alice.client.get(path).text
    flagged = post(alice.client, path, path, words="I have cancer.")
    assert flagged.status_code == 400 and "keep_words" in flagged.text
    assert plan_now(exchange)["state"] == "PROPOSED"
    answer = post(alice.client, path, path)
    assert "Nothing was agreed" in alice.client.get(answer.headers["Location"]).text
    assert plan_now(exchange)["state"] == "REJECTED"


def test_an_offer_that_changed_is_shown_again_with_a_word_about_it(
    exchange: Exchange, alice: SignedInBorrower, bank: Bank, made: Offer
) -> None:
    path = f"/plans/{made.plan_id}/accept"
    exchange.later(seconds=5)
    offer(bank, answerBy="2026-06-20")
    answer = post(alice.client, path, f"{path}?option=0", version="1")
    assert "changed while you read it" in alice.client.get(answer.headers["Location"]).text
    assert len(versions_of_plan(exchange)) == 2


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_the_pages_speak_chinese(alice: SignedInBorrower, made: Offer, language: str) -> None:
    for path in ("", f"/{made.plan_id}", f"/{made.plan_id}/accept?option=0", f"/{made.plan_id}/counter"):
        joined = "&" if "?" in path else "?"
        shown = alice.client.get(f"/plans{path}{joined}lang={language}").text
        assert "方案" in shown or "其他安排" in shown
        assert "payment" not in shown.split("<main")[1].split("</main>")[0].replace("/plans", "")
