"""People of members sign in with a passkey, add their first one with the code that they were handed, and sign out."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from exchange.errors import BadRequest
from exchange.journeys.officer_sign_in import (
    finish_enrolment,
    finish_officer_sign_in,
    start_enrolment,
    start_officer_sign_in,
)
from exchange.journeys.services import Services
from exchange.journeys.sign_in import sign_out
from exchange.web.borrower.ceremony import keep_challenge, response_of_form, take_challenge
from exchange.web.borrower.current import own_path, visitor
from exchange.web.desks.desk import Desk
from exchange.web.language import current_language
from exchange.web.pages import page, page_blueprint
from exchange.web.sessions import browser_session


def officer_sign_in_pages(services: Services, desk: Desk) -> Blueprint:
    """The pages of a desk."""
    pages = page_blueprint(f"{desk.name}_sign_in", __name__)
    _sign_in_pages(pages, services, desk)
    _enrolment_pages(pages, services, desk)
    return pages


def _sign_in_pages(pages: Blueprint, services: Services, desk: Desk) -> None:
    def sign_in_page(error: str | None = None) -> Response:
        challenge, options = start_officer_sign_in(services)
        keep_challenge("officer_sign_in", challenge)
        held = browser_session().held
        again = held is not None and held.officer_id is not None
        status = 400 if error else 200
        return page("desks/sign_in.html", status, options=options, next=_next(desk), error=error, again=again)

    @pages.get(desk.sign_in)
    def show() -> Response:
        return sign_in_page()

    @pages.post(f"{desk.sign_in}/passkey")
    def by_passkey() -> Response:
        try:
            challenge = take_challenge("officer_sign_in")
            signed_in = finish_officer_sign_in(services, visitor(), challenge, response_of_form())
        except BadRequest as fault:
            return sign_in_page(fault.sentence)
        wanted = _next(desk)
        browser_session().begin(signed_in)
        return redirect(wanted or desk.path, 303)

    @pages.post(f"{desk.path}/sign-out")
    def leave() -> Response:
        held = browser_session().held
        if held is not None:
            sign_out(services, held.digest)
        browser_session().end()
        return redirect(desk.sign_in, 303)


def _enrolment_pages(pages: Blueprint, services: Services, desk: Desk) -> None:
    def code_page(error: str | None = None) -> Response:
        return page("desks/enrol.html", 400 if error else 200, error=error)

    def passkey_page(code: str, error: str | None = None) -> Response:
        try:
            challenge, options = start_enrolment(services, visitor(), code)
        except BadRequest as fault:
            return code_page(fault.sentence)
        keep_challenge("officer_enrolment", challenge)
        name = request.form.get("name") or browser_session().device
        status = 400 if error else 200
        # The code goes along in the form: whoever knew this browser's cookie before would have nothing without it.
        return page("desks/first_passkey.html", status, options=options, code=code, name=name, error=error)

    @pages.get(f"{desk.path}/enrol")
    def enrol() -> Response:
        return code_page()

    @pages.post(f"{desk.path}/enrol")
    def show_passkey() -> Response:
        return passkey_page(request.form.get("code", ""))

    @pages.post(f"{desk.path}/enrol/passkey")
    def add_passkey() -> Response:
        code, name = request.form.get("code", ""), request.form.get("name", "")
        try:
            challenge, response = take_challenge("officer_enrolment"), response_of_form()
            signed_in = finish_enrolment(services, visitor(), code, challenge, response, name, current_language())
        except BadRequest as fault:
            return passkey_page(code, fault.sentence)
        browser_session().begin(signed_in)
        return redirect(desk.path, 303)


def _next(desk: Desk) -> str:
    """Where to go afterwards: one of the desk's own pages, or empty."""
    wanted = own_path(request.values.get("next"), "")
    return wanted if desk.has(wanted.split("?")[0]) else ""
