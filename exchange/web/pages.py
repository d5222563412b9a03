"""What every page for people shares: the layout, the languages, and what keeps a page safe in a browser.

A page blueprint is made with `page_blueprint`; its forms are guarded against cross-site requests (CSRF), its answers
carry a strict content security policy with a nonce and are never cached, and its errors are pages in plain words.
"""

import hmac
import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask_wtf.csrf import generate_csrf, validate_csrf
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.exceptions import HTTPException
from wtforms import ValidationError

from exchange.errors import ExchangeError, Overloaded, Refused
from exchange.journeys.plain_words import reason_in_words
from exchange.settings import Settings
from exchange.web import language, problems, words
from exchange.web.desks.desk import desk_here
from exchange.web.hashed_upload import PageRequest
from exchange.web.language import gettext as _
from exchange.web.problem_words import FORM_EXPIRED, INTERNAL, PROBLEMS, Problem
from exchange.web.static_files import read_static_files, static_files, version_of
from schema.vocabulary.scope import FieldClass

SIGN_IN_PATH = "/sign-in"
_FORM_BYTES_MAX = "OPENBUREAU_FORM_BYTES_MAX"


class NotSignedIn(Exception):
    """The page is for a borrower who is signed in. Answered by the way to the sign-in page and back.

    Pages for others raise a class of their own, with their own way in.
    """

    sign_in_path = SIGN_IN_PATH
    home = "/"


class FormExpired(Exception):
    """The form was not ours, or is too old: its token against cross-site requests does not hold."""


def set_up_pages(app: Flask, settings: Settings, secret: bytes) -> None:
    """Gives the application its templates, languages and static files. `secret` marks the forms as ours."""
    app.request_class = PageRequest
    app.config[_FORM_BYTES_MAX] = settings.form_bytes_max
    app.secret_key = hmac.digest(secret, b"openbureau pages", "sha256")
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("exchange.web"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    language.register_translations(app.extensions, settings.time_zone)
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)
    for shown in ("date", "month", "instant", "number", "money", "percent", "duration", "zone"):
        environment.filters[shown] = getattr(language, f"show_{shown}")
    contents = read_static_files()
    environment.globals["static_version"] = version_of(contents)
    environment.globals["field_classes"] = tuple(FieldClass)
    environment.globals["show_time_zone"] = language.show_time_zone
    for said in ("word", "phrase", "how_often", "retention", "period"):
        environment.globals[said] = getattr(words, said)
    app.context_processor(_for_templates)
    app.register_blueprint(static_files(contents))


def page_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint of pages for people; see this module's docstring."""
    pages = Blueprint(name, import_name)
    pages.before_request(_check_form)
    pages.after_request(_set_headers)
    pages.register_error_handler(NotSignedIn, lambda error: redirect(_sign_in_address(error), 303))
    pages.register_error_handler(FormExpired, lambda error: problem_page(FORM_EXPIRED))
    pages.register_error_handler(ExchangeError, exchange_error_page)
    pages.register_error_handler(HTTPException, http_error_page)
    pages.register_error_handler(Exception, unexpected_error_page)
    return pages


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page from its template."""
    return make_response(render_template(template, **values), status)


def download(content: bytes, name: str, content_type: str) -> Response:
    """A file that the browser saves under `name`."""
    return Response(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def allow_form_to(origin: str) -> None:
    """Lets this page's form end at another origin too: browsers apply `form-action` to the redirect after a form."""
    g.form_action = origin


def wants_page() -> bool:
    """Whether who asks is a browser that would rather read a page than JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def problem_page(problem: Problem, reasons: list[str] | None = None) -> Response:
    """An error as a page."""
    words = {"heading": _(problem.heading), "sentence": _(problem.sentence), "reasons": reasons or []}
    return page("problem.html", problem.status, **words)


def exchange_error_page(error: ExchangeError) -> Response:
    """An error of our own, in plain words; a refusal with each of its reasons."""
    status = 404 if error.stable_code.endswith("_NOT_FOUND") else problems.http_status(error)
    reasons = []
    if isinstance(error, Refused):
        own_words = desk_here() is not None  # Other pages tell borrowers why a member was refused.
        reasons = [_(reason.sentence if own_words else reason_in_words(reason.code).text) for reason in error.reasons]
    elif status == 400:
        reasons = [_(error.sentence)]
    response = problem_page(PROBLEMS.get(status, INTERNAL), reasons)
    if isinstance(error, Overloaded):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def unrouted_page(error: HTTPException) -> Response:
    """The page for an address that nothing answers at."""
    return _set_headers(http_error_page(error))


def http_error_page(error: HTTPException) -> Response:
    """An error of HTTP itself; a redirect is answered as it is."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    return problem_page(PROBLEMS.get(error.code, PROBLEMS[400]))


def unexpected_error_page(error: Exception) -> Response:
    """An error that we did not expect: logged without its words, and told as ours."""
    problems.log_unexpected(error)
    return problem_page(INTERNAL)


def _sign_in_address(error: NotSignedIn) -> str:
    """The sign-in page, which leads back to the page that was asked for."""
    back = request.full_path.rstrip("?") if request.method == "GET" else error.home
    return f"{error.sign_in_path}?{urlencode({'next': back})}"


def _check_form() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    request.max_content_length = current_app.config[_FORM_BYTES_MAX]
    token = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token")
    try:
        validate_csrf(token)
    except ValidationError as fault:
        raise FormExpired from fault


def _set_headers(response: Response) -> Response:
    form_action = " ".join(["'self'", *([g.form_action] if "form_action" in g else [])])
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"script-src 'self' 'nonce-{_nonce()}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.update(["Accept-Language", "Cookie"])
    chosen = request.args.get("lang")
    if chosen is not None and chosen in language.LANGUAGES:
        response.set_cookie(
            language.LANGUAGE_COOKIE,
            chosen,
            max_age=language.LANGUAGE_COOKIE_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


_LAYOUTS = {"audit": "regulator", "member": "member"}
"""Where the templates of each desk are."""


def _for_templates() -> dict[str, Any]:
    desk = desk_here()
    return {
        "csp_nonce": _nonce(),
        "csrf_token": generate_csrf,
        "borrower": g.get("borrower"),
        "officer": g.get("officer"),
        "desk": desk,
        "desk_layout": f"{_LAYOUTS[desk.name]}/layout.html" if desk else "layout.html",
        "language": language.current_language(),
        "language_links": _language_links(),
        "path": request.path,
    }


def _language_links() -> list[dict[str, Any]]:
    """This page in each language; a page that answered a form leads back to the page before it."""
    current = language.current_language()
    kept = {name: value for name, value in request.args.items() if name != "lang"}
    return [
        {
            "tag": tag,
            "name": name,
            "href": f"{request.path}?{urlencode({**kept, 'lang': tag})}",
            "current": tag == current,
        }
        for tag, name in language.LANGUAGES.items()
    ]


def _nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)
