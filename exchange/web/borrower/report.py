"""My report: the borrower's own file in plain words, its copies, and statements beside its items."""

import io
import zipfile
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from exchange.disclosure.speech import Speech
from exchange.disclosure.trend_svg import trend_of, trend_svg
from exchange.errors import BadRequest
from exchange.journeys.own_beside import what_stands_beside
from exchange.journeys.own_report import SignedCopy, own_report, report_json, report_pdf
from exchange.journeys.own_words import (
    STATEMENT_CHARACTERS_MAX,
    SensitiveWords,
    add_statement,
    list_statements,
    withdraw_statement,
)
from exchange.journeys.services import Services
from exchange.web import language
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import download, page, page_blueprint
from exchange.web.words import word
from schema.vocabulary.payment_status import OVERDUE

COPY_NAME = "openbureau-report"

DONE = {
    "stated": to_translate("Your statement stands beside the item from now. Everybody who is shown the item reads it."),
    "taken-back": to_translate("Your statement was taken back. Your file no longer shows it."),
}
"""What a page says after an act, by the word in its address."""


def report_pages(services: Services) -> Blueprint:
    """The report is shown when it is asked for (a form, since each look is logged), and so are its copies."""
    pages = page_blueprint("report", __name__)

    @pages.get("/report")
    @signed_in
    def before() -> Response:
        statements = list_statements(services, current_borrower())
        return page("report_before.html", statements=statements, done=DONE.get(request.args.get("done", "")))

    @pages.post("/report")
    @signed_in
    def report() -> Response:
        shown = own_report(services, current_borrower())
        trend = trend_of(shown.accounts)
        picture = trend_svg(trend, _("Late payments by month"), _(_TREND), language.show_month) if trend else ""
        return page("report.html", report=shown, trend=trend, picture=Markup(picture), overdue=OVERDUE)  # noqa: S704 - escaped by trend_svg

    @pages.post("/report/copy.zip")
    @signed_in
    def json_copy() -> Response:
        beside = what_stands_beside(services, current_borrower())
        copy = report_json(services, own_report(services, current_borrower()), beside)
        return download(_zipped(copy), f"{COPY_NAME}.zip", "application/zip")

    @pages.post("/report/copy.pdf")
    @signed_in
    def pdf_copy() -> Response:
        content = report_pdf(services, own_report(services, current_borrower()), _speech())
        return download(content, f"{COPY_NAME}.pdf", "application/pdf")

    _statement_pages(pages, services)
    return pages


def _statement_pages(pages: Blueprint, services: Services) -> None:
    @pages.get("/report/statement")
    @signed_in
    def write() -> Response:
        return _statement_page(request.args.get("about", ""))

    @pages.post("/report/statement")
    @signed_in
    def state() -> AnyResponse:
        about, words = request.form.get("about", ""), request.form.get("words", "")
        keep = request.form.get("keep_words") == "yes"
        try:
            add_statement(services, current_borrower(), words, UUID(about) if about else None, keep)
        except SensitiveWords as fault:
            return _statement_page(about, words, fault, sensitive=fault.found)
        except BadRequest as fault:
            return _statement_page(about, words, fault)
        return redirect("/report?done=stated", 303)

    @pages.post("/report/statement/<uuid:statement_id>/withdraw")
    @signed_in
    def take_back(statement_id: UUID) -> AnyResponse:
        withdraw_statement(services, current_borrower(), statement_id)
        return redirect("/report?done=taken-back", 303)


def _statement_page(
    about: str, words: str = "", fault: BadRequest | None = None, sensitive: tuple[str, ...] = ()
) -> Response:
    return page(
        "statement.html",
        status=400 if fault else 200,
        about=about,
        words=words,
        error=_(fault.sentence) if fault else None,
        sensitive=sensitive,
        characters_max=STATEMENT_CHARACTERS_MAX,
    )


def _speech() -> Speech:
    return Speech(
        language.current_language(),
        _,
        word,
        language.show_date,
        language.show_month,
        language.show_instant,
        language.show_money,
    )


def _zipped(copy: SignedCopy) -> bytes:
    """The copy and, in a file of its own, the signature over exactly its bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{COPY_NAME}.json", copy.content)
        archive.writestr(f"{COPY_NAME}.json.jws", copy.signature)
    return buffer.getvalue()


_TREND = to_translate("For each of the last 24 months, how many of your loans and cards were late.")
