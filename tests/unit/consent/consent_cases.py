"""A lawful look under a good consent, and how to change one thing of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.artefact import ConsentArtefact, Fetch, GivenBy, GivingMethod, Mode
from consent.lifecycle import ConsentState
from consent.policy.load import load_pack
from consent.question import GroundKind, LawfulGround, Question
from consent.register import HeldConsent
from consent.signature import sign
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

NOW = datetime(2026, 5, 3, 8, tzinfo=UTC)
SUBJECT = UUID("01890000-0000-7000-8000-000000000001")
OTHER_SUBJECT = UUID("01890000-0000-7000-8000-000000000002")
CONSENT_ID = UUID("01890000-0000-7000-8000-00000000c001")
OTHER_CONSENT_ID = UUID("01890000-0000-7000-8000-00000000c002")
KEY_ID = "exchange-2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PACK = load_pack("cn")


def an_artefact(**changes: Any) -> ConsentArtefact:
    """A good consent for bank-a to decide on a loan, for all field classes, as often as it needs."""
    good = ConsentArtefact(
        consent_id=CONSENT_ID,
        subject_key=SUBJECT,
        recipient="bank-a",
        purpose=Purpose.LOAN_APPROVAL,
        purpose_text="To decide on the car loan of 2 May.",
        field_classes=frozenset(FieldClass),
        data_from=date(2021, 5, 1),
        data_to=None,
        mode=Mode.VIEW,
        fetch=Fetch.PERIODIC,
        frequency=None,
        data_life_days=0,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        contribution_allowed=True,
        sensitive_warning_shown=True,
        article_14_warning_shown=False,
        notice_language="zh-Hans",
        notice_digest="a" * 64,
        jurisdiction="cn",
        pack_version=PACK.version,
        supersedes=None,
        given_by=GivenBy(GivingMethod.WRITTEN, "b" * 64),
    )
    return replace(good, **changes)


def a_consent(
    state: ConsentState = ConsentState.ACTIVE,
    uses: int = 0,
    window_started_at: datetime | None = None,
    window_uses: int = 0,
    **changes: Any,
) -> HeldConsent:
    artefact = an_artefact(**changes)
    return HeldConsent(artefact, state, sign(artefact, KEY, KEY_ID), uses, window_started_at, window_uses)


def a_question(**changes: Any) -> Question:
    """A bank in good standing that may ask for everything, and does, naming its staff."""
    good = Question(
        member_id="bank-a",
        member_class=MemberClass.BANK,
        member_status=MemberStatus.ACTIVE,
        contribution_level=ContributionLevel.FULL,
        scopes=frozenset(Scope),
        purpose=Purpose.LOAN_APPROVAL,
        field_classes=frozenset(FieldClass),
        staff_named=True,
        subject_frozen=False,
        subject_key=SUBJECT,
    )
    return replace(good, **changes)


def a_ground(**changes: Any) -> LawfulGround:
    good = LawfulGround(
        kind=GroundKind.COURT,
        reference="(2026) 01 No. 7",
        subject_key=SUBJECT,
        recipient="bank-a",
        purpose=Purpose.LOAN_APPROVAL,
        field_classes=frozenset(FieldClass),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    return replace(good, **changes)
