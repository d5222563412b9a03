"""Every page of members' staff, on a phone and on a desktop: axe finds nothing, nothing is refused by the content
security policy, and nothing scrolls sideways, down to 320 pixels (WCAG 2.2, 1.4.10)."""

from io import BytesIO

import pytest
from auditing import enter_code
from browsing import DESKTOP, PHONE, Reader, press
from factories import Exchange
from loans_csv import MAPPING
from owing import Owing, lose_a_message, make_owing
from plan_offers import WANTED, alice_of
from playwright.sync_api import Browser, ViewportSize

from exchange.intake.reading import Reading
from exchange.journeys.measure_quality import measure_quality
from exchange.journeys.officers import add_officer
from exchange.journeys.own_plans import Offer, counter_offer
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from exchange.journeys.tell import tell_member
from schema.vocabulary.notice import NoticeKind
from schema.vocabulary.scope import Scope
from schema.vocabulary.submission import FileFormat

NARROW: ViewportSize = {"width": 320, "height": 640}
STAFF = frozenset({Scope.DISPUTE_ANSWER, Scope.COLLECTION_WRITE, Scope.RECORDS_WRITE, Scope.CONSENT_REQUEST})
PUBLIC = ("/member/sign-in", "/member/enrol", "/member/no-such-page")
LISTS = tuple(f"/member/{name}" for name in ("disputes", "complaints", "plans", "mandates", "submissions", "notices"))
OWN = ("/member/home", *LISTS, "/member/security", "/member/security/passkeys/add")


@pytest.mark.parametrize(("screen", "language"), [(PHONE, "zh-Hans"), (DESKTOP, "en"), (NARROW, "zh-Hant")])
def test_every_page_of_staff_is_accessible(
    served: Exchange, browser: Browser, screen: ViewportSize, language: str
) -> None:
    owing = make_owing(served)
    with Reader.sitting_at(browser, served.settings.issuer, screen) as reader:
        reader.go(f"/member/sign-in?lang={language}")
        faults = [fault for path in PUBLIC for fault in reader.faults_at(path)]
        faults += _enrolment(reader, served)
        faults += [fault for path in LISTS for fault in reader.faults_at(path)]
        _busy(served, owing)
        faults += [fault for path in OWN for fault in reader.faults_at(path)]
        faults += _submission_page(reader)
        faults += _pages_after_forms(reader, owing)
    assert faults == []


def _enrolment(reader: Reader, served: Exchange) -> list[str]:
    """Makes the first passkey, and looks at the page on the way."""
    enter_code(reader, "/member", add_officer(served.services, "harbour-bank", "Chen Yi", STAFF, "test").code)
    faults = reader.faults("first passkey")
    reader.send_form()
    served.later(seconds=1)
    return faults


def _busy(served: Exchange, owing: Owing) -> None:
    """A withdrawal to answer, a counter-offer, a message that was lost, a file with faults, and a measure of it."""
    key, withdrawn = owing.scene.key, NoticeKind.CONSENT_WITHDRAWN
    with served.services.transaction() as connection:
        tell_member(served.services, connection, key, "harbour-bank", withdrawn, key, {}, served.clock.now())
    counter_offer(served.services, alice_of(key), Offer(owing.plan, 1), WANTED, "I am paid on the ninth.")
    lose_a_message(served, "harbour-bank")
    unsound = b"loan,id,name,owed,on\nL-1,E12345678,Wang Fang,x,2026-05-31"
    order = SubmissionOrder("harbour-bank", Reading(FileFormat.MAPPED_CSV, mapping=MAPPING), notices_attested=True)
    submit_file(served.services, BytesIO(unsound), order)
    measure_quality(served.services, "test")
    served.integrate()


def _submission_page(reader: Reader) -> list[str]:
    page = reader.go("/member/submissions")
    return reader.faults_at(page.get_attribute("main th a >> nth=0", "href") or "")


def _pages_after_forms(reader: Reader, owing: Owing) -> list[str]:
    faults, page = [], reader.page
    for path in ("/member/disputes", "/member/complaints", "/member/notices"):
        reader.go(path)
        press(page, "form[action$='/answer'] button")
        faults += reader.faults(f"no answer at {path}")
    for path in ("/member/disputes", "/member/complaints"):
        reader.go(path)
        if choices := page.locator("input[name=outcome]").all():
            choices[-1].check()
        page.fill("textarea[name=words]", "We looked again; it is as we said.")
        press(page, "form[action$='/answer'] button")
        faults += reader.faults(f"answered at {path}") + reader.faults_at(f"{path}?all=1")
    return faults
