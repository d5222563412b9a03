-- What the Node peers need beside the exchange's tables: personal fields under a cipher that Node has, and, for
-- PostGraphile, a schema of its own whose views and functions give the tables the shape of the contract.

CREATE SCHEMA bench_peer;

CREATE TABLE bench_peer.sealed_subject (
    subject_key uuid PRIMARY KEY,
    key bytea NOT NULL,
    id_number bytea NOT NULL,
    names bytea NOT NULL,
    birth_date bytea
);

CREATE TABLE bench_peer.sealed_account (
    subject_key uuid NOT NULL,
    account_key uuid NOT NULL,
    account_ref bytea NOT NULL,
    PRIMARY KEY (subject_key, account_key)
);

CREATE TABLE bench_peer.decision (history_from date, history_to date, negative_retention_years int);

CREATE SCHEMA bench_graph;

CREATE TYPE bench_graph.money AS (minor double precision, currency text);
CREATE TYPE bench_graph.currency_total AS (
    balance bench_graph.money, past_due bench_graph.money, credit_limit bench_graph.money
);
CREATE TYPE bench_graph.summary AS (
    accounts int, open_accounts int, lenders int, lenders_in_arrears int, totals bench_graph.currency_total[],
    oldest_opened_on date, late_months int
);
CREATE FUNCTION bench_graph.amount(minor bigint, currency text) RETURNS bench_graph.money
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN minor IS NOT NULL THEN ROW(minor, currency)::bench_graph.money END
$$;
COMMENT ON FUNCTION bench_graph.amount IS '@behavior -*';

CREATE VIEW bench_graph.credit_report AS
SELECT s.subject_key, s.id_type, s.country, z.key, z.id_number, z.names, z.birth_date
FROM subject s JOIN bench_peer.sealed_subject z ON z.subject_key = s.subject_key;
COMMENT ON VIEW bench_graph.credit_report IS E'@primaryKey subject_key';

CREATE VIEW bench_graph.account AS
SELECT t.subject_key, t.account_key AS id, t.contributor, m.member_class AS furnisher_class, t.owner_role, t.portfolio,
    t.product, t.state, t.five_class, t.compliance_flag, t.opened_on, t.matures_on, t.closed_on, t.reported_on,
    bench_graph.amount(t.original_amount_minor, t.currency) AS original_amount,
    bench_graph.amount(t.credit_limit_minor, t.currency) AS credit_limit,
    bench_graph.amount(t.balance_minor, t.currency) AS balance,
    bench_graph.amount(t.past_due_minor, t.currency) AS past_due,
    t.days_past_due, t.currency, t.history_month, t.history_codes, t.history_past_due_minor, t.hidden_months,
    z.account_ref AS sealed_ref
FROM account t
JOIN member m ON m.member_id = t.contributor
JOIN bench_peer.sealed_account z ON z.subject_key = t.subject_key AND z.account_key = t.account_key
CROSS JOIN bench_peer.decision d
WHERE t.superseded_at IS NULL
    AND (t.state NOT IN ('BAD_DEBT', 'WRITTEN_OFF', 'IN_RECOVERY') OR t.closed_on IS NULL
        OR current_date <= t.closed_on + make_interval(years => d.negative_retention_years));
COMMENT ON VIEW bench_graph.account IS
    E'@primaryKey subject_key,id\n@foreignKey (subject_key) references bench_graph.credit_report (subject_key)|@foreignFieldName accounts|@fieldName report';

CREATE VIEW bench_graph.collection_action AS
SELECT t.subject_key, t.action_key AS id, t.account_keys AS account_ids, t.contributor,
    m.member_class AS furnisher_class, t.stage, t.channel, t.direction, t.target, t.started_at, t.duration_seconds,
    t.result, bench_graph.amount(t.promised_minor, t.promised_currency) AS promised, t.promised_on, t.promise_kept
FROM collection_action t
JOIN member m ON m.member_id = t.contributor
CROSS JOIN bench_peer.decision d
WHERE t.superseded_at IS NULL AND NOT t.withdrawn
    AND current_date <= t.started_at::date + make_interval(years => d.negative_retention_years)
    AND (d.history_from IS NULL OR t.started_at::date >= d.history_from)
    AND (d.history_to IS NULL OR t.started_at::date <= d.history_to);
COMMENT ON VIEW bench_graph.collection_action IS
    E'@primaryKey subject_key,id\n@foreignKey (subject_key) references bench_graph.credit_report (subject_key)|@foreignFieldName collectionActions|@fieldName report';

CREATE VIEW bench_graph.repayment_plan AS
SELECT t.subject_key, t.plan_key AS id, t.account_keys AS account_ids, t.contributor,
    m.member_class AS furnisher_class, t.plan_type, t.state, t.chosen_option, t.proposed_on, t.accepted_on, t.ended_on,
    t.reporting_treatment, bench_graph.amount(t.waived_minor, t.currency) AS waived, t.currency,
    t.schedule AS packed_schedule
FROM repayment_plan t
JOIN member m ON m.member_id = t.contributor
CROSS JOIN bench_peer.decision d
WHERE t.superseded_at IS NULL AND NOT t.withdrawn
    AND (t.ended_on IS NULL OR current_date <= t.ended_on + make_interval(years => d.negative_retention_years));
COMMENT ON VIEW bench_graph.repayment_plan IS
    E'@primaryKey subject_key,id\n@foreignKey (subject_key) references bench_graph.credit_report (subject_key)|@foreignFieldName repaymentPlans|@fieldName report';

CREATE VIEW bench_graph.inquiry AS
SELECT t.subject_key, t.inquiry_key AS id, t.asked_at, m.member_class, t.purpose, t.hard
FROM inquiry t JOIN member m ON m.member_id = t.member_id
WHERE t.granted;
COMMENT ON VIEW bench_graph.inquiry IS
    E'@primaryKey subject_key,id\n@foreignKey (subject_key) references bench_graph.credit_report (subject_key)|@foreignFieldName inquiries|@fieldName report';

-- In plpgsql, whose plans are kept
CREATE FUNCTION bench_graph.credit_report_summary(r bench_graph.credit_report) RETURNS bench_graph.summary
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH mine AS (
            SELECT *, closed_on IS NULL AND state NOT IN ('SETTLED', 'ENDED', 'TRANSFERRED') AS is_open
            FROM bench_graph.account WHERE subject_key = r.subject_key
        ), sums AS (
            SELECT currency, sum((balance).minor) AS balance, sum((past_due).minor) AS past_due,
                sum((credit_limit).minor) AS credit_limit
            FROM mine WHERE is_open GROUP BY currency
        )
        SELECT ROW(
            count(*), count(*) FILTER (WHERE is_open), count(DISTINCT contributor) FILTER (WHERE is_open),
            count(DISTINCT contributor) FILTER (WHERE is_open AND (past_due).minor > 0),
            (SELECT array_agg(ROW(
                ROW(coalesce(balance, 0), currency), ROW(coalesce(past_due, 0), currency),
                ROW(coalesce(credit_limit, 0), currency)
            )::bench_graph.currency_total ORDER BY currency) FROM sums),
            min(opened_on),
            sum(length(regexp_replace(left(history_codes, 24), '[^1-7]', '', 'g')))
        )::bench_graph.summary FROM mine
    );
END
$$;
