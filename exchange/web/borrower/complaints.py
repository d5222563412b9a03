"""Complaints: the borrower says how somebody behaved, and reads the answer and what the authority found."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import ParametersNotValid
from exchange.journeys import own_complaints as journeys
from exchange.journeys.members_to_choose import names_of_members
from exchange.journeys.own_complaints import Beginning, Draft
from exchange.journeys.own_words import SensitiveWords
from exchange.journeys.services import Services
from exchange.journeys.written_words import WORDS_CHARACTERS_MAX
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from exchange.web.words_of_complaints import HINTS, attached
from schema.vocabulary.complaint import ComplaintCategory
from schema.vocabulary.running_clock import ClockKind

DONE = {
    "filed": to_translate("Your complaint was filed, and written into the log. This page is your receipt."),
    "taken-back": to_translate("You took your complaint back. Nobody has to answer it any more."),
}
"""What a page says after an act, by the word in its address."""

FIELDS = ("category", "against", "first_day", "last_day", "words", "keep_words")
_NOT_A_DAY = to_translate("Write the day as year-month-day, such as 2026-05-01")


def complaint_pages(services: Services) -> Blueprint:
    """The list, the form with its confirmation, and one complaint with the way to take it back."""
    pages = page_blueprint("complaints", __name__)

    @pages.get("/complaints")
    @signed_in
    def complaints() -> Response:
        return page("complaints.html", complaints=journeys.list_complaints(services, current_borrower()))

    @pages.get("/complaints/new")
    @signed_in
    def new() -> Response:
        about, look = request.args.get("about", type=UUID), request.args.get("look", type=UUID)
        beginning = journeys.begin(services, current_borrower(), about, look)
        return _form(beginning, _typed_first(beginning))

    @pages.post("/complaints/new")
    @signed_in
    def check() -> Response:
        typed = _typed()
        return _form_with_fault(services, typed, confirm=request.form.get("back") != "yes")

    @pages.post("/complaints")
    @signed_in
    def file() -> AnyResponse:
        typed = _typed()
        draft, faults = _draft(typed)
        try:
            if faults:
                raise ParametersNotValid([])
            complaint_id = journeys.file_complaint(services, current_borrower(), draft)
        except (ParametersNotValid, SensitiveWords):
            return _form_with_fault(services, typed, confirm=True)
        return redirect(f"/complaints/{complaint_id}?done=filed", 303)

    @pages.get("/complaints/<uuid:complaint_id>")
    @signed_in
    def complaint(complaint_id: UUID) -> Response:
        return _one(services, complaint_id)

    @pages.post("/complaints/<uuid:complaint_id>/withdraw")
    @signed_in
    def take_back(complaint_id: UUID) -> AnyResponse:
        journeys.withdraw_complaint(services, current_borrower(), complaint_id)
        return redirect(f"/complaints/{complaint_id}?done=taken-back", 303)

    return pages


def _one(services: Services, complaint_id: UUID) -> Response:
    own = journeys.own_complaint(services, current_borrower(), complaint_id)
    zone = ZoneInfo(own.time_zone)
    due = {clock.kind: clock.due_at for clock in own.clocks if clock.met_at is None}
    return page(
        "complaint.html",
        own=own,
        complaint=own.complaint,
        evidence=[attached(services, each, zone) for each in own.complaint.evidence],
        answer_due=due.get(ClockKind.COMPLAINT_ANSWER),
        finding_due=due.get(ClockKind.COMPLAINT_FINDING),
        names=names_of_members(services),
        done=DONE.get(request.args.get("done", "")),
    )


def _form_with_fault(services: Services, typed: dict[str, str], confirm: bool) -> Response:
    """The form with every fault; where there is none, the page that asks to confirm (or the form, to change it)."""
    draft, faults = _draft(typed)
    borrower = current_borrower()
    beginning = journeys.begin(services, borrower)
    try:
        checked = journeys.check_complaint(services, borrower, draft)
    except ParametersNotValid as fault:
        found = {name: _(sentence) for name, _code, sentence in fault.faults}
        return _form(beginning, typed, found | faults)
    except SensitiveWords as fault:
        return _form(beginning, typed, {"words": _(fault.sentence)} | faults, fault.found)
    if faults or not confirm:
        return _form(beginning, typed, faults)
    return page("complaint_confirm.html", checked=checked, typed=typed, draft=draft)


def _form(
    beginning: Beginning, typed: dict[str, str], faults: dict[str, str] | None = None, sensitive: tuple[str, ...] = ()
) -> Response:
    return page(
        "complaint_new.html",
        400 if faults else 200,
        parties=beginning.parties,
        categories=[(category, HINTS[category]) for category in ComplaintCategory],
        typed=typed,
        faults=faults or {},
        sensitive=sensitive,
        characters_max=WORDS_CHARACTERS_MAX,
    )


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _typed_first(beginning: Beginning) -> dict[str, str]:
    member_id, lender = beginning.chosen or ("", None)
    return dict.fromkeys(FIELDS, "") | {
        "against": f"{member_id}|{lender or ''}" if member_id else "",
        "category": beginning.category or "",
        "first_day": beginning.day.isoformat() if beginning.day else "",
    }


def _draft(typed: dict[str, str]) -> tuple[Draft, dict[str, str]]:
    """What was typed as a draft, and what cannot be read, by field."""
    faults: dict[str, str] = {}
    category = typed["category"]
    member_id, _bar, lender = typed["against"].partition("|")
    draft = Draft(
        category=ComplaintCategory(category) if category in set(ComplaintCategory) else None,
        member_id=member_id,
        lender=lender or None,
        words=typed["words"],
        first_day=_day("first_day", typed, faults),
        last_day=_day("last_day", typed, faults),
        keep_words=typed["keep_words"] == "yes",
    )
    return draft, faults


def _day(name: str, typed: dict[str, str], faults: dict[str, str]) -> date | None:
    if not typed[name]:
        return None
    try:
        return date.fromisoformat(typed[name])
    except ValueError:
        faults[name] = _(_NOT_A_DAY)
        return None
