"""One embedded PostgreSQL server: its files, how it is made, started, recovered and stopped.

The caller keeps others from doing the same at the same time (see `exchange/store/embedded.py`).
"""

import logging
import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from exchange.errors import Unavailable
from exchange.store.server_binaries import ServerBinaries
from exchange.store.server_user import ServerUser

log = logging.getLogger(__name__)

ROLE = DATABASE = "openbureau"
_START_SECONDS_MAX = 60
_PAUSE_SECONDS = 0.02
_ACCEPTS, _STARTING = 0, 1  # exit codes of pg_isready
_STILL_DYING = ("shared memory block", "lock file")

_CONFIGURATION = """\
# Written at every start; changes here are lost.
listen_addresses = ''
port = 5432
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 512MB
max_wal_size = 4GB  # a large import else has a checkpoint every few seconds, and writes most index pages whole again
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_min_messages = log  # the text of an error may hold personal data; the application reports it
log_min_error_statement = panic
jit = off  # compiling costs more than our short statements
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = {durable}
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The files of one embedded server, the programs that run it and the account they run as."""

    directory: Path
    socket: Path
    binaries: ServerBinaries
    user: ServerUser

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket), safe='')}&port=5432"

    def run(self, durable: bool) -> None:
        """Make sure that the server runs and holds our database. Joins one that a killed process left behind."""
        if not self.data.exists():
            self._initialise(durable)
        if self._readiness() != _ACCEPTS:
            self._start(durable)
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                    connection.execute(f"create database {DATABASE}")
        except psycopg.OperationalError as error:
            raise Unavailable(f"The embedded database did not let us in: {error}") from error

    def stop(self) -> None:
        """Stop the server if it runs."""
        if self._readiness() in (_ACCEPTS, _STARTING):
            self._control("stop", "--mode=fast")
        if self.socket.parent != self.directory:
            self.socket.rmdir()

    def _initialise(self, durable: bool) -> None:
        log.info("making the embedded database in %s, run by the account %s", self.directory, self.user.name)
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--encoding=UTF8", "--no-locale", "--data-checksums", f"--username={ROLE}"]
        options += ["--auth-local=peer", "--auth-host=reject"] + ([] if durable else ["--no-sync"])
        self.user.must([self.binaries.program("initdb"), f"--pgdata={unfinished}", *options])
        unfinished.rename(self.data)

    def _start(self, durable: bool) -> None:
        self._configure(durable)
        deadline = time.monotonic() + _START_SECONDS_MAX
        while (readiness := self._readiness()) != _ACCEPTS:
            if time.monotonic() > deadline:
                raise Unavailable(f"The embedded database is still not ready: {self._last_words()}")
            if readiness != _STARTING:
                self._try_to_start()
            time.sleep(_PAUSE_SECONDS)

    def _try_to_start(self) -> None:
        """After a kill the dying server may hold its lock file and memory for a moment more: that is no failure."""
        self._forget_dead_server()
        try:
            self._control("start", f"--log={self.directory / 'server.log'}")
        except Unavailable:
            last_words = self._last_words()
            if not any(sign in last_words for sign in _STILL_DYING):
                raise Unavailable(f"The embedded database did not start: {last_words}") from None

    def _control(self, action: str, *options: str) -> None:
        wait = ["--wait", f"--timeout={_START_SECONDS_MAX}"]
        self.user.must([self.binaries.program("pg_ctl"), action, f"--pgdata={self.data}", *wait, *options])

    def _readiness(self) -> int:
        program = self.binaries.program("pg_isready")
        asked = [str(program), f"--host={self.socket}", "--port=5432", f"--username={ROLE}", "--dbname=postgres"]
        return subprocess.run(asked, capture_output=True, check=False).returncode  # noqa: S603 (our own command)

    def _configure(self, durable: bool) -> None:
        socket = str(self.socket).replace("'", "''")
        settings = _CONFIGURATION.format(socket=socket, durable="on" if durable else "off")
        let_in = sorted({"root", pwd.getpwuid(os.geteuid()).pw_name})
        self._write(self.data / "postgresql.conf", settings)
        self._write(self.data / "pg_hba.conf", "local all all peer map=openbureau\n")
        self._write(self.data / "pg_ident.conf", "".join(f'openbureau "{name}" {ROLE}\n' for name in let_in))

    def _write(self, path: Path, text: str) -> None:
        """Written as the server's account: root must not follow a link that this account could have laid."""
        self.user.must(["tee", path], text)

    def _forget_dead_server(self) -> None:
        """The number of a dead server may by now be another process's, or a zombie's, and would be taken for it.
        Our own number in its place is known not to be a server; PostgreSQL's other checks stay."""
        for lock in (self.data / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
            with suppress(FileNotFoundError):
                pid, _, rest = lock.read_text().partition("\n")
                if Path("/proc", pid).exists() and not self._is_server(pid):
                    self._write(lock, f"{os.getpid()}\n{rest}")

    def _is_server(self, pid: str) -> bool:
        try:
            return Path("/proc", pid, "cwd").readlink() == self.data
        except OSError:
            return False

    def _last_words(self) -> str:
        with suppress(FileNotFoundError):
            return " ".join((self.directory / "server.log").read_text().splitlines()[-5:])
        return "it left no log"
