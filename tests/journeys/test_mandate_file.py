"""An agency is shown what its mandate names, and nothing else; each look is logged, and the borrower sees it."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from factories import ALICE, BOB, NOBODY_WE_KNOW, STAFF, Bank, Exchange, report_of
from noun_rows import add_noun
from reporting import MANDATE, WRITING, agency, lender, named, payload, report_account, send
from sqlalchemy import insert, select, text, update
from traces import entries, looks

from exchange.clock import new_id
from exchange.handover import NOBODY
from exchange.journeys.find_borrower import Document
from exchange.journeys.openable import Auditor
from exchange.journeys.reconcile_consents import reconcile
from exchange.journeys.who_looked import look, who_looked
from exchange.store.contact_wishes import stop_contact
from exchange.store.tables.collection import collection_action
from exchange.store.tables.contact import contact_source
from exchange.store.tables.dispute import dispute
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.subject import subject
from schema.vocabulary.scope import Scope

READING = WRITING | {Scope.COLLECTION_READ, Scope.CONTACT_CLEAR}
FILE = """query ($subject: SubjectInput!, $mandate: ID!, $staff: StaffInput) {
  mandateFile(subject: $subject, mandateId: $mandate, staff: $staff) { %s } }"""
ALL = """mandate { id lender channels } debtor { names phones emails addresses timeZone language }
  accounts { id reference product state balance { minor currency } pastDue { minor } daysPastDue firstDelinquentOn }
  standing { stopRequested planUntil disputed needsCare }
  contacts { id accountIds byYou startedAt channel result promised { minor } promiseKept }
  plans { id accountIds planType state stopCollectionUntil } disclosure { leafHash released rules pack }"""


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    """Alice, with two telephones and an address."""
    key = exchange.borrower()
    known = {"phones": ["13800138000", "13900139000"], "emails": ["alice@example.cn"], "addresses": ["1 Lake Road"]}
    cipher = exchange.ciphers[key]
    sealed = {name: cipher.seal("subject", name, key.bytes, orjson.dumps(value)) for name, value in known.items()}
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).where(subject.c.subject_key == key).values(sealed))
    return key


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    return lender(exchange)


@pytest.fixture
def owed(exchange: Exchange, alice: UUID, bank: Bank) -> UUID:
    """An account of Alice's with the bank, two months overdue."""
    late = {"state": "OVERDUE", "days_past_due": 61, "past_due_minor": 40_000}
    owed = exchange.account(alice, bank.member_id, **late)
    exchange.delinquency(
        alice, owed, bank.member_id, first_delinquent_on=date(2026, 4, 1), cured_on=None, ended_on=None
    )
    return owed


@pytest.fixture
def collector(exchange: Exchange) -> Bank:
    return agency(exchange, scopes=READING)


@pytest.fixture
def mandate(bank: Bank, collector: Bank, owed: UUID) -> str:
    return give(bank)


def give(bank: Bank, **changes: Any) -> str:
    """A mandate of the bank's. Returns its id."""
    given = {**MANDATE, "reference": str(uuid4()), **changes}
    told = payload(send(bank, "recordMandate", mandate=("MandateInput!", given)))
    assert told["userErrors"] == []
    return str(told["recordId"])


def ask(
    who: Bank, mandate: str, document: Document = ALICE, selection: str = ALL, staff: Any = STAFF
) -> dict[str, Any]:
    """What came of the look: the whole answer."""
    values = {"subject": named(document), "mandate": mandate, "staff": staff}
    answered: dict[str, Any] = who.post({"query": FILE % selection, "variables": values}).get_json()
    return answered


def seen(who: Bank, mandate: str, **how: Any) -> dict[str, Any]:
    answered = ask(who, mandate, **how)
    assert "errors" not in answered, answered
    shown: dict[str, Any] = answered["data"]["mandateFile"]
    return shown


def refused(who: Bank, mandate: str, **how: Any) -> list[str]:
    answered = ask(who, mandate, **how)
    assert answered["data"] == {"mandateFile": None}
    (error,) = answered["errors"]
    return [reason["code"] for reason in error["extensions"]["reasons"]]


