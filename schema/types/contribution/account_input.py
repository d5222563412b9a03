"""An account, as a member reports it by itself."""

import graphene

from schema.types import enums
from schema.types.contribution.lists import items
from schema.types.money import BigInt
from schema.vocabulary.account import ComplianceFlag, OwnerRole
from schema.vocabulary.delinquency import DelinquencyReason


class MonthInput(graphene.InputObjectType):
    """One month of an account. Amounts are minor units of the account's currency."""

    month = graphene.Date(required=True, description="Any day of the month.")
    status = enums.PaymentStatus(required=True, description="How it was paid.")
    days_past_due = graphene.Int(description="Days past due at its end.")
    past_due_minor = BigInt(description="What was past due at its end.")
    balance_minor = BigInt(description="What was owed at its end.")
    paid_minor = BigInt(description="What was paid in it.")


class DelinquencyInput(graphene.InputObjectType):
    """What you say of one time that the borrower fell behind; its months are those of the account."""

    first_delinquent_on = graphene.Date(required=True, description="The first day. It never moves.")
    reason = enums.DelinquencyReason(
        required=True, default_value=DelinquencyReason.UNKNOWN, description="Why; never health."
    )
    charge_off_on = graphene.Date(description="When it was written off.")
    charge_off_minor = BigInt(description="What was written off.")
    prior_notice_sent_at = graphene.DateTime(description="When the borrower was told before this report.")
    prior_notice_delivered_at = graphene.DateTime(description="When that reached the borrower.")
    prior_notice_channel = graphene.String(description="How the borrower was told.")


class AccountInput(graphene.InputObjectType):
    """An account on the day that you report it. Amounts are minor units of its currency."""

    reference = graphene.String(required=True, description="Your own reference; finds the account again.")
    previous_reference = graphene.String(description="Your reference of it until now, where that changes.")
    portfolio = enums.Portfolio(required=True, description="How it is repaid.")
    product = enums.Product(required=True, description="What was lent for.")
    state = enums.AccountState(required=True, description="Where it stands.")
    opened_on = graphene.Date(required=True, description="When it was opened.")
    reported_on = graphene.Date(required=True, description="The day of which this is true.")
    currency = graphene.String(required=True, description="ISO 4217 code.")
    owner_role = enums.OwnerRole(
        required=True, default_value=OwnerRole.BORROWER, description="What the borrower is to it."
    )
    five_class = enums.FiveClass(description="The five-category classification.")
    compliance_flag = enums.ComplianceFlag(
        required=True, default_value=ComplianceFlag.NONE, description="The mark of a dispute."
    )
    matures_on = graphene.Date(description="When it is to be repaid.")
    closed_on = graphene.Date(description="When it was closed.")
    original_amount_minor = BigInt(description="What was lent.")
    credit_limit_minor = BigInt(description="The limit.")
    highest_balance_minor = BigInt(description="The most that was ever owed.")
    balance_minor = BigInt(description="What is owed; below zero where the borrower is in credit.")
    past_due_minor = BigInt(description="What is past due.")
    scheduled_payment_minor = BigInt(description="What falls due next.")
    last_payment_minor = BigInt(description="What was paid last.")
    last_payment_on = graphene.Date(description="When that was.")
    days_past_due = graphene.Int(description="Days past due.")
    term_count = graphene.Int(description="How many payments were agreed.")
    term_frequency = enums.TermFrequency(description="How often one falls due.")
    repayment_method = enums.RepaymentMethod(description="How principal and interest are repaid.")
    rate_type = enums.RateType(description="How the rate is set.")
    rate_basis_points = graphene.Int(description="The yearly rate.")
    collateral = enums.Collateral(description="What secures it.")
    co_lender_share_basis_points = graphene.Int(description="Your share of a loan by several lenders.")
    original_creditor = graphene.String(description="Who lent first.")
    sold_to = graphene.String(description="Who bought it from you.")
    purchased_from = graphene.String(description="Whom you bought it from.")
    months = items(MonthInput, "Its months, without a gap; those left out stay as they were reported.")
    correction = enums.CorrectionReason(description="Why months that were reported before now read otherwise.")
