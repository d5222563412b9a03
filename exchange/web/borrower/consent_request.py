"""A member's request for consent: the page where a borrower allows or refuses it (RFC 6749, section 4.1.1).

The request itself was pushed by the member beforehand (RFC 9126); the address carries only its name.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest, Refused
from exchange.handover import Borrower
from exchange.journeys import authorize
from exchange.journeys.authorize import ConsentRequest
from exchange.journeys.borrower_consents import draft_requested, give, refuse
from exchange.journeys.consent_drafts import Draft
from exchange.journeys.passkeys_of import options_to_sign
from exchange.journeys.services import Services
from exchange.web.borrower.acting import acted_for
from exchange.web.borrower.ceremony import response_of_form
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.borrower.drafts import STALE, keep_draft, kept_draft, page_speech
from exchange.web.oauth import AUTHORIZE_PATH
from exchange.web.pages import allow_form_to, page, page_blueprint


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address names: a member, and the request that it pushed."""

    client_id: str
    request_uri: str


def consent_request_pages(services: Services) -> Blueprint:
    """Who asks, why, for which data and which not; Allow and Refuse weigh the same."""
    pages = page_blueprint("consent_request", __name__)

    @pages.get(AUTHORIZE_PATH)
    @signed_in
    def show() -> Response:
        asked = _Asked(request.args.get("client_id", ""), request.args.get("request_uri", ""))
        wanted = authorize.open_request(services, asked.client_id, asked.request_uri)
        allow_form_to(_origin(wanted.redirect_uri))
        borrower = current_borrower()
        try:
            draft = draft_requested(services, borrower, wanted.requested, wanted.member, page_speech(), acted_for())
        except Refused:
            return _show(asked, wanted)
        except BadRequest as fault:
            if fault.stable_code != "PASSKEY_NEEDED":
                raise
            return _show(asked, wanted, passkey_needed=True)
        options = options_to_sign(services, borrower, draft.digest)
        return _show(asked, wanted, draft=draft, draft_name=keep_draft(draft), options=options)

    @pages.post(AUTHORIZE_PATH)
    @signed_in
    def decide() -> AnyResponse:
        asked = _Asked(request.form.get("client_id", ""), request.form.get("request_uri", ""))
        wanted = authorize.open_request(services, asked.client_id, asked.request_uri)
        allow_form_to(_origin(wanted.redirect_uri))
        if request.form.get("decision") == "allow":
            return redirect(_allow(services, current_borrower(), asked), 303)
        return redirect(_refuse(services, current_borrower(), asked, wanted), 303)

    return pages


def _allow(services: Services, borrower: Borrower, asked: _Asked) -> str:
    """Where the browser goes: to the member with a code, or back to the page where it must be read again."""
    try:
        canonical = kept_draft(request.form.get("draft", ""))
        consent_id = give(services, borrower, canonical, response_of_form(), page_speech(), acted_for())
    except BadRequest as fault:
        if fault.stable_code != STALE:
            raise
        return f"{AUTHORIZE_PATH}?{urlencode({'client_id': asked.client_id, 'request_uri': asked.request_uri})}"
    return authorize.allow_request(services, borrower, asked.client_id, asked.request_uri, consent_id, acted_for())


def _refuse(services: Services, borrower: Borrower, asked: _Asked, wanted: ConsentRequest) -> str:
    refuse(services, borrower, wanted.requested, wanted.member, page_speech(), acted_for())
    return authorize.refuse_request(services, asked.client_id, asked.request_uri)


def _show(
    asked: _Asked,
    wanted: ConsentRequest,
    *,
    draft: Draft | None = None,
    draft_name: str = "",
    options: object = None,
    passkey_needed: bool = False,
) -> Response:
    return page(
        "consent_request.html",
        asked=asked,
        member=wanted.member,
        requested=wanted.requested,
        artefact=draft.artefact if draft else None,
        notice=draft.notice if draft else (),
        draft_name=draft_name,
        options=options,
        passkey_needed=passkey_needed,
        acted_for=acted_for(),
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
