"""When two spellings of an address are the same (RFC 9449, section 4.3: normalise before comparing `htu`)."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

_URI = re.compile(r"[\x21-\x7e]{1,2048}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def same_target(claimed: Any, url: str) -> bool:
    """Whether `claimed` names our `url`, query and fragment left aside. False for whatever is not an address."""
    if claimed == url:
        return True
    if not isinstance(claimed, str) or not _URI.fullmatch(claimed):
        return False
    normal = _normal(claimed)
    return normal is not None and normal == _normal(url)


@lru_cache(maxsize=256)
def _normal(uri: str) -> str | None:
    """RFC 3986, sections 6.2.2 and 6.2.3: case, escapes, dot segments, default port, empty path."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    address = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        address = f"{address}:{port}"
    return f"{scheme}://{address}{_without_dots(_ESCAPE.sub(_unescape, parts.path) or '/')}"


def _unescape(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
