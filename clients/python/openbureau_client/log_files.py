"""Where the files of a log lie (C2SP tlog-tiles): behind an address, or in a directory."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from openbureau_client.errors import ProofDoesNotMatch
from openbureau_client.refusals import Unavailable

TIMEOUT_SECONDS = 30
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)


class LogFiles(Protocol):
    """The files of a log, none of them to be believed yet."""

    def read(self, path: str, most: int) -> bytes | None:
        """A file of at most `most` bytes; None if there is none.

        Raises ProofDoesNotMatch if it is longer or cannot be read, Unavailable if no answer is to be had.
        """


class DirectoryFiles:
    """A log's files in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, path: str, most: int) -> bytes | None:
        file = self._directory / path
        try:
            if not file.is_file():
                return None
            size = file.stat().st_size
            return _checked(file.read_bytes() if size <= most else None, most)
        except OSError as fault:
            raise ProofDoesNotMatch("cannot be read") from fault


class AddressFiles:
    """A log's files behind http or https. Asks again after a pause where the server is busy or away."""

    def __init__(self, address: str, http: httpx.Client, sleep: Callable[[float], object] = time.sleep) -> None:
        self._address = address.rstrip("/")
        self._http = http
        self._sleep = sleep

    def read(self, path: str, most: int) -> bytes | None:
        for pause_seconds in (*PAUSES_SECONDS, None):
            try:
                with self._http.stream("GET", f"{self._address}/{path}", timeout=TIMEOUT_SECONDS) as answer:
                    if answer.status_code in {404, 410}:
                        return None
                    if answer.status_code == 200:
                        return _checked(_body(answer, most), most)
                    if answer.status_code < 500 and answer.status_code != 429:
                        raise Unavailable("UNAVAILABLE", f"{self._address}/{path} answered {answer.status_code}.")
            except httpx.DecodingError as fault:
                raise ProofDoesNotMatch("cannot be decompressed") from fault
            except httpx.RequestError as fault:
                if pause_seconds is None:
                    raise Unavailable("UNAVAILABLE", f"{self._address} cannot be reached.") from fault
            if pause_seconds is not None:
                self._sleep(pause_seconds)
        raise Unavailable("UNAVAILABLE", f"{self._address} does not answer; try again later.")


def _body(answer: httpx.Response, most: int) -> bytes | None:
    """The whole body, or None as soon as it is too long."""
    pieces, size = [], 0
    for piece in answer.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return None
    return b"".join(pieces)


def _checked(content: bytes | None, most: int) -> bytes:
    if content is None or len(content) > most:
        raise ProofDoesNotMatch(f"is longer than {most} bytes")
    return content
