"""An officer at a browser, and an exchange in which there is something to audit."""

from browsing import Reader, press
from factories import ALICE, AUDITING, BOB, Bank, Exchange

from exchange.journeys.officers import add_officer
from schema.vocabulary.member_class import MemberClass

AUTHORITY = "audit-office"


def busy_exchange(exchange: Exchange) -> Bank:
    """Two members that looked for some days, an authority, and the first member, which asked once without a consent."""
    exchange.authority(AUTHORITY, name="Audit Office")
    harbour = exchange.bank(name="Harbour Bank")
    clover = exchange.bank("clover-finance", name="Clover Consumer Finance", member_class=MemberClass.CONSUMER_FINANCE)
    for borrower in (ALICE, BOB):
        exchange.borrower(borrower)
    allowed = {bank.member_id: exchange.consent(bank.member_id) for bank in (harbour, clover)}
    for day in range(6):
        for bank in (harbour, clover)[: 1 + day % 2]:
            bank.fetch_token()
            for _ in range(1 + (day * 3) % 5):
                bank.ask(consent_id=allowed[bank.member_id])
        exchange.later(days=1)
    clover.fetch_token()
    clover.ask(BOB, allowed["clover-finance"])
    harbour.fetch_token()
    harbour.ask()
    exchange.later(seconds=5)
    return harbour


def enrol_officer(reader: Reader, exchange: Exchange, name: str) -> None:
    """The officer makes a first passkey with the code that the operator handed over, and is signed in."""
    enter_code(reader, "/audit", add_officer(exchange.services, AUTHORITY, name, AUDITING, "test").code)
    reader.send_form()
    assert reader.page.url.endswith("/audit")
    exchange.later(seconds=1)


def enter_code(reader: Reader, desk: str, code: str) -> None:
    """Types the code of an invitation. The page that asks for a first passkey is shown then."""
    reader.go(f"{desk}/enrol")
    reader.page.fill("#code", code)
    reader.send_form()


def ask_to_open(reader: Reader, event: str, reason: str) -> str:
    """Asks for the opening of an event. Returns the address of the request."""
    reader.go(event)
    reader.page.fill("#reason", reason)
    press(reader.page, "form:has(#reason) button")
    return reader.page.url.removeprefix(reader.issuer).split("?")[0]
