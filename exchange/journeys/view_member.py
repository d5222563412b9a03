"""A member as every other member may see it, with how good its data is."""

from exchange.errors import NotAuthenticated
from exchange.handover import Caller, Member
from exchange.journeys.member_conduct import DataQuality, data_quality
from exchange.journeys.services import Services
from exchange.store.member_register import admitted_member, find_member
from exchange.store.quality import newest_quality


def view_member(services: Services, caller: Caller, member_id: str) -> tuple[Member, DataQuality | None] | None:
    """The member of this id, and its newest measures; None where there is none.

    Raises NotAuthenticated with a revoked token.
    """
    with services.connection() as connection:
        if admitted_member(connection, caller) is None:
            raise NotAuthenticated("This token was revoked.", "TOKEN_REVOKED", member_id=caller.member_id)
        member = find_member(connection, member_id)
        measured = newest_quality(connection, [member_id]).get(member_id)
    return None if member is None else (member, data_quality(measured))
