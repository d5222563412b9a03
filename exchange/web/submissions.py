"""The door of submissions: a file comes in as a stream, and its faults go out as one.

    POST /submissions?format=...          202 and the submission's address; 200 where this file was taken in before
    GET  /submissions/<id>                what became of it, in a word
    GET  /submissions/<id>/faults.csv     every fault that was kept

All need an access token with records:write and a proof (DPoP), as GraphQL does; how a submission goes on is asked
there in full.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic
from uuid import UUID

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from exchange.errors import BadRequest, ExchangeError, NotAuthenticated, Overloaded, ParametersNotValid
from exchange.handover import Member
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.receive_submission import Received, SentAs, order_submission, receive_submission
from exchange.journeys.services import Services
from exchange.journeys.view_submissions import ENGLISH, faults_as_csv, view_submission
from exchange.settings import Settings
from exchange.web import problems
from exchange.web.language import LANGUAGES
from exchange.web.members_door import Door
from schema.vocabulary.submission import SubmissionState

READ_BYTES = 1 << 18
PACKED = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""The content encodings that are taken, and how their files begin."""
_SHA_256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):\s*(?:$|,|;)")
_STATUS = {
    "SUBMISSION_NOT_FOUND": 404, "FILE_TOO_SLOW": 408, "LENGTH_REQUIRED": 411, "FILE_TOO_LARGE": 413,
    "CONTENT_ENCODING_UNKNOWN": 415,
}  # fmt: skip


def submissions_door(services: Services, door: Door) -> Blueprint:
    """The blueprint of POST /submissions and GET /submissions/<id>/faults.csv."""
    routes = Blueprint("submissions", __name__)
    turns = BoundedSemaphore(services.settings.uploads_at_once_max)

    @routes.errorhandler(ExchangeError)
    def refused(error: ExchangeError) -> Response:
        return problems.problem(error, _STATUS.get(error.stable_code))

    @routes.post("/submissions")
    def submit() -> Response:
        member = admitted()
        bytes_max = services.settings.import_bytes_max
        # One more than is taken: else the last read of a file of just that size would be refused.
        request.max_content_length = bytes_max + 1
        order = order_submission(services, member.member_id, request.args.to_dict(flat=False))
        sent = _sent_as(bytes_max)
        with turn_at_the_door():
            return _taken_in(receive_submission(services, order, _body(services.settings), sent))

    @routes.get("/submissions/<uuid:submission_id>")
    def state(submission_id: UUID) -> Response:
        submission = view_submission(services, submission_id, admitted().member_id)
        return _answer(200, submission.submission_id, submission.state, submission.digest)

    @routes.get("/submissions/<uuid:submission_id>/faults.csv")
    def faults(submission_id: UUID) -> Response:
        member = admitted()
        language = request.args.get("language", ENGLISH)
        if language not in LANGUAGES:
            said = f"The languages are {', '.join(LANGUAGES)}."
            raise ParametersNotValid([("language", "CHOICE_NOT_VALID", said)])
        view_submission(services, submission_id, member.member_id)
        lines = (part.encode() for part in faults_as_csv(services, submission_id, language))
        headers = {
            "Content-Disposition": f'attachment; filename="faults-{submission_id}.csv"',
            "Content-Language": language,
            "Cache-Control": "no-store",
        }
        return Response(lines, content_type="text/csv; charset=utf-8; header=present", headers=headers)

    @contextmanager
    def turn_at_the_door() -> Iterator[None]:
        """A slow sender holds a thread of this worker: some are left for everybody else. Raises Overloaded."""
        if not turns.acquire(blocking=False):
            raise Overloaded("As many files as this service takes at once are coming in. Send yours a little later.", 5)
        try:
            yield
        finally:
            turns.release()

    def admitted() -> Member:
        """Whoever sends this, before anything of it is read."""
        try:
            caller = door.authenticate(request)
            door.spend_proof(caller)
        except NotAuthenticated as error:
            door.refused_caller(error)
            raise
        return admit_contributor(services, caller)

    return routes


def _sent_as(bytes_max: int) -> SentAs:
    """What the headers say of the body. Raises BadRequest."""
    length, digest = request.content_length, _sha256_of_header(request.headers.get("Content-Digest"))
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity" and encoding not in PACKED:
        raise BadRequest("A file is sent as it is, or packed with gzip or zstd.", "CONTENT_ENCODING_UNKNOWN")
    if length is not None and length > bytes_max:
        raise _too_large(bytes_max)
    if length is None and digest is None:
        # The end of a stream of chunks that was cut off looks like any other end.
        raise BadRequest("Send Content-Length, or Content-Digest with sha-256.", "LENGTH_REQUIRED")
    return SentAs(length, digest)


def _sha256_of_header(header: str | None) -> bytes | None:
    """The SHA-256 in a Content-Digest (RFC 9530, section 2); None where the header is not there.

    Raises BadRequest where it names no SHA-256: a digest that nobody checks is no digest.
    """
    if header is None:
        return None
    found = _SHA_256.search(header)
    try:
        digest = b64decode(found[1], validate=True) if found else b""
    except NotBase64:
        digest = b""
    if len(digest) != 32:
        raise BadRequest("Content-Digest is written sha-256=:base64:.", "CONTENT_DIGEST_NOT_VALID")
    return digest


def _body(settings: Settings) -> Iterator[bytes]:
    """The body as it comes in. Raises BadRequest where it is too large, too slow or not packed as it says."""
    bytes_max, deadline = settings.import_bytes_max, monotonic() + settings.upload_seconds_max
    magic = PACKED.get(request.headers.get("Content-Encoding", "").strip().lower(), b"")
    read = 0
    while part := _read_part(bytes_max):
        if not read and not part.startswith(magic[: len(part)]):
            raise BadRequest("The file is not packed as its Content-Encoding says.", "CONTENT_ENCODING_DIFFERS")
        read += len(part)
        if read > bytes_max:
            raise _too_large(bytes_max)
        if monotonic() > deadline:
            raise BadRequest(f"A file comes in within {settings.upload_seconds_max:,} seconds.", "FILE_TOO_SLOW")
        yield part


def _read_part(bytes_max: int) -> bytes:
    try:
        return request.stream.read(READ_BYTES)
    except RequestEntityTooLarge:
        raise _too_large(bytes_max) from None
    except (ClientDisconnected, OSError):
        raise BadRequest("The connection was cut before the file was whole.", "FILE_CUT") from None


def _too_large(bytes_max: int) -> BadRequest:
    return BadRequest(f"A file has at most {bytes_max:,} bytes as it is sent.", "FILE_TOO_LARGE")


def _taken_in(received: Received) -> Response:
    begun = received.begun
    answer = _answer(202 if begun.is_new else 200, begun.submission_id, begun.state, received.digest)
    answer.headers["Location"] = f"/submissions/{begun.submission_id}"
    return answer


def _answer(status: int, submission_id: UUID, state: SubmissionState, digest: bytes) -> Response:
    said = orjson.dumps({"submissionId": str(submission_id), "state": state, "digest": digest.hex()})
    return Response(said, status=status, content_type="application/json", headers={"Cache-Control": "no-store"})
