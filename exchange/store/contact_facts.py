"""What a decision about a contact rests on, read by one statement. Whoever decides holds the borrower first.

A contact counts for the lender of the mandate that it was made under; without one, for who reported it. A report that
was taken back still counts as a contact (or a counter could be emptied), but proves nothing about who can be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, DateTime, LargeBinary, Text, Uuid, bindparam, text


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact, or (`clearance_id`) a clearance that nobody has used: then `result` is None, and it was given until
    `leave_until`. `token`: of the number, hexadecimal.
    """

    at: datetime
    lender: str
    actor: str
    mandate_id: UUID | None
    stage: str
    channel: str
    target: str
    debts: frozenset[UUID]
    token: str | None
    result: str | None
    clearance_id: UUID | None
    leave_until: datetime | None


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """`stages`: (stage, account key) that this lender's collection has been through. `arrears`: of each account asked
    about, its days past due (None: not reported) and the code of its newest month (empty: none).
    """

    time_zone: str
    frozen: bool
    vulnerable: bool
    deceased: bool
    incapable: bool
    insolvent: bool
    stop_requested: bool
    hours_agreed: bool
    plan_running: bool
    dispute_open: bool
    failed_in_a_row: int
    no_valid_number: bool
    number_refused: bool
    stages: frozenset[tuple[str, UUID]]
    arrears: Sequence[tuple[int | None, str]]
    contacts: Sequence[StoredContact]


def contact_facts(
    connection: Connection,
    subject_key: UUID,
    lender: str,
    account_keys: Sequence[UUID],
    tokens: Sequence[bytes],
    since: datetime,
    now: datetime,
    unused_since: datetime,
) -> StoredFacts:
    """What stands at `now`, the contacts since `since`, and the clearances that were not used and ended after
    `unused_since`: a contact may have been made under them.

    `tokens`: of the number asked about, one for each index key.
    """
    given = {"subject_key": subject_key, "lender": lender, "account_keys": list(account_keys), "tokens": list(tokens)}
    row = connection.execute(_FACTS, {**given, "since": since, "now": now, "unused_since": unused_since}).one()
    values = dict(row._mapping)
    contacts = [_contact(each) for each in (*values.pop("made"), *values.pop("open"))]
    stages = frozenset((stage, UUID(account_key)) for stage, account_key in values.pop("stages"))
    arrears = [(days, code) for days, code in values.pop("arrears")]
    return StoredFacts(**values, stages=stages, arrears=arrears, contacts=contacts)


def _contact(row: Mapping[str, Any]) -> StoredContact:
    return StoredContact(
        at=datetime.fromisoformat(row["at"]),
        lender=row["lender"],
        actor=row["actor"],
        mandate_id=UUID(row["mandate_id"]) if row["mandate_id"] else None,
        stage=row["stage"],
        channel=row["channel"],
        target=row["target"],
        debts=frozenset(map(UUID, row["account_keys"])),
        token=row["token"],
        result=row["result"],
        clearance_id=UUID(row["clearance_id"]) if row["clearance_id"] else None,
        leave_until=datetime.fromisoformat(row["leave_until"]) if row["leave_until"] else None,
    )


