"""DEMONSTRATION: the main job, walked through the Python client over HTTP as a member's own program would.

The borrower's part is played by an operator who records consents "on paper", since this walk has no borrower at hand.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from openbureau_client import verify_proof
from openbureau_client.refusals import NotAnswered, Unavailable
from openbureau_client.report import CreditReport
from openbureau_client.session import Answer, Session

from consent.artefact import Fetch
from consent.lifecycle import ConsentState
from exchange.demonstration.collecting import Collecting, made_up_debtor
from exchange.demonstration.failed import DemonstrationFailed
from exchange.demonstration.members import KEY_ID, member_key
from exchange.demonstration.records import Contributed, small_file
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import WrittenConsent, give_consent, move_consent
from exchange.journeys.services import Services
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass
from schema.vocabulary.submission import FileFormat, SubmissionState

PROOF_SECONDS_MAX = 30
SUBMISSION_SECONDS_MAX = 60
MAPPING = "made-up"
ACTOR = "demonstration"
STAFF = ("s-17", "Lin Mei")


@dataclass(frozen=True, slots=True)
class Walk:
    """What the walk needs: the services, for the operator's part, and the file that was contributed."""

    services: Services
    contributed: Contributed
    members: int

    def lines(self) -> Iterator[str]:
        """The main job in fifteen lines, each told once it has happened. Raises DemonstrationFailed, NotAnswered."""
        services, borrower = self.services, self.contributed.borrower
        yield (
            f"Contributed: {self.contributed.accounts:,} accounts in {self.contributed.seconds:.1f} s, "
            f"{self.contributed.faulty} faulty records refused; {self.members} members are registered."
        )
        with self._session("harbour-bank") as bank, self._session("swift-lending") as stranger:
            bank.graphql("{ __typename }")
            yield "Token: harbour-bank signed in with its own key; its token lasts 300 s and works with that key only."
            yield self._handed_in(bank)
            consent_id = self._give("harbour-bank", borrower)
            yield f"Consent: the borrower allows harbour-bank, and nobody else, for a loan ({consent_id})."
            answer, report = self._ask(bank, borrower, consent_id)
            yield _report_line(report)
            yield f"Rules: {', '.join(report.disclosure.rules)} of pack {report.disclosure.pack}."
            yield "Refused: " + self._refusal(stranger, borrower, None, "CONSENT_MISSING")
            receipt = bank.verify(answer)
            yield f"Receipt: verified over the answer's {len(answer.body):,} bytes, for request {receipt.request_id}."
            proof, vkey = self._proof(bank, receipt.leaves[0]), self._vkey()
            inclusion = verify_proof(proof, receipt.leaves[0], [vkey])
            yield f"Proof: the look is leaf {inclusion.index} of the public log; verified with the client's own code."
            move_consent(services, borrower, consent_id, ConsentState.REVOKED, ACTOR)
            yield "Withdrawn: " + self._refusal(bank, borrower, consent_id, "CONSENT_REVOKED")
            with self._session("patient-collections") as agency:
                yield from Collecting(services, bank, agency, made_up_debtor(services.clock.now())).lines()
            checkpoint = inclusion.checkpoint
            yield f"Checkpoint: {checkpoint.origin}, {checkpoint.size} leaves, root {checkpoint.root.hex()[:16]}..."

    def _handed_in(self, bank: Session) -> str:
        """A small file sent to the door, and worked by `openbureau intake`."""
        path, mapping = small_file(self.services, bank.client_id)
        bank.keep_mapping(MAPPING, mapping)
        taken_in = bank.submit(path, format=FileFormat.MAPPED_CSV, mapping=MAPPING, notices_attested=True)
        done = bank.wait_for(taken_in.submission_id, every_seconds=0.2, seconds_max=SUBMISSION_SECONDS_MAX)
        if done.state != SubmissionState.APPLIED:
            raise DemonstrationFailed(f"The file that was handed in was {done.state.lower()}.")
        return (
            f"Handed in: {bank.client_id} sent a file of {done.bytes_total:,} bytes; {done.records_read} records read, "
            f"{done.records_applied} applied, {done.records_unchanged} known before, {done.records_faulty} faulty."
        )

    def _session(self, member_id: str) -> Session:
        settings = self.services.settings
        return Session(settings.issuer, member_id, member_key(settings.home, member_id), KEY_ID)

    def _give(self, recipient: str, borrower: Document) -> UUID:
        written = made_up_consent(recipient, self.services.clock.now())
        return give_consent(self.services, borrower, written, ACTOR)

    def _ask(self, session: Session, borrower: Document, consent_id: UUID | None) -> tuple[Answer, CreditReport]:
        return session.ask_report(
            borrower.id_type,
            borrower.country,
            borrower.id_number,
            Purpose.LOAN_APPROVAL,
            str(consent_id) if consent_id else None,
            *STAFF,
        )

    def _refusal(self, session: Session, borrower: Document, consent_id: UUID | None, code: str) -> str:
        try:
            self._ask(session, borrower, consent_id)
        except NotAnswered as refusal:
            if refusal.code != code:
                raise
            rule = next((reason.rule for reason in getattr(refusal, "reasons", ()) if reason.rule), None)
            return f"{session.client_id} asked and was told: {refusal.sentence} [{code}, rule {rule}]"
        raise DemonstrationFailed(f"{session.client_id} was answered, and should have been refused: {code}.")

    def _proof(self, session: Session, leaf: bytes) -> str:
        return _until(lambda: session.proof(leaf), PROOF_SECONDS_MAX)

    def _vkey(self) -> str:
        return (self.services.settings.home / "log.vkey").read_text().strip()


def made_up_consent(recipient: str, now: datetime) -> WrittenConsent:
    """A consent "on paper" that lets the recipient look at everything for a month, as often as it likes."""
    starts_at = now.replace(microsecond=0)
    return WrittenConsent(
        recipient=recipient,
        purpose=Purpose.LOAN_APPROVAL,
        field_classes=frozenset(FieldClass),
        data_from=date(now.year - 10, 1, 1),
        starts_at=starts_at,
        expires_at=starts_at + timedelta(days=30),
        fetch=Fetch.PERIODIC,
        frequency=None,
        sensitive_warning_shown=True,
        article_14_warning_shown=True,
        notice_language="en",
        notice_digest="0" * 64,
        document_digest="0" * 64,
    )


def _report_line(report: CreditReport) -> str:
    summary = report.summary
    if summary is None:
        raise DemonstrationFailed("The report came without its summary.")
    owed = ", ".join(f"{t.balance.minor / 100:,.2f} {t.balance.currency}" for t in summary.totals or () if t.balance)
    return (
        f"Report: {summary.accounts} accounts, {summary.lenders} lenders, {summary.lenders_in_arrears} of them owed "
        f"arrears; {owed or 'nothing'} owed in all; {summary.late_months} late months in the last 24."
    )


def _until(attempt: Callable[[], str], seconds_max: float) -> str:
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            return attempt()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
