"""DEMONSTRATION ONLY: the sandbox, where an engineer tries the contract in a browser, over made-up people.

`/sandbox` is GraphiQL; `/sandbox/graphql` answers GET and POST as the door of members does, by the same steps, without
a token or a proof: the header `OpenBureau-Sandbox-Member` names the member that one would like to be. It is not there
unless the service is a demonstration on this machine, and it answers this machine alone.
"""

import secrets
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response as HttpResponse

from exchange.handover import Caller, Member
from exchange.identity.proofing.demonstration import DemonstrationNotAllowed, is_loopback_http
from exchange.journeys.act_in_sandbox import example_variables, sandbox_caller, sandbox_members
from exchange.journeys.services import Services
from exchange.planning.operation import Operations
from exchange.settings import Settings
from exchange.web.graphql.door import graphql_view
from exchange.web.graphql.run import bound_contract
from exchange.web.graphql.sandbox_examples import example_for
from exchange.web.members_door import Door
from exchange.web.static_files import STATIC, read_static_files, static_file, version_of

MEMBER_HEADER = "OpenBureau-Sandbox-Member"
MARK = ("OpenBureau-Sandbox", "made-up people")
MEMBER_UNLESS_TOLD = "harbour-bank"


def sandbox(services: Services, door: Door) -> Blueprint:
    """The blueprint of the sandbox. Raises DemonstrationNotAllowed."""
    _must_be_a_demonstration(services.settings)
    blueprint = Blueprint("sandbox", __name__)
    contents = read_static_files(STATIC / "graphiql")
    version = version_of(contents)

    @blueprint.before_request
    def only_this_machine() -> None:
        """Not the network, and not another site's page that had its own name lead here."""
        caller = request.remote_addr
        if request.host != urlsplit(services.settings.issuer).netloc or not (caller and ip_address(caller).is_loopback):
            raise NotFound

    @blueprint.after_request
    def mark(response: Response) -> Response:
        response.headers[MARK[0]] = MARK[1]
        return response

    @blueprint.get("/sandbox/static/<name>")
    def static(name: str) -> Response:
        return static_file(contents, name)

    @blueprint.get("/sandbox")
    def page() -> Response:
        members = sandbox_members(services)
        chosen = _chosen(members, request.args.get("member", MEMBER_UNLESS_TOLD))
        start = {
            "member": chosen.member_id if chosen else "",
            "header": MEMBER_HEADER,
            "query": example_for(chosen.scopes if chosen else frozenset()),
            "variables": example_variables(services, chosen.member_id) if chosen else {},
        }
        nonce = secrets.token_urlsafe(16)
        content = render_template(
            "sandbox.html", members=members, start=start, sandbox_version=version, csp_nonce=nonce
        )
        return Response(content, headers={"Content-Security-Policy": _policy(nonce), "Cache-Control": "no-store"})

    door = replace(door, authenticate=lambda asking: _caller(services, asking))
    operations = Operations(bound_contract(), replace(services.settings, introspection=True))
    view = graphql_view(services, door, operations)

    @blueprint.route("/sandbox/graphql", methods=["GET", "POST"])
    def graphql() -> HttpResponse:
        return view(request)

    return blueprint


def _must_be_a_demonstration(settings: Settings) -> None:
    if not (settings.demonstration and is_loopback_http(settings.issuer)):
        raise DemonstrationNotAllowed(
            "The sandbox asks nobody who they are. It needs OPENBUREAU_DEMONSTRATION=1 and an issuer on "
            "http://localhost."
        )


def _caller(services: Services, asking: HttpRequest) -> Caller:
    return sandbox_caller(services, asking.headers.get(MEMBER_HEADER, MEMBER_UNLESS_TOLD))


def _chosen(members: list[Member], member_id: str) -> Member | None:
    return next((member for member in members if member.member_id == member_id), members[0] if members else None)


def _policy(nonce: str) -> str:
    """What GraphiQL needs: its own files, style elements that carry the nonce, the fonts within its style sheet."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; font-src data:; "
        "img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
