"""Which stored columns each field of the contract is made of. One table; a shape test keeps it complete."""

from exchange.handover import SectionName

ACCOUNT = SectionName.ACCOUNT
ACTION = SectionName.COLLECTION_ACTION
ASSESSMENT = SectionName.ASSESSMENT
DELINQUENCY = SectionName.DELINQUENCY
INQUIRY = SectionName.INQUIRY
PLAN = SectionName.REPAYMENT_PLAN
PUBLIC_RECORD = SectionName.PUBLIC_RECORD
STATEMENT = SectionName.STATEMENT
SUBJECT = SectionName.SUBJECT

ALWAYS = {
    SUBJECT: ("subject_key",),
    ACCOUNT: ("account_key", "contributor", "opened_on", "closed_on", "state"),
    DELINQUENCY: ("delinquency_key", "ended_on", "display_until"),
    PUBLIC_RECORD: ("record_key", "contributor", "ended_on"),
    ACTION: ("action_key", "contributor", "started_at"),
    PLAN: ("plan_key", "contributor", "ended_on"),
    ASSESSMENT: ("assessment_key", "contributor"),
    INQUIRY: ("inquiry_key", "asked_at"),
    STATEMENT: ("statement_id", "about", "stated_at"),
}
"""Columns that ordering, cursors and retention need whenever a section is read."""

TODAY = {
    ACCOUNT: ("state_today", "closed_on_today"),
    DELINQUENCY: ("ended_on_today", "display_until_today"),
    PUBLIC_RECORD: ("ended_on_today",),
    PLAN: ("ended_on_today",),
}
"""Columns that a report of the past needs as well: what may not be shown today is not shown of the past either."""

_MONTHS = ("history_month", "history_codes", "hidden_months")


def _money(column: str) -> tuple[str, ...]:
    return (column, "currency")


