"""Running a witness of logs: a small service with keys and a memory of its own, and no database.

<home>/keys/witness.pem    Ed25519, cosigns
<home>/keys/witness.mldsa  ML-DSA-44, cosigns too, where that was once asked for
<home>/witness.vkey        their public halves, with the witness's name
<home>/logs/               what it remembers of each log: never to be set back
"""

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from exchange.audit.checkpoint import NoteVerifier
from exchange.audit.cosignature import (
    COSIGNATURE_ED25519,
    CosigningKey,
    Ed25519Cosigner,
    MlDsaCosigner,
    read_vkey,
)
from exchange.audit.last_signed import write_durably
from exchange.audit.note_key import is_key_name, split_vkey
from exchange.audit.witness import Witness
from exchange.cli.shared import FILE, clear_errors
from exchange.clock import SystemClock
from exchange.errors import BadRequest, LogDoesNotMatch, Unavailable
from exchange.serving import log_to_stderr
from exchange.settings import read_settings
from exchange.vault.signing_keys import load_or_create_ed25519, load_or_create_ml_dsa_44
from exchange.web.witness import make_witness_app

PORT = 8610
THREADS = 4
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


@click.command(name="witness")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Its directory: `witness` in our home.")
@click.option("--name", help="Its name, part of its keys: needed at the first start, and never changed.")
@click.option("--log", "logs", multiple=True, metavar="VKEY", help="The key of a log to witness. Repeatable.")
@click.option("--logs", "logs_file", type=FILE, help="A file with such keys, one a line.")
@click.option("--ml-dsa", is_flag=True, help="Cosign with an ML-DSA-44 key too.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65_535), help="Port to listen on.")
@click.option("--prefix", default="", help="Path before /add-checkpoint and /key, for example /w1.")
@click.option("--recover", type=FILE, help="Remember this note, which the witness once cosigned; then end.")
@clear_errors
def witness_command(
    home: Path | None,
    name: str | None,
    logs: tuple[str, ...],
    logs_file: Path | None,
    ml_dsa: bool,
    host: str,
    port: int,
    prefix: str,
    recover: Path | None,
) -> None:
    """Run a witness until Ctrl-C: it cosigns the checkpoints of logs that only grew."""
    vkeys = [*logs, *(_lines(logs_file) if logs_file else ())]
    home = home or read_settings().home / "witness"
    witness = open_witness(home, name, vkeys, ml_dsa)
    if recover:
        checkpoint = witness.recover(recover.read_text(encoding="utf-8"))
        click.echo(f"Remembered: {checkpoint.size} leaves of {checkpoint.origin}.")
        return
    click.echo("\n".join(witness.vkeys))
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "openbureau-witness",
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        websockets=False,
    )
    path = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    server.serve(target_loader=partial(witness_worker, home, vkeys, path), wrap_loader=False)


def witness_worker(home: Path, vkeys: Sequence[str], prefix: str) -> Flask:
    """The one worker's application. It is killed when its parent dies: it would go on with logs since taken away."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    log_to_stderr()
    return make_witness_app(open_witness(home, None, vkeys), prefix)


def open_witness(home: Path, name: str | None, log_vkeys: Sequence[str], ml_dsa: bool = False) -> Witness:
    """The witness of a home; its keys and its memory are made at the first start.

    Raises BadRequest for a name or a log that cannot be, Unavailable where its memory is gone, IntegrityError, OSError.
    """
    logs = [_log(vkey) for vkey in log_vkeys]
    if not logs:
        raise BadRequest("Name the logs to witness: --log or --logs.")
    memory = home / "logs"
    if (home / "keys" / "witness.pem").exists() and not memory.exists():
        raise Unavailable(
            f"The memory {memory} of this witness is gone: with its key it could cosign a rewritten log. "
            "Bring the directory back, or make it empty and recover each log.",
            "WITNESS_MEMORY_MISSING",
        )
    name = _name(home, name)
    memory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Witness(_keys(home, name, ml_dsa), logs, memory, SystemClock())


def _name(home: Path, wanted: str | None) -> str:
    file = home / "witness.vkey"
    if not file.exists():
        if not wanted or not is_key_name(wanted) or len(wanted.encode()) > 255:
            raise BadRequest("A new witness needs --name: at most 255 bytes, without spaces and plus signs.")
        return wanted
    name, _, _ = split_vkey(_lines(file)[0])
    if wanted not in (None, name):
        raise BadRequest(f"This witness is called {name}. The name is part of its keys and cannot change.")
    return name


def _keys(home: Path, name: str, ml_dsa: bool) -> list[CosigningKey]:
    """Its keys, made where they are missing, and published in `witness.vkey`."""
    keys: list[CosigningKey] = [Ed25519Cosigner(name, load_or_create_ed25519(home / "keys" / "witness.pem"))]
    if ml_dsa or (home / "keys" / "witness.mldsa").exists():
        keys.append(MlDsaCosigner(name, load_or_create_ml_dsa_44(home / "keys" / "witness.mldsa")))
    text = "".join(f"{key.verifier.vkey}\n" for key in keys)
    if not (home / "witness.vkey").exists() or (home / "witness.vkey").read_text() != text:
        write_durably(home / "witness.vkey", text)
    return keys


def _log(vkey: str) -> NoteVerifier:
    try:
        if split_vkey(vkey)[1] != COSIGNATURE_ED25519:  # which only witnesses have
            return read_vkey(vkey)
    except LogDoesNotMatch:
        pass
    raise BadRequest(f"This is not the key of a log: {vkey[:80]}")


def _lines(file: Path) -> list[str]:
    """The lines of a file that say something."""
    return [line.strip() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
