"""Erasing borrowers' files: on a letter, what borrowers asked for themselves, and again after a restored backup."""

import hashlib
from typing import Any

import click

from exchange.cli.shared import OPERATOR, borrower_options, clear_errors, json_option, running_services, tell
from exchange.journeys.erase_subject import Erasure, erase_pending, erase_subject, replay_erasures
from exchange.journeys.erasure_list import LIST_NAME, Erasures, line_of, read_lines
from exchange.journeys.find_borrower import Document
from exchange.store.erasure import list_erased
from schema.vocabulary.identifiers import IdType


@click.group()
def erase() -> None:
    """Erase borrowers' files as far as the law lets them go. Run it as the owner of the tables."""


@erase.command()
@borrower_options
@click.option("--evidence", type=click.File("rb"), help="The borrower's letter; the log keeps its SHA-256.")
@click.option("--dry-run", is_flag=True, help="Tell what would go and what would stay, and change nothing.")
@json_option
@clear_errors
def subject(id_type: str, country: str, id_number: str, evidence: Any, dry_run: bool, as_json: bool) -> None:
    """Erase one borrower's file, on their letter. What has to stay goes by itself once nothing keeps it any more."""
    if not dry_run and evidence is None:
        raise click.UsageError("--evidence: what the borrower wrote; only a --dry-run does without.")
    digest = hashlib.sha256(evidence.read()).digest() if evidence else None
    with running_services() as services:
        done = erase_subject(services, Document(IdType(id_type), country, id_number), digest, OPERATOR, dry_run)
    tell(as_json, _told(done), _sentences(done, dry_run))


@erase.command()
@json_option
@clear_errors
def pending(as_json: bool) -> None:
    """Carry out what borrowers asked for, now; `openbureau retain` does it every day."""
    with running_services() as services:
        done = erase_pending(services, OPERATOR)
    whole = sum(each.whole for each in done)
    sentence = f"Erased whole: {whole:,}. In part, the rest to follow: {len(done) - whole:,}."
    tell(as_json, {"whole": whole, "in_part": len(done) - whole}, sentence)


@erase.command(name="list")
@clear_errors
def list_command() -> None:
    """Print every whole erasure, one line of JSON each: to be kept beside the backups."""
    with running_services() as services:
        Erasures(services).keep()
        with services.transaction() as connection:
            known = {each.subject_key: each for each in (*Erasures(services).read(), *list_erased(connection))}
    for each in known.values():
        click.echo(line_of(each).decode(), nl=False)


@erase.command()
@click.option("--list", "noted", type=click.File("rb"), help="What `erase list` printed, where the home is lost too.")
@json_option
@clear_errors
def replay(noted: Any, as_json: bool) -> None:
    """After a backup was restored: erase again whoever was erased since it was made."""
    try:
        further = read_lines(noted.read()) if noted else []
    except (ValueError, KeyError):
        raise click.ClickException("This is no list of erasures.") from None
    with running_services() as services:
        again = replay_erasures(services, OPERATOR, further)
    sentence = f"Erased again: {again:,} file(s) that the backup had brought back. Known from {LIST_NAME} too."
    tell(as_json, {"erased_again": again}, sentence)


def _told(done: Erasure) -> dict[str, Any]:
    kept = [
        {"because": each.because.value, "count": each.count, "until": each.until, "rule": each.rule}
        for each in done.plan.kept
    ]
    return {"whole": done.whole, "erased": {part.value: n for part, n in done.plan.gone.items()}, "kept": kept}


def _sentences(done: Erasure, dry_run: bool) -> str:
    heading = "The whole file" if done.whole else "A part of the file"
    lines = [f"{heading} {'would go' if dry_run else 'is erased'}."]
    lines += [f"  goes: {part.value} {number:,}" for part, number in sorted(done.plan.gone.items())]
    for each in done.plan.kept:
        until = f"until {each.until}" if each.until else "until it is over"
        lines.append(f"  stays: {each.because.value} {each.count:,} {until}{f' ({each.rule})' if each.rule else ''}")
    return "\n".join(lines)
