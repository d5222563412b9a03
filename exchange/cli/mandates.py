"""Mandates of lenders to agencies."""

import click

from exchange.cli.shared import clear_errors, json_option, running_services, tell
from exchange.store.mandates import list_mandates


@click.group()
def mandate() -> None:
    """Mandates of lenders to agencies: list."""


@mandate.command(name="list")
@click.option("--member", "member_id", help="Only those that this member gave or was given.")
@json_option
@clear_errors
def list_all(member_id: str | None, as_json: bool) -> None:
    """List the mandates as they stand."""
    with running_services() as services, services.connection() as connection:
        stored = list_mandates(connection)
    for one in stored:
        if member_id is None or member_id in (one.lender, one.agency):
            shown = {
                "mandate_id": one.mandate_id,
                "lender": one.lender,
                "agency": one.agency,
                "reference": one.reference,
                "portfolio": one.portfolio,
                "channels": list(one.channels),
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
                "evaluation_due_on": one.evaluation_due_on,
                "state": one.state,
                "version": one.version,
            }
            days = f"{one.starts_on} to {one.ends_on}"
            tell(as_json, shown, f"{one.lender:24} {one.agency:24} {one.state:8} {days}  {one.reference}")
