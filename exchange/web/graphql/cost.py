"""What an answer cost, as `extensions.cost` shows it."""

from typing import Any

from exchange.planning.budget import Budgets, Charge

LEAST = 1
"""An operation that was run costs a point, even where nothing came of it."""


def cost_of(charge: Charge, fields: int, budgets: Budgets) -> dict[str, Any]:
    """Settles the charge of an operation that ran, and says how the member stands now."""
    actual = max(LEAST, fields)
    standing = budgets.settle(charge, actual)
    return {
        "requested": charge.points,
        "actual": actual,
        "limit": standing.limit,
        "remaining": standing.remaining,
        "resetAt": standing.resets_at,
    }
