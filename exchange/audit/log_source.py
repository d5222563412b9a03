"""Where a published log is read from (C2SP tlog-tiles): an address, or a directory with its files."""

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import httpx

from exchange.errors import LogDoesNotMatch, Unavailable

TIMEOUT_SECONDS = 30
TRIES = 4
_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class LogSource(Protocol):
    """A published log. Nothing that it gives is believed before it is verified."""

    def read(self, path: str, bytes_max: int) -> bytes | None:
        """What lies at `path`, for example `tile/0/000.p/5`; None if nothing does.

        Raises LogDoesNotMatch if it is longer than `bytes_max` or damaged, Unavailable if the source cannot be reached.
        """


class LogDirectory:
    """A log exported to files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, path: str, bytes_max: int) -> bytes | None:
        try:
            with (self._directory / path).open("rb") as file:
                content = file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            raise LogDoesNotMatch("It cannot be read.") from fault
        return _not_longer(content, bytes_max)


class LogAddress:
    """A log behind http or https. A server that fails or asks for patience is asked again, up to `TRIES` times."""

    def __init__(self, address: str, http: httpx.Client, wait: Callable[[float], object] = time.sleep) -> None:
        self._address = address.rstrip("/")
        self._http = http
        self._wait = wait

    def read(self, path: str, bytes_max: int) -> bytes | None:
        why = ""
        for trial in range(TRIES):
            if trial:
                self._wait(2.0 ** (trial - 1))
            try:
                with self._http.stream("GET", f"{self._address}/{path}", timeout=TIMEOUT_SECONDS) as answer:
                    if answer.status_code in _NOT_THERE:
                        return None
                    if answer.status_code == HTTPStatus.OK:
                        return _content(answer, bytes_max)
                    why = f"It answered {answer.status_code}"
                    if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status_code not in _BUSY:
                        break
            except httpx.DecodingError as fault:
                raise LogDoesNotMatch("It cannot be decompressed.") from fault
            except httpx.RequestError as fault:
                why = f"It cannot be reached ({type(fault).__name__})"
        raise Unavailable(f"{why}: {self._address}/{path}. Try again later.")


def _content(answer: httpx.Response, bytes_max: int) -> bytes:
    """The body, decompressed; reading stops as soon as it is too long."""
    content = bytearray()
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > bytes_max:
            break
    return _not_longer(bytes(content), bytes_max)


def _not_longer(content: bytes, bytes_max: int) -> bytes:
    if len(content) > bytes_max:
        raise LogDoesNotMatch(f"It is longer than {bytes_max:,} bytes.")
    return content
