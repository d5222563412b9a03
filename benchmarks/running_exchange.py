"""A whole exchange on this machine, made for one run and gone after it: embedded PostgreSQL, made-up borrowers with
their consents, and the service's own commands as processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from openbureau_client.session import Session

from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.demonstration.members import KEY_ID, member_key, register_members
from exchange.demonstration.population import MadeUpAccount, made_up_accounts, write_lender_files
from exchange.demonstration.walk import made_up_consent
from exchange.errors import Unavailable
from exchange.intake.months import first_day, months_before
from exchange.intake.reading import Reading
from exchange.journeys.find_borrower import Document
from exchange.journeys.manage_consent import give_consent
from exchange.journeys.services import Services
from exchange.journeys.submission import SubmissionOrder
from exchange.journeys.submit_batch import submit_file
from exchange.serving import set_up
from exchange.settings import Settings, read_settings
from exchange.store.engine import open_store
from schema.vocabulary.submission import FileFormat

READER = "harbour-bank"
STOP_SECONDS_MAX = 20
READY_SECONDS_MAX = 60
LAST_WORDS = 3_000
UNLIMITED = 2_000_000_000
"""Points: one member asks for everything here, and its budget is not what is measured."""


@dataclass(frozen=True, slots=True)
class Borrower:
    """A made-up borrower, and the consent under which READER may look."""

    document: Document
    consent_id: UUID


@dataclass(slots=True)
class Command:
    """One of our commands as a process group of its own. Its words go to `home`/<name>.log.

    `extra`: what it needs in its environment beside the settings.
    """

    name: str
    arguments: Sequence[str]
    settings: Settings
    program: str = sys.executable
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Starts it; whatever is left of an earlier start is killed first, as a service manager would."""
        self.kill()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, *self.arguments],
                env={**os.environ, **environment_of(self.settings), **self.extra},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def _log(self) -> Path:
        return self.settings.home / f"{self.name}.log"

    def last_words(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:] if self._log.exists() else ""

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Asks it to stop, and kills what is left after a while."""
        if self.process and self.runs:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS_MAX)
        self.kill()

    def kill(self) -> None:
        """Kills the whole group with SIGKILL."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class RunningExchange:
    """The exchange of one run. Nothing is served yet: see `serving` and `integrating`."""

    settings: Settings
    services: Services
    borrowers: list[Borrower]

    def server(self, arguments: Sequence[str] = ("-m", "exchange.cli", "serve"), **changes: Any) -> Command:
        """`openbureau serve`, or what stands in its place, still to be started."""
        return Command(arguments[-1], arguments, replace(self.settings, **changes))

    def integrator(self) -> Command:
        """`openbureau integrate`, still to be started."""
        return Command("integrate", ("-m", "exchange.cli", "integrate"), self.settings)


def session_of(exchange: RunningExchange) -> Session:
    """READER's way to the exchange, still to be closed."""
    settings = exchange.settings
    return Session(settings.issuer, READER, member_key(settings.home, READER), KEY_ID)


def variables(borrower: Borrower, consented: bool = True) -> dict[str, Any]:
    """The variables of the client's report query, with the borrower's consent or without any."""
    document = borrower.document
    return {
        "subject": {"idType": document.id_type, "country": document.country, "idNumber": document.id_number},
        "purpose": "LOAN_APPROVAL",
        "consentId": str(borrower.consent_id) if consented else None,
        "staff": {"id": "s-17", "name": "Lin Mei"},
    }


@contextmanager
def running(command: Command) -> Iterator[Command]:
    """The command, running meanwhile."""
    command.start()
    try:
        yield command
    finally:
        command.stop()


@contextmanager
def made_up_exchange(
    borrowers: int, accounts: Callable[[int, date], Iterable[MadeUpAccount]] = made_up_accounts, **changes: Any
) -> Iterator[RunningExchange]:
    """An exchange with so many borrowers, each with one consent and, of 24 months, one to five accounts.

    `accounts` makes others: it is handed how many borrowers and the newest month.
    """
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    home.chmod(0o711)  # the server's account must pass
    port = free_port()
    own = {"home": home, "bind_port": port, "issuer": f"http://127.0.0.1:{port}", "rate_points": UNLIMITED}
    settings = Settings(**{"postgres_bin": read_settings().postgres_bin, **own, **changes})
    try:
        set_up(settings)
        with open_store(settings) as engine:
            services = make_services(settings, engine, SystemClock())
            register_members(services)
            documents = _contribute(services, borrowers, accounts)
            yield RunningExchange(settings, services, [_consenting(services, document) for document in documents])
    finally:
        remove_home(home)


def remove_home(home: Path) -> None:
    """Removes a home, and the embedded database where it lies elsewhere."""
    database = home / "postgres"
    if database.is_symlink():
        shutil.rmtree(database.resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(address: str, path: str = "/health/ready") -> None:
    """Raises Unavailable where nothing answers there within a minute."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(address + path).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise Unavailable(f"Nothing became ready at {address}{path}.")


def made_up_files(
    directory: Path,
    borrowers: int,
    today: date,
    make: Callable[[int, date], Iterable[MadeUpAccount]] = made_up_accounts,
) -> tuple[list[MadeUpAccount], dict[str, Path], str]:
    """The accounts, the lenders' files of them, and the mapping of those files."""
    newest_month = months_before(first_day(today), 1)
    directory.mkdir(exist_ok=True)
    accounts = list(make(borrowers, newest_month))
    files = write_lender_files(directory, accounts, newest_month)
    return accounts, files, (directory / "mapping.toml").read_text(encoding="utf-8")


def _contribute(
    services: Services, borrowers: int, make: Callable[[int, date], Iterable[MadeUpAccount]]
) -> list[Document]:
    today = services.clock.now().date()
    accounts, files, mapping = made_up_files(services.settings.home / "files", borrowers, today, make)
    for lender, path in files.items():
        reading = Reading(FileFormat.MAPPED_CSV, mapping=mapping)
        submit_file(services, path, SubmissionOrder(lender, reading, notices_attested=True))
    subjects = {account.borrower.id_number: account.borrower for account in accounts}.values()
    return [Document(subject.id_type, subject.country, subject.id_number) for subject in subjects]


def _consenting(services: Services, document: Document) -> Borrower:
    written = made_up_consent(READER, services.clock.now())
    return Borrower(document, give_consent(services, document, written, "benchmark"))


def environment_of(settings: Settings) -> dict[str, str]:
    """What a command needs in its environment to run with these settings: all that are not as they are by default."""
    given = ((setting.name, getattr(settings, setting.name), setting.default) for setting in fields(Settings))
    changed = {name: int(value) if isinstance(value, bool) else value for name, value, usual in given if value != usual}
    return {f"OPENBUREAU_{name.upper()}": str(value) for name, value in changed.items()}
