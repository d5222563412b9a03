"""What the staff of a member ask for at a page, as the journeys of members take it."""

from hashlib import sha256
from urllib.parse import urlencode

from flask import request

from exchange.handover import Caller
from exchange.journeys.describe_look import Request
from exchange.web.desks.current import current_officer


def request_of_staff() -> Request:
    """The request of whoever is signed in: their member's, with what they themselves may do, and their id in the log.

    There is no token and no proof: the session and the form's own token stand for them.
    """
    officer = current_officer()
    said = urlencode(sorted(request.form.items(multi=True)))
    return Request(
        Caller(
            member_id=officer.authority,
            scopes=officer.scopes,
            token_id=f"session:{officer.session_digest.hex()}",
            key_thumbprint="",
            once=None,
            officer_id=officer.officer_id,
        ),
        sha256(said.encode()).digest(),
        [],
    )
