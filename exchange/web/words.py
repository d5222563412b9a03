"""Plain words for the closed lists that pages show. Every sentence here is a message to translate."""

from enum import StrEnum

from consent.artefact import ConsentArtefact, Fetch, Frequency, FrequencyUnit, Mode
from consent.lifecycle import ConsentState
from consent.question import GroundKind
from exchange.web.language import gettext as _
from exchange.web.language import ngettext, show_date, to_translate
from exchange.web.words_of_complaints import NAMED_OF_COMPLAINTS
from exchange.web.words_of_contacts import NAMED_OF_CONTACTS
from exchange.web.words_of_disputes import NAMED_OF_DISPUTES
from exchange.web.words_of_records import NAMED_OF_RECORDS
from schema.vocabulary.account import AccountState, ComplianceFlag, OwnerRole, Product
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.notice import NoticeAnswer
from schema.vocabulary.payment_status import PaymentStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.representative import RepresentativeKind
from schema.vocabulary.scope import FieldClass
from schema.vocabulary.submission import SubmissionState

_NAMED: tuple[tuple[StrEnum, str], ...] = (
    (Purpose.LOAN_APPROVAL, to_translate("Deciding on a loan")),
    (Purpose.CARD_APPROVAL, to_translate("Deciding on a credit card")),
    (Purpose.GUARANTEE_REVIEW, to_translate("Reviewing a guarantor")),
    (Purpose.POST_LOAN, to_translate("Looking after an existing loan")),
    (Purpose.COLLECTION, to_translate("Collecting an overdue debt")),
    (Purpose.DISPUTE, to_translate("Answering a dispute")),
    (Purpose.FRAUD_CHECK, to_translate("Checking for fraud")),
    (Purpose.SELF, to_translate("Your own look")),
    (FieldClass.IDENTITY, to_translate("Who you are")),
    (FieldClass.ACCOUNTS, to_translate("Your loans and cards")),
    (FieldClass.PAYMENT_HISTORY, to_translate("Your payments, month by month")),
    (FieldClass.DELINQUENCIES, to_translate("Late payments")),
    (FieldClass.INQUIRIES, to_translate("Who else looked")),
    (FieldClass.PUBLIC_RECORDS, to_translate("Public records")),
    (FieldClass.COLLECTIONS, to_translate("Contacts about debts")),
    (FieldClass.PLANS, to_translate("Repayment plans")),
    (FieldClass.ASSESSMENTS, to_translate("Assessments of your ability to repay")),
    (MemberClass.BANK, to_translate("Bank")),
    (MemberClass.CONSUMER_FINANCE, to_translate("Consumer finance company")),
    (MemberClass.INTERNET_LENDER, to_translate("Internet lender")),
    (MemberClass.MICRO_LENDER, to_translate("Micro-lender")),
    (MemberClass.COLLECTION_AGENCY, to_translate("Collection agency")),
    (MemberClass.GUARANTOR, to_translate("Guarantee company")),
    (MemberClass.REGULATOR, to_translate("Regulator")),
    (ConsentState.REQUESTED, to_translate("Waiting for you")),
    (ConsentState.ACTIVE, to_translate("Active")),
    (ConsentState.REJECTED, to_translate("Refused")),
    (ConsentState.PAUSED, to_translate("Paused")),
    (ConsentState.REVOKED, to_translate("Withdrawn")),
    (ConsentState.EXPIRED, to_translate("Ended")),
    (ConsentState.SUPERSEDED, to_translate("Replaced")),
    (GroundKind.COURT, to_translate("The order of a court")),
    (GroundKind.REGULATOR, to_translate("The duty of a regulator")),
    (GroundKind.FRAUD_DUTY, to_translate("A duty to prevent fraud")),
    (RepresentativeKind.GUARDIAN, to_translate("Guardian")),
    (RepresentativeKind.DELEGATE, to_translate("Delegate")),
    (NoticeAnswer.STOPPED, to_translate("Stopped")),
    (NoticeAnswer.DELETED, to_translate("Deleted")),
    (NoticeAnswer.RETAINED_UNDER, to_translate("Kept by law")),
    (SubmissionState.RECEIVED, to_translate("Received")),
    (SubmissionState.WORKING, to_translate("Being read")),
    (SubmissionState.APPLIED, to_translate("Applied")),
    (SubmissionState.REFUSED, to_translate("Not accepted")),
    (AccountState.NORMAL, to_translate("In order")),
    (AccountState.OVERDUE, to_translate("Overdue")),
    (AccountState.SETTLED, to_translate("Paid off")),
    (AccountState.BAD_DEBT, to_translate("Bad debt")),
    (AccountState.TRANSFERRED, to_translate("Passed to another lender")),
    (AccountState.WRITTEN_OFF, to_translate("Written off")),
    (AccountState.IN_RECOVERY, to_translate("In recovery")),
    (AccountState.ENDED, to_translate("Closed")),
    (AccountState.FROZEN, to_translate("Frozen")),
    (Product.CONSUMER_LOAN, to_translate("Consumer loan")),
    (Product.CREDIT_CARD, to_translate("Credit card")),
    (Product.QUASI_CARD, to_translate("Charge card")),
    (Product.AUTO, to_translate("Car loan")),
    (Product.HOUSING, to_translate("Home loan")),
    (Product.EDUCATION, to_translate("Student loan")),
    (Product.BNPL, to_translate("Buy now, pay later")),
    (Product.MICRO, to_translate("Small loan")),
    (Product.BUSINESS_OPERATING, to_translate("Business loan")),
    (Product.OTHER, to_translate("Other credit")),
    (OwnerRole.BORROWER, to_translate("You borrowed")),
    (OwnerRole.CO_BORROWER, to_translate("You borrowed with somebody else")),
    (OwnerRole.GUARANTOR, to_translate("You stand surety")),
    (OwnerRole.AUTHORISED_USER, to_translate("You may use it")),
    (ComplianceFlag.NONE, to_translate("No dispute")),
    (ComplianceFlag.DISPUTED, to_translate("You dispute this")),
    (ComplianceFlag.RESOLVED_AGREED, to_translate("Dispute settled, you agreed")),
    (ComplianceFlag.RESOLVED_DISAGREED, to_translate("Dispute settled, you disagreed")),
    (ComplianceFlag.CLOSED_BY_SUBJECT, to_translate("You closed it")),
    (ComplianceFlag.UNVERIFIABLE, to_translate("Could not be verified")),
    (DelinquencyReason.LIQUIDITY, to_translate("Short of money")),
    (DelinquencyReason.UNEMPLOYMENT, to_translate("Out of work")),
    (DelinquencyReason.DISPUTED_DEBT, to_translate("The debt was disputed")),
    (DelinquencyReason.FRAUD, to_translate("Fraud")),
    (DelinquencyReason.DISASTER, to_translate("Disaster")),
    (DelinquencyReason.TECHNICAL, to_translate("A technical fault")),
    (DelinquencyReason.UNKNOWN, to_translate("Reason not known")),
    (PaymentStatus.ON_TIME, to_translate("Paid on time")),
    (PaymentStatus.OVERDUE_1_30, to_translate("1 to 30 days late")),
    (PaymentStatus.OVERDUE_31_60, to_translate("31 to 60 days late")),
    (PaymentStatus.OVERDUE_61_90, to_translate("61 to 90 days late")),
    (PaymentStatus.OVERDUE_91_120, to_translate("91 to 120 days late")),
    (PaymentStatus.OVERDUE_121_150, to_translate("121 to 150 days late")),
    (PaymentStatus.OVERDUE_151_180, to_translate("151 to 180 days late")),
    (PaymentStatus.OVERDUE_OVER_180, to_translate("More than 180 days late")),
    (PaymentStatus.NOTHING_DUE, to_translate("Nothing was due")),
    (PaymentStatus.UNKNOWN, to_translate("Not reported")),
    (PaymentStatus.NOT_OPENED, to_translate("Not opened yet")),
    (PaymentStatus.BAD_DEBT, to_translate("Bad debt")),
    (PaymentStatus.PAID_BY_GUARANTOR, to_translate("Paid by a guarantor")),
    (PaymentStatus.SETTLED_IN_KIND, to_translate("Settled in kind")),
    (PaymentStatus.ARREARS_CLEARED_LATE, to_translate("Arrears cleared late")),
    (PaymentStatus.NO_STATEMENT, to_translate("No statement")),
    (PaymentStatus.SETTLED, to_translate("Paid off")),
    (PaymentStatus.ENDED_OTHERWISE, to_translate("Closed")),
)

