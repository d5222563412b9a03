"""The credit report."""

import graphene

from schema.types import enums
from schema.types.account import Account
from schema.types.assessment import Assessment
from schema.types.collection_action import CollectionAction
from schema.types.connection import connection_field, connection_of
from schema.types.delinquency import Delinquency
from schema.types.inquiry import Inquiry
from schema.types.money import Money
from schema.types.public_record import PublicRecord
from schema.types.repayment_plan import RepaymentPlan
from schema.types.scoped_field import ScopedField
from schema.types.statement import Statement
from schema.types.subject import Subject
from schema.vocabulary.scope import FieldClass

_ACCOUNTS = FieldClass.ACCOUNTS


class CurrencyTotal(graphene.ObjectType):
    """What the open accounts of one currency add up to."""

    balance = ScopedField(Money, field_class=_ACCOUNTS, description="Owed in all.")
    past_due = ScopedField(Money, field_class=_ACCOUNTS, description="Past due in all.")
    credit_limit = ScopedField(Money, field_class=_ACCOUNTS, description="Limits in all.")


class Summary(graphene.ObjectType):
    """The file at a glance, across all members."""

    accounts = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Accounts in the file.")
    open_accounts = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Accounts that are not closed.")
    lenders = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Members with an open account.")
    lenders_in_arrears = ScopedField(graphene.Int, field_class=_ACCOUNTS, description="Members who are owed arrears.")
    totals = ScopedField(
        graphene.List(graphene.NonNull(CurrencyTotal)), field_class=_ACCOUNTS, description="Sums, by currency."
    )
    oldest_opened_on = ScopedField(graphene.Date, field_class=_ACCOUNTS, description="When the oldest was opened.")
    late_months = ScopedField(
        graphene.Int, field_class=FieldClass.PAYMENT_HISTORY, description="Months in arrears of all accounts' last 24."
    )


class Withheld(graphene.ObjectType):
    """A part of the file that was asked for and not released, and why."""

    field_class = enums.FieldClass(required=True, description="The part.")
    code = graphene.String(required=True, description="Stable code of the reason.")
    sentence = graphene.String(required=True, description="The reason for a person.")
    rule = graphene.String(description="The rule that says so.")


class Disclosure(graphene.ObjectType):
    """On what this answer rests, and where it is logged."""

    leaf_hash = graphene.String(required=True, description="Hash of this look's leaf in the log, base64.")
    basis = graphene.String(required=True, description="CONSENT, or the lawful ground.")
    consent_id = graphene.ID(description="The consent.")
    consent_use = graphene.Int(description="How often the consent has been used, this look included.")
    released = graphene.List(
        graphene.NonNull(enums.FieldClass), required=True, description="Parts of the file that were released."
    )
    withheld = graphene.List(
        graphene.NonNull(Withheld), required=True, description="Parts that were asked for and withheld."
    )
    rules = graphene.List(graphene.NonNull(graphene.String), required=True, description="Rules that led to it.")
    pack = graphene.String(required=True, description="Policy pack and its version.")


class CreditReport(graphene.ObjectType):
    """One borrower's file, as far as it may be shown to you for this purpose."""

    as_of = graphene.DateTime(required=True, description="The instant that it is of.")
    subject = ScopedField(Subject, field_class=FieldClass.IDENTITY, description="The borrower.")
    summary = ScopedField(Summary, field_class=_ACCOUNTS, description="The file at a glance.")
    accounts = connection_field(
        connection_of(Account), field_class=_ACCOUNTS, description="Accounts, the latest opened first."
    )
    delinquencies = connection_field(
        connection_of(Delinquency), field_class=FieldClass.DELINQUENCIES, description="Delinquencies, the latest first."
    )
    public_records = connection_field(
        connection_of(PublicRecord),
        field_class=FieldClass.PUBLIC_RECORDS,
        description="Public records, the latest first.",
    )
    collection_actions = connection_field(
        connection_of(CollectionAction),
        field_class=FieldClass.COLLECTIONS,
        description="Contacts about debts, the latest first.",
    )
    repayment_plans = connection_field(
        connection_of(RepaymentPlan), field_class=FieldClass.PLANS, description="Repayment plans, the latest first."
    )
    assessments = connection_field(
        connection_of(Assessment), field_class=FieldClass.ASSESSMENTS, description="Assessments, the latest first."
    )
    inquiries = connection_field(
        connection_of(Inquiry), field_class=FieldClass.INQUIRIES, description="Granted looks, the latest first."
    )
    statements = ScopedField(
        graphene.List(graphene.NonNull(Statement)),
        field_class=_ACCOUNTS,
        description="What the borrower says about the file as a whole.",
    )
    disclosure = graphene.Field(Disclosure, required=True, description="On what the answer rests.")