def test_the_agency_sees_the_lenders_account_and_how_to_reach_the_debtor(
    exchange: Exchange, bank: Bank, collector: Bank, owed: UUID, mandate: str
) -> None:
    shown = seen(collector, mandate)
    assert shown["mandate"] == {"id": mandate, "lender": bank.member_id, "channels": ["SMS", "VOICE_HUMAN"]}
    assert shown["accounts"] == [
        {
            "id": str(owed), "reference": "R-1", "product": "CONSUMER_LOAN", "state": "OVERDUE",
            "balance": {"minor": 1_250_050, "currency": "CNY"}, "pastDue": {"minor": 40_000}, "daysPastDue": 61,
            "firstDelinquentOn": "2026-04-01",
        }
    ]  # fmt: skip
    assert shown["debtor"] == {
        "names": ["王芳"], "phones": ["13800138000", "13900139000"], "emails": None, "addresses": None,
        "timeZone": "Asia/Shanghai", "language": "zh-Hans",
    }  # fmt: skip
    assert shown["standing"] == {"stopRequested": False, "planUntil": None, "disputed": False, "needsCare": False}


def test_accounts_contacts_and_plans_of_other_lenders_are_not_there(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, owed: UUID, mandate: str
) -> None:
    other = lender(exchange, "north-bank")
    elsewhere = exchange.account(alice, "north-bank", "N-1", days_past_due=300)
    add_noun(exchange, collection_action, alice, other.member_id, account_keys=[elsewhere])
    add_noun(exchange, repayment_plan, alice, other.member_id, account_keys=[elsewhere])
    mine = add_noun(exchange, collection_action, alice, collector.member_id, account_keys=[owed, elsewhere])
    shown = seen(collector, mandate)
    assert [account["reference"] for account in shown["accounts"]] == ["R-1"]
    assert [(each["id"], each["accountIds"], each["byYou"]) for each in shown["contacts"]] == [
        (str(mine), [str(owed)], True)
    ]
    assert shown["plans"] == []
    assert "N-1" not in str(shown) and str(elsewhere) not in str(shown)


def test_only_named_accounts_are_opened_where_accounts_are_named(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, owed: UUID
) -> None:
    report_account(bank, reference="R-9")
    mandate = give(bank, portfolio=None, accountReferences=["R-9"])
    assert [account["reference"] for account in seen(collector, mandate)["accounts"]] == ["R-9"]


def test_contact_data_of_another_lender_is_not_shown(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, mandate: str
) -> None:
    lender(exchange, "north-bank")
    exchange.account(alice, "north-bank", "N-1")
    assert seen(collector, mandate)["debtor"]["phones"] == []
    told = {**named(ALICE), "names": ["王芳"], "phones": ["13900139000"]}
    args = {"subject": ("SubjectRecordInput!", told), "basis": ("String!", "cn.cir.13")}
    assert payload(send(bank, "reportSubject", **args))["userErrors"] == []
    assert seen(collector, mandate)["debtor"]["phones"] == ["13900139000"]
    with exchange.engine.connect() as connection:
        sources = connection.execute(select(contact_source.c.member_id)).scalars().all()
    assert sources == [bank.member_id]


@pytest.mark.parametrize(
    ("channels", "shown"),
    [(["EMAIL"], {"emails"}), (["VISIT"], {"addresses"}), (["LETTER"], {"addresses"}), (["APP_PUSH"], set()),
     (["SMS", "EMAIL"], {"phones", "emails"})],
)  # fmt: skip
def test_only_what_a_channel_needs_is_shown(
    bank: Bank, collector: Bank, owed: UUID, channels: list[str], shown: set[str]
) -> None:
    debtor = seen(collector, give(bank, channels=channels))["debtor"]
    assert {name for name in ("phones", "emails", "addresses") if debtor[name] is not None} == shown


