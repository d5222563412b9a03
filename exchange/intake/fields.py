"""The fields of a record as a furnisher names them in a mapping, in JSON Lines and in Parquet.

Amounts are in the currency's major unit ("120.50"), dates are ISO 8601, codes are ours. Texts of the borrower may be
lists in JSON Lines and Parquet.
"""

from collections.abc import Mapping
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

ACCOUNT_CODES: Mapping[str, type[StrEnum]] = {
    "portfolio": Portfolio,
    "product": Product,
    "state": AccountState,
    "owner_role": OwnerRole,
    "five_class": FiveClass,
    "compliance_flag": ComplianceFlag,
    "term_frequency": TermFrequency,
    "repayment_method": RepaymentMethod,
    "rate_type": RateType,
    "collateral": Collateral,
    "withdrawal": Withdrawal,
    "correction": CorrectionReason,
}
ACCOUNT_DATES = frozenset({"opened_on", "reported_on", "matures_on", "closed_on", "last_payment_on"})
ACCOUNT_AMOUNTS = frozenset(
    {
        "original_amount",
        "credit_limit",
        "highest_balance",
        "balance",
        "past_due",
        "scheduled_payment",
        "last_payment",
    }
)
ACCOUNT_COUNTS = frozenset({"days_past_due", "term_count", "rate_basis_points", "co_lender_share_basis_points"})
ACCOUNT_TEXTS = frozenset(
    {"reference", "currency", "previous_reference", "original_creditor", "sold_to", "purchased_from"}
)
ACCOUNT_FIELDS = ACCOUNT_CODES.keys() | ACCOUNT_DATES | ACCOUNT_AMOUNTS | ACCOUNT_COUNTS | ACCOUNT_TEXTS

SUBJECT_LISTS = {
    "name": "names", "phone": "phones", "email": "emails", "address": "addresses", "employer": "employment",
}  # fmt: skip
"""A text of the borrower in a mapping, and the list that it is part of."""
SUBJECT_FIELDS = frozenset({"id_number", "birth_date", *SUBJECT_LISTS})

DELINQUENCY_CODES: Mapping[str, type[StrEnum]] = {"delinquency_reason": DelinquencyReason}
DELINQUENCY_FIELDS = DELINQUENCY_CODES.keys() | {
    "first_delinquent_on", "charge_off_on", "charge_off", "prior_notice_sent_at", "prior_notice_delivered_at",
    "prior_notice_channel",
}  # fmt: skip
"""The notice is that of every delinquency that the record shows; the others say more of the last one."""

CODE_FIELDS = {**ACCOUNT_CODES, **DELINQUENCY_CODES}
NEEDED_CODES = ("portfolio", "product", "state")
HISTORY_LISTS = ("status", "days_past_due", "past_due", "balance", "paid")
