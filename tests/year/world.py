"""A made-up market: lenders, agencies with mandates, and borrowers in several time zones who owe to some of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from debts import SCOPES, report_debt, request_of
from factories import Bank, Exchange

from exchange.handover import Borrower
from exchange.intake.noun_records import MandateRecord
from exchange.journeys.find_borrower import Document
from exchange.journeys.mandates import record_mandate
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass

START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Asia/Shanghai",) * 6 + ("Asia/Urumqi", "America/New_York", "Europe/Berlin", "Pacific/Auckland")
"""Where borrowers live; three of these put their clocks forward and back in the year."""

CLASSES = (MemberClass.BANK, MemberClass.CONSUMER_FINANCE, MemberClass.INTERNET_LENDER, MemberClass.MICRO_LENDER)


@dataclass(frozen=True, slots=True)
class Debt:
    """An account that is overdue: whose, and under which mandate an agency may collect it (None: the lender does)."""

    lender: str
    reference: str
    account_key: UUID
    overdue_since: date
    agency: str | None
    mandate_id: UUID | None


@dataclass(slots=True)
class Debtor:
    """A borrower who owes."""

    document: Document
    zone: str
    number: str
    subject_key: UUID
    debts: list[Debt] = field(default_factory=list)

    @property
    def acting(self) -> Borrower:
        """As who they act on their own pages."""
        return Borrower(self.subject_key, b"", "PASSKEY", "en")


@dataclass(frozen=True, slots=True)
class World:
    """The market as it stands on its first day."""

    exchange: Exchange
    lenders: Mapping[str, Bank]
    agencies: Sequence[str]
    debtors: Sequence[Debtor]


def make_world(exchange: Exchange, random: Random, borrowers: int, lenders: int = 10, agencies: int = 5) -> World:
    """Registers everybody, reports every account, and gives the mandates."""
    lender_ids = [f"lender-{n}" for n in range(lenders)]
    agency_ids = [f"agency-{n}" for n in range(agencies)]
    banks = {
        lender: exchange.bank(lender, member_class=CLASSES[n % len(CLASSES)], scopes=SCOPES)
        for n, lender in enumerate(lender_ids)
    }
    for agency in agency_ids:
        exchange.bank(agency, member_class=MemberClass.COLLECTION_AGENCY, scopes=SCOPES)
    exchange.authority()
    owed = [_owe(exchange, random, n, lender_ids) for n in range(borrowers)]
    given = _give_mandates(exchange, random, lender_ids, agency_ids, owed)
    for debtor in owed:
        debtor.debts = [_mandated(debt, given) for debt in debtor.debts]
    return World(exchange, banks, agency_ids, owed)


def _owe(exchange: Exchange, random: Random, n: int, lenders: Sequence[str]) -> Debtor:
    document = Document(IdType.PASSPORT, "CN", f"E{10_000_000 + n}")
    zone, number = random.choice(ZONES), f"+86138{n:08}"
    debtor = Debtor(document, zone, number, UUID(int=0))
    for lender in random.sample(list(lenders), random.choice((1, 1, 1, 2, 2, 3))):
        since = START.date() - timedelta(days=random.randint(3, 55))
        since = since.replace(day=min(max(since.day, 8), 25))  # so that its code rises by one from month to month
        account_key, subject_key = report_debt(exchange, document, zone, number, lender, f"R-{n}", since)
        debtor.subject_key = subject_key
        debtor.debts.append(Debt(lender, f"R-{n}", account_key, since, None, None))
    if n % 3 == 0:
        _fell_behind_long_ago(exchange, random, debtor)
    return debtor


def _fell_behind_long_ago(exchange: Exchange, random: Random, debtor: Debtor) -> None:
    """A delinquency that was over five years ago, some day of this year."""
    over = date(START.year - 5, 1, 1) + timedelta(days=random.randint(0, 364))
    debt = debtor.debts[0]
    began = over - timedelta(days=60)
    exchange.delinquency(
        debtor.subject_key, debt.account_key, debt.lender, first_delinquent_on=began, cured_on=over, ended_on=over
    )


def _give_mandates(
    exchange: Exchange, random: Random, lenders: Sequence[str], agencies: Sequence[str], debtors: Sequence[Debtor]
) -> Mapping[tuple[str, str], tuple[str, UUID]]:
    """Each lender has two agencies for two thirds of its accounts. By lender and reference: agency and mandate."""
    given: dict[tuple[str, str], tuple[str, UUID]] = {}
    today = exchange.clock.now().date()
    for lender in lenders:
        references = [debt.reference for debtor in debtors for debt in debtor.debts if debt.lender == lender]
        random.shuffle(references)
        third = len(references) // 3
        parts = (references[:third], references[third : 2 * third])
        for number, (agency, part) in enumerate(zip(random.sample(list(agencies), 2), parts, strict=True)):
            if not part:
                continue
            mandate = MandateRecord(
                f"M-{number}", lender, agency, tuple(ContactChannel), today, date(2026, 12, 31),
                date(2026, 12, 31), account_references=tuple(part),
            )  # fmt: skip
            written = record_mandate(exchange.services, request_of(lender), mandate, None)
            assert not written.faults, written.faults
            assert written.record_id
            given |= {(lender, reference): (agency, written.record_id) for reference in part}
    return given


def _mandated(debt: Debt, given: Mapping[tuple[str, str], tuple[str, UUID]]) -> Debt:
    agency, mandate_id = given.get((debt.lender, debt.reference), (None, None))
    return Debt(debt.lender, debt.reference, debt.account_key, debt.overdue_since, agency, mandate_id)
