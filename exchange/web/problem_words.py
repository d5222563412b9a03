"""What error pages say, in plain words: what happened, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from exchange.web.language import to_translate


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says: a heading, what happened and what to do."""

    status: int
    heading: str
    sentence: str


INTERNAL = Problem(
    500,
    to_translate("Sorry, something went wrong on our side"),
    to_translate(
        "Please try again in a few minutes. If you were deciding on a consent, see under Consents whether it was done."
    ),
)
FORM_EXPIRED = Problem(
    400,
    to_translate("This form is no longer valid"),
    to_translate("It may have been open for too long. Go back, load the page again and send the form once more."),
)
PROBLEMS: Mapping[int, Problem] = {
    400: Problem(
        400,
        to_translate("We could not read this request"),
        to_translate("Go back, check what you entered and try again."),
    ),
    401: Problem(
        401, to_translate("Please sign in"), to_translate("This page is only for you, once you are signed in.")
    ),
    403: Problem(403, to_translate("This is not allowed"), to_translate("Nothing was changed.")),
    404: Problem(
        404,
        to_translate("Page not found"),
        to_translate("Check the address, or go back to the start. A link in an old message may have ended."),
    ),
    405: Problem(405, to_translate("Page not found"), to_translate("Go back to the start and try again from there.")),
    429: Problem(
        429,
        to_translate("Too many attempts"),
        to_translate("To protect your file we ask you to wait a little. Please try again in a few minutes."),
    ),
    503: Problem(
        503,
        to_translate("The service is not available at the moment"),
        to_translate("Nothing was lost. Please try again in a few minutes."),
    ),
}
"""By HTTP status."""
