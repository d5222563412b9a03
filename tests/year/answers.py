"""Those who owe an answer: furnishers, members, an officer and lenders with plans, often in time and sometimes not."""

from random import Random
from uuid import UUID

from days import Happened
from debts import report_debt, request_of
from factories import OfficerSignedIn
from world import Debt, Debtor, World

from exchange.journeys.answer_complaint import answer_complaint
from exchange.journeys.answer_dispute import Answer, answer_dispute
from exchange.journeys.find_complaint import decide_complaint
from schema.vocabulary.complaint import Finding
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.dispute import DisputeOutcome

PROMPTLY = 0.8
"""How likely somebody answers on the day on which they meant to; else they never do."""


class Answers:
    """Answers what is waiting, each when its time has come."""

    def __init__(self, world: World, random: Random, happened: Happened, officer: OfficerSignedIn) -> None:
        self.world = world
        self.random = random
        self.happened = happened
        self.officer = officer

    def give(self) -> None:
        """Everything that is due by now."""
        now = self.world.exchange.clock.now()
        for waiting in [each for each in self.happened.disputes if each[3] <= now]:
            self.happened.disputes.remove(waiting)
            if self.random.random() < PROMPTLY:
                self._answer_dispute(*waiting[:3])
        for complaint in [each for each in self.happened.complaints if each[3] <= now]:
            self.happened.complaints.remove(complaint)
            self._settle_complaint(complaint[1], complaint[2])

    def _answer_dispute(self, debtor: Debtor, debt: Debt, dispute_id: UUID) -> None:
        outcome = self.random.choice(tuple(DisputeOutcome))
        if outcome is DisputeOutcome.CORRECTED:
            self.correct(debtor, debt)
        answer = Answer(outcome, "We looked into it.")
        answered = answer_dispute(self.world.exchange.services, request_of(debt.lender), dispute_id, answer)
        assert not answered.wrong, answered.wrong

    def correct(self, debtor: Debtor, debt: Debt) -> None:
        """The lender reports the account anew, as it says it should have been."""
        correction = CorrectionReason.DISPUTE
        balance = self.random.randint(100_000, 1_900_000)
        report_debt(
            self.world.exchange, debtor.document, debtor.zone, debtor.number, debt.lender, debt.reference,
            debt.overdue_since, correction, balance,
        )  # fmt: skip

    def _settle_complaint(self, lender: str, complaint_id: UUID) -> None:
        services = self.world.exchange.services
        if self.random.random() < PROMPTLY:
            answered = answer_complaint(services, request_of(lender), complaint_id, "We have told our staff.")
            assert not answered.wrong, answered.wrong
        if self.random.random() < PROMPTLY:
            finding = self.random.choice(tuple(Finding))
            decide_complaint(services, self.officer.officer, complaint_id, finding, "We heard both sides.")