def test_what_stands_still_is_told_without_its_reason(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, owed: UUID, mandate: str
) -> None:
    now = exchange.clock.now()
    add_noun(exchange, repayment_plan, alice, bank.member_id, account_keys=[owed])
    with exchange.engine.begin() as connection:
        stop_contact(connection, alice, bank.member_id, now)
        connection.execute(update(subject).values(vulnerability="BEREAVEMENT", vulnerability_until=date(2027, 1, 1)))
        connection.execute(insert(dispute).values(
            subject_key=alice, dispute_id=new_id(now), kind="AMOUNT", record_kind="ACCOUNT", record_key=owed,
            record_version=1, contributor=bank.member_id, words=b"w", evidence=[], state="MARKED", filed_at=now,
            pack_version="1",
        ))  # fmt: skip
    shown = seen(collector, mandate)
    assert shown["standing"] == {
        "stopRequested": True, "planUntil": "2026-12-01", "disputed": True, "needsCare": True
    }  # fmt: skip
    assert "BEREAVEMENT" not in str(shown)


def test_the_look_is_in_the_log_and_in_the_borrowers_list_with_the_lender(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, mandate: str
) -> None:
    seen(collector, mandate)
    (logged,) = looks(exchange)
    said = {name: logged.fields[name] for name in ("member", "purpose", "basis", "mandate", "granted", "consent")}
    assert said == {
        "member": collector.member_id, "purpose": "COLLECTION", "basis": "MANDATE", "mandate": mandate,
        "granted": True, "consent": None,
    }  # fmt: skip
    assert logged.fields["released"] == ["ACCOUNTS", "COLLECTIONS", "DELINQUENCIES", "IDENTITY", "PLANS"]
    assert logged.fields["staff"] == [STAFF["id"], STAFF["name"]]
    who = exchange.borrower_signed_in(alice).borrower
    (listed,) = who_looked(exchange.services, who).looks
    detail = look(exchange.services, who, listed.inquiry_key)
    assert (listed.basis, listed.member_id, detail.mandate_lender) == ("MANDATE", collector.member_id, "Harbour-Bank")


def test_what_is_not_asked_for_is_neither_named_nor_opened(
    exchange: Exchange, alice: UUID, collector: Bank, mandate: str
) -> None:
    with exchange.engine.begin() as connection:  # sealed values that cannot be opened
        connection.execute(update(subject).values(names=b"x", phones=b"x"))
        connection.execute(text("UPDATE account SET account_ref = 'x'"))
    shown = seen(collector, mandate, selection="accounts { id pastDue { minor } }")
    assert shown["accounts"][0]["pastDue"] == {"minor": 40_000}
    assert looks(exchange)[-1].fields["released"] == ["ACCOUNTS"]
    answered = ask(collector, mandate, selection="debtor { phones }")
    assert answered["errors"][0]["extensions"]["code"] == "INTEGRITY"
    assert entries(exchange)[-1].fields["act"] == "look_stopped"


def test_the_regulator_finds_each_look_matched(exchange: Exchange, bank: Bank, collector: Bank, mandate: str) -> None:
    start = exchange.clock.now()
    seen(collector, mandate)
    exchange.later(minutes=5)
    exchange.authority()
    auditor = Auditor("audit-office", None, frozenset({Scope.AUDIT_READ}))
    found = reconcile(exchange.services, auditor, start, exchange.clock.now())
    assert (found.by_basis, found.matched, found.unmatched) == ({"MANDATE": 1}, 1, 0), found.by_fault
    with exchange.engine.begin() as connection:
        connection.execute(text("UPDATE mandate SET ends_on = '2026-01-02'"))
    found = reconcile(exchange.services, auditor, start, exchange.clock.now())
    assert found.by_fault == {"MANDATE_NOT_IN_FORCE": 1}


