"""What a member may still ask in the present window."""

import graphene


class RateLimit(graphene.ObjectType):
    """Your budget of points. An operation is charged the most that it may cost before it runs, a point for each field
    times the lengths of its lists; afterwards it is charged the number of fields in its answer instead.
    """

    cost = graphene.Int(required=True, description="What this operation was charged before it ran.")
    limit = graphene.Int(required=True, description="Your points of a window.")
    remaining = graphene.Int(
        required=True,
        description="What you may still spend until the window ends, this operation's charge taken off. Points are "
        "handed to the service's processes in blocks, so this is what was left when this process last took some, and "
        "what it holds: it may differ by a few blocks from what another process says.",
    )
    reset_at = graphene.DateTime(required=True, description="When the next window begins, with all your points.")


def rate_limit_field() -> graphene.Field:
    """The root field."""
    return graphene.Field(
        RateLimit,
        required=True,
        description="How you stand with your budget. Asking costs as much as any other field.",
    )
