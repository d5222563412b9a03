"""An account (a tradeline) and its months."""

import graphene

from schema.types import enums
from schema.types.money import Money
from schema.types.node import ContributedRecord, Node, furnisher_class_field, id_field, own_book_field
from schema.types.scoped_field import ScopedField
from schema.types.statement import Statement
from schema.vocabulary.payment_status import HISTORY_MONTHS_MAX, HISTORY_MONTHS_USUAL
from schema.vocabulary.scope import FieldClass

_ACCOUNTS = FieldClass.ACCOUNTS
_HISTORY = FieldClass.PAYMENT_HISTORY


class PaymentMonth(graphene.ObjectType):
    """One month of an account."""

    month = ScopedField(graphene.Date, field_class=_HISTORY, description="The month, as its first day.")
    status = ScopedField(enums.PaymentStatus, field_class=_HISTORY, description="How the month was paid.")
    days_past_due = ScopedField(graphene.Int, field_class=_HISTORY, description="Days past due at the month's end.")
    past_due = ScopedField(Money, field_class=_HISTORY, description="Amount past due at the month's end.")
    balance = ScopedField(Money, field_class=_HISTORY, description="Balance at the month's end.")
    paid = ScopedField(Money, field_class=_HISTORY, description="What was paid in the month.")


class Account(graphene.ObjectType):
    """A loan or card that a member contributed."""

    class Meta:
        interfaces = (Node, ContributedRecord)

    id = id_field(_ACCOUNTS)
    account_ref = ScopedField(graphene.String, field_class=_ACCOUNTS, description="The furnisher's own reference.")
    previous_ref = ScopedField(graphene.String, field_class=_ACCOUNTS, description="The reference it had before.")
    original_creditor = ScopedField(graphene.String, field_class=_ACCOUNTS, description="Who lent at first.")
    purchased_from = ScopedField(graphene.String, field_class=_ACCOUNTS, description="Whom it was bought from.")
    sold_to = ScopedField(graphene.String, field_class=_ACCOUNTS, description="Whom it was sold to.")
    furnisher_class = furnisher_class_field(_ACCOUNTS)
    own_book = own_book_field(_ACCOUNTS)
    owner_role = ScopedField(enums.OwnerRole, field_class=_ACCOUNTS, description="What the borrower is to it.")
    portfolio = ScopedField(enums.Portfolio, field_class=_ACCOUNTS, description="How it is repaid.")
    product = ScopedField(enums.Product, field_class=_ACCOUNTS, description="What was lent for.")
    state = ScopedField(enums.AccountState, field_class=_ACCOUNTS, description="Where it stands today.")
    five_class = ScopedField(enums.FiveClass, field_class=_ACCOUNTS, description="Risk classification.")
    compliance_flag = ScopedField(enums.ComplianceFlag, field_class=_ACCOUNTS, description="Mark of a dispute.")
    opened_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="Day of opening.")
    matures_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="Day of the last scheduled payment.")
    closed_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="Day of closing.")
    reported_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="Day that the furnisher reports for.")
    original_amount = ScopedField(Money, field_class=_ACCOUNTS, description="Lent at first.")
    credit_limit = ScopedField(Money, field_class=_ACCOUNTS, description="Most that may be drawn.")
    highest_balance = ScopedField(Money, field_class=_ACCOUNTS, description="Most ever owed.")
    balance = ScopedField(Money, field_class=_ACCOUNTS, description="Owed today.")
    past_due = ScopedField(Money, field_class=_ACCOUNTS, description="Past due today.")
    scheduled_payment = ScopedField(Money, field_class=_ACCOUNTS, description="Due at each payment.")
    last_payment = ScopedField(Money, field_class=_ACCOUNTS, description="Amount of the last payment.")
    last_payment_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="Day of the last payment.")
    days_past_due = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Days past due today.")
    term_count = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Number of scheduled payments.")
    term_frequency = ScopedField(enums.TermFrequency, field_class=_ACCOUNTS, description="How often payments fall due.")
    repayment_method = ScopedField(
        enums.RepaymentMethod, field_class=_ACCOUNTS, description="How principal and interest are repaid."
    )
    rate_type = ScopedField(enums.RateType, field_class=_ACCOUNTS, description="How the interest rate is set.")
    rate_basis_points = ScopedField(
        graphene.Int, field_class=_ACCOUNTS, description="Interest a year, in hundredths of a percent."
    )
    collateral = ScopedField(enums.Collateral, field_class=_ACCOUNTS, description="What secures it.")
    co_lender_share_basis_points = ScopedField(
        graphene.Int,
        field_class=_ACCOUNTS,
        description="The furnisher's share of a loan by several lenders, in hundredths of a percent.",
    )
    annotated_by = ScopedField(
        graphene.String, field_class=_ACCOUNTS, description="The rule by which you are to read it with care."
    )
    statement = ScopedField(Statement, field_class=_ACCOUNTS, description="What the borrower says about it.")
    history = ScopedField(
        graphene.List(graphene.NonNull(PaymentMonth)),
        field_class=_HISTORY,
        description=f"The newest months first, {HISTORY_MONTHS_USUAL} unless told, {HISTORY_MONTHS_MAX} at most.",
        months=graphene.Int(
            required=True,
            default_value=HISTORY_MONTHS_USUAL,
            description=f"How many months, 1 to {HISTORY_MONTHS_MAX}.",
        ),
    )
