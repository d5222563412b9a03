"""Strawberry, code first: classes for what the query selects, which read from the service's own report.

Documents are parsed and validated once (its own extensions), as somebody who knows Strawberry would do.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NewType

import orjson
import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from benchmarks.bare_service import Answer, bare_application
from benchmarks.peers.python.journey import Journey
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.serving import log_to_stderr, serve
from exchange.settings import read_settings
from schema.vocabulary import account, collection, identifiers, member_class, payment_status, plan, purpose, scope

IdType = strawberry.enum(identifiers.IdType)
MemberClass = strawberry.enum(member_class.MemberClass)
OwnerRole = strawberry.enum(account.OwnerRole)
Portfolio = strawberry.enum(account.Portfolio)
Product = strawberry.enum(account.Product)
AccountState = strawberry.enum(account.AccountState)
FiveClass = strawberry.enum(account.FiveClass)
ComplianceFlag = strawberry.enum(account.ComplianceFlag)
PaymentStatus = strawberry.enum(payment_status.PaymentStatus)
Purpose = strawberry.enum(purpose.Purpose)
FieldClass = strawberry.enum(scope.FieldClass)
CollectionStage = strawberry.enum(collection.CollectionStage)
ContactChannel = strawberry.enum(collection.ContactChannel)
ContactDirection = strawberry.enum(collection.ContactDirection)
ContactTarget = strawberry.enum(collection.ContactTarget)
ContactResult = strawberry.enum(collection.ContactResult)
PlanType = strawberry.enum(plan.PlanType)
PlanState = strawberry.enum(plan.PlanState)
ReportingTreatment = strawberry.enum(plan.ReportingTreatment)
BigInt = NewType("BigInt", int)


@strawberry.type
class Money:
    minor: BigInt
    currency: str


@strawberry.type
class Subject:
    id_type: IdType | None
    country: str | None
    id_number: str | None
    names: list[str] | None
    birth_date: date | None


@strawberry.type
class CurrencyTotal:
    balance: Money | None
    past_due: Money | None
    credit_limit: Money | None


@strawberry.type
class Summary:
    accounts: int | None
    open_accounts: int | None
    lenders: int | None
    lenders_in_arrears: int | None
    oldest_opened_on: date | None
    late_months: int | None
    totals: list[CurrencyTotal] | None


@strawberry.type
class PaymentMonth:
    month: date | None
    status: PaymentStatus | None
    past_due: Money | None


@strawberry.type
class Account:
    id: strawberry.ID | None
    account_ref: str | None
    furnisher_class: MemberClass | None
    own_book: bool | None
    owner_role: OwnerRole | None
    portfolio: Portfolio | None
    product: Product | None
    state: AccountState | None
    five_class: FiveClass | None
    compliance_flag: ComplianceFlag | None
    opened_on: date | None
    matures_on: date | None
    closed_on: date | None
    reported_on: date | None
    days_past_due: int | None
    original_amount: Money | None
    credit_limit: Money | None
    balance: Money | None
    past_due: Money | None

    @strawberry.field
    def history(root: Any, months: int = 24) -> list[PaymentMonth] | None:  # noqa: N805 - Strawberry's own way
        return root["history"](months=months)


@strawberry.type
class Inquiry:
    id: strawberry.ID | None
    asked_at: datetime | None
    member_class: MemberClass | None
    purpose: Purpose | None
    hard: bool | None


@strawberry.type
class CollectionAction:
    id: strawberry.ID | None
    account_ids: list[strawberry.ID] | None
    furnisher_class: MemberClass | None
    own_book: bool | None
    stage: CollectionStage | None
    channel: ContactChannel | None
    direction: ContactDirection | None
    target: ContactTarget | None
    started_at: datetime | None
    duration_seconds: int | None
    result: ContactResult | None
    promised: Money | None
    promised_on: date | None
    promise_kept: bool | None


@strawberry.type
class PlanPayment:
    due_on: date | None
    amount: Money | None
    paid: Money | None


@strawberry.type
class RepaymentPlan:
    id: strawberry.ID | None
    account_ids: list[strawberry.ID] | None
    furnisher_class: MemberClass | None
    own_book: bool | None
    plan_type: PlanType | None
    state: PlanState | None
    chosen_option: int | None
    proposed_on: date | None
    accepted_on: date | None
    ended_on: date | None
    reporting_treatment: ReportingTreatment | None
    waived: Money | None
    schedule: list[PlanPayment] | None


@strawberry.type
class AccountConnection:
    total_count: int
    nodes: list[Account]


@strawberry.type
class InquiryConnection:
    total_count: int
    nodes: list[Inquiry]


@strawberry.type
class CollectionActionConnection:
    total_count: int
    nodes: list[CollectionAction]


@strawberry.type
class RepaymentPlanConnection:
    total_count: int
    nodes: list[RepaymentPlan]


@strawberry.type
class Withheld:
    field_class: FieldClass
    code: str
    sentence: str
    rule: str | None


@strawberry.type
class Disclosure:
    leaf_hash: str
    basis: str
    consent_id: strawberry.ID | None
    consent_use: int | None
    released: list[FieldClass]
    rules: list[str]
    pack: str
    withheld: list[Withheld]


@strawberry.type
class CreditReport:
    as_of: datetime
    subject: Subject | None
    summary: Summary | None
    disclosure: Disclosure

    @strawberry.field
    def accounts(root: Any, first: int) -> AccountConnection | None:  # noqa: N805
        return root.accounts(first=first)

    @strawberry.field
    def inquiries(root: Any, first: int) -> InquiryConnection | None:  # noqa: N805
        return root.inquiries(first=first)

    @strawberry.field
    def collection_actions(root: Any, first: int) -> CollectionActionConnection | None:  # noqa: N805
        return root.collection_actions(first=first)

    @strawberry.field
    def repayment_plans(root: Any, first: int) -> RepaymentPlanConnection | None:  # noqa: N805
        return root.repayment_plans(first=first)


@strawberry.input
class SubjectInput:
    id_type: IdType
    country: str
    id_number: str


@strawberry.input
class StaffInput:
    id: str
    name: str


@strawberry.type
class Query:
    @strawberry.field
    def credit_report(
        self,
        info: strawberry.Info,
        subject: SubjectInput,
        purpose: Purpose,
        consent_id: strawberry.ID | None = None,
        staff: StaffInput | None = None,
    ) -> CreditReport | None:
        return info.context.report()


def application() -> Callable[..., Any]:
    """A worker's application."""
    return bare_application(_answering)


def _answering(services: Services) -> Answer:
    schema = strawberry.Schema(
        Query,
        config=StrawberryConfig(default_resolver=_part_of, scalar_map={BigInt: strawberry.scalar(name="BigInt")}),
        extensions=[ParserCache(), ValidationCache()],
    )

    def answer(request: Request, body: dict[str, Any]) -> bytes:
        journey = Journey(services, request, body["variables"])
        result = schema.execute_sync(body["query"], body["variables"], journey)
        if result.errors:
            raise RuntimeError(f"not answered: {result.errors}")
        return orjson.dumps({"data": result.data})

    return answer


def _part_of(source: Any, name: str) -> Any:
    """A field of what the journey hands over: a dictionary's value or an object's attribute, made on demand or not."""
    value = source.get(name) if isinstance(source, dict) else getattr(source, name)
    return value() if callable(value) else value


if __name__ == "__main__":
    log_to_stderr()
    serve(read_settings(), "benchmarks.peers.python.strawberry_peer:application")
