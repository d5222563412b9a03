"""Lawful grounds, and those who act for a borrower."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from consent.question import GroundKind
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
from exchange.journeys.lawful_grounds import OrderedLook, end_recorded_ground, record_ground
from exchange.journeys.representatives import add_representative, end_representative
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.representative import RepresentativeKind
from schema.vocabulary.scope import FieldClass


@click.group()
def ground() -> None:
    """Lawful grounds for a look without consent: record, end. The borrower sees them in their own log."""


@ground.command(name="add")
@borrower_options
@click.option("--kind", required=True, type=one_of(GroundKind))
@click.option("--reference", required=True, help="Number of the case or file; the borrower sees it.")
@click.option("--recipient", required=True, help="The one member that may look.")
@click.option("--purpose", required=True, type=one_of(Purpose))
@click.option("--field", "fields", multiple=True, required=True, type=one_of(FieldClass), help="Repeatable.")
@click.option("--document", required=True, type=click.File("rb"), help="Scan of the order.")
@click.option("--days", default=30, show_default=True, help="How long the ground lasts.")
@json_option
@clear_errors
def add_ground(
    id_type: str, country: str, id_number: str, kind: str, reference: str, recipient: str, purpose: str,
    fields: tuple[str, ...], document: Any, days: int, as_json: bool,
) -> None:  # fmt: skip
    """Record a court's order or a duty under which a member may look."""
    ordered = OrderedLook(
        kind=GroundKind(kind),
        reference=reference,
        recipient=recipient,
        purpose=Purpose(purpose),
        field_classes=frozenset(map(FieldClass, fields)),
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=days),
        document_digest=hashlib.sha256(document.read()).digest(),
    )
    with running_services() as services:
        ground_id = record_ground(services, Document(IdType(id_type), country, id_number), ordered, OPERATOR)
    tell(as_json, {"ground_id": ground_id}, f"Ground {ground_id} stands for {days} days.")


@ground.command(name="end")
@click.argument("ground_id", type=click.UUID)
@borrower_options
@clear_errors
def end_ground(ground_id: UUID, id_type: str, country: str, id_number: str) -> None:
    """End a lawful ground before its time."""
    with running_services() as services:
        end_recorded_ground(services, Document(IdType(id_type), country, id_number), ground_id, OPERATOR)
    click.echo(f"Ground {ground_id} has ended.")


@click.group()
def representative() -> None:
    """Delegates and guardians: let somebody act for a borrower, and end that. Both must be known borrowers."""


def _representative_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--acting-id-type", default=IdType.RESIDENT_ID.value, type=one_of(IdType), show_default=True),
        click.option("--acting-country", default="CN", show_default=True),
        click.option("--acting-id-number", prompt="Id number of who acts for them", hide_input=True,
                     envvar="OPENBUREAU_ACTING_ID_NUMBER"),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return borrower_options(command)


@representative.command(name="add")
@_representative_options
@click.option("--kind", required=True, type=one_of(RepresentativeKind))
@click.option("--document", required=True, type=click.File("rb"), help="Scan of what says so.")
@click.option("--days", default=365, show_default=True, help="How long it holds.")
@clear_errors
def add_representative_command(
    id_type: str, country: str, id_number: str, acting_id_type: str, acting_country: str, acting_id_number: str,
    kind: str, document: Any, days: int,
) -> None:  # fmt: skip
    """Let somebody act for a borrower, under their own sign-in."""
    subject = Document(IdType(id_type), country, id_number)
    acting = Document(IdType(acting_id_type), acting_country, acting_id_number)
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    digest = hashlib.sha256(document.read()).digest()
    with running_services() as services:
        add_representative(services, subject, acting, RepresentativeKind(kind), digest, ends_at, OPERATOR)
    click.echo(f"They may act for the borrower for {days} days.")


@representative.command(name="end")
@_representative_options
@clear_errors
def end_representative_command(
    id_type: str, country: str, id_number: str, acting_id_type: str, acting_country: str, acting_id_number: str
) -> None:
    """End what lets somebody act for a borrower."""
    subject = Document(IdType(id_type), country, id_number)
    acting = Document(IdType(acting_id_type), acting_country, acting_id_number)
    with running_services() as services:
        end_representative(services, subject, acting, OPERATOR)
    click.echo("They may no longer act for the borrower.")
