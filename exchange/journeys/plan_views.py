"""A borrower's repayment plans as pages show them: offers, what each option would mean, and how plans are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from consent.plan_progress import Progress, plan_progress
from consent.plan_schedule import Payment
from exchange.audit.signed_words import sign_claims
from exchange.disclosure.own_records import OwnPlan, OwnPlanOption, own_plan
from exchange.disclosure.shape_values import money
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import own_file_of
from exchange.journeys.own_plans import local_day, may_answer, plan_not_found
from exchange.journeys.plan_versions import payments_of, terms_agreed
from exchange.journeys.record_rows import RecordReason
from exchange.journeys.services import Services
from exchange.store.plan_replies import StoredReply, replies_about
from exchange.store.plans import PlanAccount, PlanRow, accounts_about, current_plan, plans_of, versions_of
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.account import ComplianceFlag, Product
from schema.vocabulary.money import Money
from schema.vocabulary.plan import RUNNING, PlanReply, PlanState

RECEIPT_KIND = "openbureau-plan-receipt"


class Author(StrEnum):
    """Who made a version of a plan."""

    BORROWER = "BORROWER"
    EXCHANGE = "EXCHANGE"
    FURNISHER = "FURNISHER"


@dataclass(frozen=True, slots=True)
class OwnPlanAccount:
    """An account that a plan is about, by its lender's own reference."""

    account_id: UUID
    reference: str
    product: Product
    lender: str
    balance: Money | None
    past_due: Money | None


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """An option (counted from 0) as it would run if it were accepted today: its payments, and until when nobody may
    collect.
    """

    number: int
    option: OwnPlanOption
    payments: tuple[Payment, ...]
    stop_until: date


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One thing that happened to a plan. `counter` and `words`: what the borrower asked for, and said."""

    at: datetime
    author: Author
    state: PlanState
    counter: OwnPlanOption | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan of a list. `progress`: where it runs. `awaits_answer`: the borrower may still accept it."""

    plan: OwnPlan
    version: int
    awaits_answer: bool
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan with everything that its borrower is shown. `choices` are empty once it cannot be accepted."""

    plan: OwnPlan
    version: int
    currency: str
    accounts: tuple[OwnPlanAccount, ...]
    choices: tuple[PlanChoice, ...]
    agreed_payments: tuple[Payment, ...]
    steps: tuple[PlanStep, ...]
    progress: Progress | None
    may_counter: bool
    may_refuse: bool
    accepted_here: bool

    def choice(self, number: int | None) -> PlanChoice:
        """An option that may be accepted. Raises BadRequest PLAN_OPTION_NOT_FOUND."""
        if number is None or not 0 <= number < len(self.choices):
            raise BadRequest("There is no such option.", "PLAN_OPTION_NOT_FOUND")
        return self.choices[number]


def list_plans(services: Services, borrower: Borrower) -> tuple[PlanSummary, ...]:
    """The borrower's plans: those that wait for an answer first, the newest offers before older ones."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        rows = plans_of(connection, file.subject_key)
    today = local_day(services, file)
    summaries = [_summary(row, today) for row in rows]
    return tuple(sorted(summaries, key=lambda summary: not summary.awaits_answer))


