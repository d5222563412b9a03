"""Exports of a log for regulators: many events in one signed zip, checked without the exchange, a line at a time."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.consents_against_looks import Reconciler, Reconciliation
from openbureau_client.encoding import from_base64
from openbureau_client.errors import DoesNotMatch, ExportDoesNotMatch, ExportNotComplete
from openbureau_client.kept_zip import opened_zip, read_part
from openbureau_client.manifest import MANIFEST, SIGNATURE, check_digests, digest_of, read_manifest
from openbureau_client.merkle import leaf_hash, verify_inclusion
from openbureau_client.note import Trust, open_checkpoint
from openbureau_client.opening import verify_opening

KIND = "openbureau-export"
LINES, README = "events.jsonl", "README.txt"
PARTS = frozenset({LINES, README, MANIFEST, SIGNATURE})
LINE_BYTES_MAX = 1 << 20
_LINE = {"index", "leaf", "opening", "path"}


@dataclass(frozen=True, slots=True)
class VerifiedExport:
    """An export that holds. `wanted` is what was looked for, `from_time` and `until_time` among it.

    `whole`: it holds every event from index `first` to index `last`, so none was left out. Only then can consents be
    held against looks. `first` and `last` are None where there is no event.
    """

    issuer: str
    wanted: Mapping[str, Any]
    events: int
    whole: bool
    first: int | None
    last: int | None
    checkpoint: Checkpoint
    consents: Reconciliation | None


@dataclass(frozen=True, slots=True)
class ExportedEvent:
    """One event of an export. `recorded_at` is milliseconds since 1970; `fields` are those that were opened."""

    index: int
    recorded_at: int
    fields: Mapping[str, Any]


def verify_export(path: Path, keys: Mapping[str, Any], trust: Trust) -> VerifiedExport:
    """What an export shows.

    1. The manifest is signed by the exchange. 2. Its checkpoint is one that `trust` believes. 3. Each line's opened
    fields belong to its leaf, and its path leads to that checkpoint. 4. The lines are as many as the manifest says,
    no event twice; where the export is of a period alone, each index from the first to the last is there. 5. The
    parts are, byte for byte, those that the manifest names. 6. Of a whole stretch: consents are held against looks.

    Raises a kind of DoesNotMatch; ExportDoesNotMatch names the line.
    """
    with opened_zip(path) as archive:
        if set(archive.namelist()) != PARTS:
            raise ExportDoesNotMatch("This is no export of a log.")
        said = _read_manifest(archive, keys)  # 1
        checkpoint = open_checkpoint(said.note, trust)  # 2
        lines = _Lines(archive, checkpoint)
        order = _Order(said.whole, said.first)
        reconciler: Reconciler | None = None
        for event in lines:  # 3
            order.see(event.index)  # 4
            if said.whole:
                reconciler = reconciler or Reconciler(event.index == 0, event.recorded_at)
                reconciler.see(event.index, event.fields)
        order.check_end(said.events, said.first, said.last)
        readme = digest_of(read_part(archive, README))
        check_digests(said.files, {LINES: lines.digest.hexdigest(), README: readme})  # 5
    consents = (reconciler or Reconciler(True, 0)).tell() if said.whole else None  # 6
    return VerifiedExport(
        said.issuer, said.wanted, said.events, said.whole, said.first, said.last, checkpoint, consents
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    issuer: str
    wanted: Mapping[str, Any]
    events: int
    whole: bool
    first: int | None
    last: int | None
    note: str
    files: Mapping[str, str]


def _read_manifest(archive: zipfile.ZipFile, keys: Mapping[str, Any]) -> _Said:
    said = read_manifest(read_part(archive, MANIFEST), read_part(archive, SIGNATURE), KIND, keys)
    try:
        return _Said(
            str(said["issuer"]), dict(said["wanted"]), int(said["events"]), said["contiguous"] is True,
            said["first_index"], said["last_index"], str(said["checkpoint"]), said["files"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as fault:
        raise ExportDoesNotMatch("The manifest does not say all that it must.") from fault


class _Lines:
    """The events of an archive, each checked as it is read; `digest` is over all bytes read so far."""

    def __init__(self, archive: zipfile.ZipFile, checkpoint: Checkpoint) -> None:
        self._archive = archive
        self._checkpoint = checkpoint
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[ExportedEvent]:
        with self._archive.open(LINES) as content:
            number = 0
            while line := content.readline(LINE_BYTES_MAX):
                number += 1
                self.digest.update(line)
                yield self._verified(number, line)

    def _verified(self, number: int, line: bytes) -> ExportedEvent:
        try:
            said = json.loads(line)
            if said.keys() != _LINE or type(said["index"]) is not int or not line.endswith(b"\n"):
                raise ExportDoesNotMatch("it is not of a form that we know.", number)
            leaf = said["leaf"].encode()
            fields = verify_opening(leaf, json.dumps(said["opening"]).encode())
            path = tuple(map(from_base64, said["path"]))
            verify_inclusion(leaf_hash(leaf), said["index"], self._checkpoint.size, path, self._checkpoint.root)
            return ExportedEvent(said["index"], json.loads(leaf)["t"], fields)
        except ExportDoesNotMatch:
            raise
        except DoesNotMatch as fault:
            raise ExportDoesNotMatch(str(fault), number) from fault
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            raise ExportDoesNotMatch("it cannot be read.", number) from fault


class _Order:
    """The indices that were met: in a whole stretch one after another, else each once."""

    def __init__(self, whole: bool, first: int | None) -> None:
        self._whole = whole
        self._next = first
        self._met: set[int] = set()
        self._number = 0

    def see(self, index: int) -> None:
        self._number += 1
        if self._whole:
            if index != self._next:
                raise ExportNotComplete(f"event {self._next} should stand here, not {index}.", self._number)
            self._next = index + 1
        elif index in self._met:
            raise ExportNotComplete(f"event {index} is there twice.", self._number)
        else:
            self._met.add(index)

    def check_end(self, events: int, first: int | None, last: int | None) -> None:
        if self._number != events:
            raise ExportNotComplete(f"There are {self._number} events; the exchange has signed for {events}.")
        expected = 0 if first is None or last is None else last - first + 1
        if self._whole and expected != events:
            raise ExportNotComplete(f"{events} events are not all from {first} to {last}.")
