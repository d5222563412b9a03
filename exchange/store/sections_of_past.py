"""What the exchange said at the instant `:as_of`: where the rows of each section of a report come from then.

A row is read as `t`, the same record as it stands today as `today`. What may not be shown today is not shown of the
past either: what a rule has suppressed since, accounts that turned out to be opened by fraud, and what was divided out
of the file because it is another person's, are left out here; for what grows too old, `today` tells the report when
the conduct ended.
"""

from exchange.handover import SectionName

_SAID_THEN = "AND t.recorded_at <= :as_of AND (t.superseded_at IS NULL OR t.superseded_at > :as_of)"
_NOT_BY_FRAUD = "AND {}.withdrawal IS DISTINCT FROM 'FRAUD'"
_NOT_ANOTHERS = """AND ({0}.superseded_at IS NULL OR NOT EXISTS (
    SELECT 1 FROM account_version gone WHERE gone.subject_key = {0}.subject_key
    AND gone.account_key = {0}.account_key AND gone.reason = 'SPLIT'))"""


def _with_versions(table: str) -> str:
    """The row as it stood: the current one where it was there already, else the version that was current then."""
    return f"""(
        SELECT c.* FROM {table} c WHERE c.subject_key = :subject_key AND c.recorded_at <= :as_of
        UNION ALL
        SELECT earlier.* FROM {table}_version v
        CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS {table}), v.record) earlier
        WHERE v.subject_key = :subject_key AND v.recorded_at <= :as_of AND v.superseded_at > :as_of) t"""  # noqa: S608 - names of tables


def _newest(table: str, columns: str, *same: str) -> str:
    """The newest version of the record that `t` is a version of."""
    is_same = " AND ".join(f"n.{column} = t.{column}" for column in ("subject_key", *same))
    return f"""LEFT JOIN LATERAL (
        SELECT {columns} FROM {table} n WHERE {is_same}
        ORDER BY n.superseded_at IS NULL DESC, n.recorded_at DESC LIMIT 1) today ON true"""  # noqa: S608 - names of tables and columns


_FURNISHER = "JOIN member m ON m.member_id = t.contributor"

FROM_THEN = {
    SectionName.SUBJECT: _with_versions("subject"),
    SectionName.ACCOUNT: f"""{_with_versions("account")}
        JOIN account today ON today.subject_key = t.subject_key AND today.account_key = t.account_key {_FURNISHER}""",
    SectionName.DELINQUENCY: f"""delinquency t
        JOIN account owed ON owed.subject_key = t.subject_key AND owed.account_key = t.account_key
        {_newest("delinquency", "ended_on, display_until, suppressed_by", "account_key", "first_delinquent_on")}""",
    SectionName.PUBLIC_RECORD: f"public_record t {_FURNISHER} {_newest('public_record', 'ended_on', 'record_key')}",
    SectionName.REPAYMENT_PLAN: f"repayment_plan t {_FURNISHER} {_newest('repayment_plan', 'ended_on', 'plan_key')}",
}
"""By section; a section that is not here is read from where it is read today."""

ONLY_THEN = {
    SectionName.SUBJECT: "",
    SectionName.ACCOUNT: f"{_SAID_THEN} {_NOT_BY_FRAUD.format('today')} {_NOT_ANOTHERS.format('today')}",
    SectionName.DELINQUENCY: f"{_SAID_THEN} {_NOT_BY_FRAUD.format('owed')} {_NOT_ANOTHERS.format('owed')}"
    " AND t.suppressed_by IS NULL AND today.suppressed_by IS NULL",
    SectionName.PUBLIC_RECORD: f"{_SAID_THEN} AND NOT t.withdrawn",
    SectionName.COLLECTION_ACTION: f"{_SAID_THEN} AND NOT t.withdrawn",
    SectionName.REPAYMENT_PLAN: f"{_SAID_THEN} AND NOT t.withdrawn",
    SectionName.ASSESSMENT: f"{_SAID_THEN} AND NOT t.withdrawn",
    SectionName.INQUIRY: "AND t.granted AND t.basis <> 'MANDATE' AND t.asked_at <= :as_of",
    SectionName.STATEMENT: "AND t.stated_at <= :as_of AND (t.withdrawn_at IS NULL OR t.withdrawn_at > :as_of)",
}
"""The condition that a row stood then."""

_CONTESTED = {
    SectionName.ACCOUNT: "t.account_key",
    SectionName.PUBLIC_RECORD: "t.record_key",
    SectionName.COLLECTION_ACTION: "t.action_key",
    SectionName.REPAYMENT_PLAN: "t.plan_key",
    SectionName.ASSESSMENT: "t.assessment_key",
    SectionName.DELINQUENCY: """ANY (ARRAY(
        SELECT same.delinquency_key FROM delinquency same WHERE same.subject_key = t.subject_key
        AND same.account_key = t.account_key AND same.first_delinquent_on = t.first_delinquent_on))""",
}
"""By which key a dispute names the record. Each version of a delinquency has a key of its own."""


def mark_then(name: SectionName) -> str:
    """The mark of a dispute that a row of the past carries: contested then, or still contested today; else what the
    last dispute that was closed by then left.
    """
    open_then = "(d.closed_at IS NULL OR d.closed_at > :as_of)"
    return f"""(
        SELECT CASE WHEN {open_then} THEN 'DISPUTED' WHEN d.state = 'UNVERIFIABLE_RECORDED' THEN 'UNVERIFIABLE' END
        FROM dispute d
        WHERE d.subject_key = t.subject_key AND d.record_kind = '{name.name}' AND d.record_key = {_CONTESTED[name]}
        AND (d.closed_at IS NULL OR (d.marked_at <= :as_of AND (d.closed_at > :as_of OR d.state <> 'WITHDRAWN')))
        ORDER BY {open_then} DESC, d.closed_at DESC LIMIT 1)"""  # noqa: S608 - names of columns