def view_plan(services: Services, borrower: Borrower, plan_id: UUID) -> PlanView:
    """One plan. Raises BadRequest PLAN_NOT_FOUND."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        row = current_plan(connection, file.subject_key, plan_id)
        if row is None:
            raise plan_not_found()
        replies = replies_about(connection, file.subject_key, plan_id)
        versions = versions_of(connection, file.subject_key, plan_id)
        accounts = accounts_about(connection, file.subject_key, row["account_keys"])
    today, cipher = local_day(services, file), services.keys.open(file.wrapped_key)
    summary = _summary(row, today)
    return PlanView(
        plan=summary.plan,
        version=row["version"],
        currency=row["currency"],
        accounts=tuple(_account(each, cipher) for each in accounts),
        choices=_choices(row, summary.plan, services.clock.now().date()) if summary.awaits_answer else (),
        agreed_payments=payments_of(row),
        steps=_steps(versions, replies, cipher),
        progress=summary.progress,
        may_counter=may_answer(row, PlanReply.COUNTERED, today),
        may_refuse=may_answer(row, PlanReply.REJECTED, today),
        accepted_here=any(reply.reply == PlanReply.ACCEPTED for reply in replies),
    )


def plan_receipt(services: Services, borrower: Borrower, plan_id: UUID) -> bytes:
    """What the borrower accepted, signed by the exchange: a compact JWS of type openbureau-plan-receipt. It names the
    log entry of the acceptance. Raises BadRequest PLAN_NOT_FOUND where the borrower accepted no such plan here.
    """
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        accepted = _accepted(connection, file.subject_key, plan_id)
        versions = versions_of(connection, file.subject_key, plan_id)
    agreed = next((row for row in versions if row["accepted_on"] is not None), None)
    if accepted is None or agreed is None:
        raise plan_not_found()
    said = {name: agreed[name] for name in ("chosen_option", "schedule", "currency", "waived_minor", "state")}
    days = {name: agreed[name].isoformat() for name in ("accepted_on", "stop_collection_until")}
    claims = {
        "iss": services.settings.issuer,
        "iat": int(services.clock.now().timestamp()),
        "plan": str(plan_id),
        "version": agreed["version"],
        "offered_by": agreed["contributor"],
        "reporting_treatment": agreed["reporting_treatment"],
        "accepted_at": accepted.replied_at.isoformat(),
        "leaf_hash": accepted.leaf_hash.hex(),
        **said,
        **days,
    }
    return sign_claims(services.signing, RECEIPT_KIND, claims).encode()


def _accepted(connection: Connection, subject_key: UUID, plan_id: UUID) -> StoredReply | None:
    replies = replies_about(connection, subject_key, plan_id)
    return next((reply for reply in replies if reply.reply == PlanReply.ACCEPTED), None)


def _summary(row: PlanRow, today: date) -> PlanSummary:
    runs = PlanState(row["state"]) in RUNNING
    return PlanSummary(
        plan=_shaped(row),
        version=row["version"],
        awaits_answer=may_answer(row, PlanReply.ACCEPTED, today),
        progress=plan_progress(payments_of(row), today) if runs and row["schedule"] else None,
    )


def _shaped(row: PlanRow) -> OwnPlan:
    """The plan in the shape of the borrower's report, whose rows come as JSON."""
    as_json = {"plan_key": str(row["plan_key"]), "account_keys": [str(key) for key in row["account_keys"]]}
    return own_plan({**row, **as_json, "compliance_flag": row["dispute_mark"] or ComplianceFlag.NONE})


def _choices(row: PlanRow, plan: OwnPlan, accepted_on: date) -> tuple[PlanChoice, ...]:
    """Each option with the very terms that accepting it today would give."""
    terms = [terms_agreed(row, number, accepted_on) for number in range(len(row["options"]))]
    return tuple(
        PlanChoice(number, plan.options[number], payments_of(agreed), agreed["stop_collection_until"])
        for number, agreed in enumerate(terms)
    )


def _account(stored: PlanAccount, cipher: SubjectCipher) -> OwnPlanAccount:
    reference = cipher.unseal("account", "account_ref", stored.account_key.bytes, stored.account_ref).decode()
    return OwnPlanAccount(
        account_id=stored.account_key,
        reference=reference,
        product=Product(stored.product),
        lender=stored.lender,
        balance=money(stored.balance_minor, stored.currency),
        past_due=money(stored.past_due_minor, stored.currency),
    )


def _steps(versions: Sequence[PlanRow], replies: Sequence[StoredReply], cipher: SubjectCipher) -> tuple[PlanStep, ...]:
    """What happened, the newest first. Only the borrower's own versions were made at the instant of an answer."""
    answers = {reply.replied_at: reply for reply in replies}
    return tuple(_step(row, answers.get(row["recorded_at"]), cipher) for row in reversed(versions))


def _step(row: PlanRow, answer: StoredReply | None, cipher: SubjectCipher) -> PlanStep:
    state = PlanState.WITHDRAWN if row["withdrawn"] else PlanState(row["state"])
    author = {RecordReason.BORROWER: Author.BORROWER, RecordReason.EXCHANGE: Author.EXCHANGE}.get(row["reason"])
    if answer is None or author is not Author.BORROWER:
        return PlanStep(row["recorded_at"], author or Author.FURNISHER, state)
    words = answer.words and cipher.unseal("plan_reply", "words", answer.plan_key.bytes, answer.words).decode()
    counter = _shaped({**row, "options": [answer.counter]}).options[0] if answer.counter else None
    return PlanStep(row["recorded_at"], author, state, counter, words or None)
