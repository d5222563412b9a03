"""What everybody does on one day of the year, drawn from one seed. Nobody here knows the rules, so much is denied."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from debts import BASIS, request_of
from world import Debt, Debtor, World

from exchange.errors import BadRequest
from exchange.intake.check_contact import WantedContact
from exchange.intake.noun_records import CollectionRecord, PlanOption, PlanRecord
from exchange.journeys.contact_wishes import take_back, wish
from exchange.journeys.find_borrower import Document
from exchange.journeys.own_complaints import Draft, file_complaint
from exchange.journeys.own_disputes import Contested, file_dispute
from exchange.journeys.own_plans import CounterOffer, Offer, accept_option, counter_offer, refuse_plan
from exchange.journeys.report_record import Reported, report_record
from exchange.journeys.request_clearance import request_clearance
from exchange.store.clearances import StoredClearance
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.complaint import ComplaintCategory
from schema.vocabulary.contact import WishKind
from schema.vocabulary.dispute import DisputedKind, DisputeKind
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment

CHANNELS = (
    ContactChannel.VOICE_HUMAN, ContactChannel.VOICE_HUMAN, ContactChannel.VOICE_AI_INTERACTIVE,
    ContactChannel.VOICE_AI_NOTIFY, ContactChannel.VOICE_AI_NOTIFY, ContactChannel.SMS, ContactChannel.EMAIL,
)  # fmt: skip
RESULTS = (ContactResult.NO_ANSWER,) * 5 + (
    ContactResult.CONNECTED, ContactResult.CONNECTED, ContactResult.LEFT_MESSAGE, ContactResult.EFFECTIVE,
    ContactResult.PROMISE_TO_PAY, ContactResult.HARDSHIP_RAISED,
)  # fmt: skip
STAGES = (CollectionStage.REMINDER, CollectionStage.PHONE, CollectionStage.PHONE, CollectionStage.VISIT)
Act = Callable[[], None]


@dataclass(slots=True)
class Happened:
    """What was done, for the counts at the end; `open_plans`, `disputes` and `complaints` wait for somebody."""

    permits: int = 0
    denials: int = 0
    contacts: int = 0
    without_leave: int = 0
    plans: list[tuple[Debtor, Debt, UUID]] = field(default_factory=list)
    disputes: list[tuple[Debtor, Debt, UUID, datetime]] = field(default_factory=list)
    complaints: list[tuple[Debtor, str, UUID, datetime]] = field(default_factory=list)
    accepted: int = 0
    looks: int = 0
    refused_acts: dict[str, int] = field(default_factory=dict)

    def note(self, error: BadRequest) -> None:
        """A borrower's act that was told why it could not be."""
        self.refused_acts[error.stable_code] = self.refused_acts.get(error.stable_code, 0) + 1


