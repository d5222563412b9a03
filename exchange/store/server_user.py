"""Who the embedded server runs as: ourselves, or, since PostgreSQL refuses root, an account without privileges."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.errors import Unavailable

_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """An account of this machine. `dropped` is true where we are root and must give our rights up to become it."""

    name: str
    uid: int
    gid: int
    dropped: bool

    def run(self, command: Sequence[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as this account, with `text` as its input; the result holds its output and exit code."""
        drop: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.dropped else {}
        return subprocess.run(  # noqa: S603 (our own commands, no shell, nothing from a request)
            [str(word) for word in command],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            umask=0o077,
            **drop,
        )

    def must(self, command: Sequence[str | Path], text: str = "") -> None:
        """Run a command that has to succeed. Raises Unavailable with what it said."""
        result = self.run(command, text)
        if result.returncode:
            said = (result.stderr or result.stdout).strip()
            raise Unavailable(f"{Path(command[0]).name} of the embedded database failed: {said}")

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter the directory or run the file."""
        return self.run(["test", "-x", path]).returncode == 0

    def make_directory(self, path: Path) -> None:
        """Make a directory that only this account may enter."""
        path.mkdir(mode=0o700)
        if self.dropped:
            os.chown(path, self.uid, self.gid)


def server_user(owner_uid: int | None = None) -> ServerUser:
    """The account to run the server as. `owner_uid` is the owner of the files where they exist already.

    Raises Unavailable where this machine knows no fitting account.
    """
    ourselves = os.geteuid()
    if ourselves != 0:
        return _account(ourselves, dropped=False)
    if owner_uid:
        return _account(owner_uid, dropped=True)
    known = {account.pw_name: account for account in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return _account(known[name].pw_uid, dropped=True)
    raise Unavailable("PostgreSQL refuses to run as root and there is no account `postgres` or `nobody` to run it as.")


def _account(uid: int, *, dropped: bool) -> ServerUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(f"PostgreSQL needs an account name, and user {uid} has none on this machine.") from None
    return ServerUser(entry.pw_name, uid, entry.pw_gid, dropped)
