"""DEMONSTRATION: a debt is collected under one set of limits, a plan is agreed, and a record is contested.

The lender and its agency act over HTTP with their own keys. The borrower's part, done on pages in life, is played here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openbureau_client.session import Session

from exchange.clock import new_id
from exchange.demonstration.failed import DemonstrationFailed
from exchange.handover import Borrower
from exchange.journeys.find_borrower import Document, borrower_of
from exchange.journeys.own_disputes import Contested, file_dispute
from exchange.journeys.own_plans import Offer, accept_option
from exchange.journeys.services import Services
from schema.vocabulary.dispute import DisputedKind, DisputeKind
from schema.vocabulary.identifiers import IdType

NUMBER = "+86 138 0013 8000"
BASIS = "cn.cir.13"
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Pacific/Auckland")
DAYTIME = range(10, 20)

_ACCOUNT = """mutation ($subject: SubjectRecordInput!, $account: AccountInput!) {
  reportAccount(subject: $subject, account: $account, delinquencies: [], basis: "cn.cir.13") {
    recordId version userErrors { path code message } } }"""
_MANDATE = """mutation ($mandate: MandateInput!) {
  recordMandate(mandate: $mandate) { recordId userErrors { path code message } } }"""
_CLEAR = """mutation ($subject: SubjectInput!, $action: ContactInput!) {
  requestContactClearance(subject: $subject, action: $action) {
    clearance { id granted expiresAt reasons { code message rule } counts { rule counted limit } }
    userErrors { path code message } } }"""
_CONTACT = """mutation ($subject: SubjectInput!, $action: CollectionActionInput!, $basis: String!) {
  recordCollectionAction(subject: $subject, action: $action, basis: $basis) {
    recordId notes { code message rule } userErrors { path code message } } }"""
_PLAN = """mutation ($subject: SubjectInput!, $plan: RepaymentPlanInput!, $basis: String!) {
  recordRepaymentPlan(subject: $subject, plan: $plan, basis: $basis) {
    recordId version userErrors { path code message } } }"""
_ANSWER = """mutation ($id: ID!) {
  answerDispute(disputeId: $id, outcome: CORRECTED, words: "The balance was wrong; we have reported it anew.") {
    dispute { state correctedVersion } userErrors { path code message } } }"""


@dataclass(frozen=True, slots=True)
class Collecting:
    """The steps, about a debtor who is made up anew each time."""

    services: Services
    lender: Session
    agency: Session
    debtor: Document

    @property
    def subject(self) -> Mapping[str, str]:
        """The debtor, as the contract names one."""
        return {"idType": self.debtor.id_type, "country": self.debtor.country, "idNumber": self.debtor.id_number}

    @property
    def reference(self) -> str:
        """What the lender calls the debtor's account."""
        return f"D-{self.debtor.id_number}"

    def lines(self) -> Iterator[str]:
        """Four lines, each told once it has happened. Raises DemonstrationFailed, NotAnswered."""
        account = self._report(1_000_000)
        mandate_id = self._mandate()
        leave = self._ask(mandate_id)
        if not leave["granted"]:
            raise DemonstrationFailed(f"There was no leave for a first reminder: {leave['reasons']}.")
        whose, until = self.lender.client_id, leave["expiresAt"]
        yield f"Leave: {self.agency.client_id} may remind a debtor of {whose} once, until {until}."
        self._remind(mandate_id, "C-1", leave["id"])
        notes = self._remind(mandate_id, "C-2", None)
        if not notes:
            raise DemonstrationFailed("A contact without leave was taken for one with leave.")
        yield f"Breach: a second one without leave is kept, and marked: {notes[0]['message']} [{notes[0]['code']}]"
        plan = self._offer()
        accept_option(self.services, self._borrower(), Offer(UUID(plan["recordId"]), plan["version"]), 0)
        denied = self._ask(mandate_id)
        if denied["granted"]:
            raise DemonstrationFailed("There was leave although a plan runs.")
        reason = denied["reasons"][0]
        yield f"Plan: the borrower accepted one; now: {reason['message']} [{reason['code']}, rule {reason['rule']}]"
        yield self._contest(UUID(account["recordId"]))

    def _contest(self, account_key: UUID) -> str:
        contested = Contested(DisputedKind.ACCOUNT, account_key, DisputeKind.AMOUNT, None, "I owe less than this.")
        dispute_id = file_dispute(self.services, self._borrower(), contested)
        self._report(800_000, correction="DISPUTE")
        answered = self._did(self.lender, _ANSWER, {"id": str(dispute_id)}, "answerDispute")["dispute"]
        return f"Dispute: contested, marked and corrected by version {answered['correctedVersion']} of the record."

    def _report(self, balance_minor: int, correction: str | None = None) -> Mapping[str, Any]:
        now = self.services.clock.now()
        subject = {
            **self.subject, "names": ["演示"], "timeZone": _daytime_zone(now), "language": "zh-Hans",
            "phones": [NUMBER],
        }  # fmt: skip
        account = {
            "reference": self.reference, "portfolio": "INSTALMENT", "product": "CONSUMER_LOAN", "state": "OVERDUE",
            "openedOn": "2024-06-01", "reportedOn": now.date().isoformat(), "currency": "CNY",
            "balanceMinor": balance_minor, "pastDueMinor": 50_000, "daysPastDue": 12, "correction": correction,
        }  # fmt: skip
        return self._did(self.lender, _ACCOUNT, {"subject": subject, "account": account}, "reportAccount")

    def _mandate(self) -> str:
        today = self.services.clock.now().date()
        later = (today + timedelta(days=180)).isoformat()
        mandate = {
            "reference": f"M-{self.debtor.id_number}", "agency": self.agency.client_id,
            "accountReferences": [self.reference],
            "channels": ["VOICE_HUMAN", "SMS"], "startsOn": today.isoformat(), "endsOn": later,
            "evaluationDueOn": later,
        }  # fmt: skip
        recorded: str = self._did(self.lender, _MANDATE, {"mandate": mandate}, "recordMandate")["recordId"]
        return recorded

    def _ask(self, mandate_id: str) -> Mapping[str, Any]:
        action = {
            "mandateId": mandate_id, "accountReferences": [self.reference], "stage": "REMINDER", "channel": "SMS",
            "target": "DEBTOR", "contact": NUMBER,
        }  # fmt: skip
        asked = {"subject": self.subject, "action": action}
        clearance: Mapping[str, Any] = self._did(self.agency, _CLEAR, asked, "requestContactClearance")["clearance"]
        return clearance

    def _remind(self, mandate_id: str, reference: str, clearance_id: str | None) -> list[Mapping[str, Any]]:
        action = {
            "reference": f"{reference}-{new_id(self.services.clock.now())}", "mandateId": mandate_id,
            "accountReferences": [self.reference], "agent": "agent-17", "stage": "REMINDER", "channel": "SMS",
            "direction": "OUTBOUND", "target": "DEBTOR", "contact": NUMBER,
            "startedAt": self.services.clock.now().isoformat(), "result": "CONNECTED", "clearanceId": clearance_id,
        }  # fmt: skip
        said = {"subject": self.subject, "action": action, "basis": BASIS}
        notes: list[Mapping[str, Any]] = self._did(self.agency, _CONTACT, said, "recordCollectionAction")["notes"]
        return notes

    def _offer(self) -> Mapping[str, Any]:
        today = self.services.clock.now().date()
        option = {"planType": "INSTALMENT", "instalments": 5, "amountMinor": 10_000, "totalMinor": 50_000}
        plan = {
            "reference": f"P-{new_id(self.services.clock.now())}", "accountReferences": [self.reference],
            "planType": "INSTALMENT", "state": "PROPOSED", "currency": "CNY",
            "options": [option, {**option, "instalments": 10, "amountMinor": 5_000}],
            "reportingTreatment": "KEEP_STATUS", "proposedOn": today.isoformat(),
        }  # fmt: skip
        return self._did(
            self.lender, _PLAN, {"subject": self.subject, "plan": plan, "basis": BASIS}, "recordRepaymentPlan"
        )

    def _borrower(self) -> Borrower:
        with self.services.connection() as connection:
            file = borrower_of(self.services, connection, self.debtor)
        return Borrower(file.subject_key, b"", "DEMONSTRATION", "en")

    def _did(self, session: Session, mutation: str, given: Mapping[str, Any], field: str) -> Mapping[str, Any]:
        answer = session.mutate(mutation, given)
        answered = (answer.data or {}).get(field)
        if answered is None or answered["userErrors"]:
            raise DemonstrationFailed(f"{field} was not done: {answered['userErrors'] if answered else answer.errors}")
        done: Mapping[str, Any] = answered
        return done


def made_up_debtor(now: datetime) -> Document:
    """A debtor whom no earlier walk has known."""
    return Document(IdType.PASSPORT, "CN", f"E{int(now.timestamp()) % 100_000_000:08}")


def _daytime_zone(now: datetime) -> str:
    """A zone where people are awake now: nobody may be called at night."""
    return next(zone for zone in ZONES if now.astimezone(ZoneInfo(zone)).hour in DAYTIME)
