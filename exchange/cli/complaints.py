"""Complaints of other registers in our categories."""

from pathlib import Path

import click
import orjson

from exchange.cli.shared import FILE, clear_errors, json_option
from exchange.intake.complaint_map import Mapped, load_complaint_map, map_complaints
from schema.vocabulary.complaint import ComplaintCategory


@click.group()
def complaint() -> None:
    """Complaints of other registers."""


@complaint.command(name="map")
@click.argument("file", type=FILE)
@click.option("--table", required=True, help="The table that maps them, such as cfpb.")
@json_option
@clear_errors
def map_command(file: Path, table: str, as_json: bool) -> None:
    """Count a file's complaints in our categories. Nothing is kept; no database is needed."""
    with file.open("rb") as opened:
        mapped = map_complaints(opened, load_complaint_map(table))
    if as_json:
        click.echo(orjson.dumps(_as_json(mapped)).decode())
        return
    for category, count in mapped.by_category.items():
        click.echo(f"{category.value:16} {count:>8,}")
        for response, answered in _responses(mapped, category).items():
            click.echo(f"    {response or '(none)':36} {answered:>8,}")
    click.echo(f"{'all':16} {mapped.complaints:>8,}")


def _as_json(mapped: Mapped) -> dict[str, object]:
    categories = {
        category.value: {"complaints": count, "responses": _responses(mapped, category)}
        for category, count in mapped.by_category.items()
    }
    return {"complaints": mapped.complaints, "categories": categories, "responses": dict(mapped.by_response)}


def _responses(mapped: Mapped, category: ComplaintCategory) -> dict[str, int]:
    return {
        response: mapped.by_both[category, response]
        for response in mapped.by_response
        if (category, response) in mapped.by_both
    }
