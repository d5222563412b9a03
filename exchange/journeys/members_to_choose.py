"""The members that a form offers: to a borrower who gives a consent unasked, and to an officer who searches the log."""

from exchange.handover import Member
from exchange.journeys.services import Services
from exchange.store.engine import database_errors
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.member_class import MemberClass, MemberStatus


def members_to_choose(services: Services) -> list[Member]:
    """The active members that look under a consent, by name. A regulator looks under a lawful ground instead."""
    members = SqlMemberRegister(services.engine).list()
    chosen = [m for m in members if m.status is MemberStatus.ACTIVE and m.member_class is not MemberClass.REGULATOR]
    return sorted(chosen, key=lambda member: member.name.casefold())


def members_to_search(services: Services) -> list[Member]:
    """Everybody whose acts an officer may look for, by name: removed members and authorities too."""
    with database_errors():
        members = SqlMemberRegister(services.engine).list()
    return sorted(members, key=lambda member: member.name.casefold())


def names_of_members(services: Services) -> dict[str, str]:
    """Every member's name by its id."""
    with database_errors():
        return {member.member_id: member.name for member in SqlMemberRegister(services.engine).list()}
