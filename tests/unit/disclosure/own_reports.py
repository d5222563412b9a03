"""A borrower's report on themselves, made up."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.own_account import OwnAccount, OwnMonth, OwnStatement
from exchange.disclosure.own_file import (
    FreeReports,
    OwnDelinquency,
    OwnLook,
    OwnReport,
    OwnSubject,
    OwnSummary,
    OwnTotal,
)
from exchange.disclosure.own_records import (
    OwnAssessment,
    OwnContact,
    OwnPlan,
    OwnPlanOption,
    OwnPlanPayment,
    OwnPublicRecord,
)
from schema.vocabulary.account import AccountState, ComplianceFlag, OwnerRole, Portfolio, Product
from schema.vocabulary.assessment import AssessmentBand
from schema.vocabulary.collection import (
    CollectionStage,
    ContactChannel,
    ContactDirection,
    ContactResult,
    ContactTarget,
)
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import Money
from schema.vocabulary.payment_status import PaymentStatus
from schema.vocabulary.plan import PlanState, PlanType, ReportingTreatment
from schema.vocabulary.public_record import PublicRecordKind, PublicRecordStatus
from schema.vocabulary.purpose import Purpose

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
NEWEST = date(2026, 5, 1)


PUBLIC_RECORD = OwnPublicRecord(
    UUID(int=20), ComplianceFlag.NONE, "Harbour Bank",
    PublicRecordKind.JUDGMENT, "Court of Hedong", "(2026) 7", PublicRecordStatus.OPEN,
    Money(900_000, "CNY"), date(2026, 2, 1), None, None, "cn.cir.13",
)  # fmt: skip
CONTACT = OwnContact(
    UUID(int=21), ComplianceFlag.NONE, (UUID(int=7),), "Ridge Agency", "agent-7",
    CollectionStage.PHONE, ContactChannel.VOICE_HUMAN,
    ContactDirection.OUTBOUND, ContactTarget.DEBTOR, datetime(2026, 5, 3, 2, 15, tzinfo=UTC), 90,
    ContactResult.NO_ANSWER, None, None, None, (), None, "cn.cir.13",
)  # fmt: skip
PLAN = OwnPlan(
    UUID(int=22), ComplianceFlag.NONE, (UUID(int=7),), "Harbour Bank", PlanType.DEFERRAL, PlanState.ACTIVE,
    (OwnPlanOption(PlanType.DEFERRAL, 1, Money(5, "CNY"), Money(5, "CNY"), None, None),), 0,
    (OwnPlanPayment(date(2026, 7, 1), Money(5, "CNY"), None),), None, 60, ReportingTreatment.FREEZE_STATUS,
    date(2026, 12, 1), date(2026, 4, 1), None, date(2026, 4, 9), None, "cn.cir.13",
)  # fmt: skip
ASSESSMENT = OwnAssessment(
    UUID(int=23), ComplianceFlag.NONE, "Harbour Bank", "repay-3", {"instalments": 3}, AssessmentBand.C, 610, ("R12",),
    "Two loans were late.", True, False, None, NOW, "cn.cir.13",
)  # fmt: skip


def months(codes: str, newest: date = NEWEST) -> tuple[OwnMonth, ...]:
    return tuple(
        OwnMonth(first_of_month(newest, back), PaymentStatus(code), None, None, None, None)
        for back, code in enumerate(codes)
    )


def account(codes: str = "N" * 24, newest: date = NEWEST, **changes: Any) -> OwnAccount:
    made = OwnAccount(
        account_id=UUID(int=7), furnisher="Harbour Bank", furnisher_class=MemberClass.BANK,
        furnisher_contact="400 800 1234", account_ref="HA-001", previous_ref=None, original_creditor=None,
        purchased_from=None, sold_to=None, owner_role=OwnerRole.BORROWER,
        portfolio=Portfolio.INSTALMENT, product=Product.CONSUMER_LOAN, state=AccountState.NORMAL, five_class=None,
        compliance_flag=ComplianceFlag.NONE, opened_on=date(2024, 6, 1), matures_on=None, closed_on=None,
        reported_on=date(2026, 5, 31), original_amount=Money(5_000_000, "CNY"), credit_limit=None,
        highest_balance=None, balance=Money(1_250_050, "CNY"), past_due=None, scheduled_payment=None,
        last_payment=None, last_payment_on=None, days_past_due=None, term_count=None, term_frequency=None,
        repayment_method=None, rate_type=None, rate_basis_points=None, collateral=None,
        co_lender_share_basis_points=None, annotated_by=None,
        basis="cn.cir.13", recorded_at=NOW, months=months(codes, newest), statement=None,
    )  # fmt: skip
    return replace(made, **changes)


def report(**changes: Any) -> OwnReport:
    said = OwnStatement(UUID(int=9), UUID(int=7), "I lost my job & paid <everything> since.", NOW)
    balance, nothing = Money(1_250_050, "CNY"), Money(0, "CNY")
    made = OwnReport(
        as_of=NOW,
        subject=OwnSubject(("王芳", "Wang Fang"), IdType.RESIDENT_ID, "CN", "19010119900101001X", date(1990, 1, 1),
                           ("+86 138 0000 0000",), (), ("上海市世纪大道 100 号",), (), "Asia/Shanghai", "zh-Hans", True,
                           None, None, None, None, None),
        summary=OwnSummary(1, 1, 1, 0, (OwnTotal(balance, nothing, nothing),), date(2024, 6, 1), 2),
        accounts=(account("NN12" + "N" * 20, statement=said),),
        delinquencies=(OwnDelinquency(UUID(int=8), ComplianceFlag.NONE, UUID(int=7),
                                      date(2025, 3, 1), 45, date(2025, 5, 1), None,
                                      DelinquencyReason.UNKNOWN, None, None, None, None, None, None, None),),
        public_records=(PUBLIC_RECORD,),
        collection_actions=(CONTACT,),
        repayment_plans=(PLAN,),
        assessments=(ASSESSMENT,),
        looks=(OwnLook(UUID(int=5), NOW, "harbour-bank", "Harbour Bank", MemberClass.BANK, Purpose.LOAN_APPROVAL,
                       False, True),
               OwnLook(UUID(int=6), NOW, "self", None, None, Purpose.SELF, True, False)),
        statements=(said,),
        frozen=False,
        free=FreeReports(1, 2, True, "cn.cir.17"),
        leaf_hash=b"\x01" * 32,
        pack_version="cn-2026.1",
    )  # fmt: skip
    return replace(made, **changes)
