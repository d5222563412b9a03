"""DEMONSTRATION: a step that did not end as it should."""

from exchange.errors import ExchangeError


class DemonstrationFailed(ExchangeError):
    """A step of the walk did not end as it should."""

    code = "DEMONSTRATION_FAILED"
