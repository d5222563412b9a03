"""The sandbox in a real browser: GraphiQL comes up, nothing is refused to it, and it asks for a report."""

from uuid import UUID

from browsing import Reader
from factories import ALICE, Exchange
from lender import Lender
from playwright.sync_api import expect

from exchange.journeys.act_in_sandbox import Example, keep_example


def test_a_report_is_asked_for_in_the_sandbox(served: Exchange, lender: Lender, alice: UUID, reader: Reader) -> None:
    member = lender.bank.member_id
    consent_id = served.consent(member)
    keep_example(served.settings.home, Example(ALICE, {member: str(consent_id)}))
    page = reader.go(f"/sandbox?member={member}")
    assert "Every person here is made up" in page.inner_text(".sandbox-banner")
    page.click(".graphiql-execute-button")
    expect(page.locator(".result-window")).to_contain_text("王芳")
    page.click("button[aria-label='Show Documentation Explorer']")
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Query")
    page.click("button[aria-label='Open settings dialog']")
    page.wait_for_selector("text=Clear storage")
    page.keyboard.press("Escape")
    assert reader.refused == []


def test_another_member_begins_with_a_question_of_its_own(served: Exchange, reader: Reader) -> None:
    served.authority("audit-office", name="Audit Office")
    page = reader.go("/sandbox?member=audit-office")
    page.click(".graphiql-execute-button")
    expect(page.locator(".result-window")).to_contain_text("accessLog")
    assert "errors" not in page.inner_text(".result-window")
    assert reader.refused == []
