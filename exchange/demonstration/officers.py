"""DEMONSTRATION: two officers of the made-up regulator: one asks for an event to be opened, the other one agrees."""

from exchange.journeys.officers import OFFICER_SCOPES, add_officer, invite_again, list_officers
from exchange.journeys.services import Services

AUTHORITY = "regulator"
NAMES = ("Li Na", "Wang Wei")


def invite_officers(services: Services) -> dict[str, str]:
    """An invitation code for each officer who has no passkey yet, by name."""
    known = {officer.name: officer for officer in list_officers(services, AUTHORITY) if officer.ended_at is None}
    codes = {}
    for name in NAMES:
        if name not in known:
            codes[name] = add_officer(services, AUTHORITY, name, OFFICER_SCOPES, "demonstration").code
        elif not known[name].passkeys:
            codes[name] = invite_again(services, known[name].officer_id, "demonstration").code
    return codes
