"""What a root field is handed besides its arguments."""

from collections.abc import Callable
from dataclasses import dataclass

from exchange.journeys.describe_look import Request
from exchange.journeys.services import Services
from exchange.planning.budget import Charge
from exchange.planning.selection import Selection


@dataclass(frozen=True, slots=True)
class Context:
    """The request, the parts that journeys need, what is selected below the field (raises BadRequest), and what the
    whole operation was charged before it ran.
    """

    services: Services
    request: Request
    selection: Callable[[], Selection]
    charge: Charge
