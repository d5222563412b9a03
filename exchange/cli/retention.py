"""Retention: once, as a trial, or as a process that runs it every day."""

import signal
import threading
from dataclasses import asdict
from datetime import datetime

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, running_services, tell
from exchange.journeys.retain import RetentionOutcome, keep_daily, retain
from exchange.serving import STOP_SIGNALS
from exchange.store.keeper import kept_running


@click.command(name="retain")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Ask the rules about this day; else today (UTC).")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing.")
@click.option("--daily", is_flag=True, help="Daily, from OPENBUREAU_RETENTION_HOUR; measures data quality too.")
@json_option
@clear_errors
def retain_command(on: datetime | None, dry_run: bool, daily: bool, as_json: bool) -> None:
    """Delete what the law no longer lets us keep, hide what it lets nobody see, and log each act.

    Run it as the owner of the tables. A run that was interrupted goes on where it stopped.
    """
    if daily:
        if on or dry_run or as_json:
            raise click.UsageError("--daily takes no other option.")
        _daily()
        return
    with running_services() as services:
        outcome = retain(services, OPERATOR, on.date() if on else None, dry_run)
    tell(as_json, asdict(outcome), _sentences(outcome))


def _daily() -> None:
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    with running_services() as services, kept_running(services.settings, services.engine):
        keep_daily(services, OPERATOR, stop.wait)


def _sentences(outcome: RetentionOutcome) -> str:
    would = "would change" if outcome.dry_run else "changed"
    lines = [f"For {outcome.ran_for}: the records of {outcome.subjects:,} borrower(s) {would}."]
    lines += [f"  {what}: {number:,}" for what, number in sorted(outcome.counts.items())]
    return "\n".join(lines)
