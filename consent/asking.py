"""May a member ask again for what the borrower refused? Pure, as all of `consent`."""

from datetime import UTC, datetime, timedelta

from consent import reasons
from consent.policy.resolve import Situation, applicable, longest_pause
from consent.policy.rules import Act, BasisKind, Pack
from consent.reasons import Reason
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose


def asked_too_soon(
    pack: Pack, member_class: MemberClass, purpose: Purpose, refused_at: datetime | None, now: datetime
) -> Reason | None:
    """Why a member may not ask again for this purpose; None: it may.

    `refused_at` is when the borrower last refused this member this purpose; None: never.
    """
    if refused_at is None:
        return None
    on = now.astimezone(UTC).date()
    asked = Situation(Act.ASK, BasisKind.CONSENT, member_class, purpose, frozenset(), on)
    pause = longest_pause(applicable(pack, asked))
    if pause is None:
        return None
    days, rule = pause
    again_at = refused_at + timedelta(days=days)
    return reasons.asked_too_soon(again_at.date(), rule) if now < again_at else None
