"""What readers produce and the writer takes: plain frozen values in the words of the exchange.

Amounts are minor units of the account's currency. A history is newest month first, as in the account table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from schema.vocabulary.account import (
    AccountState,
    Collateral,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.correction import CorrectionReason, Withdrawal
from schema.vocabulary.delinquency import DelinquencyReason
from schema.vocabulary.identifiers import IdType


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a record, or worth a note. `code` is listed in `fault_codes.py`; `sentence` is for a
    person and never repeats personal data. `record_no` counts lines (CSV rows) of the file from 1.

    `rule`: the rule of the policy pack that says so, where one does. `detail`: what the sentence says beyond its code,
    kept so that the same can be said in another language.
    """

    record_no: int
    field: str
    code: str
    sentence: str
    rule: str | None = None
    detail: str = ""


class Checks(StrEnum):
    """How a file's histories are judged: in our own codes, translated from another format's, or translated from one
    that knows no arrears below thirty days (see `fault_codes.NOTED_WHEN_TRANSLATED`).
    """

    OWN_CODES = "OWN_CODES"
    TRANSLATED = "TRANSLATED"
    TRANSLATED_FROM_30_DAYS = "TRANSLATED_FROM_30_DAYS"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identity document, its number as furnished."""

    id_type: IdType
    country: str
    id_number: str


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """The borrower as the furnisher knows them. `id_number` as furnished, not yet normalised; `other_ids` are further
    documents of the same person.
    """

    id_type: IdType
    country: str
    id_number: str
    names: tuple[str, ...]
    time_zone: str
    language: str
    birth_date: date | None = None
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    employment: tuple[str, ...] = ()
    other_ids: tuple[Identifier, ...] = ()
    synthetic: bool = False


Amounts = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A packed history: `codes[i]` is the status of the month `month - i`; the other tuples run the same way."""

    month: date
    codes: str
    days_past_due: tuple[int | None, ...] | None = None
    past_due_minor: Amounts | None = None
    balance_minor: Amounts | None = None
    paid_minor: Amounts | None = None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account on the day it was reported. `withdrawal`: the furnisher takes the whole account back.

    `correction` says why it is reported otherwise than before; it is kept with the earlier version, not the account.
    `keeps_compliance_flag`: the format says nothing new of the flag, so what is held of it stays.
    """

    reference: str
    portfolio: Portfolio
    product: Product
    state: AccountState
    opened_on: date
    reported_on: date
    currency: str
    owner_role: OwnerRole = OwnerRole.BORROWER
    five_class: FiveClass | None = None
    compliance_flag: ComplianceFlag = ComplianceFlag.NONE
    matures_on: date | None = None
    closed_on: date | None = None
    original_amount_minor: int | None = None
    credit_limit_minor: int | None = None
    highest_balance_minor: int | None = None
    balance_minor: int | None = None
    past_due_minor: int | None = None
    scheduled_payment_minor: int | None = None
    last_payment_minor: int | None = None
    last_payment_on: date | None = None
    days_past_due: int | None = None
    term_count: int | None = None
    term_frequency: TermFrequency | None = None
    history: History | None = None
    previous_reference: str | None = None
    original_creditor: str | None = None
    sold_to: str | None = None
    purchased_from: str | None = None
    repayment_method: RepaymentMethod | None = None
    rate_type: RateType | None = None
    rate_basis_points: int | None = None
    collateral: Collateral | None = None
    co_lender_share_basis_points: int | None = None
    withdrawal: Withdrawal | None = None
    correction: CorrectionReason | None = None
    keeps_compliance_flag: bool = field(default=False, compare=False)

    @property
    def withdrawn(self) -> bool:
        """Whether the furnisher takes the whole account back."""
        return self.withdrawal is not None


@dataclass(frozen=True, slots=True)
class DelinquencyRecord:
    """One time that the borrower fell behind. The late months are those that the history shows.

    `stated`: the furnisher named `first_delinquent_on`; otherwise it was derived from the history.
    """

    first_delinquent_on: date
    peak_days_past_due: int
    first_late_month: date
    last_late_month: date
    cured_on: date | None = None
    ended_on: date | None = None
    reason: DelinquencyReason = DelinquencyReason.UNKNOWN
    charge_off_on: date | None = None
    charge_off_minor: int | None = None
    prior_notice_sent_at: datetime | None = None
    prior_notice_delivered_at: datetime | None = None
    prior_notice_channel: str | None = None
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Contribution:
    """One record that could be read: a borrower, an account, its delinquencies, and notes about them.

    `open_to_collectors`: whether a third-party collector may report this, where the format has its own list for it.
    """

    record_no: int
    subject: SubjectRecord
    account: AccountRecord
    delinquencies: tuple[DelinquencyRecord, ...] = ()
    notes: tuple[Fault, ...] = ()
    open_to_collectors: bool | None = None


@dataclass(frozen=True, slots=True)
class FaultyRecord:
    """One record that could not be read, with every fault found."""

    record_no: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class FileNote:
    """Something about the file as a whole; no record."""

    note: Fault


ReadRecord = Contribution | FaultyRecord | FileNote
ReadRecords = Iterator[ReadRecord]
