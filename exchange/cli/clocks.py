"""Running clocks: one round, or a process that goes through them again and again."""

import signal
import threading
from dataclasses import asdict

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, running_services, tell
from exchange.journeys.run_clocks import Round, keep_running, run_clocks
from exchange.serving import STOP_SIGNALS
from exchange.store.keeper import kept_running


@click.command(name="clocks")
@click.option("--once", is_flag=True, help="One round; else one every OPENBUREAU_CLOCKS_INTERVAL_SECONDS until Ctrl-C.")
@json_option
@clear_errors
def clocks_command(once: bool, as_json: bool) -> None:
    """Escalate what members missed: disputes, complaints, withdrawals and whatever else is due by a time.

    A round that was interrupted is finished by the next one; two processes at once do each thing once.
    """
    if not once:
        if as_json:
            raise click.UsageError("--json goes with --once.")
        _keep_running()
        return
    with running_services() as services:
        done = run_clocks(services, OPERATOR)
    tell(as_json, asdict(done), _sentences(done))


def _keep_running() -> None:
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    with running_services() as services, kept_running(services.settings, services.engine):
        keep_running(services, OPERATOR, stop.wait)


def _sentences(done: Round) -> str:
    lines = [f"{sum(done.escalated.values()):,} clock(s) were missed and are escalated."]
    lines += [f"  {kind}: {number:,}" for kind, number in sorted(done.escalated.items())]
    return "\n".join([*lines, f"{done.plans_ended:,} offer(s) of a plan ended unanswered."])
