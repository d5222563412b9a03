"""The borrower whose request this is."""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import g, request

from exchange.handover import Borrower
from exchange.journeys.sign_in import Visitor
from exchange.web.pages import NotSignedIn
from exchange.web.sessions import browser_session

P = ParamSpec("P")
R = TypeVar("R")

IPV6_NETWORK_BITS = 64


def current_borrower() -> Borrower:
    """Who is signed in. Raises NotSignedIn, which leads to the sign-in page and back."""
    if "borrower" not in g:
        held = browser_session().held
        if held is None or held.subject_key is None or held.signed_in_by is None:
            raise NotSignedIn
        g.borrower = Borrower(held.subject_key, held.digest, held.signed_in_by, held.data.get("language", "en"))
    borrower: Borrower = g.borrower
    return borrower


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """A page for a borrower who is signed in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        current_borrower()
        return view(*args, **kwargs)

    return guarded


def require_recent_sign_in() -> Borrower:
    """A borrower who signed in a short while ago, in whichever way. Raises NotSignedIn."""
    borrower = current_borrower()
    if not browser_session().signed_in_recently:
        raise NotSignedIn
    return borrower


def require_recent_passkey() -> Borrower:
    """A borrower who signed in with a passkey a short while ago. Raises NotSignedIn."""
    borrower = require_recent_sign_in()
    if borrower.signed_in_by != "PASSKEY":
        raise NotSignedIn
    return borrower


def visitor() -> Visitor:
    """Who is at the door, signed in or not."""
    held = browser_session().held
    return Visitor(held.digest if held else None, browser_session().device, source_of(request.remote_addr or ""))


def source_of(address: str) -> str:
    """The network that attempts are counted for: an IPv4 address, or the /64 of an IPv6 one, which has one owner."""
    try:
        source = ip_address(address)
    except ValueError:
        return "unknown"
    if source.version == 4:
        return str(source)
    mapped = source.ipv4_mapped
    return str(mapped or ip_network((source, IPV6_NETWORK_BITS), strict=False))


def own_path(wanted: str | None, otherwise: str) -> str:
    """`wanted` where it is a path of our own, and nothing that a browser could take for another site."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    if "\\" in wanted or not wanted.isprintable() or any(character.isspace() for character in wanted):
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else wanted
