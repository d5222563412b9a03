"""What a collection agency sees of a borrower under a mandate, and what is suggested to do next."""

import graphene

from schema.types import enums
from schema.types.contribution.mandate import Mandate
from schema.types.money import Money
from schema.types.node import Node
from schema.types.subject import StaffInput, SubjectInput


def _texts(description: str) -> graphene.List:
    return graphene.List(graphene.NonNull(graphene.String), description=description)


def _ids(description: str) -> graphene.List:
    return graphene.List(graphene.NonNull(graphene.ID), required=True, description=description)


class MandateDebtor(graphene.ObjectType):
    """Who owes. Contact data is null where no channel of the mandate needs it; there is none but what the lender told
    us.
    """

    names = graphene.List(graphene.NonNull(graphene.String), required=True, description="Name and its variants.")
    phones = _texts("Telephone numbers, for calls and text messages.")
    emails = _texts("E-mail addresses, for e-mail.")
    addresses = _texts("Addresses, for visits and letters.")
    time_zone = graphene.String(required=True, description="Where the borrower lives (IANA): contact hours are there.")
    language = graphene.String(required=True, description="The language to use (BCP 47).")


class MandateAccount(graphene.ObjectType):
    """An account that the mandate names, as it stands."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the account.")
    reference = graphene.String(required=True, description="The lender's reference.")
    product = graphene.Field(enums.Product, required=True, description="What kind of credit it is.")
    state = graphene.Field(enums.AccountState, required=True, description="How it stands.")
    balance = graphene.Field(Money, description="Owed in all.")
    past_due = graphene.Field(Money, description="Owed and past due.")
    days_past_due = graphene.Int(description="For how many days.")
    first_delinquent_on = graphene.Date(description="When the borrower fell behind; null: they are not behind.")
    reported_on = graphene.Date(required=True, description="The day of these figures.")


class MandateStanding(graphene.ObjectType):
    """What stands still. A clearance is denied where the policy pack says so."""

    stop_requested = graphene.Boolean(required=True, description="The borrower asked not to be contacted.")
    plan_until = graphene.Date(description="A plan forbids to collect until this day; null: none does.")
    disputed = graphene.Boolean(required=True, description="The borrower contests one of these debts.")
    needs_care = graphene.Boolean(required=True, description="The borrower needs special care. Why is not told.")


class MandateContact(graphene.ObjectType):
    """One contact about these accounts, by the lender or one of its agencies."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the contact.")
    account_ids = _ids("The accounts that it was about, of those shown.")
    by_you = graphene.Boolean(required=True, description="True where you made it.")
    started_at = graphene.DateTime(required=True, description="When it began.")
    stage = graphene.Field(enums.CollectionStage, required=True, description="How far collection had gone.")
    channel = graphene.Field(enums.ContactChannel, required=True, description="By what it was made.")
    target = graphene.Field(enums.ContactTarget, required=True, description="Who was contacted.")
    result = graphene.Field(enums.ContactResult, required=True, description="What came of it.")
    promised = graphene.Field(Money, description="What was promised to be paid.")
    promised_on = graphene.Date(description="The day promised.")
    promise_kept = graphene.Boolean(description="Whether the promise was kept.")


class MandatePlan(graphene.ObjectType):
    """A repayment plan on these accounts."""

    class Meta:
        interfaces = (Node,)

    id = graphene.ID(required=True, description="Opaque id of the plan.")
    account_ids = _ids("The accounts that it is about, of those shown.")
    plan_type = graphene.Field(enums.PlanType, required=True, description="What it gives.")
    state = graphene.Field(enums.PlanState, required=True, description="Where it stands.")
    proposed_on = graphene.Date(required=True, description="When it was offered.")
    ended_on = graphene.Date(description="When it ended.")
    stop_collection_until = graphene.Date(description="Until then nobody may collect, once it is agreed.")


class MandateDisclosure(graphene.ObjectType):
    """How it was decided, and where it is in the log."""

    leaf_hash = graphene.String(required=True, description="The look's leaf in the log, base64.")
    released = graphene.List(
        graphene.NonNull(enums.FieldClass), required=True, description="The parts of the file, as the borrower sees."
    )
    rules = graphene.List(graphene.NonNull(graphene.String), required=True, description="The rules that applied.")
    pack = graphene.String(required=True, description="Version of the policy pack.")


class MandateFile(graphene.ObjectType):
    """What a mandate opens in one borrower's file: the lender's accounts that it names, and nothing of any other."""

    mandate = graphene.Field(Mandate, required=True, description="The mandate, as it stands.")
    debtor = graphene.Field(MandateDebtor, required=True, description="Who owes, and how they are reached.")
    accounts = graphene.List(
        graphene.NonNull(MandateAccount), required=True, description="The accounts, the longest overdue first."
    )
    standing = graphene.Field(MandateStanding, required=True, description="What stands still.")
    contacts = graphene.List(
        graphene.NonNull(MandateContact), required=True, description="The newest 100 contacts about them."
    )
    plans = graphene.List(graphene.NonNull(MandatePlan), required=True, description="The newest 100 plans on them.")
    disclosure = graphene.Field(MandateDisclosure, required=True, description="How it was decided.")


class AdviceReason(graphene.ObjectType):
    """Why a step is suggested."""

    code = graphene.Field(enums.AdviceCode, required=True, description="Stable code.")
    text = graphene.String(required=True, description="A sentence for a person.")
    rule = graphene.String(description="The rule of the policy pack that says so; null: none does.")


class CollectionAdvice(graphene.ObjectType):
    """The gentlest step that has not been shown to fail. It is no leave: ask for a clearance before each contact."""

    step = graphene.Field(enums.NextStep, required=True, description="The step.")
    reasons = graphene.List(graphene.NonNull(AdviceReason), required=True, description="Why.")
    pressure = graphene.Field(
        enums.PressureBand,
        required=True,
        description="How hard the borrower is pressed by all who collect, taken together; never by whom.",
    )


def mandate_file_field() -> graphene.Field:
    """The root field."""
    return graphene.Field(
        MandateFile,
        description="What your mandate opens in one borrower's file. For collection agencies; needs collection:read. "
        "Each one is a look: it is logged, and the borrower sees it.",
        subject=graphene.Argument(SubjectInput, required=True, description="Whose file."),
        mandate_id=graphene.ID(required=True, description="The mandate that you hold."),
        staff=graphene.Argument(StaffInput, description="For whom at your house (required under art. 22)."),
    )


def collection_advice_field() -> graphene.Field:
    """The root field."""
    return graphene.Field(
        CollectionAdvice,
        description="Which step to take next about a borrower's debts to you, or under your mandate. Needs "
        "contact:clear; logged in the borrower's file.",
        subject=graphene.Argument(SubjectInput, required=True, description="Whose debts."),
        mandate_id=graphene.ID(description="For an agency: the mandate that it holds."),
        account_references=graphene.List(
            graphene.NonNull(graphene.String),
            description="The lender's references of the debts; all of its debts unless told.",
        ),
    )
