"""Giving a consent that nobody asked for: choose, read what it means, sign with the passkey."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from consent.artefact import Fetch, Mode
from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.identity.consent_request import RequestedConsent
from exchange.journeys.borrower_consents import draft_own, give
from exchange.journeys.consent_drafts import ConsentWish, Draft
from exchange.journeys.members_to_choose import members_to_choose
from exchange.journeys.passkeys_of import options_to_sign
from exchange.journeys.services import Services
from exchange.web.borrower.acting import acted_for
from exchange.web.borrower.ceremony import response_of_form
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.borrower.drafts import STALE, keep_draft, kept_draft, page_speech
from exchange.web.language import gettext, to_translate
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass

PURPOSES = (Purpose.LOAN_APPROVAL, Purpose.CARD_APPROVAL, Purpose.GUARANTEE_REVIEW, Purpose.POST_LOAN)
YEARS = (1, 2, 5)
DAYS = (30, 90, 180, 365)
KEEP_DAYS = 180


@dataclass(slots=True)
class ConsentForm:
    """What was chosen, as sent, and what is wrong with it: sentences by field."""

    chosen: MultiDict[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def one_of(self, name: str, known: Mapping[str, Any], fault: str) -> Any:
        """The value that was chosen; notes the fault where none was."""
        value = known.get(self.chosen.get(name, ""))
        if value is None:
            self.faults[name] = gettext(fault)
        return value

    def some_of(self, name: str, known: Mapping[str, Any], fault: str) -> frozenset[Any]:
        """The values that were ticked; notes the fault where none was."""
        values = frozenset(known[text] for text in self.chosen.getlist(name) if text in known)
        if not values:
            self.faults[name] = gettext(fault)
        return values


def give_consent_pages(services: Services) -> Blueprint:
    """A form, a page that says all that will be signed, and the signature."""
    pages = page_blueprint("give_consent", __name__)

    @pages.get("/consents/new")
    @signed_in
    def choose() -> Response:
        return _show_form(services, ConsentForm(MultiDict()))

    @pages.post("/consents/new")
    @signed_in
    def check() -> Response:
        form = ConsentForm(request.form)
        wish = _read_wish(form, [member.member_id for member in members_to_choose(services)], _today(services))
        if wish is None:
            return _show_form(services, form)
        borrower = current_borrower()
        try:
            draft = draft_own(services, borrower, wish, page_speech(), acted_for())
        except BadRequest as fault:
            if fault.stable_code != "PASSKEY_NEEDED":
                raise
            return page("passkey_needed.html")
        return _show_draft(services, borrower, draft)

    @pages.post("/consents/new/sign")
    @signed_in
    def sign() -> AnyResponse:
        try:
            canonical = kept_draft(request.form.get("draft", ""))
            consent_id = give(services, current_borrower(), canonical, response_of_form(), page_speech(), acted_for())
        except BadRequest as fault:
            if fault.stable_code != STALE:
                raise
            return redirect("/consents/new", 303)
        return redirect(f"/consents/{consent_id}?done=given", 303)

    return pages


def _show_form(services: Services, form: ConsentForm) -> Response:
    return page(
        "give_consent.html",
        status=400 if form.faults else 200,
        form=form,
        members=members_to_choose(services),
        purposes=PURPOSES,
        field_classes=tuple(FieldClass),
        years=YEARS,
        days=DAYS,
        keep_days=KEEP_DAYS,
        acted_for=acted_for(),
    )


def _show_draft(services: Services, borrower: Borrower, draft: Draft) -> Response:
    member = next(m for m in members_to_choose(services) if m.member_id == draft.artefact.recipient)
    return page(
        "check_consent.html",
        artefact=draft.artefact,
        notice=draft.notice,
        member=member,
        draft_name=keep_draft(draft),
        options=options_to_sign(services, borrower, draft.digest),
    )


def _read_wish(form: ConsentForm, members: list[str], today: date) -> ConsentWish | None:
    """The wish, or None with every fault noted in the form."""
    recipient = form.one_of("recipient", _by_text(members), to_translate("Choose who may look"))
    purpose = form.one_of("purpose", _by_text(PURPOSES), to_translate("Choose what it is for"))
    classes = form.some_of("field_classes", _by_text(FieldClass), to_translate("Choose at least one part of your file"))
    years = form.one_of("years", _by_text(YEARS), to_translate("Choose how far back they may see"))
    fetch = form.one_of("fetch", _by_text(Fetch), to_translate("Choose how often they may look"))
    mode = form.one_of("mode", _by_text(Mode), to_translate("Choose whether they may keep a copy"))
    days = form.one_of("days", _by_text(DAYS), to_translate("Choose how long the consent lasts"))
    if form.faults:
        return None
    terms = RequestedConsent(
        purpose=purpose,
        field_classes=classes,
        data_from=today.replace(year=today.year - years, day=1),
        data_to=None,
        mode=mode,
        fetch=fetch,
        frequency=None,
        data_life_days=KEEP_DAYS if mode is Mode.STORE else 0,
        days=days,
        contribution_allowed=False,
    )
    return ConsentWish(recipient, terms)


def _by_text(values: Iterable[Any]) -> dict[str, Any]:
    return {str(value): value for value in values}


def _today(services: Services) -> date:
    return services.clock.now().date()
