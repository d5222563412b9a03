"""Having one's file erased: what goes, what stays until when and why, the request, and taking it back."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.journeys.own_erasure import ask_erasure, take_back_erasure, view_erasure
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, require_recent_sign_in, signed_in
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint
from schema.vocabulary.erasure import ErasedPart, KeptBecause

GOES = {
    ErasedPart.ACCOUNTS: to_translate("loans and cards that are over"),
    ErasedPart.PUBLIC_RECORDS: to_translate("public records"),
    ErasedPart.COLLECTIONS: to_translate("contacts about debts"),
    ErasedPart.PLANS: to_translate("repayment plans that are over"),
    ErasedPart.ASSESSMENTS: to_translate("judgements of your ability to repay"),
    ErasedPart.CLEARANCES: to_translate("requests of lenders to contact you"),
    ErasedPart.CASES: to_translate("disputes, complaints and reviews that are over"),
    ErasedPart.STATEMENTS: to_translate("statements of yours about what goes"),
    ErasedPart.CONSENTS: to_translate("consents: they end, and whoever used them is told"),
    ErasedPart.CONTACT_DETAILS: to_translate("kinds of details: phones, e-mails, addresses, employers"),
    ErasedPart.EARLIER_IDENTITIES: to_translate("earlier versions of who you are"),
}
STAYS = {
    KeptBecause.OPEN_ACCOUNT: to_translate("loans or cards that are not over: the contract goes on, and your lender "
                                           "goes on reporting it"),
    KeptBecause.NEGATIVE: to_translate("items with late payments or another negative information, for as long as the "
                                       "law lets them be kept"),
    KeptBecause.DUTY_TO_KEEP: to_translate("records of contacts about debts: they protect you, and the law has us keep "
                                           "them"),
    KeptBecause.RUNNING_PLAN: to_translate("repayment plans that still run"),
    KeptBecause.OPEN_DISPUTE: to_translate("disputes that are not answered yet"),
    KeptBecause.OPEN_COMPLAINT: to_translate("complaints that are not decided yet"),
    KeptBecause.OPEN_REVIEW: to_translate("judgements that a person still has to look at"),
    KeptBecause.OPEN_CLEARANCE: to_translate("contacts that a lender was allowed a moment ago"),
    KeptBecause.COURT_ORDER: to_translate("orders of courts or duties by law to look at your file"),
    KeptBecause.IDENTITY_IN_QUESTION: to_translate("questions about who you are that a person still has to decide"),
}  # fmt: skip
DONE = {
    "asked": to_translate("We have noted that you want your file erased."),
    "taken-back": to_translate("You have taken your request back. What has not gone yet stays."),
}


def erase_pages(services: Services) -> Blueprint:
    """What an erasure would do, and the request. Asking for it takes a recent sign-in."""
    pages = page_blueprint("erase", __name__)

    @pages.get("/erase")
    @signed_in
    def show() -> Response:
        view = view_erasure(services, current_borrower())
        return page("erase.html", view=view, goes=GOES, stays=STAYS, done=DONE.get(request.args.get("done", "")))

    @pages.post("/erase")
    def ask() -> AnyResponse:
        borrower = require_recent_sign_in()
        ask_erasure(services, borrower)
        return redirect("/erase?done=asked", 303)

    @pages.post("/erase/take-back")
    def take_back() -> AnyResponse:
        borrower = require_recent_sign_in()
        take_back_erasure(services, borrower)
        return redirect("/erase?done=taken-back", 303)

    return pages
