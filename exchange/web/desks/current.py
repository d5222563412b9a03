"""The officer or member of staff whose request this is."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g

from consent.reasons import Reason
from exchange.errors import Refused
from exchange.handover import Officer
from exchange.journeys.officer_sign_in import present_officer
from exchange.web.desks.desk import AUDIT, Desk, desk_here
from exchange.web.language import to_translate
from exchange.web.pages import NotSignedIn
from exchange.web.sessions import browser_session
from schema.vocabulary.scope import Scope

P = ParamSpec("P")
R = TypeVar("R")


class OfficerNotSignedIn(NotSignedIn):
    """The page is for somebody of this desk who is signed in."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.sign_in_path = desk.sign_in
        self.home = desk.path


def current_officer() -> Officer:
    """Who is signed in, as they stand now. Raises OfficerNotSignedIn, which leads to the sign-in page and back."""
    if "officer" not in g:
        held = browser_session().held
        officer = present_officer(browser_session().services, held) if held else None
        if officer is None:
            raise OfficerNotSignedIn(desk_here() or AUDIT)
        g.officer = officer
    found: Officer = g.officer
    return found


def require_scope(*scopes: Scope) -> Officer:
    """An officer who holds all of these. Raises OfficerNotSignedIn; Refused, naming each that is missing."""
    officer = current_officer()
    missing = sorted(set(scopes) - officer.scopes)
    if missing:
        raise Refused([Reason("AUDIT_SCOPE_MISSING", _MISSING[scope]) for scope in missing])
    return officer


def officer_page(*scopes: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A page for an officer who is signed in and holds all of `scopes`."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require_scope(*scopes)
            return view(*args, **kwargs)

        return guarded

    return guard


def require_recent_officer() -> Officer:
    """An officer who used a passkey to sign in a short while ago. Raises OfficerNotSignedIn."""
    officer = current_officer()
    if not browser_session().signed_in_recently:
        raise OfficerNotSignedIn(desk_here() or AUDIT)
    return officer


_MISSING = {
    Scope.AUDIT_READ: to_translate("You may not search the log: your authority has not given you audit:read."),
    Scope.AUDIT_OPEN: to_translate("You may not open events: your authority has not given you audit:open."),
    Scope.DISPUTE_ANSWER: to_translate(
        "You may not answer disputes and complaints: you were not given dispute:answer."
    ),
    Scope.COLLECTION_WRITE: to_translate("You may not see plans and mandates: you were not given collection:write."),
    Scope.RECORDS_WRITE: to_translate("You may not see submissions: you were not given records:write."),
    Scope.CONSENT_REQUEST: to_translate("You may not see notices: you were not given consent:request."),
}
