"""The officer whose request this is."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g

from consent.reasons import Reason
from exchange.errors import Refused
from exchange.handover import Officer
from exchange.journeys.officer_sign_in import present_officer
from exchange.web.language import to_translate
from exchange.web.pages import NotSignedIn
from exchange.web.sessions import browser_session
from schema.vocabulary.scope import Scope

P = ParamSpec("P")
R = TypeVar("R")

HOME = "/audit"
SIGN_IN = "/audit/sign-in"


class OfficerNotSignedIn(NotSignedIn):
    """The page is for an officer who is signed in."""

    sign_in_path = SIGN_IN
    home = HOME


def current_officer() -> Officer:
    """Who is signed in, as they stand now. Raises OfficerNotSignedIn, which leads to the sign-in page and back."""
    if "officer" not in g:
        held = browser_session().held
        officer = present_officer(browser_session().services, held) if held else None
        if officer is None:
            raise OfficerNotSignedIn
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
        raise OfficerNotSignedIn
    return officer


_MISSING = {
    Scope.AUDIT_READ: to_translate("You may not search the log: your authority has not given you audit:read."),
    Scope.AUDIT_OPEN: to_translate("You may not open events: your authority has not given you audit:open."),
}
