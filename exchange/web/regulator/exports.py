"""Signed exports of a search: made from its address, listed with how far each is, and taken as a file."""

from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from exchange.errors import BadRequest
from exchange.journeys.export_log import Export, begin_export, list_exports, stream_export
from exchange.journeys.members_to_choose import members_to_search
from exchange.journeys.services import Services
from exchange.web.desks.current import current_officer, officer_page
from exchange.web.language import gettext as _
from exchange.web.language import to_translate
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from exchange.web.regulator.filter_form import read_filter
from exchange.web.regulator.search import chips_of
from schema.vocabulary.scope import Scope

DONE = {"begun": to_translate("The export is ready to be taken. It is signed while you take it.")}
"""What the page says after an act, by the word in its address."""


def export_pages(services: Services) -> Blueprint:
    """The list, a new export, its progress, and its file."""
    pages = audit_blueprint("audit_exports", __name__)

    @pages.get("/audit/exports")
    @officer_page(Scope.AUDIT_READ)
    def exports() -> Response:
        return _show(services)

    @pages.post("/audit/exports")
    @officer_page(Scope.AUDIT_READ)
    def begin() -> AnyResponse:
        form = read_filter(request.form, services.settings.time_zone)
        if form.faults:
            return redirect(f"/audit/events?{form.query}", 303)
        try:
            begin_export(services, current_officer(), form.wanted, form.query)
        except BadRequest as fault:
            return _show(services, _(fault.sentence))
        return redirect("/audit/exports?done=begun", 303)

    @pages.get("/audit/exports/<uuid:export_id>/progress.json")
    @officer_page(Scope.AUDIT_READ)
    def progress(export_id: UUID) -> AnyResponse:
        export = _find(services, export_id)
        done = {"done": export.events_done, "total": export.events_total, "finished": export.finished_at is not None}
        return Response(orjson.dumps(done), mimetype="application/json")

    @pages.get("/audit/exports/<uuid:export_id>/export.zip")
    @officer_page(Scope.AUDIT_READ)
    def take(export_id: UUID) -> Response:
        pieces = stream_export(services, current_officer(), export_id)
        name = f'attachment; filename="openbureau-export-{export_id}.zip"'
        return Response(pieces, mimetype="application/zip", headers={"Content-Disposition": name})

    return pages


def _show(services: Services, fault: str = "") -> Response:
    members = members_to_search(services)
    listed = [
        (export, chips_of(read_filter(dict(parse_qsl(export.query)), services.settings.time_zone), members))
        for export in list_exports(services, current_officer())
    ]
    done = DONE.get(request.args.get("done", ""))
    return page("regulator/exports.html", 400 if fault else 200, exports=listed, fault=fault, done=done)


def _find(services: Services, export_id: UUID) -> Export:
    """Raises BadRequest EXPORT_NOT_FOUND, also for another authority's."""
    made = list_exports(services, current_officer())
    found = next((export for export in made if export.export_id == export_id), None)
    if found is None:
        raise BadRequest("Your authority has no export with this id.", "EXPORT_NOT_FOUND")
    return found
