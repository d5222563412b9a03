// The two statements of a look, which do what the service's do: find it all, then record and read in one

const ACCOUNT = `
  t.account_key, encode(z.account_ref, 'hex'), t.contributor, m.member_class, t.owner_role, t.portfolio, t.product,
  t.state, t.five_class, t.compliance_flag, t.opened_on, t.matures_on, t.closed_on, t.reported_on, t.currency,
  t.original_amount_minor, t.credit_limit_minor, t.balance_minor, t.past_due_minor, t.days_past_due, t.history_month,
  t.history_codes, t.history_past_due_minor, t.hidden_months`
const INQUIRY = 't.inquiry_key, t.asked_at, m.member_class, t.purpose, t.hard'
const COLLECTION_ACTION = `
  t.action_key, t.account_keys, t.contributor, m.member_class, t.stage, t.channel, t.direction, t.target, t.started_at,
  t.duration_seconds, t.result, t.promised_minor, t.promised_currency, t.promised_on, t.promise_kept`
const REPAYMENT_PLAN = `
  t.plan_key, t.account_keys, t.contributor, m.member_class, t.plan_type, t.state, t.chosen_option, t.proposed_on,
  t.accepted_on, t.ended_on, t.reporting_treatment, t.waived_minor, t.currency, t.schedule`

const section = (columns, source, only, order) => `
  CASE WHEN EXISTS (SELECT 1 FROM once) THEN (SELECT json_agg(r) FROM (
    SELECT json_build_array(${columns}) AS r FROM ${source} WHERE t.subject_key = $1 ${only} ORDER BY ${order} LIMIT 1000
  ) section) END`

const CURRENT = 'AND t.superseded_at IS NULL AND NOT t.withdrawn'
const sections = [
  section(
    ACCOUNT,
    `account t JOIN member m ON m.member_id = t.contributor
      JOIN bench_peer.sealed_account z ON z.subject_key = t.subject_key AND z.account_key = t.account_key`,
    'AND t.superseded_at IS NULL',
    't.opened_on DESC, t.account_key',
  ),
  section(
    INQUIRY,
    'inquiry t JOIN member m ON m.member_id = t.member_id',
    'AND t.granted',
    't.asked_at DESC, t.inquiry_key',
  ),
  section(
    COLLECTION_ACTION,
    'collection_action t JOIN member m ON m.member_id = t.contributor',
    CURRENT,
    't.started_at DESC, t.action_key',
  ),
  section(
    REPAYMENT_PLAN,
    'repayment_plan t JOIN member m ON m.member_id = t.contributor',
    CURRENT,
    't.proposed_on DESC, t.plan_key',
  ),
]

export const LOOK_UP = `
  SELECT m.status, m.scopes,
    EXISTS (SELECT 1 FROM revoked_token r WHERE r.token_id IN ($2, split_part($2, '.', 1))),
    s.subject_key, s.security_freeze, q.last, z.key, c.state, c.uses, c.artefact, c.signatures
  FROM member m
  LEFT JOIN (
    SELECT subject_key FROM subject_identifier WHERE bidx = ANY($3) ORDER BY index_key_id DESC LIMIT 1
  ) i ON true
  LEFT JOIN subject s ON s.subject_key = i.subject_key
  LEFT JOIN subject_sequence q ON q.subject_key = s.subject_key
  LEFT JOIN bench_peer.sealed_subject z ON z.subject_key = s.subject_key
  LEFT JOIN consent c ON c.subject_key = s.subject_key AND c.consent_id = $4
  WHERE m.member_id = $1`

const ACT = `
  WITH held AS (
    SELECT 1 FROM subject_sequence q
    JOIN consent c ON c.subject_key = q.subject_key AND c.consent_id = $2
      AND c.state = 'ACTIVE' AND c.uses = $3 - 1 AND c.starts_at <= $5 AND c.expires_at > $5
    WHERE q.subject_key = $1 AND q.last = $4 - 1
      AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.token_id IN ($7, split_part($7, '.', 1)))
      AND EXISTS (SELECT 1 FROM member m WHERE m.member_id = $6 AND m.status = 'ACTIVE')
    FOR UPDATE
  ), once AS (
    INSERT INTO one_time (digest, kind, expires_at) SELECT $8, 'proof', $9
    WHERE EXISTS (SELECT 1 FROM held) ON CONFLICT DO NOTHING RETURNING 1
  ), counted AS (
    UPDATE subject_sequence SET last = $4 WHERE subject_key = $1 AND EXISTS (SELECT 1 FROM once)
  ), spent AS (
    UPDATE consent SET uses = $3 WHERE subject_key = $1 AND consent_id = $2 AND EXISTS (SELECT 1 FROM once)
  ), looked AS (
    INSERT INTO inquiry (subject_key, inquiry_key, sequence, member_id, staff, purpose, hard, basis, consent_id,
      consent_use, granted, requested, released, withheld, rules, reasons, pack_version, leaf_hash, asked_at)
    SELECT $1, $10, $4, $6, $11, $12, true, 'CONSENT', $2, $3, true, $13, $14, '{}', $15, '{}', $16, $17, $5
    WHERE EXISTS (SELECT 1 FROM once)
  ), opening AS (
    INSERT INTO log_opening (subject_key, entry_id, sequence, recorded_at, leaf, leaf_hash, subject_opening,
      service_opening)
    SELECT $1, $18, $4, $5, $19, $17, $20, $21 WHERE EXISTS (SELECT 1 FROM once)
  ), pending AS (
    INSERT INTO log_pending (entry_id, recorded_at, leaf, leaf_hash, act, member_id, purpose, basis, granted, reasons,
      rules)
    SELECT $18, $5, $19, $17, 'look', $6, $12, 'CONSENT', true, '{}', $15 WHERE EXISTS (SELECT 1 FROM once)
  )
  SELECT EXISTS (SELECT 1 FROM once), EXISTS (SELECT 1 FROM held)`

/** Records a look and reads nothing. */
export const RECORD = ACT

/** Records a look and reads the file, or does neither. */
export const DISCLOSE = `${ACT},
    s.id_type, s.country, z.id_number, z.names, z.birth_date,
    ${sections.join(',')}
  FROM subject s JOIN bench_peer.sealed_subject z ON z.subject_key = s.subject_key WHERE s.subject_key = $1`
