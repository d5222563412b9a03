"""DEMONSTRATION: two officers of the made-up regulator (one asks for an event to be opened, the other one agrees), and
one of the staff of a lender and of an agency.
"""

from exchange.journeys.officers import OFFICER_SCOPES, STAFF_SCOPES, add_officer, invite_again, list_officers
from exchange.journeys.services import Services
from exchange.store.member_register import SqlMemberRegister

AUTHORITY = "regulator"
PEOPLE = (
    (AUTHORITY, "Li Na"),
    (AUTHORITY, "Wang Wei"),
    ("harbour-bank", "Chen Yi"),
    ("patient-collections", "Zhou Min"),
)
"""By member."""


def invite_officers(services: Services) -> dict[tuple[str, str], str]:
    """An invitation code for everybody who has no passkey yet, by member and name."""
    register = SqlMemberRegister(services.engine)
    codes = {}
    for member_id, name in PEOPLE:
        member = register.find(member_id)
        scopes = (OFFICER_SCOPES | STAFF_SCOPES) & member.scopes if member else frozenset()
        theirs = [each for each in list_officers(services, member_id) if each.ended_at is None and each.name == name]
        if not theirs:
            codes[member_id, name] = add_officer(services, member_id, name, scopes, "demonstration").code
        elif not theirs[0].passkeys:
            codes[member_id, name] = invite_again(services, theirs[0].officer_id, "demonstration").code
    return codes
