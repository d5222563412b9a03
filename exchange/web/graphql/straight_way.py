"""The straight way to the GraphQL door: a question goes to its view without Flask in between, whose share of a report
would be a tenth. The same view answers, and the same errors are told; whatever else is asked is Flask's to answer.
"""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from exchange.web.graphql.door import ADDRESS, View
from exchange.web.turn_away import WsgiApp


def straight_to(
    view: View, app: WsgiApp, problem_of: Callable[[Exception], Response], headers: Callable[[], list[tuple[str, str]]]
) -> WsgiApp:
    """POST /graphql to the view, all else to the application. `headers`: what each answer has beside the view's own."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != ADDRESS or environ["REQUEST_METHOD"] != "POST":
            return app(environ, start_response)
        try:
            response = view(Request(environ))
        except Exception as error:  # whatever it is, problem_of logs what was not expected
            response = problem_of(error)
        start_response(response.status, response.headers.to_wsgi_list() + headers())
        return response.response

    return answer
