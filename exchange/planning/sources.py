"""Which stored columns each field of the contract is made of. One table; a shape test keeps it complete."""

from exchange.handover import SectionName

ACCOUNT = SectionName.ACCOUNT
DELINQUENCY = SectionName.DELINQUENCY
INQUIRY = SectionName.INQUIRY
STATEMENT = SectionName.STATEMENT
SUBJECT = SectionName.SUBJECT

ALWAYS = {
    SUBJECT: ("subject_key",),
    ACCOUNT: ("account_key", "contributor", "opened_on", "closed_on", "state"),
    DELINQUENCY: ("delinquency_key", "ended_on"),
    INQUIRY: ("inquiry_key", "asked_at"),
    STATEMENT: ("statement_id", "about", "stated_at"),
}
"""Columns that ordering, cursors and retention need whenever a section is read."""

_MONTHS = ("history_month", "history_codes")


def _money(column: str) -> tuple[str, ...]:
    return (column, "currency")


SOURCES: dict[tuple[str, str], tuple[SectionName, tuple[str, ...]]] = {
    ("Subject", "idType"): (SUBJECT, ("id_type",)),
    ("Subject", "country"): (SUBJECT, ("country",)),
    ("Subject", "idNumber"): (SUBJECT, ("id_number",)),
    ("Subject", "names"): (SUBJECT, ("names",)),
    ("Subject", "birthDate"): (SUBJECT, ("birth_date",)),
    ("Subject", "synthetic"): (SUBJECT, ("synthetic_identity",)),
    ("Summary", "accounts"): (ACCOUNT, ()),
    ("Summary", "openAccounts"): (ACCOUNT, ()),
    ("Summary", "lenders"): (ACCOUNT, ()),
    ("Summary", "lendersInArrears"): (ACCOUNT, ("past_due_minor",)),
    ("Summary", "totals"): (ACCOUNT, ("currency",)),
    ("Summary", "oldestOpenedOn"): (ACCOUNT, ()),
    ("Summary", "lateMonths"): (ACCOUNT, _MONTHS),
    ("CurrencyTotal", "balance"): (ACCOUNT, _money("balance_minor")),
    ("CurrencyTotal", "pastDue"): (ACCOUNT, _money("past_due_minor")),
    ("CurrencyTotal", "creditLimit"): (ACCOUNT, _money("credit_limit_minor")),
    ("Account", "id"): (ACCOUNT, ()),
    ("Account", "accountRef"): (ACCOUNT, ("account_ref",)),
    ("Account", "furnisherClass"): (ACCOUNT, ("furnisher_class",)),
    ("Account", "ownBook"): (ACCOUNT, ()),
    ("Account", "ownerRole"): (ACCOUNT, ("owner_role",)),
    ("Account", "portfolio"): (ACCOUNT, ("portfolio",)),
    ("Account", "product"): (ACCOUNT, ("product",)),
    ("Account", "state"): (ACCOUNT, ()),
    ("Account", "fiveClass"): (ACCOUNT, ("five_class",)),
    ("Account", "complianceFlag"): (ACCOUNT, ("compliance_flag",)),
    ("Account", "openedOn"): (ACCOUNT, ()),
    ("Account", "maturesOn"): (ACCOUNT, ("matures_on",)),
    ("Account", "closedOn"): (ACCOUNT, ()),
    ("Account", "reportedOn"): (ACCOUNT, ("reported_on",)),
    ("Account", "originalAmount"): (ACCOUNT, _money("original_amount_minor")),
    ("Account", "creditLimit"): (ACCOUNT, _money("credit_limit_minor")),
    ("Account", "highestBalance"): (ACCOUNT, _money("highest_balance_minor")),
    ("Account", "balance"): (ACCOUNT, _money("balance_minor")),
    ("Account", "pastDue"): (ACCOUNT, _money("past_due_minor")),
    ("Account", "scheduledPayment"): (ACCOUNT, _money("scheduled_payment_minor")),
    ("Account", "lastPayment"): (ACCOUNT, _money("last_payment_minor")),
    ("Account", "lastPaymentOn"): (ACCOUNT, ("last_payment_on",)),
    ("Account", "daysPastDue"): (ACCOUNT, ("days_past_due",)),
    ("Account", "termCount"): (ACCOUNT, ("term_count",)),
    ("Account", "termFrequency"): (ACCOUNT, ("term_frequency",)),
    ("Account", "history"): (ACCOUNT, _MONTHS),
    ("Account", "statement"): (STATEMENT, ()),
    ("PaymentMonth", "month"): (ACCOUNT, _MONTHS),
    ("PaymentMonth", "status"): (ACCOUNT, _MONTHS),
    ("PaymentMonth", "daysPastDue"): (ACCOUNT, (*_MONTHS, "history_days_past_due")),
    ("PaymentMonth", "pastDue"): (ACCOUNT, (*_MONTHS, *_money("history_past_due_minor"))),
    ("PaymentMonth", "balance"): (ACCOUNT, (*_MONTHS, *_money("history_balance_minor"))),
    ("PaymentMonth", "paid"): (ACCOUNT, (*_MONTHS, *_money("history_paid_minor"))),
    ("Delinquency", "id"): (DELINQUENCY, ()),
    ("Delinquency", "accountId"): (DELINQUENCY, ("account_key",)),
    ("Delinquency", "firstDelinquentOn"): (DELINQUENCY, ("first_delinquent_on",)),
    ("Delinquency", "peakDaysPastDue"): (DELINQUENCY, ("peak_days_past_due",)),
    ("Delinquency", "curedOn"): (DELINQUENCY, ("cured_on",)),
    ("Delinquency", "endedOn"): (DELINQUENCY, ()),
    ("Delinquency", "reason"): (DELINQUENCY, ("reason",)),
    ("Delinquency", "chargeOffOn"): (DELINQUENCY, ("charge_off_on",)),
    ("Delinquency", "chargeOff"): (DELINQUENCY, _money("charge_off_minor")),
    ("Inquiry", "id"): (INQUIRY, ()),
    ("Inquiry", "askedAt"): (INQUIRY, ()),
    ("Inquiry", "memberClass"): (INQUIRY, ("member_class",)),
    ("Inquiry", "purpose"): (INQUIRY, ("purpose",)),
    ("Inquiry", "hard"): (INQUIRY, ("hard",)),
    ("Statement", "id"): (STATEMENT, ()),
    ("Statement", "words"): (STATEMENT, ("words",)),
    ("Statement", "statedAt"): (STATEMENT, ()),
}

SECTION_OF = {"summary": ACCOUNT, "accounts": ACCOUNT, "delinquencies": DELINQUENCY, "inquiries": INQUIRY,
              "statements": STATEMENT, "subject": SUBJECT}  # fmt: skip
"""The section behind each part of a report, read even where only its count is asked for."""

FOR_THE_BORROWER = {
    SUBJECT: ("phones", "addresses", "language", "time_zone", "security_freeze"),
    ACCOUNT: ("furnisher", "furnisher_contact", "basis", "recorded_at"),
    DELINQUENCY: ("prior_notice_sent_at", "prior_notice_delivered_at", "prior_notice_channel"),
}
"""Columns that only borrowers themselves are shown."""
