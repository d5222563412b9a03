"""The root field about the caller's own budget."""

from typing import Any

from exchange.web.graphql.context import Context


def rate_limit_root(context: Context) -> Any:
    """How the member stands, this operation's charge included."""
    charge = context.charge
    standing = charge.standing
    return {
        "cost": charge.points,
        "limit": standing.limit,
        "remaining": standing.remaining,
        "reset_at": standing.resets_at,
    }
