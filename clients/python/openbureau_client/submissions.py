"""Files of records: handing them in, following them, and what is wrong with them."""

import csv
import hashlib
import io
import time
from abc import abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from openbureau_client.answer import Answer
from openbureau_client.refusals import BadRequest, NotReadable, Unavailable

PART_BYTES = 1 << 18
UPLOAD_TIMEOUT_SECONDS = 300
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

SUBMISSION = """query ($id: ID!) {
  submission(id: $id) { id state format digest progress bytesTotal bytesRead recordsRead recordsApplied
    recordsUnchanged recordsFaulty faultCount fileFault notes { code times } submittedAt startedAt finishedAt leafHash }
}"""
KEEP_MAPPING = """mutation ($name: String!, $toml: String!) {
  keepMapping(name: $name, toml: $toml) { mapping { name } userErrors { path code message } }
}"""

Progress = Callable[[int, int], None]
"""Told while a file is sent, or worked: bytes so far, and bytes in all."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file that the exchange has taken in, or had before (`is_new` false). `digest` names it, and how it is read."""

    submission_id: str
    state: str
    digest: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission as it stands. `progress` is 0 to 1; `notes` counts by code; `file_fault`: why it was refused."""

    submission_id: str
    state: str
    format: str
    digest: str
    progress: float
    bytes_total: int
    bytes_read: int
    records_read: int
    records_applied: int
    records_unchanged: int
    records_faulty: int
    faults: int
    notes: Mapping[str, int]
    file_fault: str | None
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    leaf_hash: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a record of a file; the record was not applied."""

    record_no: int
    field: str
    code: str
    rule: str | None
    sentence: str


class SubmissionCalls:
    """What a session can do about submissions. Every call may raise NotAnswered."""

    @abstractmethod
    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer: ...

    @abstractmethod
    def mutate(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer: ...

    @abstractmethod
    def request_proven(self, method: str, path: str, statuses: tuple[int, ...], **parts: Any) -> httpx.Response: ...

    def submit(
        self,
        path: Path,
        *,
        format: str,
        mapping: str | None = None,
        newest_month: str | None = None,
        basis: str | None = None,
        all_or_nothing: bool = False,
        notices_attested: bool = False,
        correction: str | None = None,
        synthesise_identities: bool = False,
        progress: Progress = lambda sent, total: None,
    ) -> TakenIn:
        """Hand in a file as it lies on the disk, packed or not; it is never held in memory as a whole.

        It may be called again after Unavailable: the exchange takes in the same file once.
        """
        asked = {
            "format": format,
            "mapping": mapping,
            "newestMonth": newest_month,
            "basis": basis,
            "allOrNothing": "true" if all_or_nothing else None,
            "notices": "attested" if notices_attested else None,
            "correction": correction,
            "synthesiseIdentities": "true" if synthesise_identities else None,
        }
        file = _SentFile(path, progress)
        response = self.request_proven(
            "POST",
            "/submissions",
            (200, 202),
            params={name: value for name, value in asked.items() if value is not None},
            headers=file.headers(),
            content=file,
            timeout=UPLOAD_TIMEOUT_SECONDS,
        )
        return _taken_in(response)

    def submission(self, submission_id: str) -> Submission:
        """How far a submission is. Raises BadRequest SUBMISSION_NOT_FOUND."""
        answer = self.graphql(SUBMISSION, {"id": submission_id})
        answer.raise_for_errors()
        found = (answer.data or {}).get("submission")
        if found is None:
            raise BadRequest("SUBMISSION_NOT_FOUND", "No submission of yours has this id.")
        return _submission(found)

    def wait_for(
        self,
        submission_id: str,
        *,
        every_seconds: float = 1.0,
        seconds_max: float | None = None,
        progress: Progress = lambda worked, total: None,
    ) -> Submission:
        """The submission once it is done with: APPLIED or REFUSED. Raises Unavailable after `seconds_max`."""
        deadline = None if seconds_max is None else time.monotonic() + seconds_max
        while True:
            found = self.submission(submission_id)
            progress(found.bytes_read, found.bytes_total)
            if found.finished_at is not None:
                return found
            if deadline is not None and time.monotonic() >= deadline:
                raise Unavailable("SUBMISSION_NOT_DONE", f"The submission is {found.state.lower()} still.")
            time.sleep(every_seconds)

    def faults(self, submission_id: str, language: str = "en") -> list[Fault]:
        """Every fault that was kept of a submission, with its sentence in `language` (en, zh-Hans, zh-Hant)."""
        rows = csv.DictReader(io.StringIO(self.faults_csv(submission_id, language).decode("utf-8-sig")))
        return [
            Fault(int(row["record_no"]), _said(row["field"]), row["code"], row["rule"] or None, _said(row["sentence"]))
            for row in rows
        ]

    def faults_csv(self, submission_id: str, language: str = "en") -> bytes:
        """The same as a CSV file for spreadsheets."""
        path = f"/submissions/{submission_id}/faults.csv"
        return self.request_proven("GET", path, (200,), params={"language": language}).content

    def keep_mapping(self, name: str, toml: str) -> None:
        """Keep a mapping of our own columns under a name, for `submit`. Raises BadRequest with everything wrong."""
        answer = self.mutate(KEEP_MAPPING, {"name": name, "toml": toml})
        answer.raise_for_errors()
        wrong = (answer.data or {}).get("keepMapping", {}).get("userErrors", [])
        if wrong:
            raise BadRequest(wrong[0]["code"], " ".join(each["message"] for each in wrong))


class _SentFile:
    """A file as the body of a request: read part by part, and from its start again where it is sent once more."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._total = path.stat().st_size

    def headers(self) -> dict[str, str]:
        """Its length, and its digest (RFC 9530)."""
        with self._path.open("rb") as file:
            digest = b64encode(hashlib.file_digest(file, "sha256").digest()).decode()
        return {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(self._total),
            "Content-Digest": f"sha-256=:{digest}:",
        }

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        with self._path.open("rb") as file:
            while part := file.read(PART_BYTES):
                yield part
                sent += len(part)
                self._progress(sent, self._total)


def _taken_in(response: httpx.Response) -> TakenIn:
    try:
        said = response.json()
        return TakenIn(said["submissionId"], said["state"], said["digest"], is_new=response.status_code == 202)
    except (ValueError, TypeError, KeyError):
        raise NotReadable("The answer names no submission.") from None


def _submission(found: Mapping[str, Any]) -> Submission:
    def instant(name: str) -> datetime | None:
        return datetime.fromisoformat(found[name]) if found[name] else None

    try:
        return Submission(
            submission_id=found["id"],
            state=found["state"],
            format=found["format"],
            digest=found["digest"],
            progress=found["progress"],
            bytes_total=int(found["bytesTotal"]),
            bytes_read=int(found["bytesRead"]),
            records_read=found["recordsRead"],
            records_applied=found["recordsApplied"],
            records_unchanged=found["recordsUnchanged"],
            records_faulty=found["recordsFaulty"],
            faults=found["faultCount"],
            notes={note["code"]: note["times"] for note in found["notes"]},
            file_fault=found["fileFault"],
            submitted_at=datetime.fromisoformat(found["submittedAt"]),
            started_at=instant("startedAt"),
            finished_at=instant("finishedAt"),
            leaf_hash=found["leafHash"],
        )
    except (KeyError, TypeError, ValueError):
        raise NotReadable("The answer is not a submission.") from None


def _said(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
