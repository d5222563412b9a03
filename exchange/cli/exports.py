"""Writing a member its own records."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, running_services, tell
from exchange.journeys.export_own_records import export_own_records
from schema.vocabulary.submission import FileFormat


@click.command(name="export-records")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--member", "member_id", required=True, help="The member whose accounts are written.")
@click.option("--format", "file_format", default=FileFormat.METRO2.value, type=click.Choice([FileFormat.METRO2.value]))
@json_option
@clear_errors
def export_records_command(file: Path, member_id: str, file_format: str, as_json: bool) -> None:
    """Write a member its own current accounts, as a new file that only its owner may read. It is in the log."""
    with running_services() as services, _new_file(file) as written:
        exported = export_own_records(services, member_id, written, OPERATOR)
    unsaid = {f"{lost.field} {lost.kind}": count for lost, count in exported.unsaid.items()}
    told = {"format": file_format, "accounts": exported.accounts, "not_written": exported.not_written, "unsaid": unsaid}
    lines = [f"{exported.accounts:,} accounts written, {exported.not_written:,} that {file_format} cannot hold."]
    lines += [f"  {lost}: {count:,}" for lost, count in sorted(unsaid.items())]
    tell(as_json, told, "\n".join(lines))


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file of 0600 that is in its place once it is whole and was logged; never in the place of another."""
    if path.exists():
        raise click.ClickException("There is a file of this name already.")
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