_EVERY_LIST = (_NAMED, NAMED_OF_RECORDS, NAMED_OF_DISPUTES, NAMED_OF_COMPLAINTS, NAMED_OF_CONTACTS)
WORDS = {(type(value), value): name for names in _EVERY_LIST for value, name in names}
"""A short name for each value, as a heading or a label reads. Values of two lists may be spelt alike."""

PHRASED: tuple[Purpose | FieldClass, ...] = (*Purpose, *FieldClass)
"""The values that also have a longer phrase, shared with the contract; each phrase is a message to translate."""


def word(value: StrEnum) -> str:
    """The short name in the reader's language."""
    return _(WORDS[type(value), value])


def phrase(value: Purpose | FieldClass) -> str:
    """The longer phrase in the reader's language."""
    return _(value.phrase)


def how_often(fetch: Fetch, frequency: Frequency | None) -> str:
    """How many looks a consent allows."""
    if fetch is Fetch.ONCE:
        return _("One look, once")
    if frequency is None:
        return _("As often as needed until it ends")
    singular, plural = _OFTEN[frequency.unit]
    return ngettext(singular, plural, frequency.count) % {"count": frequency.count}


def retention(mode: Mode, data_life_days: int) -> str:
    """How long the recipient may keep what it saw."""
    if mode is Mode.VIEW:
        return _("May look, but not keep a copy")
    return ngettext(
        "May keep a copy for %(count)s day, then must delete it",
        "May keep a copy for %(count)s days, then must delete it",
        data_life_days,
    ) % {"count": data_life_days}


def period(artefact: ConsentArtefact) -> str:
    """From which day to which the history may be shown."""
    if artefact.data_to is None:
        return _("From %(from)s to the day of the look") % {"from": show_date(artefact.data_from)}
    return _("From %(from)s to %(to)s") % {"from": show_date(artefact.data_from), "to": show_date(artefact.data_to)}


_OFTEN = {
    FrequencyUnit.HOUR: (to_translate("At most %(count)s look an hour"), "At most %(count)s looks an hour"),
    FrequencyUnit.DAY: (to_translate("At most %(count)s look a day"), "At most %(count)s looks a day"),
    FrequencyUnit.WEEK: (to_translate("At most %(count)s look a week"), "At most %(count)s looks a week"),
    FrequencyUnit.MONTH: (to_translate("At most %(count)s look a month"), "At most %(count)s looks a month"),
}
