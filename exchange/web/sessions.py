"""Flask's `session`, kept in our own table: listable, revocable, its cookie's value worthless once it has ended.

Nothing is read until a page uses the session, and nothing is written until a page changes it: a call of GraphQL or
OAuth touches no session. Of what it remembers, only the names that were changed are written back.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin

from exchange.handover import WebSession
from exchange.identity.proofing.demonstration import is_loopback_http
from exchange.journeys.services import Services
from exchange.journeys.sign_in import SignedIn
from exchange.journeys.sign_in_sessions import find_session, open_session, remember, take
from exchange.settings import Settings
from exchange.web.borrower.device import describe_device

log = logging.getLogger(__name__)


class BrowserSession(SessionMixin):
    """The session of one request. Behaves as a dictionary of what it remembers."""

    def __init__(self, services: Services, cookie_value: str, device: str) -> None:
        self.services = services
        self._cookie_value = cookie_value
        self.device = device
        self._held: WebSession | None = None
        self._remembered: dict[str, Any] = {}
        self._changed: set[str] = set()
        self._read = False
        self.new_cookie_value: str | None = None
        self.ended = False

    @property
    def held(self) -> WebSession | None:
        """The session as it is stored; None where there is none, or it has ended. Raises Unavailable."""
        if not self._read:
            if self._cookie_value:
                self._held = find_session(self.services, self._cookie_value)
            self._remembered = dict(self._held.data) if self._held else {}
            self._read = True
        return self._held

    @property
    def signed_in_recently(self) -> bool:
        """Whether somebody signed in to it within `recent_sign_in_seconds`."""
        if self.held is None or self.held.signed_in_at is None:
            return False
        life = timedelta(seconds=self.services.settings.recent_sign_in_seconds)
        return self.services.clock.now() - self.held.signed_in_at <= life

    def take(self, name: str) -> Any:
        """Something remembered, for the last time: of two requests that take it, one gets it."""
        held = self.held
        if held is None:
            return None
        self._remembered.pop(name, None)
        return take(self.services, held.digest, name)

    def begin(self, signed_in: SignedIn) -> None:
        """This browser has signed in: what the session before it remembered is gone."""
        self._held, self._remembered = signed_in.session, dict(signed_in.session.data)
        self.new_cookie_value = signed_in.cookie_value
        self._changed.clear()
        self._read = True

    def end(self) -> None:
        """This browser has signed out."""
        self._held, self._remembered = None, {}
        self._changed.clear()
        self._read = self.ended = True

    def save(self) -> None:
        """Writes what was changed; begins a session where there was none. Raises Unavailable."""
        if not self._changed:
            return
        put = {name: self._remembered[name] for name in self._changed if name in self._remembered}
        if self._held:
            remember(self.services, self._held.digest, put, sorted(self._changed - put.keys()))
        elif put:
            self.new_cookie_value, self._held = open_session(self.services, put, self.device)
        self._changed.clear()

    def _loaded(self) -> dict[str, Any]:
        if not self._read:
            _ = self.held
        return self._remembered

    def __getitem__(self, name: str) -> Any:
        return self._loaded()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._loaded()[name] = value
        self._changed.add(name)

    def __delitem__(self, name: str) -> None:
        del self._loaded()[name]
        self._changed.add(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())


class ServerSideSessions(SessionInterface):
    """Opens and saves sessions for Flask. The cookie is `__Host-` and Secure; without TLS only on this machine."""

    def __init__(self, services: Services) -> None:
        """Raises ValueError where the issuer is neither https nor on this machine: a cookie would travel in clear."""
        self.services = services
        self.secure = urlsplit(services.settings.issuer).scheme == "https"
        self.cookie_name = cookie_name(services.settings)
        if not self.secure:
            if not is_loopback_http(services.settings.issuer):
                raise ValueError("OPENBUREAU_ISSUER must be https: borrowers' sessions would travel in clear")
            log.warning("session.cookie_without_tls: borrowers' cookies are not Secure; for this machine alone")

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        device = describe_device(request.headers.get("User-Agent", ""))
        return BrowserSession(self.services, request.cookies.get(self.cookie_name, ""), device)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, BrowserSession)
        session.save()
        if session.ended:
            response.delete_cookie(self.cookie_name, path="/", secure=self.secure, httponly=True, samesite="Lax")
        elif session.new_cookie_value:
            response.set_cookie(
                self.cookie_name, session.new_cookie_value, path="/", secure=self.secure, httponly=True, samesite="Lax"
            )


def cookie_name(settings: Settings) -> str:
    """`__Host-` (RFC 6265bis, section 4.1.3.2) binds the cookie to this host, TLS and path /."""
    return "__Host-openbureau" if settings.issuer.startswith("https:") else "openbureau"


def browser_session() -> BrowserSession:
    """The session of this request."""
    # Flask's `session` is a proxy; what stands behind it was made by ServerSideSessions.
    found = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(found, BrowserSession)
    return found
