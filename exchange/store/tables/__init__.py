"""The tables, one file per noun. Every table of a borrower starts its primary key with `subject_key`."""

from exchange.store.tables import (
    account,
    authorization,
    borrower_words,
    consent,
    delinquency,
    inquiry,
    lawful_ground,
    log,
    member,
    notice,
    officer,
    sign_in,
    subject,
    submission,
)
from exchange.store.tables.base import metadata

__all__ = [
    "metadata", "account", "authorization", "borrower_words", "consent", "delinquency", "inquiry", "lawful_ground",
    "log", "member", "notice", "officer", "sign_in", "subject", "submission",
]  # fmt: skip
