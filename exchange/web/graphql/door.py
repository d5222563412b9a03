"""The GraphQL door (GraphQL over HTTP, POST only).

1. Who is asking: token and proof. 2. What is asked: read, validated, within its limits. 3. Answered, field by field.
4. The proof is spent, even where nothing was looked at. 5. The receipt over the exact bytes of the answer.
"""

import hashlib

from flask import Blueprint, Response, request

from exchange.errors import ExchangeError, NotAuthenticated
from exchange.handover import Caller
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.planning.operation import Operations
from exchange.web import problems
from exchange.web.graphql.answer import answer_of, failure_of
from exchange.web.graphql.read_request import read_content, read_question
from exchange.web.graphql.run import Running, bound_contract, run_operation
from exchange.web.members_door import Door


def graphql_door(services: Services, door: Door) -> Blueprint:
    """The blueprint of POST /graphql."""
    blueprint = Blueprint("graphql", __name__)
    operations = Operations(bound_contract(), services.settings)

    @blueprint.post("/graphql")
    def graphql() -> Response:
        request.max_content_length = services.settings.query_bytes_max
        try:
            return answer(door.authenticate())
        except NotAuthenticated as error:
            door.refused_caller(error)
            return failure_of(error)
        except ExchangeError as error:
            return failure_of(error)

    def answer(caller: Caller) -> Response:
        asked = Request(caller, hashlib.sha256(read_content()).digest(), [])
        try:
            response = run(asked)
        finally:
            if not asked.leaves:
                door.spend_proof(caller)
        if asked.leaves:
            response.headers["OpenBureau-Receipt"] = door.receipt(asked, response.get_data())
        return response

    def run(asked: Request) -> Response:
        question = read_question()
        operation = operations.prepare(question.text, question.operation_name)
        operation.check_limits(question.variables)
        result = run_operation(Running(services, asked), operation, question.variables)
        whole = problems.of_whole_request(result.errors or [])
        return failure_of(whole) if whole else answer_of(result)

    return blueprint
