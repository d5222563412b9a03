"""What borrowers see of those who contact them, what they say to it, and what they wish."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from factories import BOB, Exchange, SignedInBorrower
from noun_rows import add_noun
from reporting import MANDATE, agency, lender, payload, send
from sqlalchemy import insert, select
from traces import entries

from exchange.clock import new_id
from exchange.errors import BadRequest
from exchange.journeys.contact_wishes import list_wishes, take_back, wish
from exchange.journeys.own_contacts import ITEMS_PER_PAGE, own_contact, own_contacts, reply_to_contact
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_breach, contact_clearance, contact_reply, contact_wish
from exchange.store.tables.notice import notice
from schema.vocabulary.collection import BorrowerSays
from schema.vocabulary.contact import BreachKind, WishKind


@pytest.fixture
def alice(exchange: Exchange) -> SignedInBorrower:
    return exchange.borrower_signed_in(exchange.borrower())


def contact(exchange: Exchange, borrower: UUID, by: str, hours_ago: float = 30, **how: Any) -> UUID:
    at = exchange.clock.now() - timedelta(hours=hours_ago)
    return add_noun(exchange, collection_action, borrower, by, started_at=at, **({"borrower_says": None} | how))


def clearance(exchange: Exchange, borrower: UUID, by: str, granted: bool, hours_ago: float = 31) -> UUID:
    clearance_id = new_id(exchange.clock.now())
    row = {
        "subject_key": borrower, "clearance_id": clearance_id, "lender": by, "actor": by, "account_keys": [],
        "stage": "PHONE", "channel": "SMS", "target": "DEBTOR", "granted": granted, "counts": [],
        "reasons": [] if granted else ["CONTACT_QUIET_HOURS"], "told": [], "rules": ["cn.cir.18"],
        "pack_version": "1", "facts": {}, "asked_at": exchange.clock.now() - timedelta(hours=hours_ago),
        "leaf_hash": b"l" * 32,
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(contact_clearance).values(row))
    return clearance_id


def breach(exchange: Exchange, borrower: UUID, by: str, action: UUID) -> None:
    at = exchange.clock.now()
    row = {
        "subject_key": borrower, "action_key": action, "kind": BreachKind.NO_CLEARANCE.value, "actor": by,
        "lender": by, "rules": ["cn.cir.18", "cn.cir.20"], "happened_at": at, "recorded_at": at,
    }  # fmt: skip
    with exchange.engine.begin() as connection:
        connection.execute(insert(contact_breach).values(row))


def rows(exchange: Exchange, table: Any) -> list[Any]:
    with exchange.engine.connect() as connection:
        return list(connection.execute(select(table)))


def post(who: SignedInBorrower, path: str, **form: str) -> Any:
    page = who.client.get("/contacts/wishes").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page) or re.search(
        r'name="csrf_token" value="([^"]+)"', who.client.get("/freeze").get_data(as_text=True)
    )
    assert token
    return who.client.post(path, data={"csrf_token": token[1], **form})


class TestTheList:
    def test_contacts_and_denials_stand_together_newest_first(
        self, exchange: Exchange, alice: SignedInBorrower
    ) -> None:
        lender(exchange)
        key = alice.borrower.subject_key
        older = contact(exchange, key, "harbour-bank", 50)
        denied = clearance(exchange, key, "harbour-bank", granted=False, hours_ago=40)
        with_leave = contact(
            exchange, key, "harbour-bank", 30, clearance_id=clearance(exchange, key, "harbour-bank", granted=True)
        )
        seen = own_contacts(exchange.services, alice.borrower)
        assert [item.key for item in seen.items] == [with_leave, denied, older]
        assert [getattr(item, "leave", "denied") for item in seen.items] == [True, "denied", None]
        assert (seen.older, seen.zone, seen.pressure.contacts) == (None, "Asia/Shanghai", 2)

    def test_a_contact_that_broke_a_rule_says_which(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        lender(exchange)
        key = alice.borrower.subject_key
        action = contact(exchange, key, "harbour-bank")
        breach(exchange, key, "harbour-bank", action)
        detail = own_contact(exchange.services, alice.borrower, action)
        assert detail.contact.breaches == (BreachKind.NO_CLEARANCE,)
        assert [rule.rule for rule in detail.rules] == ["cn.cir.18", "cn.cir.20"]

    def test_an_agencys_contact_names_the_lender(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        bank = lender(exchange)
        agency(exchange)
        mandate = payload(send(bank, "recordMandate", mandate=("MandateInput!", dict(MANDATE))))["recordId"]
        contact(exchange, alice.borrower.subject_key, "agency-a", mandate_id=UUID(mandate))
        (shown,) = own_contacts(exchange.services, alice.borrower).items
        assert (shown.actor_name, shown.lender_name) == ("Agency-A", "Harbour-Bank")

    def test_pages_hold_each_item_once(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        lender(exchange)
        key = alice.borrower.subject_key
        made = {contact(exchange, key, "harbour-bank", hours) for hours in (1, 1, 1, *range(2, 22))}
        made |= {clearance(exchange, key, "harbour-bank", False, hours) for hours in range(5, 27)}
        before, found = None, []
        while True:
            page = own_contacts(exchange.services, alice.borrower, before)
            assert len(page.items) <= ITEMS_PER_PAGE
            found += [item.key for item in page.items]
            if (before := page.older) is None:
                break
        assert len(found) == len(made) and set(found) == made

    def test_another_borrowers_contact_is_not_there(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        lender(exchange)
        action = contact(exchange, exchange.borrower(BOB), "harbour-bank")
        assert own_contacts(exchange.services, alice.borrower).items == ()
        with pytest.raises(BadRequest):
            own_contact(exchange.services, alice.borrower, action)
        with pytest.raises(BadRequest):
            reply_to_contact(exchange.services, alice.borrower, action, BorrowerSays.OBJECTED)
        assert rows(exchange, contact_reply) == []


class TestWhatTheBorrowerSays:
    def test_the_last_word_counts_and_the_same_again_changes_nothing(
        self, exchange: Exchange, alice: SignedInBorrower
    ) -> None:
        lender(exchange)
        action = contact(exchange, alice.borrower.subject_key, "harbour-bank", borrower_says="ACKNOWLEDGED")
        says = [own_contact(exchange.services, alice.borrower, action).contact.says]
        for word in (BorrowerSays.OBJECTED, BorrowerSays.OBJECTED, BorrowerSays.ACKNOWLEDGED):
            exchange.clock.instant += timedelta(seconds=1)
            reply_to_contact(exchange.services, alice.borrower, action, word)
            says.append(own_contact(exchange.services, alice.borrower, action).contact.says)
        assert says == [
            BorrowerSays.ACKNOWLEDGED, BorrowerSays.OBJECTED, BorrowerSays.OBJECTED, BorrowerSays.ACKNOWLEDGED
        ]  # fmt: skip
        assert len(rows(exchange, contact_reply)) == 2
        logged = [entry.fields for entry in entries(exchange) if entry.fields["act"] == "contact_replied"]
        assert [(one["record"], one["answer"]) for one in logged] == [
            (str(action), "OBJECTED"), (str(action), "ACKNOWLEDGED")
        ]  # fmt: skip


class TestWishes:
    def owed(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        for name in ("harbour-bank", "north-bank"):
            lender(exchange, name)
            exchange.account(alice.borrower.subject_key, name)

    def told(self, exchange: Exchange) -> list[tuple[str, str]]:
        return sorted((row.recipient, row.kind) for row in rows(exchange, notice) if row.recipient)

    def test_a_stop_for_one_lender_tells_it_and_its_agencies_alone(
        self, exchange: Exchange, alice: SignedInBorrower
    ) -> None:
        bank = lender(exchange, "west-bank")
        self.owed(exchange, alice)
        exchange.account(alice.borrower.subject_key, "west-bank")
        agency(exchange)
        agency(exchange, "agency-b")
        given = {**MANDATE, "reference": "M-2"}
        payload(send(bank, "recordMandate", mandate=("MandateInput!", given)))
        wish_id = wish(exchange.services, alice.borrower, WishKind.STOP, "west-bank")
        assert self.told(exchange) == [("agency-a", "CONTACT_STOPPED"), ("west-bank", "CONTACT_STOPPED")]
        last = entries(exchange)[-1].fields
        assert (last["act"], last["wish"], last["kind"], last["lender"], last["actor"]) == (
            "contact_wish_made", str(wish_id), "STOP", "west-bank", "borrower"
        )  # fmt: skip

    def test_a_stop_for_all_tells_each_lender(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        lender(exchange, "stranger-bank")
        wish(exchange.services, alice.borrower, WishKind.STOP, None)
        assert [who for who, _ in self.told(exchange)] == ["harbour-bank", "north-bank"]

    def test_the_same_wish_stands_once(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        assert wish(exchange.services, alice.borrower, WishKind.STOP, "north-bank") is not None
        before = len(entries(exchange))
        assert wish(exchange.services, alice.borrower, WishKind.STOP, "north-bank") is None
        assert (len(entries(exchange)), len(rows(exchange, contact_wish))) == (before, 1)

    def test_at_the_same_instant_too(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: wish(exchange.services, alice.borrower, WishKind.STOP, None), range(4)))
        assert len([one for one in made if one]) == len(rows(exchange, contact_wish)) == 1

    def test_taking_it_back_ends_it_and_tells_again(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        wish_id = wish(exchange.services, alice.borrower, WishKind.STOP, "north-bank")
        assert wish_id
        take_back(exchange.services, alice.borrower, wish_id)
        assert list_wishes(exchange.services, alice.borrower).standing == ()
        assert [who for who, _ in self.told(exchange)] == ["north-bank", "north-bank"]
        assert entries(exchange)[-1].fields["act"] == "contact_wish_ended"
        with pytest.raises(BadRequest):
            take_back(exchange.services, alice.borrower, wish_id)

    def test_agreed_hours_are_nobodys_notice(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        wish(exchange.services, alice.borrower, WishKind.AGREED_HOURS, "north-bank")
        assert self.told(exchange) == []
        (held,) = list_wishes(exchange.services, alice.borrower).standing
        assert (held.kind, held.member_name) == (WishKind.AGREED_HOURS, "North-Bank")

    def test_a_lender_of_somebody_else_is_not_meant(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        lender(exchange, "stranger-bank")
        with pytest.raises(BadRequest):
            wish(exchange.services, alice.borrower, WishKind.STOP, "stranger-bank")
        assert (rows(exchange, contact_wish), self.told(exchange)) == ([], [])

    def test_nobody_takes_back_anothers_wish(self, exchange: Exchange, alice: SignedInBorrower) -> None:
        self.owed(exchange, alice)
        wish_id = wish(exchange.services, alice.borrower, WishKind.STOP, None)
        bob = exchange.borrower_signed_in(exchange.borrower(BOB))
        assert wish_id
        with pytest.raises(BadRequest):
            take_back(exchange.services, bob.borrower, wish_id)
        assert len(list_wishes(exchange.services, alice.borrower).standing) == 1


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
class TestPages:
    def page(self, who: SignedInBorrower, path: str, language: str) -> str:
        answer = who.client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def test_the_list_shows_times_of_the_borrowers_place_and_marks_what_broke_a_rule(
        self, exchange: Exchange, alice: SignedInBorrower, language: str
    ) -> None:
        lender(exchange)
        key = alice.borrower.subject_key
        at = datetime(2026, 5, 30, 23, 59, tzinfo=UTC)
        action = add_noun(exchange, collection_action, key, "harbour-bank", started_at=at, borrower_says=None)
        breach(exchange, key, "harbour-bank", action)
        clearance(exchange, key, "harbour-bank", granted=False)
        shown = self.page(alice, "/contacts", language)
        assert "07:59" in shown and "govuk-tag--red" in shown and f'href="/contacts/{action}"' in shown
        assert "<svg" in shown
        one = self.page(alice, f"/contacts/{action}", language)
        assert f"/complaints/new?about={action}" in one and "cn.cir.18" not in self.page(alice, "/contacts", language)

    def test_a_reply_a_wish_and_its_end(self, exchange: Exchange, alice: SignedInBorrower, language: str) -> None:
        lender(exchange)
        key = alice.borrower.subject_key
        exchange.account(key, "harbour-bank")
        action = contact(exchange, key, "harbour-bank")
        assert post(alice, f"/contacts/{action}/reply", says="OBJECTED").status_code == 303
        assert post(alice, f"/contacts/{action}/reply", says="NONSENSE").status_code == 400
        confirm = self.page(alice, "/contacts/wishes/new?kind=STOP&lender=harbour-bank", language)
        assert 'name="lender" value="harbour-bank"' in confirm
        assert post(alice, "/contacts/wishes/new", kind="STOP", lender="harbour-bank").status_code == 303
        assert "Harbour-Bank" in self.page(alice, "/contacts/wishes?done=made", language)
        (held,) = rows(exchange, contact_wish)
        assert post(alice, f"/contacts/wishes/{held.wish_id}/end").status_code == 303
        assert rows(exchange, contact_wish)[0].ended_at is not None

    def test_a_wish_takes_a_recent_sign_in(self, exchange: Exchange, alice: SignedInBorrower, language: str) -> None:
        exchange.clock.instant += timedelta(minutes=14)
        alice.client.get("/contacts")
        exchange.clock.instant += timedelta(minutes=10)
        away = alice.client.get(f"/contacts/wishes/new?kind=STOP&lang={language}")
        assert (away.status_code, away.headers["Location"].split("?")[0]) == (303, "/sign-in")
        assert post(alice, "/contacts/wishes/new", kind="STOP", lender="").status_code == 303
        assert rows(exchange, contact_wish) == []

    def test_addresses_that_cannot_be(self, exchange: Exchange, alice: SignedInBorrower, language: str) -> None:
        for path, status in (
            (f"/contacts/{uuid4()}", 404), ("/contacts?before=nonsense", 200), ("/contacts?before=1.x", 200),
            ("/contacts?before=99999999999999999999999.00000000-0000-0000-0000-000000000000", 200),
            ("/contacts/wishes/new?kind=X", 400), ("/contacts/wishes/new?kind=STOP&lender=nobody", 400),
        ):  # fmt: skip
            assert alice.client.get(path).status_code == status, path
