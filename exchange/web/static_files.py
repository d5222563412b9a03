"""Our style sheet, scripts and pictures, read once at start."""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

STATIC = Path(__file__).parent / "static"
CACHE_SECONDS = 365 * 86_400


def read_static_files(directory: Path = STATIC) -> dict[str, bytes]:
    """Every file of the directory by its name; those of directories below it are not among them."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()}


def version_of(contents: Mapping[str, bytes]) -> str:
    """Changes when any file does: pages put it into the files' addresses, so that browsers may keep them for long."""
    return hashlib.sha256(b"".join(contents.values())).hexdigest()[:12]


def static_files(contents: Mapping[str, bytes]) -> Blueprint:
    """The files, and no others, under `/static/`."""
    files = Blueprint("static_files", __name__)

    @files.get("/static/<name>")
    def static(name: str) -> Response:
        return static_file(contents, name)

    return files


def static_file(contents: Mapping[str, bytes], name: str) -> Response:
    """One of the files, for browsers to keep. Raises NotFound."""
    if name not in contents:
        raise NotFound
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": f"public, max-age={CACHE_SECONDS}, immutable"}
    return Response(contents[name], mimetype=kind, headers=headers)
