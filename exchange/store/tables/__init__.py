"""The tables, one file per noun. Every table of a borrower starts its primary key with `subject_key`."""

from exchange.store.tables import (
    account,
    assessment,
    authorization,
    borrower_words,
    collection,
    complaint,
    consent,
    contact,
    delinquency,
    dispute,
    erasure,
    inquiry,
    lawful_ground,
    log,
    mandate,
    member,
    member_request,
    notice,
    officer,
    outbox,
    public_record,
    repayment,
    retention,
    running_clock,
    sign_in,
    subject,
    submission,
    webhook,
)
from exchange.store.tables.base import metadata

__all__ = [
    "metadata", "account", "assessment", "authorization", "borrower_words", "collection", "complaint", "consent",
    "contact", "delinquency", "dispute", "erasure", "inquiry", "lawful_ground", "log", "mandate", "member",
    "member_request", "notice", "officer", "outbox", "public_record", "repayment", "retention", "running_clock",
    "sign_in", "subject", "submission", "webhook",
]  # fmt: skip
