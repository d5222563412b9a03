"""Consents on paper."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.lifecycle import ConsentState
from exchange.cli.shared import (
    OPERATOR,
    borrower_options,
    clear_errors,
    json_option,
    one_of,
    running_services,
    tell,
)
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import WrittenConsent, give_consent, move_consent
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass


@click.group()
def consent() -> None:
    """Consents on paper: give, pause, resume, withdraw. The borrower's id number is asked for, never an argument."""


@consent.command()
@borrower_options
@click.option("--recipient", required=True, help="The one member that may look.")
@click.option("--purpose", required=True, type=one_of(Purpose))
@click.option("--field", "fields", multiple=True, required=True, type=one_of(FieldClass), help="Repeatable.")
@click.option("--document", required=True, type=click.File("rb"), help="Scan of what the borrower signed.")
@click.option("--notice", required=True, type=click.File("rb"), help="The notice that the borrower was shown.")
@click.option("--notice-language", default="zh-Hans", show_default=True)
@click.option("--days", default=90, show_default=True, help="How long the consent lasts.")
@click.option("--once", is_flag=True, help="For a single look.")
@click.option("--per-month", type=int, help="Most looks in a month.")
@click.option("--data-from", type=click.DateTime(["%Y-%m-%d"]), help="Earliest month of history to be shown.")
@click.option("--warned", is_flag=True, help="The document states the consequences (art. 14; PIPL 30).")
@json_option
@clear_errors
def give(
    id_type: str, country: str, id_number: str, recipient: str, purpose: str, fields: tuple[str, ...], document: Any,
    notice: Any, notice_language: str, days: int, once: bool, per_month: int | None, data_from: datetime | None,
    warned: bool, as_json: bool,
) -> None:  # fmt: skip
    """Record a consent that a borrower gave in writing."""
    now = datetime.now(UTC).replace(microsecond=0)
    written = WrittenConsent(
        recipient=recipient,
        purpose=Purpose(purpose),
        field_classes=frozenset(map(FieldClass, fields)),
        data_from=data_from.date() if data_from else date(now.year - 5, now.month, 1),
        starts_at=now,
        expires_at=now + timedelta(days=days),
        fetch=Fetch.ONCE if once else Fetch.PERIODIC,
        frequency=Frequency(per_month, FrequencyUnit.MONTH) if per_month else None,
        sensitive_warning_shown=warned,
        article_14_warning_shown=warned,
        notice_language=notice_language,
        notice_digest=hashlib.sha256(notice.read()).hexdigest(),
        document_digest=hashlib.sha256(document.read()).hexdigest(),
    )
    with running_services() as services:
        consent_id = give_consent(services, Document(IdType(id_type), country, id_number), written, OPERATOR)
    tell(as_json, {"consent_id": consent_id}, f"Consent {consent_id} is active for {days} days.")


def _move_command(name: str, to: ConsentState, sentence: str) -> None:
    @consent.command(name=name, help=sentence)
    @click.argument("consent_id", type=click.UUID)
    @borrower_options
    @clear_errors
    def change(consent_id: UUID, id_type: str, country: str, id_number: str) -> None:
        with running_services() as services:
            move_consent(services, Document(IdType(id_type), country, id_number), consent_id, to, OPERATOR)
        click.echo(f"Consent {consent_id} is now {to.value}.")


_move_command("pause", ConsentState.PAUSED, "Pause a consent at the borrower's written request.")
_move_command("resume", ConsentState.ACTIVE, "Resume a paused consent at the borrower's written request.")
_move_command("withdraw", ConsentState.REVOKED, "Withdraw a consent at the borrower's written request.")
