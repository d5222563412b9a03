"""Signing in and out, and proving who one is for the first time.

Everything but the passkey itself works without JavaScript. What went wrong is said on the same page.
"""

import secrets
from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

from exchange.errors import BadRequest, ExchangeError
from exchange.identity.proofing import IdentityProofing
from exchange.identity.proofing.demonstration import PAGE_PATH
from exchange.journeys.find_borrower import Document
from exchange.journeys.services import Services
from exchange.journeys.sign_in import (
    SignedIn,
    Visitor,
    begin_proofing,
    finish_passkey_sign_in,
    finish_proofing,
    sign_in_with_recovery_code,
    sign_in_with_totp,
    sign_out,
    start_passkey_sign_in,
)
from exchange.web.borrower.ceremony import keep_challenge, response_of_form, take_challenge
from exchange.web.borrower.current import own_path, visitor
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from exchange.web.sessions import browser_session
from schema.vocabulary.identifiers import IdType

HOME = "/home"
SECURITY = "/security"
FIRST_PASSKEY = "/security/passkeys/add"
RETURN_PATH = "/enrol/return"
DOCUMENT_KINDS = {
    IdType.RESIDENT_ID: to_translate("Resident identity card"),
    IdType.PASSPORT: to_translate("Passport"),
    IdType.HK_MACAO_PERMIT: to_translate("Permit of a Hong Kong or Macao resident"),
    IdType.TAIWAN_PERMIT: to_translate("Permit of a Taiwan resident"),
    IdType.FOREIGN_PERMANENT_RESIDENT: to_translate("Foreign permanent resident card"),
    IdType.MILITARY: to_translate("Military identity card"),
    IdType.SSN: to_translate("Social security number"),
    IdType.OTHER: to_translate("Another document"),
}
SignInByCode = Callable[[Services, Visitor, Document, str], SignedIn]


def sign_in_pages(services: Services, proofing: IdentityProofing | None) -> Blueprint:
    """The pages. `proofing` finds out who somebody is for the first time; None: nobody can be enrolled."""
    pages = page_blueprint("sign_in", __name__)

    def sign_in_page(error: str | None = None) -> Response:
        challenge, options = start_passkey_sign_in(services)
        keep_challenge("sign_in", challenge)
        held = browser_session().held
        again = held is not None and held.subject_key is not None
        return page("sign_in.html", 400 if error else 200, options=options, next=_next(), error=error, again=again)

    def code_page(template: str, error: str | None = None) -> Response:
        return page(template, 400 if error else 200, kinds=DOCUMENT_KINDS, next=_next(), error=error, form=_typed())

    def sign_in_by(way: SignInByCode, template: str, otherwise: str) -> Response:
        try:
            signed_in = way(services, visitor(), _document(), request.form.get("code", ""))
        except BadRequest as fault:
            return code_page(template, fault.sentence)
        return _begin(signed_in, otherwise)

    @pages.get("/sign-in")
    def show() -> Response:
        return sign_in_page()

    @pages.post("/sign-in/passkey")
    def by_passkey() -> Response:
        try:
            challenge = take_challenge("sign_in")
            signed_in = finish_passkey_sign_in(services, visitor(), challenge, response_of_form())
        except BadRequest as fault:
            return sign_in_page(fault.sentence)
        return _begin(signed_in, HOME)

    @pages.get("/sign-in/code")
    def show_code() -> Response:
        return code_page("sign_in_code.html")

    @pages.post("/sign-in/code")
    def by_code() -> Response:
        return sign_in_by(sign_in_with_totp, "sign_in_code.html", HOME)

    @pages.get("/sign-in/recovery")
    def show_recovery() -> Response:
        return code_page("sign_in_recovery.html")

    @pages.post("/sign-in/recovery")
    def by_recovery() -> Response:
        return sign_in_by(sign_in_with_recovery_code, "sign_in_recovery.html", SECURITY)

    @pages.post("/sign-out")
    def leave() -> Response:
        held = browser_session().held
        if held is not None:
            sign_out(services, held.digest)
        browser_session().end()
        return redirect("/", 303)

    _enrolment_pages(pages, services, proofing)
    return pages


def _enrolment_pages(pages: Blueprint, services: Services, proofing: IdentityProofing | None) -> None:
    return_url = services.settings.issuer + RETURN_PATH

    def provider() -> IdentityProofing:
        if proofing is None:
            raise BadRequest("Nobody can be enrolled here yet.", "PROOFING_NOT_SET_UP")
        return proofing

    def finish(params: Mapping[str, str]) -> Response:
        state = browser_session().take("proofing")
        try:
            if not state:
                raise BadRequest("This page was open for too long. Please try again.", "PROOFING_NOT_VALID")
            signed_in = finish_proofing(services, provider(), visitor(), return_url, state, params)
        except BadRequest as fault:
            return _not_enrolled(fault)
        browser_session().begin(signed_in)
        return redirect(FIRST_PASSKEY, 303)

    @pages.get("/enrol")
    def enrol() -> Response:
        return page("enrol.html", possible=proofing is not None)

    @pages.get("/enrol/begin")
    def begin() -> Response:
        state = secrets.token_urlsafe(32)
        address = begin_proofing(services, provider(), visitor(), return_url, state)
        session["proofing"] = state
        return redirect(address, 303)

    @pages.get(RETURN_PATH)
    def come_back() -> Response:
        return finish(request.args)

    if services.settings.demonstration:

        @pages.get(PAGE_PATH)
        def demonstration() -> Response:
            state = request.args.get("state", "")
            return page("enrol_demonstration.html", kinds=DOCUMENT_KINDS, form=_typed(), state=state)

        @pages.post(PAGE_PATH)
        def demonstrate() -> Response:
            return finish(request.form)


def _begin(signed_in: SignedIn, otherwise: str) -> Response:
    wanted = _next()
    browser_session().begin(signed_in)
    return redirect(own_path(wanted, otherwise), 303)


def _next() -> str:
    """Where to go afterwards: a path of our own, or empty."""
    return own_path(request.values.get("next"), "")


def _typed() -> dict[str, str]:
    """What was typed into the form; not the code, which is not shown again."""
    return {name: request.form.get(name, given) for name, given in _FORM.items()}


_FORM = {"id_type": IdType.RESIDENT_ID.value, "country": "CN", "id_number": ""}


def _document() -> Document:
    """Raises BadRequest."""
    try:
        kind = IdType(request.form.get("id_type", ""))
    except ValueError:
        raise BadRequest("Choose the kind of your identity document.", "SIGN_IN_NOT_VALID") from None
    return Document(kind, request.form.get("country", "").strip() or "CN", request.form.get("id_number", ""))


def _not_enrolled(fault: ExchangeError) -> Response:
    unknown = fault.stable_code == "SUBJECT_UNKNOWN"
    return page("enrol_not_done.html", 404 if unknown else 400, unknown=unknown, sentence=fault.sentence)
