"""The root field about a member."""

from typing import Any

from exchange.journeys.view_member import view_member
from exchange.web.graphql.context import Context


def member_root(context: Context, **given: Any) -> Any:
    """A member as every other member may see it; None where there is none."""
    viewed = view_member(context.services, context.request.caller, given["id"])
    if viewed is None:
        return None
    member, quality = viewed
    return {
        "id": member.member_id,
        "name": member.name,
        "member_class": member.member_class,
        "licence": member.licence,
        "status": member.status,
        "contribution_level": member.effective_level,
        "data_quality": quality,
    }