class Day:
    """One day: acts with their instants, done in the order of time. `busy`: how much more happens than usual."""

    def __init__(self, world: World, random: Random, happened: Happened, busy: float) -> None:
        self.world = world
        self.busy = busy
        self.random = random
        self.happened = happened
        self.number = 0
        self.consents: dict[tuple[str, Document], tuple[UUID, datetime]] = {}

    def live(self, today: datetime) -> None:
        """Lets the day happen; the clock ends at the last act."""
        acts: list[tuple[datetime, int, Act]] = []
        for debtor in self.world.debtors:
            for at, act in self._acts_about(debtor, today):
                acts.append((at, len(acts), act))
        for at, _, act in sorted(acts, key=lambda each: each[:2]):
            self.world.exchange.clock.instant = max(at, self.world.exchange.clock.instant)
            act()

    def _acts_about(self, debtor: Debtor, today: datetime) -> list[tuple[datetime, Act]]:
        random, found = self.random, []
        if random.random() < 0.03 * self.busy:  # a day on which somebody presses hard
            for _ in range(random.randint(3, 9)):
                found.append((self._hour(debtor, today), self._contact(debtor)))
        elif random.random() < 0.05 * self.busy:
            found.append((self._hour(debtor, today), self._contact(debtor)))
        for chance, act in (
            (0.004, self._offer), (0.002, self._stop), (0.008, self._dispute), (0.002, self._complain),
            (0.03, self._look),
        ):  # fmt: skip
            if random.random() < chance * self.busy:
                found.append((self._hour(debtor, today), act(debtor)))
        return found

    def _hour(self, debtor: Debtor, today: datetime) -> datetime:
        """Some second of the borrower's own day, the edges of quiet hours more often than others."""
        if self.random.random() < 0.2:
            second = self.random.choice((8, 22)) * 3600 + self.random.choice((-1, 0, 1, -60, 60))
        else:
            second = self.random.randint(6 * 3600, 23 * 3600 + 3599)
        local = datetime.combine(today.date(), time(0), ZoneInfo(debtor.zone)) + timedelta(seconds=second)
        return local.astimezone(UTC)

    def _contact(self, debtor: Debtor) -> Act:
        debt = self.random.choice(debtor.debts)
        actor = debt.agency if debt.agency and self.random.random() < 0.7 else debt.lender
        mandate_id = debt.mandate_id if actor == debt.agency else None
        wanted = WantedContact(
            account_references=(debt.reference,),
            stage=self.random.choice(STAGES),
            channel=self.random.choice(CHANNELS),
            target=ContactTarget.DEBTOR,
            mandate_id=mandate_id,
            contact=debtor.number,
        )
        result, recklessly = self.random.choice(RESULTS), self.random.random() < 0.01

        def act() -> None:
            services = self.world.exchange.services
            cleared = request_clearance(services, request_of(actor), debtor.document, wanted)
            assert cleared.clearance is not None, cleared.faults
            if cleared.clearance.granted:
                self.happened.permits += 1
                self._make(actor, debtor, wanted, result, cleared.clearance)
            else:
                self.happened.denials += 1
                if recklessly:
                    self.happened.without_leave += 1
                    self._make(actor, debtor, wanted, result, None)

        return act

    def _make(
        self,
        actor: str,
        debtor: Debtor,
        wanted: WantedContact,
        result: ContactResult,
        clearance: StoredClearance | None,
    ) -> None:
        self.number += 1
        now = self.world.exchange.clock.now()
        record = CollectionRecord(
            reference=f"C-{self.number}",
            account_references=wanted.account_references,
            agent="agent-7",
            stage=wanted.stage,
            channel=wanted.channel,
            direction=ContactDirection.OUTBOUND,
            target=wanted.target,
            started_at=now,
            result=result,
            mandate_id=wanted.mandate_id,
            contact=wanted.contact,
            clearance_id=clearance.clearance_id if clearance else None,
        )
        if result is ContactResult.PROMISE_TO_PAY:
            day = now.date() + timedelta(days=5)
            record = replace(record, promised_minor=10_000, promised_currency="CNY", promised_on=day)
        written = report_record(
            self.world.exchange.services, request_of(actor), Reported(debtor.document, record, BASIS)
        )
        assert not written.faults, written.faults
        assert bool(written.notes) == (clearance is None), written.notes
        self.happened.contacts += 1

    def _offer(self, debtor: Debtor) -> Act:
        debt, reply = self.random.choice(debtor.debts), self.random.random()

        def act() -> None:
            services, now = self.world.exchange.services, self.world.exchange.clock.now()
            self.number += 1
            first = now.date() + timedelta(days=30)
            options = (
                PlanOption(PlanType.INSTALMENT, 3, 100_000, 300_000, first_due_on=first),
                PlanOption(PlanType.INSTALMENT, 6, 50_000, 300_000, first_due_on=first),
            )
            record = PlanRecord(
                f"P-{self.number}", (debt.reference,), PlanType.INSTALMENT, PlanState.PROPOSED, "CNY", options,
                ReportingTreatment.KEEP_STATUS, now.date(), answer_by=now.date() + timedelta(days=20),
            )  # fmt: skip
            written = report_record(services, request_of(debt.lender), Reported(debtor.document, record, BASIS))
            assert not written.faults, written.faults
            assert written.record_id
            assert written.version
            self.happened.plans.append((debtor, debt, written.record_id))
            offer = Offer(written.record_id, written.version)
            try:
                if reply < 0.4:
                    accept_option(services, debtor.acting, offer, self.random.choice((0, 1)))
                    self.happened.accepted += 1
                elif reply < 0.6:
                    counter_offer(services, debtor.acting, offer, CounterOffer(10, 30_000, first))
                elif reply < 0.8:
                    refuse_plan(services, debtor.acting, offer)
            except BadRequest as error:
                self.happened.note(error)

        return act

    def _stop(self, debtor: Debtor) -> Act:
        debt, days = self.random.choice(debtor.debts), self.random.random()

        def act() -> None:
            services = self.world.exchange.services
            try:
                wish_id = wish(services, debtor.acting, WishKind.STOP, debt.lender if days < 0.7 else None)
                if days < 0.3:
                    take_back(services, debtor.acting, wish_id)
            except BadRequest as error:
                self.happened.note(error)

        return act

    def _dispute(self, debtor: Debtor) -> Act:
        debt = self.random.choice(debtor.debts)
        kind = self.random.choice(tuple(DisputeKind))

        def act() -> None:
            contested = Contested(DisputedKind.ACCOUNT, debt.account_key, kind, None, "This is not right.")
            try:
                dispute_id = file_dispute(self.world.exchange.services, debtor.acting, contested)
            except BadRequest as error:
                self.happened.note(error)
            else:
                due = self.world.exchange.clock.now() + timedelta(days=self.random.randint(1, 40))
                self.happened.disputes.append((debtor, debt, dispute_id, due))

        return act

    def _look(self, debtor: Debtor) -> Act:
        """A lender, often one to whom nothing is owed, reads the file under a consent."""
        lender = self.random.choice(tuple(self.world.lenders))

        def act() -> None:
            bank, now = self.world.lenders[lender], self.world.exchange.clock.now()
            if (lender, debtor.document) not in self.consents or self.consents[lender, debtor.document][1] < now:
                consent_id = self.world.exchange.consent(lender, debtor.document)
                self.consents[lender, debtor.document] = (consent_id, now + timedelta(days=80))
            self.world.exchange.integrate()  # nothing is disclosed while the log lags
            bank.fetch_token()
            answer = bank.ask(debtor.document, self.consents[lender, debtor.document][0]).get_json()
            assert (answer.get("data") or {}).get("creditReport"), answer
            self.happened.looks += 1

        return act

    def _complain(self, debtor: Debtor) -> Act:
        debt = self.random.choice(debtor.debts)
        category = self.random.choice(tuple(ComplaintCategory))

        def act() -> None:
            draft = Draft(category, debt.lender, None, "They call too often and at night.")
            try:
                complaint_id = file_complaint(self.world.exchange.services, debtor.acting, draft)
            except BadRequest as error:
                self.happened.note(error)
            else:
                due = self.world.exchange.clock.now() + timedelta(days=self.random.randint(1, 50))
                self.happened.complaints.append((debtor, debt.lender, complaint_id, due))

        return act