SOURCES: dict[tuple[str, str], tuple[SectionName, tuple[str, ...]]] = {
    ("Subject", "idType"): (SUBJECT, ("id_type",)),
    ("Subject", "country"): (SUBJECT, ("country",)),
    ("Subject", "idNumber"): (SUBJECT, ("id_number",)),
    ("Subject", "names"): (SUBJECT, ("names",)),
    ("Subject", "birthDate"): (SUBJECT, ("birth_date",)),
    ("Subject", "deceasedOn"): (SUBJECT, ("deceased_on",)),
    ("Subject", "fraudAlert"): (SUBJECT, ("fraud_alert", "fraud_alert_until")),
    ("Subject", "fraudAlertUntil"): (SUBJECT, ("fraud_alert_until",)),
    ("Subject", "vulnerabilityUntil"): (SUBJECT, ("vulnerability_until",)),
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
    ("Account", "previousRef"): (ACCOUNT, ("previous_ref",)),
    ("Account", "originalCreditor"): (ACCOUNT, ("original_creditor",)),
    ("Account", "purchasedFrom"): (ACCOUNT, ("purchased_from",)),
    ("Account", "soldTo"): (ACCOUNT, ("sold_to",)),
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
    ("Account", "repaymentMethod"): (ACCOUNT, ("repayment_method",)),
    ("Account", "rateType"): (ACCOUNT, ("rate_type",)),
    ("Account", "rateBasisPoints"): (ACCOUNT, ("rate_basis_points",)),
    ("Account", "collateral"): (ACCOUNT, ("collateral",)),
    ("Account", "coLenderShareBasisPoints"): (ACCOUNT, ("co_lender_share_basis_points",)),
    ("Account", "annotatedBy"): (ACCOUNT, ("annotated_by",)),
    ("Account", "history"): (ACCOUNT, _MONTHS),
    ("Account", "statement"): (STATEMENT, ()),
    ("PaymentMonth", "month"): (ACCOUNT, _MONTHS),
    ("PaymentMonth", "status"): (ACCOUNT, _MONTHS),
    ("PaymentMonth", "daysPastDue"): (ACCOUNT, (*_MONTHS, "history_days_past_due")),
    ("PaymentMonth", "pastDue"): (ACCOUNT, (*_MONTHS, *_money("history_past_due_minor"))),
    ("PaymentMonth", "balance"): (ACCOUNT, (*_MONTHS, *_money("history_balance_minor"))),
    ("PaymentMonth", "paid"): (ACCOUNT, (*_MONTHS, *_money("history_paid_minor"))),
    ("Delinquency", "id"): (DELINQUENCY, ()),
    ("Delinquency", "complianceFlag"): (DELINQUENCY, ("compliance_flag",)),
    ("Delinquency", "accountId"): (DELINQUENCY, ("account_key",)),
    ("Delinquency", "firstDelinquentOn"): (DELINQUENCY, ("first_delinquent_on",)),
    ("Delinquency", "peakDaysPastDue"): (DELINQUENCY, ("peak_days_past_due",)),
    ("Delinquency", "curedOn"): (DELINQUENCY, ("cured_on",)),
    ("Delinquency", "endedOn"): (DELINQUENCY, ()),
    ("Delinquency", "reason"): (DELINQUENCY, ("reason",)),
    ("Delinquency", "chargeOffOn"): (DELINQUENCY, ("charge_off_on",)),
    ("Delinquency", "chargeOff"): (DELINQUENCY, _money("charge_off_minor")),
    ("Delinquency", "priorNoticeSentAt"): (DELINQUENCY, ("prior_notice_sent_at",)),
    ("Delinquency", "priorNoticeDeliveredAt"): (DELINQUENCY, ("prior_notice_delivered_at",)),
    ("Delinquency", "priorNoticeChannel"): (DELINQUENCY, ("prior_notice_channel",)),
    ("Delinquency", "displayUntil"): (DELINQUENCY, ()),
    ("Delinquency", "annotatedBy"): (DELINQUENCY, ("annotated_by",)),
    ("PublicRecord", "id"): (PUBLIC_RECORD, ()),
    ("PublicRecord", "complianceFlag"): (PUBLIC_RECORD, ("compliance_flag",)),
    ("PublicRecord", "furnisherClass"): (PUBLIC_RECORD, ("furnisher_class",)),
    ("PublicRecord", "ownBook"): (PUBLIC_RECORD, ()),
    ("PublicRecord", "kind"): (PUBLIC_RECORD, ("kind",)),
    ("PublicRecord", "authority"): (PUBLIC_RECORD, ("authority",)),
    ("PublicRecord", "reference"): (PUBLIC_RECORD, ("reference",)),
    ("PublicRecord", "status"): (PUBLIC_RECORD, ("status",)),
    ("PublicRecord", "amount"): (PUBLIC_RECORD, _money("amount_minor")),
    ("PublicRecord", "filedOn"): (PUBLIC_RECORD, ("filed_on",)),
    ("PublicRecord", "decidedOn"): (PUBLIC_RECORD, ("decided_on",)),
    ("PublicRecord", "endedOn"): (PUBLIC_RECORD, ()),
    ("CollectionAction", "id"): (ACTION, ()),
    ("CollectionAction", "complianceFlag"): (ACTION, ("compliance_flag",)),
    ("CollectionAction", "accountIds"): (ACTION, ("account_keys",)),
    ("CollectionAction", "furnisherClass"): (ACTION, ("furnisher_class",)),
    ("CollectionAction", "ownBook"): (ACTION, ()),
    ("CollectionAction", "agent"): (ACTION, ("agent",)),
    ("CollectionAction", "stage"): (ACTION, ("stage",)),
    ("CollectionAction", "channel"): (ACTION, ("channel",)),
    ("CollectionAction", "direction"): (ACTION, ("direction",)),
    ("CollectionAction", "target"): (ACTION, ("target",)),
    ("CollectionAction", "startedAt"): (ACTION, ()),
    ("CollectionAction", "durationSeconds"): (ACTION, ("duration_seconds",)),
    ("CollectionAction", "result"): (ACTION, ("result",)),
    ("CollectionAction", "promised"): (ACTION, ("promised_minor", "promised_currency")),
    ("CollectionAction", "promisedOn"): (ACTION, ("promised_on",)),
    ("CollectionAction", "promiseKept"): (ACTION, ("promise_kept",)),
    ("CollectionAction", "disclosed"): (ACTION, ("disclosed",)),
    ("CollectionAction", "borrowerSays"): (ACTION, ("borrower_says",)),
    ("RepaymentPlan", "id"): (PLAN, ()),
    ("RepaymentPlan", "complianceFlag"): (PLAN, ("compliance_flag",)),
    ("RepaymentPlan", "accountIds"): (PLAN, ("account_keys",)),
    ("RepaymentPlan", "furnisherClass"): (PLAN, ("furnisher_class",)),
    ("RepaymentPlan", "ownBook"): (PLAN, ()),
    ("RepaymentPlan", "planType"): (PLAN, ("plan_type",)),
    ("RepaymentPlan", "state"): (PLAN, ("state",)),
    ("RepaymentPlan", "options"): (PLAN, _money("options")),
    ("RepaymentPlan", "chosenOption"): (PLAN, ("chosen_option",)),
    ("RepaymentPlan", "schedule"): (PLAN, _money("schedule")),
    ("RepaymentPlan", "waived"): (PLAN, _money("waived_minor")),
    ("RepaymentPlan", "daysPastDueBefore"): (PLAN, ("days_past_due_before",)),
    ("RepaymentPlan", "reportingTreatment"): (PLAN, ("reporting_treatment",)),
    ("RepaymentPlan", "stopCollectionUntil"): (PLAN, ("stop_collection_until",)),
    ("RepaymentPlan", "proposedOn"): (PLAN, ("proposed_on",)),
    ("RepaymentPlan", "answerBy"): (PLAN, ("answer_by",)),
    ("RepaymentPlan", "acceptedOn"): (PLAN, ("accepted_on",)),
    ("RepaymentPlan", "endedOn"): (PLAN, ()),
    **{
        ("PlanOption", name): (PLAN, _money("options"))
        for name in ("planType", "instalments", "instalment", "total", "waived", "firstDueOn")
    },
    **{("PlanPayment", name): (PLAN, _money("schedule")) for name in ("dueOn", "amount", "paid")},
    ("Assessment", "id"): (ASSESSMENT, ()),
    ("Assessment", "complianceFlag"): (ASSESSMENT, ("compliance_flag",)),
    ("Assessment", "furnisherClass"): (ASSESSMENT, ("furnisher_class",)),
    ("Assessment", "ownBook"): (ASSESSMENT, ()),
    ("Assessment", "scorecard"): (ASSESSMENT, ("scorecard",)),
    ("Assessment", "band"): (ASSESSMENT, ("band",)),
    ("Assessment", "score"): (ASSESSMENT, ("score",)),
    ("Assessment", "reasonCodes"): (ASSESSMENT, ("reason_codes",)),
    ("Assessment", "explanation"): (ASSESSMENT, ("explanation",)),
    ("Assessment", "solelyAutomated"): (ASSESSMENT, ("solely_automated",)),
    ("Assessment", "reviewed"): (ASSESSMENT, ("reviewed",)),
    ("Assessment", "contestedAt"): (ASSESSMENT, ("contested_at",)),
    ("Assessment", "assessedAt"): (ASSESSMENT, ("assessed_at",)),
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
              "publicRecords": PUBLIC_RECORD, "collectionActions": ACTION, "repaymentPlans": PLAN,
              "assessments": ASSESSMENT, "statements": STATEMENT, "subject": SUBJECT}  # fmt: skip
"""The section behind each part of a report, read even where only its count is asked for."""

FOR_THE_BORROWER = {
    SUBJECT: (
        "phones", "emails", "addresses", "employment", "language", "time_zone", "security_freeze", "incapacity_since",
        "vulnerability",
    ),
    ACCOUNT: ("furnisher", "furnisher_contact", "basis", "recorded_at"),
    PUBLIC_RECORD: ("furnisher", "basis"),
    ACTION: ("furnisher", "basis"),
    PLAN: ("furnisher", "basis"),
    ASSESSMENT: ("furnisher", "basis", "inputs"),
}  # fmt: skip
"""Columns that only borrowers themselves are shown."""
