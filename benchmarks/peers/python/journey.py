"""What Ariadne and Strawberry share: the service's own journey to a report.

So only the GraphQL differs between them and the floor. The selection is known by heart, which saves them reading it.
"""

from typing import Any

from benchmarks.bare_service import asked_by
from exchange.journeys.answer_query import answer_query
from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services


class Journey:
    """Answers the root field of one request: handed to the resolvers as their context."""

    def __init__(self, services: Services, request: Request, variables: dict[str, Any]) -> None:
        self._services = services
        self._request = request
        self._variables = variables

    def report(self) -> Any:
        """The report, as the service's own types resolve from it."""
        return answer_query(self._services, self._request, asked_by(self._variables))
