"""Whom a borrower may name when giving a consent unasked."""

from exchange.handover import Member
from exchange.journeys.services import Services
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.member_class import MemberClass, MemberStatus


def members_to_choose(services: Services) -> list[Member]:
    """The active members that look under a consent, by name. A regulator looks under a lawful ground instead."""
    members = SqlMemberRegister(services.engine).list()
    chosen = [m for m in members if m.status is MemberStatus.ACTIVE and m.member_class is not MemberClass.REGULATOR]
    return sorted(chosen, key=lambda member: member.name.casefold())
