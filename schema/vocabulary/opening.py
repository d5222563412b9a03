"""How a request to open an event of the log stands."""

from enum import StrEnum


class OpeningState(StrEnum):
    """How a request to open an event stands. An event is open while its request is APPROVED."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    ENDED = "ENDED"
