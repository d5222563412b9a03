"""Your rights: what each is, what it does here, where it is exercised, and the law that gives it."""

from flask import Blueprint, Response

from exchange.journeys.own_rights import OwnRight, rights_of
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import to_translate
from exchange.web.pages import page, page_blueprint

RIGHTS = (
    (OwnRight.REPORT, to_translate("Know what is held about you"),
     to_translate("Your report shows everything that is held about you, in plain words, and who reported it."),
     (("/report", to_translate("Read your own report")),)),
    (OwnRight.LOOKS, to_translate("Know who looked"),
     to_translate("Every look at your file is written into a public log: who looked, why, what they saw, and looks "
                  "that were refused."),
     (("/looks", to_translate("Everybody who looked")), ("/notices", to_translate("What we told you")))),
    (OwnRight.COPY, to_translate("Take a copy, or take it to somebody else"),
     to_translate("You get your whole file as a PDF to read, and as JSON for machines, with our signature."),
     (("/report", to_translate("Take a copy with you")),)),
    (OwnRight.CORRECT, to_translate("Have it corrected"),
     to_translate("Say what is wrong. The item is marked at once, whoever reported it must answer in time, and "
                  "everybody who read what was wrong is told."),
     (("/disputes", to_translate("Dispute something")),)),
    (OwnRight.STATEMENT, to_translate("Say it in your own words"),
     to_translate("Your statement stands beside the item, and everybody who sees the item reads it."),
     (("/report/statement", to_translate("Write a statement")),)),
    (OwnRight.WITHDRAW, to_translate("Take back a consent"),
     to_translate("From that moment nobody sees anything under it, and whoever used it must tell us what they do with "
                  "what they have."),
     (("/consents", to_translate("All consents")),)),
    (OwnRight.RESTRICT, to_translate("Restrict what is done with it"),
     to_translate("Freeze your file, so that nobody looks under any consent, or pause one consent. Nothing is deleted; "
                  "you lift it whenever you like."),
     (("/freeze", to_translate("Freeze your file")), ("/consents", to_translate("Pause a consent")))),
    (OwnRight.CONTACTS, to_translate("Have contacts about debts stopped"),
     to_translate("Say that a lender and those who collect for it may not contact you, or only at hours that you "
                  "choose. Whoever wants to contact you must ask us first."),
     (("/contacts", to_translate("Contacts about your debts")),)),
    (OwnRight.ERASE, to_translate("Have it deleted"),
     to_translate("We show you first what would go at once, what the law has us keep, until when and why."),
     (("/erase", to_translate("Have your file erased")),)),
    (OwnRight.EXPLAIN, to_translate("Have a judgement explained, and looked at by a person"),
     to_translate("See how lenders judged your ability to repay, and why. You need not accept what a machine alone "
                  "decided."),
     (("/judgements", to_translate("Judgements about you")),)),
    (OwnRight.COMPLAIN, to_translate("Complain"),
     to_translate("Say how you were treated. We add what the log knows about it; the authority sees it and decides."),
     (("/complaints", to_translate("Your complaints")),)),
    (OwnRight.TOLD, to_translate("Be told before something negative is reported"),
     to_translate("A lender must tell you before it reports a late payment, and we tell you too."),
     (("/notices", to_translate("What we told you")),)),
    (OwnRight.DELEGATE, to_translate("Let somebody act for you"),
     to_translate("A guardian, or somebody whom you choose, may act in your consents. The operator records it from a "
                  "document that you bring."),
     (("/acting", to_translate("Act for somebody else")),)),
)  # fmt: skip
"""Each right: its name, what it does here, and the pages that it leads to."""


def rights_pages(services: Services) -> Blueprint:
    """The page."""
    pages = page_blueprint("rights", __name__)

    @pages.get("/rights")
    @signed_in
    def rights() -> Response:
        return page("rights.html", rights=RIGHTS, view=rights_of(services, current_borrower()), report=OwnRight.REPORT)

    return pages
