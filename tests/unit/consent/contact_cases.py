"""What tests of contact decisions start from: a lawful call, which each test changes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from consent.contact import Contact, ContactQuestion, Denial, Permit, Standing, decide_contact
from consent.policy.rules import Pack
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.member_class import MemberClass

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 13, 10, tzinfo=SHANGHAI)
DEBT, OTHER_DEBT = UUID(int=1), UUID(int=2)
VALIDITY = timedelta(minutes=15)
QUESTION = ContactQuestion(
    lender="lender",
    actor="lender",
    actor_class=MemberClass.BANK,
    stage=CollectionStage.PHONE,
    channel=ContactChannel.VOICE_HUMAN,
    target=ContactTarget.DEBTOR,
    debts=frozenset({DEBT}),
    number=0,
    days_past_due=60,
)
STANDING = Standing(SHANGHAI)
MADE = Contact(
    at=NOW - timedelta(hours=1),
    lender="lender",
    actor="lender",
    stage=CollectionStage.PHONE,
    channel=ContactChannel.VOICE_HUMAN,
    target=ContactTarget.DEBTOR,
    debts=frozenset({DEBT}),
    number=0,
    result=ContactResult.EFFECTIVE,
)


def made(many: int = 1, **changes: Any) -> list[Contact]:
    """So many contacts of an hour ago, with these changes."""
    return [replace(MADE, **changes)] * many


def decided(
    pack: Pack,
    history: list[Contact] | None = None,
    now: datetime = NOW,
    standing: dict[str, Any] | None = None,
    validity: timedelta = VALIDITY,
    **asked: Any,
) -> Permit | Denial:
    """What the pack makes of the lawful call with these changes."""
    how = replace(STANDING, **(standing or {}))
    return decide_contact(replace(QUESTION, **asked), how, history or [], pack, now, validity)


def said(decision: Permit | Denial) -> list[tuple[str, str | None]]:
    """(code, rule) of each reason; empty: it was permitted."""
    return [(reason.code, reason.rule) for reason in decision.reasons] if isinstance(decision, Denial) else []
