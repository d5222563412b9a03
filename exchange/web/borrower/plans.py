"""Repayment plans: the offers, what each option means, and the borrower's answers.

Each answer has a page that says what follows from it, and a button there. Accepting takes a recent sign-in.
"""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.own_plans import (
    CounterNotValid,
    Offer,
    accept_option,
    check_counter,
    counter_offer,
    refuse_plan,
)
from exchange.journeys.own_words import STATEMENT_CHARACTERS_MAX, SensitiveWords
from exchange.journeys.plan_views import list_plans, plan_receipt, view_plan
from exchange.journeys.services import Services
from exchange.web.borrower.counter_form import CounterForm
from exchange.web.borrower.current import current_borrower, require_recent_sign_in, signed_in
from exchange.web.borrower.plan_words import AUTHORS, DONE, ON_THE_REPORT, STANDINGS
from exchange.web.language import gettext as _
from exchange.web.pages import download, page, page_blueprint

RECEIPT_TYPE = "application/jose"
_GONE = frozenset({"PLAN_OFFER_CHANGED", "PLAN_NOT_OPEN", "PLAN_ANSWER_LATE"})
"""Why an answer came to nothing that the plan's own page explains best."""


def plan_pages(services: Services) -> Blueprint:
    """The pages."""
    pages = page_blueprint("plans", __name__)

    @pages.get("/plans")
    @signed_in
    def plans() -> Response:
        return page("plans/list.html", plans=list_plans(services, current_borrower()), standings=STANDINGS)

    @pages.get("/plans/<uuid:plan_id>")
    @signed_in
    def plan(plan_id: UUID) -> Response:
        view = view_plan(services, current_borrower(), plan_id)
        done = DONE.get(request.args.get("done", ""))
        return page(
            "plans/one.html",
            view=view,
            done=_(done) if done else None,
            on_the_report=ON_THE_REPORT,
            standings=STANDINGS,
            authors=AUTHORS,
        )

    _acceptance(pages, services)
    _counter_offer(pages, services)
    _refusal(pages, services)
    return pages


def _acceptance(pages: Blueprint, services: Services) -> None:
    @pages.get("/plans/<uuid:plan_id>/accept")
    def before_accepting(plan_id: UUID) -> Response:
        view = view_plan(services, require_recent_sign_in(), plan_id)
        choice = view.choice(request.args.get("option", type=int))
        return page("plans/accept.html", view=view, choice=choice, on_the_report=ON_THE_REPORT)

    @pages.post("/plans/<uuid:plan_id>/accept")
    def accept(plan_id: UUID) -> AnyResponse:
        borrower = require_recent_sign_in()
        option = request.form.get("option", -1, type=int)
        try:
            accept_option(services, borrower, _offer(plan_id), option)
        except BadRequest as fault:
            return _explained(plan_id, fault)
        return redirect(f"/plans/{plan_id}/accepted", 303)

    @pages.get("/plans/<uuid:plan_id>/accepted")
    @signed_in
    def accepted(plan_id: UUID) -> AnyResponse:
        view = view_plan(services, current_borrower(), plan_id)
        return page("plans/accepted.html", view=view) if view.accepted_here else redirect(f"/plans/{plan_id}", 303)

    @pages.get("/plans/<uuid:plan_id>/receipt.jws")
    @signed_in
    def receipt(plan_id: UUID) -> Response:
        content = plan_receipt(services, current_borrower(), plan_id)
        return download(content, f"plan-{plan_id}.jws", RECEIPT_TYPE)


def _counter_offer(pages: Blueprint, services: Services) -> None:
    def form_page(plan_id: UUID, form: CounterForm) -> Response:
        view = view_plan(services, current_borrower(), plan_id)
        status = 400 if form.faults else 200
        return page("plans/counter.html", status, view=view, form=form, characters_max=STATEMENT_CHARACTERS_MAX)

    @pages.get("/plans/<uuid:plan_id>/counter")
    @signed_in
    def ask_for_terms(plan_id: UUID) -> Response:
        return form_page(plan_id, CounterForm())

    @pages.post("/plans/<uuid:plan_id>/counter")
    @signed_in
    def counter(plan_id: UUID) -> AnyResponse:
        borrower = current_borrower()
        form = CounterForm.sent(view_plan(services, borrower, plan_id).currency)
        if form.wanted is None:
            return form_page(plan_id, form)
        send = counter_offer if request.form.get("step") == "send" else check_counter
        try:
            send(services, borrower, _offer(plan_id), form.wanted, form.words, form.keep_words)
        except CounterNotValid as fault:
            return form_page(plan_id, form.with_faults(fault.faults))
        except SensitiveWords as fault:
            return form_page(plan_id, form.with_faults({"words": fault.sentence}, fault.found))
        except BadRequest as fault:
            if fault.stable_code == "STATEMENT_TOO_LONG":
                return form_page(plan_id, form.with_faults({"words": fault.sentence}))
            return _explained(plan_id, fault)
        if send is counter_offer:
            return redirect(f"/plans/{plan_id}?done=countered", 303)
        view = view_plan(services, borrower, plan_id)
        return page("plans/counter_check.html", view=view, form=form, wanted=form.wanted)


def _refusal(pages: Blueprint, services: Services) -> None:
    def form_page(plan_id: UUID, fault: BadRequest | None = None) -> Response:
        view = view_plan(services, current_borrower(), plan_id)
        return page(
            "plans/refuse.html",
            400 if fault else 200,
            view=view,
            words=request.form.get("words", ""),
            error=_(fault.sentence) if fault else None,
            sensitive=fault.found if isinstance(fault, SensitiveWords) else (),
            characters_max=STATEMENT_CHARACTERS_MAX,
        )

    @pages.get("/plans/<uuid:plan_id>/refuse")
    @signed_in
    def before_refusing(plan_id: UUID) -> Response:
        return form_page(plan_id)

    @pages.post("/plans/<uuid:plan_id>/refuse")
    @signed_in
    def refuse(plan_id: UUID) -> AnyResponse:
        keep_words = request.form.get("keep_words") == "yes"
        try:
            words = request.form.get("words", "")
            refuse_plan(services, current_borrower(), _offer(plan_id), words, keep_words)
        except BadRequest as fault:
            is_about_words = fault.stable_code.startswith("STATEMENT_")
            return form_page(plan_id, fault) if is_about_words else _explained(plan_id, fault)
        return redirect(f"/plans/{plan_id}?done=refused", 303)


def _offer(plan_id: UUID) -> Offer:
    """The version that the form was made for."""
    return Offer(plan_id, request.form.get("version", 0, type=int))


def _explained(plan_id: UUID, fault: BadRequest) -> AnyResponse:
    """The plan's page, which says why nothing came of an answer. Raises the fault again where it cannot."""
    if fault.stable_code not in _GONE:
        raise fault
    return redirect(f"/plans/{plan_id}?done={fault.stable_code}", 303)
