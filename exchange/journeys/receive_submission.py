"""A member sends a file of records: it is sealed onto the disk while it comes in, taken in, and worked later.

admit -> read the order -> seal what comes in -> is it whole? -> sync it under its name -> begin -> 202
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from exchange.errors import BadRequest, Overloaded
from exchange.journeys.services import Services
from exchange.journeys.submission import Begun, SubmissionOrder, digest_of
from exchange.journeys.submission_order import read_order
from exchange.journeys.submit_batch import begin
from exchange.settings import Settings
from exchange.store.submission_views import count_open
from exchange.vault.sealed_spool import SealedSpool
from schema.vocabulary.submission import SubmissionState

RETRY_AFTER_SECONDS = 60
OPEN = frozenset({SubmissionState.RECEIVED, SubmissionState.WORKING})


@dataclass(frozen=True, slots=True)
class SentAs:
    """What the sender said of the file: its bytes, and its SHA-256. One of them is needed to know that it is whole."""

    length: int | None
    sha256: bytes | None


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was taken in, or that was before. `digest` names it and how it is read."""

    begun: Begun
    digest: bytes


def spool_place(settings: Settings) -> Path:
    """The directory in which files wait to be read."""
    return Path(settings.spool_directory) if settings.spool_directory else settings.home / "spool"


def spool_of(services: Services) -> SealedSpool:
    """Where files wait to be read."""
    return SealedSpool(spool_place(services.settings), services.keys)


def spool_name(member_id: str, digest: bytes) -> str:
    """How the file of a submission is named there."""
    return sha256(member_id.encode() + b"\0" + digest).hexdigest()


def order_submission(services: Services, member_id: str, asked: Mapping[str, Sequence[str]]) -> SubmissionOrder:
    """The order that the parameters of an address give, before anything of the file is read.

    Raises ParametersNotValid with every fault, Overloaded where too many files of the member wait, Unavailable.
    """
    with services.connection() as connection:
        order = read_order(services, connection, member_id, asked)
        waiting = count_open(connection, member_id)
    if waiting >= services.settings.submissions_open_max:
        raise Overloaded(f"{waiting} files of yours wait already. Send more once they are done.", RETRY_AFTER_SECONDS)
    return order


def receive_submission(services: Services, order: SubmissionOrder, body: Iterable[bytes], sent: SentAs) -> Received:
    """Keeps a file and takes it in. The same file, read the same way, is taken in once.

    Nothing is left of a file that does not come in whole. Raises BadRequest (FILE_CUT, FILE_EMPTY, DIGEST_MISMATCH,
    MEMBER_NOT_ACTIVE, BASIS_UNKNOWN), Unavailable.
    """
    spool, hashed = spool_of(services), sha256()
    with spool.receive() as file:
        for part in body:
            hashed.update(part)
            file.write(part)
        _check_whole(file.bytes_written, hashed.digest(), sent)
        digest = digest_of(order, hashed.digest())
        name = spool_name(order.member_id, digest)
        # On the disk first: what the database says is taken in can be read, whatever is killed in between.
        file.keep(name)
    begun = begin(services, order, digest, file.bytes_written)
    if begun.state not in OPEN:
        spool.remove(name)
    return Received(begun, digest)


def _check_whole(length: int, digest: bytes, sent: SentAs) -> None:
    if sent.length is not None and length != sent.length:
        raise BadRequest(f"The file ended after {length:,} of {sent.length:,} bytes.", "FILE_CUT")
    if not length:
        raise BadRequest("The file is empty.", "FILE_EMPTY")
    if sent.sha256 is not None and not compare_digest(digest, sent.sha256):
        raise BadRequest("The file is not the one that its Content-Digest names.", "DIGEST_MISMATCH")
