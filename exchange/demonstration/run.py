"""DEMONSTRATION: starts everything on this machine, walks the main job, and stops everything it started.

It runs on an embedded database of its own and on made-up keys, and refuses any other database: it cannot be pointed
at a real service.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from openbureau_client import DoesNotMatch
from openbureau_client.refusals import NotAnswered

from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.demonstration.failed import DemonstrationFailed
from exchange.demonstration.members import register_members
from exchange.demonstration.officers import AUTHORITY, invite_officers
from exchange.demonstration.population import LENDERS
from exchange.demonstration.records import contribute_file, contribute_made_up
from exchange.demonstration.walk import ACTOR, Walk, made_up_consent
from exchange.errors import BadRequest
from exchange.journeys.act_in_sandbox import Example, keep_example
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import give_consent
from exchange.journeys.services import Services
from exchange.serving import set_up
from exchange.settings import Settings
from exchange.store.engine import open_store

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15
PROCESSES = ("serve", "integrate", "intake", "clocks", "deliver")
Say = Callable[[str], None]

BANNER = "DEMONSTRATION: made-up members, keys and borrowers on this machine. Not for real data."
EXAMPLE = """\
Ask yourself, for example as harbour-bank (its key lies in {home}/members):
  echo {borrower.id_number} | openbureau-client report --issuer {issuer} --member harbour-bank \\
    --key {home}/members/harbour-bank.jwk --id-type {borrower.id_type} --country {borrower.country} \\
    --purpose LOAN_APPROVAL --staff-id s-17 --staff-name "Lin Mei" --consent CONSENT_ID
and give the consent first:
  OPENBUREAU_HOME={home} openbureau consent give --help"""


def run_demonstration(settings: Settings, data: Path | None, once: bool, say: Say) -> None:
    """Sets up, walks the main job in fifteen lines, then serves until Ctrl-C (or ends, with `once`).

    Raises DemonstrationFailed where the walk met what it should not have, and FileNotReadable.
    """
    settings = _own_settings(settings, data)
    say(BANNER)
    with _ending_on_signals():
        set_up(settings)
        with open_store(settings) as engine:
            services = make_services(settings, engine, SystemClock())
            members = register_members(services)
            contributed = contribute_file(services, data) if data else contribute_made_up(services)
            with ExitStack() as running:
                for command in PROCESSES:
                    running.enter_context(_running(settings, command))
                _wait_until_ready(settings)
                _walk(Walk(services, contributed, members), say)
                if not once:
                    keep_example(settings.home, _example(services, contributed.borrower))
                    _say_addresses(settings, contributed.borrower, invite_officers(services), say)
                    signal.pause()


def _walk(walk: Walk, say: Say) -> None:
    try:
        for number, line in enumerate(walk.lines(), start=1):
            say(f"{number:2}. {line}")
    except (NotAnswered, DoesNotMatch) as fault:
        raise DemonstrationFailed(f"The walk ended early: {fault}") from fault


def _example(services: Services, borrower: Document) -> Example:
    """What the sandbox begins with: every lender may look at this borrower's file."""
    now = services.clock.now()
    consents = {lender: give_consent(services, borrower, made_up_consent(lender, now), ACTOR) for lender in LENDERS}
    return Example(borrower, {lender: str(consent_id) for lender, consent_id in consents.items()})


def _own_settings(settings: Settings, data: Path | None) -> Settings:
    if settings.database_url:
        raise BadRequest("The demonstration runs on a database of its own: unset DATABASE_URL.", "NOT_A_DEMONSTRATION")
    home = (settings.home / ("demo-file" if data else "demo")).absolute()
    port = _free_port(settings.bind_host, settings.bind_port)
    # Browsers make no passkey for an IP address, so it is `localhost` by name.
    issuer = f"http://localhost:{port}"
    return replace(settings, home=home, bind_port=port, issuer=issuer, demonstration=True)


def _free_port(host: str, wanted: int) -> int:
    """The wanted port, or any other where that one is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemonstrationFailed("No port is free.")


@contextmanager
def _running(settings: Settings, command: str) -> Iterator[None]:
    """One of our own commands, running meanwhile."""
    chosen = {
        "OPENBUREAU_HOME": str(settings.home),
        "OPENBUREAU_ISSUER": settings.issuer,
        "OPENBUREAU_BIND_HOST": settings.bind_host,
        "OPENBUREAU_BIND_PORT": str(settings.bind_port),
        "OPENBUREAU_DEMONSTRATION": "1",
    }
    log_path = settings.home / f"{command}.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "exchange.cli", command],
            env={**os.environ, **chosen},
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the others in order.
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(settings: Settings) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{settings.issuer}/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise DemonstrationFailed(f"The service did not become ready; its words are in {settings.home}/serve.log.")


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and Ctrl-C both leave through the same door, so that everything started is stopped."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass  # It is how the demonstration is ended; what it started was stopped on the way here.
    finally:
        signal.signal(signal.SIGTERM, before)


def _say_addresses(settings: Settings, borrower: Document, codes: Mapping[tuple[str, str], str], say: Say) -> None:
    issuer = settings.issuer
    say("")
    say(f"Borrowers    {issuer}/ (start with the made-up id number {borrower.id_number})")
    say(f"Regulators   {issuer}/audit")
    say(f"Members      {issuer}/member")
    for (member_id, name), code in codes.items():
        desk = "audit" if member_id == AUTHORITY else "member"
        say(f"             {name} of {member_id} begins at {issuer}/{desk}/enrol with the code {code}")
    say(f"Sandbox      {issuer}/sandbox (GraphiQL: ask as one of the made-up members, without a token)")
    say(f"GraphQL      {issuer}/graphql (contract: schema/contract.graphql)")
    say(f"OAuth        {issuer}/.well-known/oauth-authorization-server")
    say(f"Log          {issuer}/log/checkpoint   key: {issuer}/log/key")
    say(f"Health       {issuer}/health/ready")
    say(EXAMPLE.format(home=settings.home, issuer=issuer, borrower=borrower))
    say("Serving until Ctrl-C.")
