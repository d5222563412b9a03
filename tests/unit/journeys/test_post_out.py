"""Posting to servers that behave, hang, drip, redirect, or never end."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exchange.journeys.allowed_address import Allowed
from exchange.journeys.post_out import Poster

HERE = Allowed(loopback_http=True)
SECONDS = 0.5
LONG = 20.0

Answer = Callable[[socket.socket, threading.Event], None]


@contextmanager
def server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server on this machine, that hands each connection to `answer`. Gives its port, and what it was sent."""
    heard: list[bytes] = []
    done = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not done.is_set():
            try:
                connected, _ = listening.accept()
                if tls is not None:
                    connected = tls.wrap_socket(connected, server_side=True)
                with connected:
                    heard.append(_request(connected))
                    answer(connected, done)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], heard
    finally:
        done.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _request(connected: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connected.recv(65_536)
        if not piece:
            return head
        head += piece
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(head.partition(b"\r\n\r\n")[2]) < length:
        head += connected.recv(65_536)
    return head


def saying(text: bytes) -> Answer:
    return lambda connected, done: connected.sendall(text)


def hanging(connected: socket.socket, done: threading.Event) -> None:
    done.wait()


def dripping(connected: socket.socket, done: threading.Event) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\n")
    while not done.wait(0.02):
        connected.sendall(b"X: y\r\n")


def endless(connected: socket.socket, done: threading.Event) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    while not done.is_set():
        connected.sendall(b"a" * 65_536)


def post(port: int, poster: Poster | None = None, path: str = "/hook?for=us") -> int | None:
    sender = poster or Poster(HERE, LONG)
    return sender(f"http://127.0.0.1:{port}{path}", {"OpenBureau-Notice": "n-1"}, b'{"a":1}')


def test_the_body_and_headers_arrive_and_the_status_comes_back():
    with server(saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")) as (port, heard):
        assert post(port) == 202
    (request,) = heard
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?for=us HTTP/1.1\r\n") and b"OpenBureau-Notice: n-1" in head
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert body == b'{"a":1}'


@pytest.mark.parametrize("answer", [hanging, dripping])
def test_a_server_that_never_comes_to_the_point_has_not_answered(answer):
    with server(answer) as (port, heard):
        assert post(port, Poster(HERE, SECONDS)) is None
        assert len(heard) == 1


def test_a_huge_answer_is_not_read():
    with server(endless) as (port, _):
        assert post(port) == 200


def test_a_redirect_is_not_followed():
    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (elsewhere, followed):
        told = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{elsewhere}/\r\n\r\n".encode()
        with server(saying(told)) as (port, _):
            assert post(port) == 307
        assert followed == []


@pytest.mark.parametrize(
    "nonsense", [b"", b"what?\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 100_000]
)
def test_what_is_no_http_is_no_answer(nonsense):
    with server(saying(nonsense)) as (port, _):
        assert post(port) is None


def test_a_server_that_is_not_there_has_not_answered():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert post(port) is None


def test_nothing_is_sent_to_an_address_that_is_not_allowed():
    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, heard):
        assert post(port, Poster(Allowed(), LONG)) is None
        rebinding = Poster(Allowed(), LONG, resolve=lambda host, at: ["127.0.0.1"])
        assert rebinding(f"https://notices.example:{port}/", {}, b"{}") is None
        assert heard == []


def test_the_name_is_resolved_once_and_that_very_address_is_spoken_to(tmp_path: Path):
    tls, trust = certificate(tmp_path, "notices.example")
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with server(saying(b"HTTP/1.1 200 OK\r\n\r\n"), tls) as (port, heard):
        assert Poster(HERE, LONG, resolve, trust)(f"https://notices.example:{port}/", {}, b"{}") == 200
        assert asked == [("notices.example", port)]
        assert Poster(HERE, LONG, resolve, trust)(f"https://other.example:{port}/", {}, b"{}") is None
        assert Poster(HERE, LONG, resolve)(f"https://notices.example:{port}/", {}, b"{}") is None
        assert len(heard) == 1


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The TLS of a server of this name, and that of a client who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, secret)
    return serving, ssl.create_default_context(cafile=str(chain))
