"""Joins the parts into a running service: the only file that knows every one of them."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Request as HttpRequest

from exchange.audit.back_pressure import BackPressure
from exchange.audit.receipt import issue_receipt
from exchange.clock import Clock, SystemClock, new_id
from exchange.errors import ExchangeError, NotAuthenticated, Unavailable
from exchange.handover import Caller
from exchange.identity.access_token import AccessTokens
from exchange.identity.attempt_limits import AttemptLimits
from exchange.identity.authorization_server import MemberAuthorizationServer, Stores
from exchange.identity.bearer import Authenticator
from exchange.identity.dpop import ProofVerifier, replayed
from exchange.identity.nonce import Nonces
from exchange.identity.software_statement import read_trusted_issuers
from exchange.journeys.consent_check import consent_reader, ground_reader
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import log_refused_caller
from exchange.journeys.logged_fields import entry_reader
from exchange.journeys.pack_in_force import open_pack
from exchange.journeys.register_by_statement import registration
from exchange.journeys.residency import must_be_kept_here, tell_if_not_stated
from exchange.journeys.services import Services
from exchange.key_files import (
    open_proofing,
    open_signing_key,
    open_vault,
    open_vault_file,
    open_web_keys,
    open_web_secret,
    public_jwk,
    read_log_vkey,
    vault_file,
)
from exchange.planning.budget import Budgets
from exchange.planning.operation import Operations
from exchange.settings import Settings, read_settings
from exchange.store.attempts import SqlAttempts
from exchange.store.authorization import SqlAuthorizations, SqlConsentStanding
from exchange.store.budgets import SqlBudgets
from exchange.store.engine import DATABASE_DOWN, database_does_not_answer, database_errors, make_engine
from exchange.store.log_rows import SqlLog
from exchange.store.member_register import SqlMemberRegister
from exchange.store.migrate import is_current
from exchange.store.one_time import SqlOneTimeGuard
from exchange.web import pages, problems
from exchange.web.anonymous_limit import AnonymousLimit
from exchange.web.borrower.routes import borrower_blueprints
from exchange.web.evidence import evidence_door
from exchange.web.graphql.door import graphql_door, graphql_view
from exchange.web.graphql.run import bound_contract
from exchange.web.graphql.sandbox import sandbox
from exchange.web.graphql.straight_way import straight_to
from exchange.web.health import health_pages
from exchange.web.log_tiles import make_log_pages
from exchange.web.member.routes import member_blueprints
from exchange.web.members_door import Door
from exchange.web.oauth import oauth_blueprint
from exchange.web.regulator.routes import regulator_blueprints
from exchange.web.sessions import ServerSideSessions
from exchange.web.submissions import submissions_door
from exchange.web.turn_away import in_turn

DOORS_OF_MEMBERS = ("graphql", "evidence", "submissions")
"""The blueprints whose callers bring an access token and a proof, and so need the nonce."""


def application() -> Flask:
    """A web worker's application, from the environment: what `openbureau serve` runs in every worker."""
    settings = read_settings()
    return make_app(settings, make_engine(settings, settings.database_url), SystemClock())


def make_services(settings: Settings, engine: Engine, clock: Clock) -> Services:
    """The parts that journeys are handed.

    Raises KeysMissing; Unavailable: data may not be kept in this country, or the policy pack is not taken.
    """
    signing = open_signing_key(settings)
    vault = open_vault(settings, clock)
    read_entry = entry_reader(vault.log_cipher)
    pack = open_pack(settings)
    must_be_kept_here(settings, pack, clock.now().date())
    return Services(
        settings=settings,
        clock=clock,
        engine=engine,
        keys=vault,
        open_keys=partial(
            open_vault_file, vault_file(settings), clock, settings.dek_cache_seconds, settings.dek_cache_size
        ),
        pack=pack,
        signing=signing,
        read_consent=consent_reader({signing.kid: signing.key.public_key()}, read_entry),
        read_ground=ground_reader(read_entry),
        back_pressure=BackPressure(SqlLog(engine, settings.log_origin), clock, settings.pending_stop_seconds),
        limits=AttemptLimits(SqlAttempts(engine), open_web_secret(settings), settings),
        log_vkey=read_log_vkey(settings),
    )


