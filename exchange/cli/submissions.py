"""Submissions as the operator sees them: which there are, how far one is, and what is wrong with it."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.cli.shared import clear_errors, json_option, running_services
from exchange.journeys.services import Services
from exchange.journeys.view_submissions import (
    ENGLISH,
    FaultView,
    SubmissionView,
    faults_as_csv,
    latest_submissions,
    page_faults,
    view_submission,
)

FAULTS_PRINTED = 20
LOOKED_AT_EVERY_SECONDS = 0.5
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="submissions")
@click.option("--member", "member_id", help="Only those of this member.")
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many, the newest first.")
@json_option
@clear_errors
def submissions_command(member_id: str | None, most: int, as_json: bool) -> None:
    """List the newest submissions."""
    with running_services() as services:
        found = latest_submissions(services, member_id, most)
    if as_json:
        click.echo(orjson.dumps([_as_json(each) for each in found], option=orjson.OPT_INDENT_2).decode())
        return
    for each in found:
        click.echo(f"{each.submitted_at:%Y-%m-%d %H:%M:%S}  {each.submission_id}  {each.member_id}  {_in_a_line(each)}")
    if not found:
        click.echo("There are none.")


@click.command(name="submission")
@click.argument("submission_id", type=click.UUID)
@click.option("--watch", is_flag=True, help="Show a progress bar until it is done with.")
@click.option("--faults", "faults_file", type=NEW_FILE, help="Write all faults to this file (CSV).")
@click.option("--language", default=ENGLISH, show_default=True, help="Of the faults: en, zh-Hans, zh-Hant.")
@json_option
@clear_errors
def submission_command(
    submission_id: UUID, watch: bool, faults_file: Path | None, language: str, as_json: bool
) -> None:
    """Show one submission: how far it is, its counts, its first faults."""
    with running_services() as services:
        if watch:
            _watch(services, submission_id)
        found = view_submission(services, submission_id)
        faults = page_faults(services, submission_id, FAULTS_PRINTED).faults
        if faults_file:
            with faults_file.open("w", encoding="utf-8", newline="") as file:
                file.writelines(faults_as_csv(services, submission_id, language))
    if as_json:
        first = [asdict(fault) | {"sentence": fault.sentence(language)} for fault in faults]
        click.echo(orjson.dumps(_as_json(found) | {"first_faults": first}, option=orjson.OPT_INDENT_2).decode())
        return
    _tell(found, faults, language)
    if faults_file:
        click.echo(f"All faults that were kept are in {faults_file}.")


def _watch(services: Services, submission_id: UUID) -> None:
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(),
        TextColumn("{task.fields[records]:,} records"), TimeRemainingColumn(),
    )  # fmt: skip
    found = view_submission(services, submission_id)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(found.state, total=found.bytes_total, records=0)
        while found.finished_at is None:
            bar.update(task, completed=found.bytes_read, records=found.records_read, description=found.state)
            time.sleep(LOOKED_AT_EVERY_SECONDS)
            found = view_submission(services, submission_id)


def _tell(found: SubmissionView, faults: tuple[FaultView, ...], language: str) -> None:
    click.echo(f"{found.submission_id}  {found.member_id}  {found.format}  {found.bytes_total:,} bytes")
    click.echo(_in_a_line(found))
    if found.file_fault:
        click.echo(f"  the file: {found.file_fault}")
    for fault in faults:
        click.echo(f"  record {fault.record_no}, {fault.field}: {fault.sentence(language)} [{fault.code}]")
    if found.faults > len(faults):
        click.echo(f"  ... {found.faults:,} faults in all; --faults FILE writes them.")
    for code, times in sorted(found.notes.items()):
        click.echo(f"  note {code}: {times:,}")


def _in_a_line(found: SubmissionView) -> str:
    return (
        f"{found.state}, {found.progress:.0%}: {found.records_read:,} records read, {found.records_applied:,} applied, "
        f"{found.records_unchanged:,} unchanged, {found.records_faulty:,} faulty."
    )


def _as_json(found: SubmissionView) -> dict[str, Any]:
    leaf = found.leaf_hash.hex() if found.leaf_hash else None
    return asdict(found) | {"digest": found.digest.hex(), "leaf_hash": leaf}
