"""To which addresses the exchange sends on somebody else's word: never into its own network.

A webhook's address is a member's text. Who may name any address can otherwise have us speak to what only we can reach
(server-side request forgery). So the host is resolved once, every address found must be public, and the connection is
made to that very address, not to the name again.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

URL_CHARACTERS_MAX = 2_000
_PORTS = {"https": 443, "http": 80}
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64 (RFC 6052): an IPv4 address in the last 32 bits
_6TO4 = ip_network("2002::/16")  # RFC 3056: an IPv4 address in bits 16 to 48

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and port to its addresses. Raises OSError."""


class AddressNotAllowed(Exception):
    """We do not send there. The message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an address may be. `loopback_http`: plain http, to this very machine alone. `private`: networks of ours; not
    this machine, and not link-local addresses, at which clouds hand out their credentials.
    """

    private: bool = False
    loopback_http: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A URL's parts. `target` is its path and query."""

    encrypted: bool
    host: str
    port: int
    target: str


def read_place(url: str, allowed: Allowed) -> Place:
    """The parts of a URL to send to. Raises AddressNotAllowed; a name is not resolved yet."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise AddressNotAllowed("This is no address that can be read.") from None
    host = parts.hostname or ""
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressNotAllowed(f"An address is of ASCII characters, at most {URL_CHARACTERS_MAX}, without spaces.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressNotAllowed("An address names a host, and neither a user nor a fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and allowed.loopback_http and _is_loopback_name(host)):
        raise AddressNotAllowed("The address must begin with https.")
    if (literal := _literal(host)) is not None:
        _check(literal, parts.scheme == "https", allowed)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", host, port, target)


def allowed_address(place: Place, allowed: Allowed, resolve: Resolve) -> str:
    """The one address to connect to. Raises AddressNotAllowed where any of the host's is not public, OSError."""
    found = resolve(place.host, place.port)
    if not found:
        raise AddressNotAllowed("The host has no address.")
    for address in found:
        _check(ip_address(address.partition("%")[0]), place.encrypted, allowed)
    return found[0]


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses that this machine finds for a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _check(address: IPv4Address | IPv6Address, encrypted: bool, allowed: Allowed) -> None:
    inner = _within(address)
    if inner.is_loopback and allowed.loopback_http:
        return
    if not encrypted:
        raise AddressNotAllowed("The address must begin with https.")
    of_ours = allowed.private and inner.is_private and not (inner.is_loopback or inner.is_link_local)
    if inner.is_unspecified or inner.is_multicast or not (inner.is_global or of_ours):
        raise AddressNotAllowed("The address must be one of the public Internet.")


def _within(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_loopback_name(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" if literal is None else literal.is_loopback
