"""How one signs in at a desk, changed by oneself: passkeys, and where one is signed in.

Adding and removing a passkey takes one that was used a short while ago.
"""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from exchange.errors import BadRequest
from exchange.journeys.officer_passkeys import (
    finish_officer_passkey,
    list_officer_passkeys,
    remove_officer_passkey,
    rename_officer_passkey,
    start_officer_passkey,
)
from exchange.journeys.services import Services
from exchange.journeys.sign_in_sessions import end_other_sessions, end_session, list_sessions
from exchange.web.borrower.ceremony import keep_challenge, response_of_form, take_challenge
from exchange.web.desks.current import current_officer, officer_page, require_recent_officer
from exchange.web.desks.desk import Desk
from exchange.web.named_bytes import from_text, passkey_named, to_text
from exchange.web.pages import page, page_blueprint
from exchange.web.sessions import browser_session


def officer_security_pages(services: Services, desk: Desk) -> Blueprint:
    """The pages of a desk."""
    pages = page_blueprint(f"{desk.name}_security", __name__)
    _overview(pages, services, desk)
    _adding(pages, services, desk)
    _one_passkey(pages, services, desk)
    return pages


def _overview(pages: Blueprint, services: Services, desk: Desk) -> None:
    @pages.get(desk.security)
    @officer_page()
    def overview() -> Response:
        return _security(services)

    @pages.post(f"{desk.security}/sessions/end")
    @officer_page()
    def end_one() -> Response:
        try:
            end_session(services, current_officer(), from_text(request.form.get("session", "")))
        except BadRequest as fault:
            return _security(services, fault.sentence)
        return redirect(desk.security, 303)

    @pages.post(f"{desk.security}/sessions/end-others")
    @officer_page()
    def end_others() -> Response:
        end_other_sessions(services, current_officer())
        return redirect(desk.security, 303)


def _adding(pages: Blueprint, services: Services, desk: Desk) -> None:
    def adding_page(error: str | None = None) -> Response:
        challenge, options = start_officer_passkey(services, require_recent_officer())
        keep_challenge("officer_passkey", challenge)
        name = request.form.get("name") or browser_session().device
        status = 400 if error else 200
        return page("desks/add_passkey.html", status, options=options, name=name, error=error)

    @pages.get(f"{desk.security}/passkeys/add")
    def show_adding() -> Response:
        return adding_page()

    @pages.post(f"{desk.security}/passkeys/add")
    def add() -> Response:
        officer = require_recent_officer()
        try:
            challenge = take_challenge("officer_passkey")
            finish_officer_passkey(services, officer, challenge, response_of_form(), request.form.get("name", ""))
        except BadRequest as fault:
            return adding_page(fault.sentence)
        return redirect(desk.security, 303)


def _one_passkey(pages: Blueprint, services: Services, desk: Desk) -> None:
    @pages.get(f"{desk.security}/passkeys/<credential>")
    @officer_page()
    def show_one(credential: str) -> Response:
        return page(
            "desks/passkey.html",
            passkey=passkey_named(list_officer_passkeys(services, current_officer()), credential),
            credential=credential,
        )

    @pages.post(f"{desk.security}/passkeys/<credential>/rename")
    @officer_page()
    def rename_one(credential: str) -> Response:
        name = request.form.get("name", "")
        rename_officer_passkey(services, current_officer(), from_text(credential), name)
        return redirect(desk.security, 303)

    @pages.post(f"{desk.security}/passkeys/<credential>/remove")
    def remove_one(credential: str) -> Response:
        officer = require_recent_officer()
        try:
            remove_officer_passkey(services, officer, from_text(credential))
        except BadRequest as fault:
            return _security(services, fault.sentence)
        return redirect(desk.security, 303)


def _security(services: Services, error: str | None = None) -> Response:
    officer = current_officer()
    return page(
        "desks/security.html",
        400 if error else 200,
        passkeys=list_officer_passkeys(services, officer),
        sessions=list_sessions(services, officer),
        text_of=to_text,
        error=error,
    )
