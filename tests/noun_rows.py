"""Public records, collection actions, repayment plans and assessments of a borrower, written as they are stored."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from factories import Exchange
from sqlalchemy import Table, insert

from exchange.clock import new_id
from exchange.store.tables.assessment import assessment
from exchange.store.tables.collection import collection_action
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan

NOUNS: dict[Table, tuple[str, dict[str, Any]]] = {
    public_record: (
        "record_key",
        {
            "kind": "JUDGMENT", "authority": "People's Court of Hedong", "status": "OPEN", "amount_minor": 900_000,
            "currency": "CNY", "filed_on": date(2026, 2, 1), "decided_on": date(2026, 3, 1), "ended_on": None,
        },
    ),
    collection_action: (
        "action_key",
        {
            "account_keys": [], "agent": "agent-7", "agent_name": "Zhao Lei", "stage": "PHONE",
            "channel": "VOICE_HUMAN", "direction": "OUTBOUND", "target": "DEBTOR", "contact": "+8613800000000",
            "contact_token": b"t" * 32, "started_at": datetime(2026, 5, 3, 2, 15, tzinfo=UTC),
            "duration_seconds": 90, "result": "PROMISE_TO_PAY", "promised_minor": 50_000, "promised_currency": "CNY",
            "promised_on": date(2026, 5, 20), "promise_kept": False, "disclosed": ["balance"],
            "borrower_says": "OBJECTED",
        },
    ),
    repayment_plan: (
        "plan_key",
        {
            "account_keys": [], "plan_type": "INSTALMENT", "state": "ACTIVE", "currency": "CNY",
            "options": [
                {"plan_type": "INSTALMENT", "instalments": 10, "amount_minor": 9_000, "total_minor": 90_000,
                 "waived_minor": 10_000, "first_due_on": "2026-05-01"},
                {"plan_type": "DEFERRAL", "instalments": 1, "amount_minor": 100_000, "total_minor": 100_000,
                 "waived_minor": None, "first_due_on": None},
            ],
            "chosen_option": 0, "schedule": [["2026-05-01", 9_000, 9_000], ["2026-06-01", 9_000, None]],
            "waived_minor": 10_000, "days_past_due_before": 75, "reporting_treatment": "FREEZE_STATUS",
            "stop_collection_until": date(2026, 12, 1), "proposed_on": date(2026, 4, 1),
            "accepted_on": date(2026, 4, 10), "ended_on": None,
        },
    ),
    assessment: (
        "assessment_key",
        {
            "scorecard": "repay-3", "inputs": {"balance_minor": 120, "instalments": 3}, "band": "C", "score": 610,
            "reason_codes": ["R12"], "explanation": "Two loans were late.", "solely_automated": True,
            "reviewer": "Li Na", "contested_at": None, "assessed_at": datetime(2026, 5, 9, 4, tzinfo=UTC),
        },
    ),
}  # fmt: skip
"""By table: the column of its key, and a good record, not yet sealed."""
_TEXTS = ("reference", "agent_name", "contact", "explanation", "reviewer")


def add_noun(
    exchange: Exchange, table: Table, borrower: UUID, contributor: str, key: UUID | None = None, **changes: Any
) -> UUID:
    """One version of a record (the first unless told). Returns the record's key."""
    key_column, good = NOUNS[table]
    now = exchange.clock.now()
    key = key or new_id(now)
    values: dict[str, Any] = {
        "subject_key": borrower, key_column: key, "reference": "REF-1", "reference_token": b"r" * 32, "reason": "NEW",
        "contributor": contributor, "version": 1, "valid_from": date(2026, 1, 1), "recorded_at": now,
        "basis": "cn.cir.13", "jurisdiction": "cn", "pack_version": "1", "commitment": b"n" * 32,
    } | good | changes  # fmt: skip
    plain = {name: values[name].encode() for name in _TEXTS if values.get(name) is not None}
    if "inputs" in values:
        plain["inputs"] = orjson.dumps(values["inputs"])
    cipher = exchange.ciphers[borrower]
    sealed = {name: cipher.seal(table.name, name, key.bytes, content) for name, content in plain.items()}
    with exchange.engine.begin() as connection:
        connection.execute(insert(table).values(values | sealed))
    return key