class TestRefusals:
    """Everything else is refused, and the refusal is in the log."""

    def is_logged(self, exchange: Exchange, code: str, of_borrower: bool = True) -> None:
        logged = looks(exchange)[-1]
        assert (logged.fields["granted"], logged.fields["released"]) == (False, [])
        assert code in logged.fields["reasons"] and logged.fields["basis"] == "MANDATE"
        assert (logged.subject_key != NOBODY) is of_borrower

    def test_a_mandate_that_ended(self, exchange: Exchange, bank: Bank, collector: Bank, owed: UUID) -> None:
        mandate = give(bank, reference="M-1")
        send(bank, "endMandate", reference=("String!", "M-1"))
        assert refused(collector, mandate) == ["MANDATE_NOT_STANDING"]
        self.is_logged(exchange, "MANDATE_NOT_STANDING")

    def test_a_mandate_that_has_not_begun(self, exchange: Exchange, bank: Bank, collector: Bank, owed: UUID) -> None:
        mandate = give(bank, startsOn="2026-12-30", evaluationDueOn="2026-12-31")
        assert refused(collector, mandate) == ["MANDATE_NOT_STANDING"]

    def test_the_mandate_of_another_agency(self, exchange: Exchange, mandate: str) -> None:
        other = agency(exchange, "agency-b", scopes=READING)
        assert refused(other, mandate) == ["MANDATE_NOT_FOUND"]
        self.is_logged(exchange, "MANDATE_NOT_FOUND")

    def test_no_mandate_at_all(self, exchange: Exchange, collector: Bank, mandate: str) -> None:
        assert refused(collector, str(uuid4())) == refused(collector, "no id of ours") == ["MANDATE_NOT_FOUND"]

    def test_the_lender_itself(self, exchange: Exchange, owed: UUID, collector: Bank, bank: Bank) -> None:
        other = lender(exchange, "south-bank", scopes=READING)
        assert refused(other, give(bank)) == ["MEMBER_CLASS_NOT_ALLOWED", "MANDATE_NOT_FOUND"]

    def test_without_the_scope_or_the_name_of_the_one_who_asks(
        self, exchange: Exchange, bank: Bank, owed: UUID, collector: Bank
    ) -> None:
        agency(exchange, "agency-c")
        poor = agency(exchange, "agency-d")
        mandate = give(bank, agency="agency-d")
        assert refused(poor, mandate, staff=None) == ["SCOPE_MISSING", "STAFF_NOT_NAMED"]

    def test_a_borrower_of_whom_the_mandate_names_nothing_and_somebody_unknown_are_refused_alike(
        self, exchange: Exchange, collector: Bank, mandate: str
    ) -> None:
        exchange.borrower(BOB)
        assert refused(collector, mandate, document=BOB) == ["MANDATE_NAMES_NOTHING"]
        self.is_logged(exchange, "MANDATE_NAMES_NOTHING")
        assert refused(collector, mandate, document=NOBODY_WE_KNOW) == ["MANDATE_NAMES_NOTHING"]
        self.is_logged(exchange, "MANDATE_NAMES_NOTHING", of_borrower=False)

    def test_a_look_for_nothing(self, exchange: Exchange, collector: Bank, mandate: str) -> None:
        assert refused(collector, mandate, selection="mandate { id }") == ["NOTHING_ASKED"]

    def test_a_proof_is_good_for_one_look(self, exchange: Exchange, collector: Bank, mandate: str) -> None:
        query = {"query": FILE % "accounts { id }", "variables": {
            "subject": named(ALICE), "mandate": mandate, "staff": STAFF
        }}  # fmt: skip
        proof = collector.proof("/graphql")
        first = collector.post(query, DPoP=proof)
        again = collector.post(query, DPoP=proof)
        assert "errors" not in first.get_json()
        assert "PROOF_REPLAYED" in str(again.get_json())
        with exchange.engine.connect() as connection:
            assert len(connection.execute(select(inquiry)).all()) == 1


def test_other_lenders_do_not_see_that_an_agency_looked(
    exchange: Exchange, alice: UUID, bank: Bank, collector: Bank, mandate: str
) -> None:
    seen(collector, mandate)
    reader = exchange.bank("west-bank", scopes=frozenset({Scope.CREDIT_READ}))
    consent = exchange.consent("west-bank")
    reader.fetch_token("credit:read")
    told = reader.ask(consent_id=consent, query=report_of("inquiries(first: 5) { nodes { memberClass } }")).get_json()
    assert told["data"]["creditReport"]["inquiries"]["nodes"] == []
