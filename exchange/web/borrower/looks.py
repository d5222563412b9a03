"""Who looked: every look at the borrower's file, granted or refused, with its rule and its proof."""

from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consent.question import GroundKind
from exchange.journeys import who_looked as journeys
from exchange.journeys.evidence_of_look import evidence_for_borrower
from exchange.journeys.own_retention import what_retention_did
from exchange.journeys.own_words import mark_unrecognised
from exchange.journeys.services import Services
from exchange.web.borrower.current import current_borrower, signed_in
from exchange.web.pages import download, page, page_blueprint


def look_pages(services: Services) -> Blueprint:
    """The list, one look, its proof and evidence, the proof that the list is whole, and "I don't recognise this"."""
    pages = page_blueprint("looks", __name__)

    @pages.get("/looks")
    @signed_in
    def looks() -> Response:
        newest, earlier = request.args.get("newest", type=int), request.args.get("file", type=UUID)
        seen = journeys.who_looked(services, current_borrower(), newest, earlier)
        return page("looks.html", seen=seen, newest=newest, earlier=earlier)

    @pages.get("/looks/evidence.json")
    @signed_in
    def evidence() -> Response:
        content = journeys.evidence(services, current_borrower(), request.args.get("file", type=UUID))
        return download(content, "who-looked-evidence.json", "application/json")

    @pages.get("/looks/retention")
    @signed_in
    def retention() -> Response:
        return page("retention.html", runs=what_retention_did(services, current_borrower()))

    @pages.get("/looks/<uuid:inquiry_key>")
    @signed_in
    def look(inquiry_key: UUID) -> Response:
        detail = journeys.look(services, current_borrower(), inquiry_key)
        basis = detail.look.basis
        ground = GroundKind(basis) if basis in set(GroundKind) else None
        told = request.args.get("done") == "told"
        return page("look.html", detail=detail, look=detail.look, ground=ground, told=told)

    @pages.get("/looks/<uuid:inquiry_key>/proof.txt")
    @signed_in
    def proof(inquiry_key: UUID) -> Response:
        detail = journeys.look(services, current_borrower(), inquiry_key)
        if detail.proof is None:
            raise NotFound
        return download(detail.proof.encode(), f"look-{inquiry_key}.proof.txt", "text/plain; charset=utf-8")

    @pages.get("/looks/<uuid:inquiry_key>/evidence.zip")
    @signed_in
    def look_evidence(inquiry_key: UUID) -> Response:
        content = evidence_for_borrower(services, current_borrower(), inquiry_key)
        return download(content, f"look-{inquiry_key}.zip", "application/zip")

    @pages.post("/looks/<uuid:inquiry_key>/unrecognised")
    @signed_in
    def unrecognised(inquiry_key: UUID) -> AnyResponse:
        mark_unrecognised(services, current_borrower(), inquiry_key, request.form.get("words", "").strip() or None)
        return redirect(f"/looks/{inquiry_key}?done=told", 303)

    return pages
