"""The root field about a member."""

from typing import Any

from graphql import GraphQLResolveInfo

from exchange.journeys.view_member import view_member


def member_root(root: None, info: GraphQLResolveInfo, **given: Any) -> Any:
    """A member as every other member may see it; None where there is none."""
    context = info.context
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
