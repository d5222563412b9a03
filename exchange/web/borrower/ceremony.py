"""A passkey's ceremony in a page: the challenge waits in the session, and the script fills the form with the answer."""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import request, session

from exchange.errors import BadRequest
from exchange.web.sessions import browser_session

CHALLENGE_LIFE = timedelta(minutes=5)
_NAME = "challenge"


def keep_challenge(kind: str, challenge: bytes) -> None:
    """Keeps a challenge in the session, in place of an earlier one. `kind` is what it is good for."""
    until = browser_session().services.clock.now() + CHALLENGE_LIFE
    session[_NAME] = {"kind": kind, "value": b64encode(challenge).decode(), "until": until.isoformat()}


def take_challenge(kind: str) -> bytes:
    """The challenge that was kept, which is then gone. Raises BadRequest: there is none, or it is too old."""
    kept = browser_session().take(_NAME)
    now = browser_session().services.clock.now()
    if not kept or kept["kind"] != kind or now >= datetime.fromisoformat(kept["until"]):
        raise BadRequest("This page was open for too long. Please try again.", "CHALLENGE_GONE")
    return b64decode(kept["value"])


def response_of_form() -> dict[str, Any]:
    """What the script put into the form: the credential as JSON. Raises BadRequest."""
    try:
        response = orjson.loads(request.form.get("response", ""))
    except orjson.JSONDecodeError:
        response = None
    if not isinstance(response, dict):
        raise BadRequest("Your browser did not use a passkey. Please try again.", "PASSKEY_NOT_VALID")
    return response
