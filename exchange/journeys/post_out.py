"""Sends a signed text to an address outside: once, within a fixed time, to an address that is allowed; no redirects.

Only the status of the answer is read. A receiver that hangs, drips or never ends its answer holds us up no longer than
the time allowed, from the first packet on.
"""

import io
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from time import monotonic
from typing import Any

from exchange.journeys.allowed_address import (
    AddressNotAllowed,
    Allowed,
    Resolve,
    allowed_address,
    read_place,
    resolve_by_system,
)

log = logging.getLogger(__name__)

Post = Callable[[str, Mapping[str, str], bytes], int | None]
"""Sends a body with headers to a URL. Gives the HTTP status of the answer; None where none came."""


class Poster:
    """Posts with the time limit and the addresses that are allowed."""

    def __init__(
        self,
        allowed: Allowed,
        timeout_seconds: float,
        resolve: Resolve = resolve_by_system,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: whom to trust; the system's authorities unless told."""
        self._allowed = allowed
        self._timeout_seconds = timeout_seconds
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    def __call__(self, url: str, headers: Mapping[str, str], content: bytes) -> int | None:
        try:
            return self._post(url, headers, content)
        except AddressNotAllowed:
            log.warning("deliver.address_not_allowed")
        except (OSError, HTTPException, ValueError) as fault:
            log.info("deliver.no_answer error=%s", type(fault).__name__)
        return None

    def _post(self, url: str, headers: Mapping[str, str], content: bytes) -> int:
        place = read_place(url, self._allowed)
        address = allowed_address(place, self._allowed, self._resolve)
        deadline = _Deadline(self._timeout_seconds)
        with closing(socket.create_connection((address, place.port), deadline.left())) as raw:
            connected = raw
            if place.encrypted:
                raw.settimeout(deadline.left())
                connected = self._tls.wrap_socket(raw, server_hostname=place.host)
            with closing(connected):
                http = HTTPConnection(place.host, place.port)
                http.sock = _TimedSocket(connected, deadline)
                http.request("POST", place.target, content, {**headers, "Connection": "close"})
                return http.getresponse().status


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError where none are."""
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _TimedSocket:
    """A socket as `http.client` uses it, on which everything together may take until the deadline."""

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, content: Any) -> None:
        self._connected.settimeout(self._deadline.left())
        self._connected.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedAnswer(self._connected, self._deadline))

    def close(self) -> None:
        self._connected.close()


class _TimedAnswer(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        super().__init__()
        self._connected = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._connected.settimeout(self._deadline.left())
        return self._connected.recv_into(buffer)
