"""The closed lists of contact clearance: what is counted, for whom together, and per what."""

from enum import StrEnum

from schema.vocabulary.collection import ContactResult


class Counted(StrEnum):
    """What a limit counts. One call may count as several: whoever answers and talks was dialled, and reached."""

    ATTEMPTED = "ATTEMPTED"
    UNANSWERED = "UNANSWERED"
    CONNECTED = "CONNECTED"
    EFFECTIVE = "EFFECTIVE"


class Group(StrEnum):
    """Whose contacts are counted together: the one who acts, or a lender with all who collect for it."""

    ACTOR = "ACTOR"
    LENDER_AND_AGENCIES = "LENDER_AND_AGENCIES"


class Per(StrEnum):
    """What a limit is for: each number or address, each debt, or the debtor as a whole."""

    NUMBER = "NUMBER"
    DEBT = "DEBT"
    DEBTOR = "DEBTOR"


UNANSWERED = frozenset({ContactResult.NO_ANSWER, ContactResult.INVALID_NUMBER})
"""Nobody was reached."""

CONNECTED = frozenset(ContactResult) - UNANSWERED
"""Somebody, or somebody's machine, was reached."""

EFFECTIVE = CONNECTED - {ContactResult.CONNECTED, ContactResult.LEFT_MESSAGE}
"""The debt was talked about, or could have been: what came of the talk is known."""

RESULTS_COUNTED = {
    Counted.ATTEMPTED: frozenset(ContactResult),
    Counted.UNANSWERED: UNANSWERED,
    Counted.CONNECTED: CONNECTED,
    Counted.EFFECTIVE: EFFECTIVE,
}
"""The results that each counter counts."""


class Standstills(StrEnum):
    """What may stand against contact about a debt. Which of these forbid it is for the rules of a pack to say."""

    STOP_REQUEST = "STOP_REQUEST"
    PLAN_RUNNING = "PLAN_RUNNING"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    SECURITY_FREEZE = "SECURITY_FREEZE"
    VULNERABLE = "VULNERABLE"
    DECEASED = "DECEASED"
    INCAPABLE = "INCAPABLE"
    INSOLVENT = "INSOLVENT"


OF_THE_DEBTOR_ALONE = frozenset({Standstills.DECEASED, Standstills.INCAPABLE})
"""These stand against contact with the debtor alone: somebody else may have to be asked instead."""


class WishKind(StrEnum):
    """What a borrower wants of those who collect: no contact at all, or contact at other hours as well."""

    STOP = "STOP"
    AGREED_HOURS = "AGREED_HOURS"


class BreachKind(StrEnum):
    """How a contact was made against the rules of clearance."""

    NO_CLEARANCE = "NO_CLEARANCE"
    CLEARANCE_DENIED = "CLEARANCE_DENIED"
    CLEARANCE_USED = "CLEARANCE_USED"
    CLEARANCE_EXPIRED = "CLEARANCE_EXPIRED"
    RECORDED_LATE = "RECORDED_LATE"
    OTHER_CONTACT = "OTHER_CONTACT"
