"""The witness over HTTP (C2SP tlog-witness): an application of its own, without a database."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from exchange.audit.witness import TEXT, Witness

BODY_BYTES_MAX = 131_072
"""16 signatures of post-quantum size and a proof fit in."""


def make_witness_app(witness: Witness, prefix: str = "") -> Flask:
    """`POST <prefix>/add-checkpoint` and `GET <prefix>/key`. `prefix` is empty or begins with a slash."""
    app = Flask("openbureau-witness", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX

    @app.post(f"{prefix}/add-checkpoint")
    def add_checkpoint() -> Response:
        answer = witness.add_checkpoint(request.get_data())
        return _plain(answer.body, answer.status, answer.content_type)

    @app.get(f"{prefix}/key")
    def key() -> Response:
        return _plain("".join(f"{vkey}\n" for vkey in witness.vkeys), 200)

    @app.errorhandler(HTTPException)
    def problem(fault: HTTPException) -> Response:
        response = _plain(f"{fault.name}\n", fault.code or 500)
        response.headers.extend([pair for pair in fault.get_headers() if pair[0] == "Allow"])
        return response

    return app


def _plain(body: str, status: int, content_type: str = TEXT) -> Response:
    return Response(body, status, headers={"Content-Type": content_type, "Cache-Control": "no-store"})
