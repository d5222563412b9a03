"""How one signs in, changed by oneself: passkeys, authenticator app, recovery codes, and where one is signed in.

Adding a passkey takes a recent sign-in of any kind, so that a lost one can be replaced. Everything else takes a
recent passkey, for a borrower who has one.
"""

import segno
from flask import Blueprint, redirect, request, session
from markupsafe import Markup
from werkzeug.wrappers import Response

from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.services import Services
from exchange.journeys.sign_in_methods import (
    end_totp,
    finish_passkey,
    finish_totp,
    list_methods,
    make_recovery_codes,
    remove,
    rename,
    show_totp,
    start_passkey,
    start_totp,
)
from exchange.journeys.sign_in_sessions import end_other_sessions, end_session, list_sessions
from exchange.web.borrower.ceremony import keep_challenge, response_of_form, take_challenge
from exchange.web.borrower.current import (
    current_borrower,
    require_recent_passkey,
    require_recent_sign_in,
    signed_in,
)
from exchange.web.named_bytes import from_text, passkey_named, to_text
from exchange.web.pages import page, page_blueprint
from exchange.web.sessions import browser_session

SECURITY = "/security"
QR_SCALE = 5


def security_pages(services: Services) -> Blueprint:
    """The pages."""
    pages = page_blueprint("security", __name__)
    _overview(pages, services)
    _passkey_pages(pages, services)
    _app_pages(pages, services)
    return pages


def _overview(pages: Blueprint, services: Services) -> None:
    @pages.get(SECURITY)
    @signed_in
    def overview() -> Response:
        return _security(services)

    @pages.post("/security/recovery-codes")
    def recovery_codes() -> Response:
        borrower = _require_strong(services)
        return page("security_recovery_codes.html", codes=make_recovery_codes(services, borrower))

    @pages.post("/security/sessions/end")
    @signed_in
    def end_one() -> Response:
        try:
            end_session(services, current_borrower(), from_text(request.form.get("session", "")))
        except BadRequest as fault:
            return _security(services, fault.sentence)
        return redirect(SECURITY, 303)

    @pages.post("/security/sessions/end-others")
    @signed_in
    def end_others() -> Response:
        end_other_sessions(services, current_borrower())
        return redirect(SECURITY, 303)


def _passkey_pages(pages: Blueprint, services: Services) -> None:
    def adding_page(error: str | None = None) -> Response:
        borrower = require_recent_sign_in()
        challenge, options = start_passkey(services, borrower)
        keep_challenge("passkey", challenge)
        first = not list_methods(services, borrower).passkeys
        suggested = request.form.get("name") or browser_session().device
        status = 400 if error else 200
        return page("security_add_passkey.html", status, options=options, first=first, name=suggested, error=error)

    @pages.get("/security/passkeys/add")
    def show_adding() -> Response:
        return adding_page()

    @pages.post("/security/passkeys/add")
    def add() -> Response:
        borrower = require_recent_sign_in()
        try:
            challenge = take_challenge("passkey")
            finish_passkey(services, borrower, challenge, response_of_form(), request.form.get("name", ""))
        except BadRequest as fault:
            return adding_page(fault.sentence)
        return redirect(SECURITY, 303)

    @pages.get("/security/passkeys/<credential>")
    @signed_in
    def show_one(credential: str) -> Response:
        return page(
            "security_passkey.html",
            passkey=passkey_named(list_methods(services, current_borrower()).passkeys, credential),
            credential=credential,
        )

    @pages.post("/security/passkeys/<credential>/rename")
    @signed_in
    def rename_one(credential: str) -> Response:
        rename(services, current_borrower(), from_text(credential), request.form.get("name", ""))
        return redirect(SECURITY, 303)

    @pages.post("/security/passkeys/<credential>/remove")
    def remove_one(credential: str) -> Response:
        borrower = _require_strong(services)
        try:
            remove(services, borrower, from_text(credential))
        except BadRequest as fault:
            return _security(services, fault.sentence)
        return redirect(SECURITY, 303)


def _app_pages(pages: Blueprint, services: Services) -> None:
    def set_up_page(error: str | None = None) -> Response:
        borrower = _require_strong(services)
        if "totp" not in session:
            session["totp"] = start_totp(services, borrower)
        shown = show_totp(services, borrower, session["totp"])
        groups = " ".join(shown.secret[start : start + 4] for start in range(0, len(shown.secret), 4))
        return page("security_app.html", 400 if error else 200, qr=_qr(shown.uri), secret=groups, error=error)

    @pages.get("/security/app")
    def show_set_up() -> Response:
        return set_up_page()

    @pages.post("/security/app")
    def set_up() -> Response:
        borrower = _require_strong(services)
        sealed = session.get("totp")
        if sealed is None:
            return redirect("/security/app", 303)
        try:
            finish_totp(services, borrower, sealed, request.form.get("code", ""))
        except BadRequest as fault:
            return set_up_page(fault.sentence)
        del session["totp"]
        return redirect(SECURITY, 303)

    @pages.post("/security/app/remove")
    def remove_app() -> Response:
        borrower = _require_strong(services)
        try:
            end_totp(services, borrower)
        except BadRequest as fault:
            return _security(services, fault.sentence)
        return redirect(SECURITY, 303)


def _security(services: Services, error: str | None = None) -> Response:
    borrower = current_borrower()
    return page(
        "security.html",
        400 if error else 200,
        methods=list_methods(services, borrower),
        sessions=list_sessions(services, borrower),
        text_of=to_text,
        error=error,
    )


def _require_strong(services: Services) -> Borrower:
    """The strongest that the borrower has. Raises NotSignedIn."""
    borrower = require_recent_sign_in()
    return require_recent_passkey() if list_methods(services, borrower).passkeys else borrower


def _qr(uri: str) -> Markup:
    """The QR code as SVG, made by segno from an address of our own."""
    return Markup(segno.make(uri, error="m").svg_inline(scale=QR_SCALE, light="#fff"))  # noqa: S704 - no foreign text
