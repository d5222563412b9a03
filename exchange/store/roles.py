"""What each of the two database roles may do: immutability is a right that nobody was given, not a trigger.

    web          reads, adds; changes only the columns named below and the current row of a contributed record;
                 removes only what a borrower signs in with, and the faults of a refused file that is tried again.
                 The worker of submitted files (`openbureau intake`) has this role too
    integrator   sequences the log: it alone adds leaves, tiles and checkpoints, and clears away what has expired

Neither can change or delete an inquiry, a consent's text, an earlier version or a log entry. The owner of the tables
(who migrates, registers members and erases) is a third role, used by the operator's commands alone.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Table, text

from exchange.store.tables import metadata
from exchange.store.tables.account import account
from exchange.store.tables.assessment import assessment, review_request
from exchange.store.tables.authorization import authorization_code, pushed_request, refresh_token
from exchange.store.tables.borrower_words import representative, statement
from exchange.store.tables.collection import collection_action
from exchange.store.tables.complaint import complaint
from exchange.store.tables.consent import consent
from exchange.store.tables.contact import contact_clearance, contact_wish
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.dispute import dispute
from exchange.store.tables.erasure import erasure_request
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.log import log_checkpoint, log_event, log_integrator, log_leaf, log_pending, log_tile
from exchange.store.tables.mandate import account_mandate, mandate
from exchange.store.tables.member import member, member_quality, member_version, one_time, revoked_token
from exchange.store.tables.member_request import idempotent_request, member_budget
from exchange.store.tables.notice import notice
from exchange.store.tables.officer import log_export, officer, officer_passkey, opening_request, saved_search
from exchange.store.tables.outbox import borrower_message, delinquent_elsewhere, notice_cursor
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from exchange.store.tables.retention import retention_run
from exchange.store.tables.running_clock import running_clock
from exchange.store.tables.sign_in import attempt_limit, passkey, recovery_code, totp, web_session
from exchange.store.tables.subject import subject, subject_sequence
from exchange.store.tables.submission import submission, submission_fault, submission_mapping
from exchange.store.tables.webhook import webhook, webhook_delivery

_Rights = Mapping[str, Iterable[str]]

_ADDED_BY_OTHERS = {
    member, member_version, member_quality, lawful_ground, representative, officer, retention_run, log_leaf, log_event,
    log_tile, log_checkpoint, log_integrator,
}  # fmt: skip
_WEB_MAY_CHANGE = {
    consent: ("state", "uses", "window_started_at", "window_uses"),
    subject_sequence: ("last",),
    subject: (
        "security_freeze",
        "language",
        "phones",
        "emails",
        "addresses",
        "employment",
        "birth_date",
        "birth_check",
        "version",
        "recorded_at",
    ),
    **dict.fromkeys((collection_action, repayment_plan, public_record, assessment), ("superseded_at", "dispute_mark")),
    mandate: ("superseded_at",),
    account_mandate: ("ended_at",),
    submission: tuple(c.name for c in submission.columns if c.name not in ("submission_id", "member_id", "digest")),
    submission_mapping: ("toml", "kept_at"),
    passkey: ("sign_count", "last_used_at", "name"),
    totp: ("secret", "last_step", "confirmed_at"),
    recovery_code: ("used_at",),
    attempt_limit: ("window_started_at", "attempts"),
    pushed_request: ("used_at",),
    authorization_code: ("used_at",),
    refresh_token: ("revoked_at",),
    notice: ("seen_at", "answered_at", "answer"),
    member_budget: ("window_started_at", "leased"),
    idempotent_request: ("started_at", "status", "answer", "leaves"),
    statement: ("withdrawn_at",),
    contact_clearance: ("used_at", "action_key"),
    contact_wish: ("ended_at",),
    dispute: ("state", "marked_at", "answered_at", "answer", "corrected_version", "closed_at"),
    complaint: ("state", "answered_at", "answer", "finding", "finding_words", "found_by", "found_at", "withdrawn_at"),
    running_clock: ("met_at", "escalated_at"),
    webhook: ("ended_at",),
    borrower_message: ("attempts", "next_at", "last_status", "sent_at", "dead_at"),
    notice_cursor: ("at", "key"),
    delinquent_elsewhere: ("told_at",),
    webhook_delivery: ("attempts", "next_at", "last_status", "delivered_at", "dead_at"),
    erasure_request: ("taken_back_at",),
    review_request: ("answered_at", "outcome", "answer"),
    representative: ("ended_at",),
    officer: ("language", "invitation", "invitation_ends_at"),
    officer_passkey: ("sign_count", "last_used_at", "name"),
    opening_request: ("decided_by", "decided_at", "approved", "signature"),
    log_export: ("events_done", "finished_at", "digest"),
}
_WEB_MAY_REPLACE = (account, delinquency, web_session)
_WEB_MAY_REMOVE = (submission_fault, passkey, totp, recovery_code, officer_passkey, saved_search)

_INTEGRATOR_MAY: _Rights = {
    log_pending.name: ("SELECT", "DELETE"),
    log_leaf.name: ("SELECT", "INSERT"),
    log_event.name: ("SELECT", "INSERT"),
    log_tile.name: ("SELECT", "INSERT", "UPDATE (width, hashes)"),
    log_checkpoint.name: ("SELECT", "INSERT"),
    log_integrator.name: ("SELECT", "INSERT", "UPDATE (tree_size)"),
    one_time.name: ("SELECT", "DELETE"),
    revoked_token.name: ("SELECT", "DELETE"),
    pushed_request.name: ("SELECT", "DELETE"),
    authorization_code.name: ("SELECT", "DELETE"),
    refresh_token.name: ("SELECT", "DELETE"),
    web_session.name: ("SELECT", "DELETE"),
    attempt_limit.name: ("SELECT", "DELETE"),
    idempotent_request.name: ("SELECT", "DELETE"),
    "alembic_version": ("SELECT",),
}


def grant_roles(connection: Connection, web_role: str, integrator_role: str, registration_open: bool = False) -> None:
    """Give two existing roles exactly these rights, in the caller's transaction; rights of an earlier time end.

    `registration_open`: the web role may add members, because `trusted_issuers` is set.
    Run it as the owner of the tables after every migration: new tables start without rights for anybody.
    """
    _grant_exactly(connection, web_role, _web_may(_ADDED_BY_OTHERS - ({member} if registration_open else set())))
    _grant_exactly(connection, integrator_role, _INTEGRATOR_MAY)


def _grant_exactly(connection: Connection, role: str, rights: _Rights) -> None:
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    for table, allowed in rights.items():
        connection.execute(text(f"GRANT {', '.join(allowed)} ON {table} TO {name}"))


def _web_may(added_by_others: set[Table]) -> _Rights:
    rights = {table.name: ["SELECT"] for table in metadata.sorted_tables} | {"alembic_version": ["SELECT"]}
    for table in metadata.sorted_tables:
        if table not in added_by_others:
            rights[table.name].append("INSERT")
    changeable = _WEB_MAY_CHANGE | {table: _outside_key(table) for table in _WEB_MAY_REPLACE}
    for table, columns in changeable.items():
        rights[table.name].append(f"UPDATE ({', '.join(columns)})")
    for table in _WEB_MAY_REMOVE:
        rights[table.name].append("DELETE")
    return rights


def _outside_key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if not column.primary_key)
