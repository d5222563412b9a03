"""GraphQL documents that a member may name instead of sending them."""

from pathlib import Path

import click

from exchange.cli.shared import FILE, OPERATOR, clear_errors, json_option, running_services, tell
from exchange.errors import BadRequest
from exchange.journeys.trust_documents import documents_of, forget_document, trust_documents

_PREFIX = "sha256:"


@click.group()
def document() -> None:
    """Documents that a member may name by their digests: add trusted ones, list, remove."""


@document.command()
@click.argument("member_id")
@click.argument("files", nargs=-1, required=True, type=FILE)
@json_option
@clear_errors
def add(member_id: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Trust GraphQL documents for a member, one a file. The digest is that of the file's very bytes."""
    texts = {str(file): _text(file) for file in files}
    with running_services() as services:
        digests = trust_documents(services, member_id, texts, OPERATOR)
    for file, digest in digests.items():
        tell(as_json, {"document_id": _id(digest), "file": file}, f"{_id(digest)}  {file}")


@document.command(name="list")
@click.argument("member_id")
@json_option
@clear_errors
def list_command(member_id: str, as_json: bool) -> None:
    """List a member's documents: the trusted ones, and those that it keeps for itself."""
    with running_services() as services:
        kept = documents_of(services, member_id)
    for each in kept:
        whose = "trusted" if each.trusted else "own"
        shown = {"document_id": _id(each.digest), "trusted": each.trusted, "kept_at": each.kept_at, "text": each.text}
        tell(as_json, shown, f"{_id(each.digest)}  {whose:7}  {each.kept_at:%Y-%m-%d}  {_begin(each.text)}")


@document.command()
@click.argument("member_id")
@click.argument("digest")
@clear_errors
def remove(member_id: str, digest: str) -> None:
    """Remove a member's document, by its id: `sha256:` and 64 digits."""
    try:
        wanted = bytes.fromhex(digest.removeprefix(_PREFIX))
    except ValueError:
        raise click.BadParameter("This is not the id of a document.") from None
    with running_services() as services:
        forget_document(services, member_id, wanted, OPERATOR)
    click.echo(f"{_id(wanted)} is removed.")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{file} is not UTF-8.", "DOCUMENT_NOT_VALID") from None


def _id(digest: bytes) -> str:
    return _PREFIX + digest.hex()


def _begin(text: str) -> str:
    """The beginning of a document, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