_FACTS = text("""
WITH known AS (
    SELECT a.contributor AS actor, coalesce(m.lender, a.contributor) AS lender, a.mandate_id, a.stage, a.channel,
           a.target, a.direction, a.account_keys, encode(coalesce(a.contact_token, c.contact_token), 'hex') AS token,
           a.started_at AS at, a.result, a.withdrawn
    FROM collection_action a
    LEFT JOIN LATERAL (SELECT lender FROM mandate WHERE mandate_id = a.mandate_id LIMIT 1) m ON true
    LEFT JOIN contact_clearance c
        ON c.subject_key = a.subject_key AND c.clearance_id = a.clearance_id AND c.action_key = a.action_key
    WHERE a.subject_key = :subject_key AND a.superseded_at IS NULL
),
to_debtor AS (
    SELECT * FROM known WHERE lender = :lender AND target = 'DEBTOR' AND NOT withdrawn
),
reached AS (
    SELECT max(at) AS at FROM to_debtor WHERE result NOT IN ('NO_ANSWER', 'INVALID_NUMBER')
),
numbers AS (
    SELECT DISTINCT ON (token) token, result = 'INVALID_NUMBER' AS is_invalid
    FROM to_debtor WHERE token IS NOT NULL ORDER BY token, at DESC
),
here AS (
    SELECT s.*, (timezone(s.time_zone, CAST(:now AS timestamptz)))::date AS today
    FROM subject s WHERE s.subject_key = :subject_key
),
wishes AS (
    SELECT kind FROM contact_wish
    WHERE subject_key = :subject_key AND stands_from <= :now AND ended_at IS NULL
      AND (member_id IS NULL OR member_id = :lender)
)
SELECT
    h.time_zone,
    h.security_freeze AS frozen,
    h.vulnerability IS NOT NULL AND coalesce(h.vulnerability_until >= h.today, true) AS vulnerable,
    h.deceased_on IS NOT NULL AS deceased,
    h.incapacity_since IS NOT NULL AS incapable,
    EXISTS (
        SELECT FROM public_record p
        WHERE p.subject_key = h.subject_key AND p.superseded_at IS NULL AND NOT p.withdrawn
          AND p.kind = 'BANKRUPTCY' AND p.status = 'OPEN'
    ) AS insolvent,
    EXISTS (SELECT FROM wishes WHERE kind = 'STOP') AS stop_requested,
    EXISTS (SELECT FROM wishes WHERE kind = 'AGREED_HOURS') AS hours_agreed,
    EXISTS (
        SELECT FROM repayment_plan p
        WHERE p.subject_key = h.subject_key AND p.superseded_at IS NULL AND NOT p.withdrawn
          AND p.account_keys && :account_keys
          AND (p.state IN ('ACCEPTED', 'ACTIVE') AND p.stop_collection_until >= h.today
               OR p.state = 'COMPLETED' AND EXISTS (
                   SELECT FROM unnest(p.account_keys) AS done (account_key)
                   WHERE done.account_key = ANY (:account_keys) AND NOT EXISTS (
                       SELECT FROM delinquency d
                       WHERE d.subject_key = p.subject_key AND d.account_key = done.account_key
                         AND d.superseded_at IS NULL AND d.ended_on IS NULL AND d.first_delinquent_on > p.ended_on
                   )
               ))
    ) AS plan_running,
    EXISTS (
        SELECT FROM dispute q
        WHERE q.subject_key = h.subject_key AND q.closed_at IS NULL
          AND (q.record_kind = 'ACCOUNT' AND q.record_key = ANY (:account_keys)
               OR q.record_kind = 'DELINQUENCY' AND EXISTS (
                   SELECT FROM delinquency d
                   WHERE d.subject_key = q.subject_key AND d.delinquency_key = q.record_key
                     AND d.account_key = ANY (:account_keys)
               ))
    ) AS dispute_open,
    (
        SELECT count(*) FROM to_debtor, reached
        WHERE direction = 'OUTBOUND' AND to_debtor.at > coalesce(reached.at, '-infinity')
    ) AS failed_in_a_row,
    coalesce((SELECT bool_and(is_invalid) FROM numbers), false) AS no_valid_number,
    EXISTS (
        SELECT FROM known k
        WHERE k.token = ANY (SELECT encode(token, 'hex') FROM unnest(CAST(:tokens AS bytea[])) AS asked (token))
          AND NOT k.withdrawn
          AND (k.target IN ('THIRD_RELATED', 'THIRD_UNRELATED') AND k.result IN ('REFUSED', 'STOP_REQUESTED')
               OR k.target IN ('GUARANTOR', 'CO_BORROWER') AND k.result = 'STOP_REQUESTED')
    ) AS number_refused,
    coalesce((
        SELECT json_agg(DISTINCT jsonb_build_array(k.stage, debt.account_key))
        FROM known k, unnest(k.account_keys) AS debt (account_key)
        WHERE k.lender = :lender AND k.direction = 'OUTBOUND' AND NOT k.withdrawn
          AND debt.account_key = ANY (:account_keys)
    ), '[]') AS stages,
    coalesce((
        SELECT json_agg(json_build_array(a.days_past_due, left(a.history_codes, 1)))
        FROM account a WHERE a.subject_key = h.subject_key AND a.account_key = ANY (:account_keys)
    ), '[]') AS arrears,
    coalesce((
        SELECT json_agg(json_build_object(
            'at', at, 'lender', lender, 'actor', actor, 'mandate_id', mandate_id, 'stage', stage, 'channel', channel,
            'target', target, 'account_keys', account_keys, 'token', token, 'result', result, 'clearance_id', NULL,
            'leave_until', NULL
        ) ORDER BY at)
        FROM known WHERE direction = 'OUTBOUND' AND at >= :since
    ), '[]') AS made,
    coalesce((
        SELECT json_agg(json_build_object(
            'at', asked_at, 'lender', lender, 'actor', actor, 'mandate_id', mandate_id, 'stage', stage,
            'channel', channel, 'target', target, 'account_keys', account_keys,
            'token', encode(contact_token, 'hex'), 'result', NULL, 'clearance_id', clearance_id,
            'leave_until', expires_at
        ) ORDER BY clearance_id)
        FROM contact_clearance
        WHERE subject_key = h.subject_key AND granted AND used_at IS NULL AND expires_at > :unused_since
    ), '[]') AS open
FROM here h
""").bindparams(
    bindparam("subject_key", type_=Uuid),
    bindparam("lender", type_=Text),
    bindparam("account_keys", type_=ARRAY(Uuid)),
    bindparam("tokens", type_=ARRAY(LargeBinary)),
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("now", type_=DateTime(timezone=True)),
)
