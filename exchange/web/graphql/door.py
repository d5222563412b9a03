"""The GraphQL door (GraphQL over HTTP, POST only).

1. Who is asking: token and proof. 2. What is asked: read, validated, within its limits. 3. What it may cost is
taken from the member's budget. 4. Answered, field by field; what it did not cost is given back.
5. The proof is spent, even where nothing was looked at. 6. The receipt over the exact bytes of the answer.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, request
from graphql import OperationType
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from exchange.errors import ExchangeError, NotAuthenticated
from exchange.handover import Caller
from exchange.journeys.describe_look import Request
from exchange.journeys.kept_documents import KeptDocuments
from exchange.journeys.repeat_safely import begin
from exchange.journeys.services import Services
from exchange.planning.limits import Size
from exchange.planning.operation import Operation, Operations
from exchange.store.idempotency import KeptAnswer
from exchange.web import problems
from exchange.web.graphql.answer import answer_of, failure_of, given_again
from exchange.web.graphql.cost import cost_of
from exchange.web.graphql.idempotency_key import read_key
from exchange.web.graphql.read_request import read_content, read_question
from exchange.web.graphql.run import Running, run_operation
from exchange.web.members_door import Door

ADDRESS = "/graphql"

View = Callable[[HttpRequest], Response]


def graphql_door(view: View) -> Blueprint:
    """POST /graphql for Flask, which tells whoever uses another method. Questions come straight: `straight_way`."""
    blueprint = Blueprint("graphql", __name__)

    @blueprint.post(ADDRESS)
    def graphql() -> Response:
        return view(request)

    return blueprint


def graphql_view(services: Services, door: Door, operations: Operations) -> View:
    """The view that takes a question from whomever the door lets in, and answers it."""
    documents = KeptDocuments(services)

    def graphql(http: HttpRequest) -> Response:
        http.max_content_length = services.settings.query_bytes_max
        try:
            return answer(http, door.authenticate(http))
        except NotAuthenticated as error:
            door.refused_caller(error)
            return failure_of(error, _accept(http))
        except ExchangeError as error:
            return failure_of(error, _accept(http))

    def answer(http: HttpRequest, caller: Caller) -> Response:
        asked = Request(caller, hashlib.sha256(read_content(http)).digest(), [])
        try:
            response = run(http, asked)
        finally:
            if not asked.leaves:
                door.spend_proof(caller)
        if asked.leaves:
            response.headers["OpenBureau-Receipt"] = door.receipt(asked, response.get_data())
        return response

    def run(http: HttpRequest, asked: Request) -> Response:
        question = read_question(http)
        with door.budgets.reading(asked.caller.member_id, services.clock.now()):
            text = documents.text_of(asked.caller, question.text, question.digest)
            operation = operations.prepare(text, question.operation_name)
            size = operation.check_limits(question.variables)
        if http.method == "GET" and operation.definition.operation is not OperationType.QUERY:
            raise MethodNotAllowed(["POST"])
        documents.keep(asked.caller, question.text, question.digest)
        key = read_key(http) if operation.definition.operation is OperationType.MUTATION else None
        carry = partial(carry_out, asked, operation, question.variables, size, _accept(http))
        return carry()[0] if key is None else once(asked, key, carry, _accept(http))

    def once(asked: Request, key: str, carry: Callable[[], tuple[Response, bool]], accept: str) -> Response:
        begun = begin(services, asked, key)
        if isinstance(begun, KeptAnswer):
            return answer_again(asked, begun, accept)
        with begun:
            response, is_whole = carry()
            if is_whole:
                begun.keep(KeptAnswer(response.status_code, response.get_data(), tuple(asked.leaves)))
        return response

    def answer_again(asked: Request, kept: KeptAnswer, accept: str) -> Response:
        if kept.leaves:  # with leaves, a request counts as one whose proof was spent
            door.spend_proof(asked.caller)
            asked.leaves.extend(kept.leaves)
        return given_again(kept, accept)

    def carry_out(
        asked: Request, operation: Operation, variables: Mapping[str, Any], size: Size, accept: str
    ) -> tuple[Response, bool]:
        """The answer, and whether it is whole: one with errors is not kept, as it may quote what was sent."""
        charge = door.budgets.charge(asked.caller.member_id, size.cost, services.clock.now())
        answered = run_operation(Running(services, asked, charge), operation, variables)
        extensions = {"cost": cost_of(charge, answered.fields, door.budgets)}
        whole = problems.of_whole_request(answered.errors)
        response = failure_of(whole, accept, extensions) if whole else answer_of(answered, extensions, accept)
        return response, not answered.errors

    return graphql


def _accept(http: HttpRequest) -> str:
    return str(http.environ.get("HTTP_ACCEPT", ""))