def make_app(settings: Settings, engine: Engine, clock: Clock) -> Flask:
    """The whole service as one WSGI application. Raises KeysMissing."""
    app = Flask("openbureau", static_folder=None)
    services = make_services(settings, engine, clock)
    tell_if_not_stated(settings, services.pack, clock.now().date())
    keys = open_web_keys(settings, clock)
    nonces = Nonces(keys.nonce, settings.nonce_seconds)
    proofs = ProofVerifier(settings, nonces)
    tokens = AccessTokens(settings, keys.token)
    guard = SqlOneTimeGuard(engine)
    stores = Stores(SqlMemberRegister(engine), guard, SqlAuthorizations(engine), SqlConsentStanding(engine))
    server = MemberAuthorizationServer(settings, stores, tokens, proofs, nonces, clock)
    refusals = _RefusalLog(services)

    def public_keys() -> list[Mapping[str, Any]]:
        return [*tokens.public_keys(), public_jwk(keys.signing)]

    register = registration(services, read_trusted_issuers(settings))
    app.register_blueprint(oauth_blueprint(server, settings, public_keys, refusals.record, register))
    door = _door(services, Authenticator(tokens, proofs), guard, refusals)
    view = graphql_view(services, door, Operations(bound_contract(), settings))
    app.register_blueprint(graphql_door(view))
    if settings.demonstration:
        app.register_blueprint(sandbox(services, door))
    app.register_blueprint(evidence_door(services, door))
    app.register_blueprint(submissions_door(services, door))
    app.register_blueprint(make_log_pages(services.log, keys.log_vkey))
    app.register_blueprint(health_pages(lambda: _check_ready(services)))
    pages.set_up_pages(app, settings, keys.nonce)
    app.session_interface = ServerSideSessions(services)
    borrowers = borrower_blueprints(services, open_proofing(settings, clock))
    for blueprint in [*borrowers, *member_blueprints(services), *regulator_blueprints(services)]:
        app.register_blueprint(blueprint)
    usual = _usual_headers(settings)

    def member_headers() -> list[tuple[str, str]]:
        return [("DPoP-Nonce", nonces.current(clock.now()))]

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in usual.items():
            response.headers.setdefault(name, value)
        if request.blueprint in DOORS_OF_MEMBERS:
            response.headers.extend(member_headers())
        return response

    _set_error_pages(app)
    questions_first = straight_to(view, app.wsgi_app, _problem_of, lambda: [*usual.items(), *member_headers()])
    app.wsgi_app = in_turn(questions_first, settings, clock)  # type: ignore[method-assign]  # as Flask says
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, 0)  # type: ignore[method-assign]  # as Flask says
    return app


class _RefusalLog:
    """Logs refused callers; strangers only up to a rate."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._strangers = AnonymousLimit(services.settings.anonymous_refusals_per_second)

    def record(self, code: str, member_id: str | None) -> None:
        if member_id is None:
            self._strangers.take(self._services.clock.now())
        log_refused_caller(self._services, code, member_id)


def _door(services: Services, authenticator: Authenticator, guard: SqlOneTimeGuard, refusals: _RefusalLog) -> Door:
    settings, clock = services.settings, services.clock

    def authenticate(http: HttpRequest) -> Caller:
        url = settings.issuer + http.path
        header, proofs = http.headers.get("Authorization"), http.headers.getlist("DPoP")
        return authenticator.authenticate(http.method, url, header, proofs, clock.now())

    def spend_proof(caller: Caller) -> None:
        with database_errors():
            if caller.once and not guard.spend(caller.once):
                raise replayed(caller.member_id)

    def refused_caller(error: NotAuthenticated) -> None:
        if error.stable_code != "PROOF_NONCE_NEEDED":  # That is how a nonce is asked for, not a refusal.
            refusals.record(error.stable_code, error.member_id)

    def receipt(asked: Request, body: bytes) -> str:
        now = clock.now()
        return issue_receipt(
            services.signing,
            body,
            request_id=str(new_id(now)),
            member=asked.caller.member_id,
            request_digest=asked.digest,
            leaves=asked.leaves,
            log_origin=settings.log_origin,
            issued_at=now,
            integrate_by=now + timedelta(seconds=settings.pending_stop_seconds),
        )

    budgets = Budgets(SqlBudgets(services.engine, settings), settings)
    return Door(authenticate, spend_proof, refused_caller, receipt, budgets)


def _check_ready(services: Services) -> None:
    with database_errors():
        if not is_current(services.engine):
            raise Unavailable("The tables are not those of this version. Run `openbureau setup`.", "NOT_MIGRATED")
        services.back_pressure.check()


def _usual_headers(settings: Settings) -> dict[str, str]:
    """The headers that every answer has, where it does not have its own."""
    usual = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    if settings.issuer.startswith("https:"):
        usual["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return usual


def _problem_of(error: Exception) -> Response:
    """An error that no view told, as a problem."""
    if isinstance(error, ExchangeError):
        return problems.problem(error)
    if isinstance(error, DATABASE_DOWN):
        return problems.problem(database_does_not_answer())
    if isinstance(error, HTTPException):
        return problems.http_problem(error)
    problems.log_unexpected(error)
    return problems.internal_problem()


def _set_error_pages(app: Flask) -> None:
    @app.errorhandler(Exception)
    def told(error: Exception) -> Response:
        if isinstance(error, HTTPException) and request.blueprint is None and pages.wants_page():
            return pages.unrouted_page(error)
        return _problem_of(error)
