"""Verifying a published log, whole, and exporting ours as files."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.audit.checkpoint import parse_vkey
from exchange.audit.cosignature import read_witness_vkey
from exchange.audit.export_tiles import export_log
from exchange.audit.log_source import LogAddress, LogDirectory, LogSource
from exchange.audit.verify_log import LogTrust, Verdict, verify_log
from exchange.cli.shared import FILE, clear_errors, json_option, tell
from exchange.settings import Settings, read_settings
from exchange.store.engine import open_store
from exchange.store.log_rows import SqlLog

FAULTS_PRINTED = 20
_LAST_SECOND = int(datetime.max.replace(tzinfo=UTC).timestamp())


@click.command(name="verify")
@click.argument("place", metavar="URL|DIR")
@click.option("--key", "keys", multiple=True, metavar="VKEY", help="The log's key. Without it: the key of our own log.")
@click.option("--witness", "witnesses", multiple=True, metavar="VKEY", help="The key of a witness. Repeatable.")
@click.option(
    "--quorum", type=click.IntRange(min=0), help="How many of the witnesses must have cosigned: all, if not given."
)
@click.option("--since", type=FILE, help="A checkpoint kept from earlier, which the log must continue.")
@json_option
@clear_errors
def verify_command(
    place: str, keys: tuple[str, ...], witnesses: tuple[str, ...], quorum: int | None, since: Path | None, as_json: bool
) -> None:
    """Verify a whole log: every entry, every tile, the root. Exit status 0: it holds; 1: it does not."""
    trust = _trust(keys or _own_keys(read_settings()), witnesses, quorum)
    earlier = since.read_text(encoding="utf-8", errors="replace") if since else None
    with _source(place) as source, _progress("verify") as progress:
        verdict = verify_log(source, trust, earlier, progress)
    _tell_verdict(as_json, verdict)
    sys.exit(0 if verdict.holds else 1)


@click.command(name="export")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@json_option
@clear_errors
def export_command(directory: Path, as_json: bool) -> None:
    """Export the log as files, for any web server. Run it again to add what is new."""
    settings = read_settings()
    with open_store(settings) as engine, _progress("export") as progress:
        try:
            done = export_log(SqlLog(engine, settings.log_origin), directory, progress)
        except OSError as fault:
            raise click.ClickException(f"The export stopped: {fault.strerror}. What was there still holds.") from None
    told = (
        f"{done.size:,} entries are in {directory}: {done.size - done.size_before:,} new, {done.files:,} files written."
    )
    tell(as_json, asdict(done), told)


def _trust(keys: Sequence[str], witnesses: Sequence[str], quorum: int | None) -> LogTrust:
    cosigners = list(map(read_witness_vkey, dict.fromkeys(witnesses)))
    all_of_them = len({cosigner.name for cosigner in cosigners})
    try:
        log_keys = list(map(parse_vkey, dict.fromkeys(keys)))
        return LogTrust(log_keys, cosigners, all_of_them if quorum is None else quorum)
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _own_keys(settings: Settings) -> list[str]:
    try:
        return (settings.home / "log.vkey").read_text().split()[:1]
    except FileNotFoundError:
        raise click.UsageError("Give the log's key with --key: there is no log of our own here.") from None


@contextmanager
def _source(place: str) -> Iterator[LogSource]:
    if not place.startswith(("http://", "https://")):
        if not Path(place).is_dir():
            raise click.UsageError(f"{place} is neither an http address nor a directory.")
        yield LogDirectory(Path(place))
        return
    with httpx.Client(follow_redirects=True) as http:
        yield LogAddress(place, http)


@contextmanager
def _progress(word: str) -> Iterator[Callable[[int, int], None]]:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("entries"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(word, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell_verdict(as_json: bool, verdict: Verdict) -> None:
    checkpoint, earlier = verdict.checkpoint, verdict.earlier
    if as_json:
        said = {
            "holds": verdict.holds,
            "origin": checkpoint and checkpoint.origin,
            "size": checkpoint and checkpoint.size,
            "root": checkpoint and checkpoint.root.hex(),
            "note": verdict.note,
            "since_size": earlier and earlier.size,
            "cosigned_at": verdict.cosigned_at,
            "bundles": verdict.bundles,
            "tiles": verdict.tiles,
            "faults": list(map(asdict, verdict.faults)),
            "gave_up": verdict.gave_up,
        }
        click.echo(orjson.dumps(said))
        return
    for fault in verdict.faults[:FAULTS_PRINTED]:
        click.echo(f"{fault.path}: {fault.sentence}", err=True)
    if len(verdict.faults) > FAULTS_PRINTED:
        click.echo(f"... and {len(verdict.faults) - FAULTS_PRINTED:,} more.", err=True)
    if verdict.gave_up:
        click.echo("The rest was not looked at.", err=True)
    if checkpoint:
        click.echo(f"{checkpoint.origin}: {checkpoint.size:,} entries, root {checkpoint.root.hex()}.")
        click.echo(f"Verified: bundles {verdict.bundles:,}, tiles {verdict.tiles:,}.")
    for name, seconds in verdict.cosigned_at.items():
        click.echo(f"Cosigned by {name} at {datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC):%F %T} UTC.")
    if earlier and verdict.holds:
        click.echo(f"It continues the earlier checkpoint of {earlier.size:,} entries.")
    click.echo("The log holds." if verdict.holds else "The log does NOT hold.")
