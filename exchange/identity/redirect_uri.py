"""Where a borrower's browser may be sent back to after a decision: registered in advance, compared whole."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from exchange.errors import BadRequest

REDIRECT_URIS_MAX = 10
_URI = re.compile(r"[\x21-\x7e]{1,1000}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def check_redirect_uris(uris: Sequence[str]) -> tuple[str, ...]:
    """The addresses as they may be registered (RFC 9700, section 2.1; FAPI 2.0 Security Profile, section 5.3.2.2).

    Raises BadRequest (REDIRECT_URIS_NOT_VALID) whose sentence names every fault.
    """
    faults = [] if len(uris) <= REDIRECT_URIS_MAX else [f"there may be {REDIRECT_URIS_MAX} at most"]
    for number, uri in enumerate(uris[:REDIRECT_URIS_MAX], start=1):
        faults += [f"address {number} {fault}" for fault in _faults(uri)]
    if len(set(uris)) < len(uris):
        faults.append("no address may be given twice")
    if faults:
        sentence = "These redirect addresses cannot be registered: " + "; ".join(faults) + "."
        raise BadRequest(sentence, "REDIRECT_URIS_NOT_VALID")
    return tuple(uris)


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """The address with more parameters in its query; those that are None are left out."""
    added = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{uri}{'&' if '?' in uri else '?'}{added}"


def _faults(uri: str) -> list[str]:
    if not _URI.fullmatch(uri):
        return ["must be of 1 to 1000 visible ASCII characters"]
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ["is not an address"]
    faults = []
    if not host:
        faults.append("needs a host")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        faults.append("must be https (http only on the loopback)")
    if "#" in uri:
        faults.append("must have no fragment")
    if "@" in parts.netloc or "*" in uri or "\\" in uri:
        faults.append("must have no user name, wildcard or backslash")
    return faults
