"""The tables, one file per noun. Every table of a borrower starts its primary key with `subject_key`."""

from exchange.store.tables import account, consent, delinquency, inquiry, log, member, subject, submission
from exchange.store.tables.base import metadata

__all__ = ["metadata", "account", "consent", "delinquency", "inquiry", "log", "member", "subject", "submission"]
