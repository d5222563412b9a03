"""Telling the outside: once, or as a process."""

import signal
import threading
from dataclasses import asdict

import click

from exchange.cli.shared import clear_errors, json_option, running_services, tell
from exchange.journeys.deliver import Round, deliver_once, deliver_until, ways_out
from exchange.serving import STOP_SIGNALS
from exchange.store.keeper import kept_running


@click.command(name="deliver")
@click.option("--once", is_flag=True, help="End after one round.")
@json_option
@clear_errors
def deliver_command(once: bool, as_json: bool) -> None:
    """Send notices to members' webhooks, and messages to borrowers by the gateway, until Ctrl-C.

    Several may run beside each other. It needs the keys and the database role of the web workers.
    """
    if once:
        with running_services() as services:
            done = deliver_once(services, ways_out(services))
        tell(as_json, asdict(done), _sentence(done))
        return
    if as_json:
        raise click.UsageError("--json needs --once.")
    _run()


def _run() -> None:
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    with running_services() as services, kept_running(services.settings, services.engine):
        deliver_until(services, ways_out(services), stop.wait)


def _sentence(done: Round) -> str:
    notices, messages = done.notices, done.messages
    return (
        f"Notices: {notices.done} taken, {notices.failed} to be tried again, {notices.dead} given up. "
        f"Messages: {messages.done} taken, {messages.failed} to be tried again, {messages.dead} given up."
    )
