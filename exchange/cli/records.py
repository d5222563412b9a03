"""Importing records."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.cli.shared import FILE, clear_errors, json_option, one_of, running_services
from exchange.intake.reading import Reading
from exchange.journeys.submission import DEFAULT_BASIS, SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from schema.vocabulary.correction import CorrectionReason
from schema.vocabulary.submission import FileFormat

FAULTS_PRINTED = 20


@click.command(name="import")
@click.argument("file", type=FILE)
@click.option("--member", "member_id", required=True, help="The member that contributes the file.")
@click.option("--format", "file_format", required=True, type=one_of(FileFormat))
@click.option("--mapping", type=FILE, help="TOML, for MAPPED_CSV, JSON_LINES and PARQUET.")
@click.option("--newest-month", type=click.DateTime(["%Y-%m"]), help="The month that MONTHLY_STATUS calls 0.")
@click.option("--basis", default=DEFAULT_BASIS, show_default=True, help="Consent or rule that the records rest on.")
@click.option("--all-or-nothing", is_flag=True, help="Apply nothing if any record is faulty.")
@click.option("--notices-attested", is_flag=True, help="The member attests that borrowers were told of anything bad.")
@click.option("--correction", type=one_of(CorrectionReason), help="Why earlier months are told otherwise than before.")
@click.option(
    "--synthesise-identities",
    is_flag=True,
    help="Give records without a borrower a made-up one, marked so. For samples whose identities were removed.",
)
@click.option("--identity-seed", default="openbureau", show_default=True, help="Seed of made-up identities.")
@json_option
@clear_errors
def import_command(
    file: Path, member_id: str, file_format: str, mapping: Path | None, newest_month: datetime | None, basis: str,
    all_or_nothing: bool, notices_attested: bool, correction: str | None, synthesise_identities: bool,
    identity_seed: str, as_json: bool,
) -> None:  # fmt: skip
    """Import a file of records: Metro 2, monthly status, or a lender's own with a mapping; plain, gzip or zstd."""
    reading = Reading(
        FileFormat(file_format),
        newest_month=newest_month.date() if newest_month else None,
        mapping=mapping.read_text(encoding="utf-8") if mapping else "",
        synthesise_identities=synthesise_identities,
        identity_seed=identity_seed,
    )
    reason = CorrectionReason(correction) if correction else None
    order = SubmissionOrder(member_id, reading, basis, all_or_nothing, notices_attested, reason)
    with running_services() as services, _progress(file) as progress:
        outcome = submit_file(services, file, order, progress)
    _tell_outcome(as_json, outcome)
    sys.exit(0 if outcome.state != "REFUSED" else 1)


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None]]:
    columns = (BarColumn(), DownloadColumn(), TextColumn("{task.fields[records]:,} records"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("import", total=file.stat().st_size, records=0)
        yield lambda records, size: bar.update(task, completed=size, records=records)


def _tell_outcome(as_json: bool, outcome: SubmissionOutcome) -> None:
    if as_json:
        click.echo(orjson.dumps(asdict(outcome), default=str))
        return
    click.echo(
        f"{outcome.state}: {outcome.read:,} records read, {outcome.applied:,} applied, "
        f"{outcome.unchanged:,} unchanged, {outcome.faulty:,} faulty, in {outcome.seconds:.1f} s. "
        f"Submission {outcome.submission_id}{'' if outcome.is_new else ', done with before'}."
    )
    if outcome.file_fault:
        click.echo(f"  the file: {outcome.file_fault}")
    for fault in outcome.faults[:FAULTS_PRINTED]:
        click.echo(f"  record {fault.record_no}, {fault.field}: {fault.sentence} [{fault.code}]")
    if outcome.faulty > FAULTS_PRINTED:
        click.echo("  ... all faults are kept with the submission.")
    for code, count in sorted(outcome.notes.items()):
        click.echo(f"  note {code}: {count:,}")
