"""What a look leaves: its entry in the log, the inquiry in the borrower's file, and what the answer says of it."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from consent.decision import Grant
from consent.policy.rules import BasisKind
from consent.reasons import Reason
from consent.register import HeldConsent
from exchange.audit.entry import FieldValue
from exchange.clock import new_id
from exchange.errors import NotAuthenticated
from exchange.handover import Caller, OneTime, Plan
from exchange.journeys.find_borrower import Document
from exchange.journeys.log_act import entry_about, entry_about_nobody
from exchange.journeys.services import Services
from exchange.planning.selection import Selection
from exchange.store.act import Act, ConsentUse, InquiryRecord
from exchange.store.look_up import FoundFile
from exchange.store.own_file import OwnFile
from exchange.vault.field_cipher import SubjectCipher
from schema.vocabulary.purpose import Purpose

HARD = frozenset({Purpose.LOAN_APPROVAL, Purpose.CARD_APPROVAL, Purpose.GUARANTEE_REVIEW})
"""The purposes of somebody applying for credit: other lenders see these as hard inquiries."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One report that is asked for, as the request put it. `staff` is the id and name of the person it is for.

    `as_of`: what the file said at that instant is asked for; None: what it says now.
    """

    document: Document
    purpose: Purpose
    consent_id: UUID | None
    staff: tuple[str, str] | None
    selection: Selection
    ground_id: UUID | None = None
    as_of: datetime | None = None


@dataclass(slots=True)
class Request:
    """One HTTP request: who sent it, its digest (SHA-256 of the body), and the leaves that its looks left so far.

    `turned_away`: why nothing more is answered in this request, once its caller was found not to count.
    """

    caller: Caller
    digest: bytes
    leaves: list[bytes]
    turned_away: NotAuthenticated | None = None

    @property
    def once(self) -> OneTime | None:
        """The proof that the first act must spend; None once it has been."""
        return None if self.leaves else self.caller.once


def act_of_look(
    services: Services,
    now: datetime,
    request: Request,
    asked: Asked,
    file: FoundFile,
    cipher: SubjectCipher,
    consent: HeldConsent | None,
    plan: Plan,
) -> Act:
    """A granted look."""
    grant = plan.grant
    use = _use(consent, now)
    fields = look_fields(services, request, asked, grant.basis_kind, use) | {
        "granted": True,
        "released": list(grant.released),
        "withheld": list(grant.withheld_classes),
        "rules": list(grant.rules),
        "reasons": [],
    }
    return recorded_act(services, now, request, asked, file, cipher, fields, use)


def act_of_refusal(
    services: Services,
    now: datetime,
    request: Request,
    asked: Asked,
    file: FoundFile,
    cipher: SubjectCipher,
    reasons: Sequence[Reason],
) -> Act:
    """A refused look at a known borrower's file."""
    basis = file.ground.kind if file.ground else _basis_named(asked)
    fields = look_fields(services, request, asked, basis, None) | refused_fields(reasons)
    return recorded_act(services, now, request, asked, file, cipher, fields, None)


def act_on_unknown_person(
    services: Services, now: datetime, request: Request, asked: Asked, reasons: Sequence[Reason]
) -> Act:
    """A refused look at nobody's file."""
    fields = look_fields(services, request, asked, _basis_named(asked), None) | refused_fields(reasons)
    entry = entry_about_nobody(services, now, fields)
    return Act(entry, request.caller.member_id, request.caller.token_id, request.once)


def describe_disclosure(grant: Grant, act: Act) -> dict[str, Any]:
    """The `disclosure` part of an answer."""
    return {
        "leaf_hash": b64encode(act.entry.leaf_hash).decode(),
        "basis": grant.basis_kind,
        "consent_id": grant.consent_id and str(grant.consent_id),
        "consent_use": act.use and act.use.uses,
        "released": list(grant.released),
        "withheld": [
            {"field_class": w.field_class, "code": w.reason.code, "sentence": w.reason.sentence, "rule": w.reason.rule}
            for w in grant.withheld
        ],
        "rules": list(grant.rules),
        "pack": grant.pack_version,
    }


def look_fields(
    services: Services, request: Request, asked: Asked, basis: str, use: ConsentUse | None
) -> dict[str, FieldValue]:
    """What the log says of a look, granted or refused, but for what came of it."""
    of_past: dict[str, FieldValue] = {"as_of": asked.as_of.isoformat()} if asked.as_of else {}
    in_sandbox: dict[str, FieldValue] = {"sandbox": True} if request.caller.in_sandbox else {}
    return (of_past | in_sandbox) | {
        "act": "look",
        "member": request.caller.member_id,
        "staff": list(asked.staff) if asked.staff else None,
        "purpose": asked.purpose.value,
        "basis": basis,
        "consent": str(asked.consent_id) if asked.consent_id else None,
        "ground": str(asked.ground_id) if asked.ground_id else None,
        "consent_use": use.uses if use else None,
        "requested": sorted(asked.selection.classes),
        "pack": services.pack.version,
        "request_digest": request.digest.hex(),
    }


def _basis_named(asked: Asked) -> str:
    return BasisKind.GROUND.value if asked.ground_id else BasisKind.CONSENT.value


def refused_fields(reasons: Sequence[Reason]) -> dict[str, FieldValue]:
    """What came of a look that was refused."""
    codes = list(dict.fromkeys(reason.code for reason in reasons))
    rules = sorted({reason.rule for reason in reasons if reason.rule})
    return {"granted": False, "released": [], "withheld": [], "rules": rules, "reasons": codes}


def _use(held: HeldConsent | None, now: datetime) -> ConsentUse | None:
    if held is None:
        return None
    after = held.after_look(now)
    return ConsentUse(held.artefact.consent_id, held.uses, after.uses, after.window_started_at, after.window_uses)


def recorded_act(
    services: Services,
    now: datetime,
    request: Request,
    asked: Asked,
    file: FoundFile | OwnFile,
    cipher: SubjectCipher,
    fields: dict[str, Any],
    use: ConsentUse | None,
) -> Act:
    """A look of these fields, as its act: the log entry, and the inquiry in the borrower's file."""
    entry = entry_about(services, now, file.subject_key, cipher, file.sequence_last + 1, fields)
    staff = orjson.dumps(asked.staff) if asked.staff else None
    inquiry_key = new_id(now)
    inquiry = InquiryRecord(
        inquiry_key=inquiry_key,
        member_id=request.caller.member_id,
        staff=staff and cipher.seal("inquiry", "staff", inquiry_key.bytes, staff),
        purpose=asked.purpose.value,
        hard=asked.purpose in HARD,
        basis=fields["basis"],
        consent_id=asked.consent_id,
        consent_use=fields["consent_use"],
        granted=fields["granted"],
        requested=fields["requested"],
        released=fields["released"],
        withheld=fields["withheld"],
        rules=fields["rules"],
        reasons=fields["reasons"],
        pack_version=fields["pack"],
        ground_id=asked.ground_id,
    )
    return Act(entry, request.caller.member_id, request.caller.token_id, request.once, inquiry, use)
