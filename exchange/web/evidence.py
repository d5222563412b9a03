"""Evidence of a look for the member whose look it was: a zip, behind the same token and proof as GraphQL."""

from flask import Blueprint, Response, request

from exchange.errors import BadRequest, NotAuthenticated
from exchange.journeys.evidence_of_look import evidence_for_member
from exchange.journeys.services import Services
from exchange.web import problems
from exchange.web.log_tiles import read_leaf_hash
from exchange.web.members_door import Door

ZIP = "application/zip"


def evidence_door(services: Services, door: Door) -> Blueprint:
    """The blueprint of GET /evidence/<leaf hash in hex or base64url>."""
    routes = Blueprint("evidence", __name__)

    @routes.get("/evidence/<name>")
    def evidence(name: str) -> Response:
        try:
            return answer(name)
        except NotAuthenticated as error:
            door.refused_caller(error)
            return problems.problem(error)

    def answer(name: str) -> Response:
        caller = door.authenticate(request)
        door.spend_proof(caller)
        leaf_hash = read_leaf_hash(name)
        if leaf_hash is None:
            return problems.problem(BadRequest("Give the leaf's hash: 32 bytes in hex or base64url."))
        try:
            content = evidence_for_member(services, caller, leaf_hash)
        except BadRequest as absent:
            return problems.problem(absent, 404)
        headers = {"Content-Disposition": f'attachment; filename="look-{leaf_hash.hex()[:16]}.zip"'}
        return Response(content, content_type=ZIP, headers=headers | {"Cache-Control": "no-store"})

    return routes
