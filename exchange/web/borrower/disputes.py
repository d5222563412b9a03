"""Disputes: what is wrong in the file, said in the borrower's own words, and what came of it.

choose what is wrong -> look it over -> file it -> the receipt, with the days by which it is answered
"""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.own_disputes import (
    EVIDENCE_MAX,
    Contested,
    check_dispute,
    file_dispute,
    list_own_disputes,
    own_dispute,
    record_to_contest,
    withdraw_dispute,
)
from exchange.journeys.own_words import STATEMENT_CHARACTERS_MAX, SensitiveWords
from exchange.journeys.services import Services
from exchange.store.record_versions import StandingRecord
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.hashed_upload import digests_of_files
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.dispute import DisputedKind, DisputeKind
from schema.vocabulary.disputed_field import FIELDS_OF, DisputedField

_DONE = {
    "filed": to_translate("Your dispute is filed. From now on everybody who is shown the record sees it is contested."),
    "withdrawn": to_translate("You took the dispute back. The record is no longer marked for it."),
}
"""What a page says after an act, by the word in its address."""


def dispute_pages(services: Services) -> Blueprint:
    """The list, one dispute, filing one in two steps, and taking it back."""
    pages = page_blueprint("disputes", __name__)

    @pages.get("/disputes")
    @signed_in
    def disputes() -> Response:
        return page("disputes.html", disputes=list_own_disputes(services, current_borrower()))

    @pages.get("/disputes/new")
    @signed_in
    def choose() -> Response:
        kind, key = _record(request.args)
        return _form(record_to_contest(services, current_borrower(), kind, key), request.args)

    @pages.post("/disputes/new")
    @signed_in
    def look_over() -> Response:
        kind, key = _record(request.form)
        digests = [*_digests(request.form), *digests_of_files(request, "evidence")]
        contested, record = _contested(request.form, kind, key, digests), None
        try:
            if contested is None:
                raise BadRequest(_WHAT, "KIND_MISSING")
            record = check_dispute(services, current_borrower(), contested)
        except BadRequest as fault:
            if fault.stable_code == "RECORD_NOT_FOUND":
                raise
            record = record_to_contest(services, current_borrower(), kind, key)
            return _form(record, request.form, fault, digests)
        return page("dispute_check.html", record=record, contested=contested)

    @pages.post("/disputes")
    @signed_in
    def file() -> AnyResponse:
        kind, key = _record(request.form)
        contested = _contested(request.form, kind, key, _digests(request.form))
        if contested is None:
            raise BadRequest(_WHAT, "KIND_MISSING")
        dispute_id = file_dispute(services, current_borrower(), contested)
        return redirect(f"/disputes/{dispute_id}?done=filed", 303)

    @pages.get("/disputes/<uuid:dispute_id>")
    @signed_in
    def dispute(dispute_id: UUID) -> Response:
        seen = own_dispute(services, current_borrower(), dispute_id)
        return page("dispute.html", dispute=seen, done=_DONE.get(request.args.get("done", "")))

    @pages.post("/disputes/<uuid:dispute_id>/withdraw")
    @signed_in
    def take_back(dispute_id: UUID) -> AnyResponse:
        withdraw_dispute(services, current_borrower(), dispute_id)
        return redirect(f"/disputes/{dispute_id}?done=withdrawn", 303)

    return pages


def _form(
    record: StandingRecord,
    typed: MultiDict[str, str],
    fault: BadRequest | None = None,
    digests: list[bytes] | None = None,
) -> Response:
    words_at_fault = fault is not None and fault.stable_code.startswith("STATEMENT_")
    return page(
        "dispute_new.html",
        status=400 if fault else 200,
        record=record,
        typed=typed,
        digests=[each.hex() for each in digests or ()],
        kinds=[kind for kind in DisputeKind if kind is not DisputeKind.HISTORY or record.kind is DisputedKind.ACCOUNT],
        fields=FIELDS_OF[record.kind],
        error=_(fault.sentence) if fault else None,
        at_fault="words" if words_at_fault else "evidence" if fault and "EVIDENCE" in fault.stable_code else "what",
        sensitive=fault.found if isinstance(fault, SensitiveWords) else (),
        characters_max=STATEMENT_CHARACTERS_MAX,
        evidence_max=EVIDENCE_MAX,
    )


def _record(given: MultiDict[str, str]) -> tuple[DisputedKind, UUID]:
    """Which record is meant. Raises NotFound for an address that names none."""
    try:
        return DisputedKind(given.get("kind", "")), UUID(given.get("record", ""))
    except ValueError:
        raise NotFound from None


def _contested(given: MultiDict[str, str], kind: DisputedKind, key: UUID, evidence: list[bytes]) -> Contested | None:
    """What the form says; None where nothing was chosen."""
    what, where = given.get("what", ""), given.get("field", "")
    if what not in set(DisputeKind):
        return None
    field = DisputedField(where) if where in set(DisputedField) else None
    keep_words = given.get("keep_words") == "yes"
    return Contested(kind, key, DisputeKind(what), field, given.get("words", ""), tuple(evidence), keep_words)


def _digests(given: MultiDict[str, str]) -> list[bytes]:
    """The documents that were named before, by their digests. One that is none is caught by the journey."""
    try:
        return [bytes.fromhex(each) for each in given.getlist("digest")]
    except ValueError:
        return [b""]


_WHAT = to_translate("Choose what is wrong.")
