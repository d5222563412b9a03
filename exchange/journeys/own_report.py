"""Borrowers look at their own file: all of it, at any time, logged like every other look.

hold the file -> decide_own -> plan -> log entry and rows in one statement -> unseal -> shape
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consent.decision import Grant, decide_own
from consent.policy.resolve import is_free
from consent.policy.rules import FreeQuota
from exchange.audit.signed_words import sign_beside
from exchange.clock import new_id
from exchange.disclosure.copy_json import report_as_json
from exchange.disclosure.copy_pdf import report_as_pdf
from exchange.disclosure.minimise import minimise
from exchange.disclosure.own_file import FreeReports, OwnLook, OwnReport, shape_own_report
from exchange.disclosure.speech import Speech
from exchange.errors import Unavailable
from exchange.handover import THE_BORROWER, Borrower, SealedRows
from exchange.journeys.log_act import entry_about
from exchange.journeys.own_act import held_own_file, own_file_of
from exchange.journeys.services import Services
from exchange.planning.compile import ROWS_MAX, compile_own_plan
from exchange.store.act import Act, InquiryRecord, disclose_to_borrower
from exchange.store.engine import database_errors
from exchange.store.own_file import OwnFile, StoredLook, list_looks, own_looks_since
from exchange.vault.unseal_rows import unseal_rows
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.purpose import Purpose

COPY_KIND = "openbureau-copy"


@dataclass(frozen=True, slots=True)
class SignedCopy:
    """A copy to take along: the bytes, and the exchange's detached signature (JWS) over exactly these."""

    content: bytes
    signature: str


def own_report(services: Services, borrower: Borrower) -> OwnReport:
    """Everything that is held about the borrower, months as far back as there are, statements beside their accounts.

    Raises BadRequest once the file was erased, IntegrityError, Unavailable.
    """
    with database_errors():
        services.back_pressure.check()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        now = services.clock.now()
        grant = decide_own(file.subject_key, THE_BORROWER, services.pack, now)
        free = _free_reports(services, connection, file, grant, now)
        act = _act(services, borrower, file, grant, now)
        sealed = disclose_to_borrower(connection, act, compile_own_plan(grant))
        looks = list_looks(connection, file.subject_key, None, ROWS_MAX)
    # From here the look is in the log.
    if not isinstance(sealed, SealedRows):
        raise Unavailable("Something changed while you asked. Ask again.")
    opened = unseal_rows(sealed, services.keys.open(file.wrapped_key))
    return shape_own_report(minimise(opened, now.date()), now, _own_looks(looks), free, act.entry.leaf_hash)


def free_reports(services: Services, borrower: Borrower) -> FreeReports:
    """The reports that the borrower had this year so far, and whether the next one is free. No look is made."""
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        now = services.clock.now()
        grant = decide_own(file.subject_key, THE_BORROWER, services.pack, now)
        if_today = _free_reports(services, connection, file, grant, now)
        today = now.astimezone(ZoneInfo(file.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        had_today = bool(own_looks_since(connection, file.subject_key, today.astimezone(UTC)))
    return if_today if had_today else replace(if_today, used=if_today.used - 1)


def report_json(services: Services, report: OwnReport, beside: Mapping[str, Any] = MappingProxyType({})) -> SignedCopy:
    """The report as plain JSON, to read by machine or to take to somebody else (PIPL, art. 45), and its signature.

    `beside`: what else stands in the file (`own_beside`).
    """
    content = report_as_json(report, services.settings.issuer, beside)
    return SignedCopy(content, sign_beside(services.signing, COPY_KIND, content))


def report_pdf(services: Services, report: OwnReport, speech: Speech) -> bytes:
    """The report to print and keep, in the borrower's language."""
    return report_as_pdf(report, speech, services.settings.issuer)


def _act(services: Services, borrower: Borrower, file: OwnFile, grant: Grant, now: datetime) -> Act:
    cipher = services.keys.open(file.wrapped_key)
    classes, rules = list(grant.released), list(grant.rules)
    fields = {
        "act": "look", "member": THE_BORROWER, "staff": None, "purpose": Purpose.SELF.value,
        "basis": grant.basis_kind, "consent": None, "consent_use": None, "requested": classes, "released": classes,
        "withheld": [], "granted": True, "rules": rules, "reasons": [], "pack": grant.pack_version,
        "signed_in_by": borrower.signed_in_by,
    }  # fmt: skip
    entry = entry_about(services, now, file.subject_key, cipher, file.sequence_last + 1, fields)
    inquiry = InquiryRecord(
        inquiry_key=new_id(now),
        member_id=THE_BORROWER,
        staff=None,
        purpose=Purpose.SELF.value,
        hard=False,
        basis=grant.basis_kind,
        consent_id=None,
        consent_use=None,
        granted=True,
        requested=classes,
        released=classes,
        withheld=[],
        rules=rules,
        reasons=[],
        pack_version=grant.pack_version,
    )
    return Act(entry, THE_BORROWER, token_id="", once=None, inquiry=inquiry)


def _free_reports(
    services: Services, connection: Connection, file: OwnFile, grant: Grant, now: datetime
) -> FreeReports:
    """How many reports were had this calendar year where the borrower lives, and whether one more is free."""
    zone = ZoneInfo(file.time_zone)
    today = now.astimezone(zone).date()
    new_year = datetime(today.year, 1, 1, tzinfo=zone).astimezone(UTC)
    days = {at.astimezone(zone).date() for at in own_looks_since(connection, file.subject_key, new_year)} - {today}
    rules = [rule for rule in services.pack.rules if rule.id in grant.rules]
    quotas = {rule.terms.count_per_year: rule.id for rule in rules if isinstance(rule.terms, FreeQuota)}
    limit = max(quotas, default=None)
    rule = quotas[limit] if limit is not None else None
    return FreeReports(len(days) + 1, limit, is_free(rules, len(days)), rule)


def _own_looks(looks: Sequence[StoredLook]) -> list[OwnLook]:
    return [
        OwnLook(
            inquiry_key=look.inquiry_key,
            asked_at=look.asked_at,
            member_id=look.member_id,
            member_name=look.member_name,
            member_class=MemberClass(look.member_class) if look.member_class else None,
            purpose=Purpose(look.purpose),
            granted=look.granted,
            hard=look.hard,
        )
        for look in looks
    ]
