"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last one that lets it go.

Under `home`:
    postgres/        the cluster: data/, socket/, server.log (a link to /var/lib/openbureau where the server's
                     account cannot enter `home`; parent directories are never widened)
    postgres.lock    held while the server is being started or stopped
    postgres.users   held, shared, by every process that uses the server

Locks die with their process, so a killed application leaves at most a running server, which the next one joins.

Who may connect: the operating system vouches for the caller (`peer`), and a map lets in this user and root only.
There is no password to keep or leak, and no network address: one socket in a directory closed to others.
"""

import fcntl
import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from exchange.errors import Unavailable
from exchange.store.cluster import DATABASE, Cluster
from exchange.store.server_binaries import OUTSIDE_HOME, find_binaries, make_open_directory, runnable_by
from exchange.store.server_user import ServerUser, server_user

log = logging.getLogger(__name__)

_SOCKET_PATH_BYTES_MAX = 107


@contextmanager
def start_embedded(home: Path, *, postgres_bin: str = "", durable: bool = True) -> Iterator[str]:
    """Give the URL of a running embedded server; on leaving, stop it if nobody else uses it.

    `postgres_bin` is a directory of PostgreSQL programs, `wheel`, or empty for the usual order of choice.
    `durable=False` is for tests alone: a crash of the machine may lose everything.
    Entering once more, here or in another process, revives a server that was killed.
    Raises Unavailable, with the cause, where the server cannot be started.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "postgres.users").open("a") as users:
        with _alone(home):
            cluster = _open_cluster(home, postgres_bin)
            cluster.run(durable)
            fcntl.flock(users, fcntl.LOCK_SH)
        starter = os.getpid()
        try:
            yield cluster.url(DATABASE)
        finally:
            if os.getpid() == starter:  # a forked child leaves the server to its parent
                with _alone(home):
                    if _is_last(users):
                        cluster.stop()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else starts or stops the server meanwhile."""
    with (home / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_cluster(home: Path, postgres_bin: str) -> Cluster:
    """The cluster of this home; its directories are made if there are none."""
    place = home.absolute() / "postgres"
    if place.is_symlink() and not place.exists():
        raise Unavailable(f"The embedded database of this home is gone: {place.readlink()} does not exist.")
    if place.exists():
        user = server_user(place.stat().st_uid)
    else:
        user = server_user()
        _make_place(place, user)
    directory = place.resolve()
    binaries = find_binaries(postgres_bin, _major(directory / "data"))
    return Cluster(directory, _socket(directory, user), runnable_by(user, binaries), user)


def _make_place(place: Path, user: ServerUser) -> None:
    if not user.dropped or user.reaches(place.parent):
        user.make_directory(place)
        return
    apart = OUTSIDE_HOME / secrets.token_hex(8)
    make_open_directory(OUTSIDE_HOME)
    user.make_directory(apart)
    place.symlink_to(apart)
    log.info("the account %s cannot enter %s: the embedded database lies in %s", user.name, place.parent, apart)


def _major(data: Path) -> int | None:
    """The version of PostgreSQL that made the stored files; None where there are none yet."""
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _socket(directory: Path, user: ServerUser) -> Path:
    """The directory of the server's socket. A path too long for a socket, or with a comma, gets a short one.

    Raises Unavailable where somebody else holds that directory.
    """
    socket = directory / "socket"
    if len(os.fsencode(socket / ".s.PGSQL.5432")) > _SOCKET_PATH_BYTES_MAX or "," in str(socket):
        digest = hashlib.sha256(os.fsencode(directory)).hexdigest()
        socket = Path("/tmp", f"openbureau-{digest[:16]}")  # noqa: S108 (checked below to be ours and closed)
    if not socket.exists():
        user.make_directory(socket)
    found = socket.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid or found.st_mode & 0o077:
        raise Unavailable(f"The socket directory {socket} is not a closed directory of the account {user.name}.")
    return socket
