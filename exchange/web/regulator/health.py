"""The health of the log: how old its signature is, what waits, who witnesses it."""

from flask import Blueprint, Response
from markupsafe import Markup

from exchange.disclosure.charts_svg import Bar, line_chart_svg
from exchange.journeys.log_health import LogHealth, log_health
from exchange.journeys.services import Services
from exchange.web.desks.current import officer_page
from exchange.web.language import gettext as _
from exchange.web.language import show_hour
from exchange.web.pages import page
from exchange.web.regulator.blueprint import audit_blueprint
from schema.vocabulary.scope import Scope


def health_pages(services: Services) -> Blueprint:
    """One page."""
    pages = audit_blueprint("audit_health", __name__)

    @pages.get("/audit/log")
    @officer_page(Scope.AUDIT_READ)
    def log() -> Response:
        health = log_health(services)
        return page("regulator/log.html", health=health, settings=services.settings, picture=_picture(health))

    return pages


def _picture(health: LogHealth) -> Markup:
    points = [Bar(show_hour(at), (leaves,)) for at, leaves in health.per_hour]
    if not points:
        return Markup()
    title, said = _("Entries of the log by hour"), _("How many entries the log took in each hour.")
    return Markup(line_chart_svg(points, title, said, "hours"))  # noqa: S704 - escaped by line_chart_svg
