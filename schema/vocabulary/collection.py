"""The closed lists of a collection action: one contact, or attempted contact, about a debt."""

from enum import StrEnum


class CollectionStage(StrEnum):
    """How far the collection of a debt has gone."""

    REMINDER = "REMINDER"
    PHONE = "PHONE"
    VISIT = "VISIT"
    PRE_LEGAL = "PRE_LEGAL"
    LEGAL = "LEGAL"
    STOPPED = "STOPPED"


class ContactChannel(StrEnum):
    """By what somebody was contacted."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    APP_PUSH = "APP_PUSH"
    VOICE_AI_NOTIFY = "VOICE_AI_NOTIFY"
    VOICE_AI_INTERACTIVE = "VOICE_AI_INTERACTIVE"
    VOICE_HUMAN = "VOICE_HUMAN"
    VISIT = "VISIT"
    LETTER = "LETTER"
    SOCIAL_DM = "SOCIAL_DM"
    LEGAL_NOTICE = "LEGAL_NOTICE"
    MEDIATION = "MEDIATION"


class ContactDirection(StrEnum):
    """Who contacted whom."""

    OUTBOUND = "OUTBOUND"
    INBOUND = "INBOUND"


class ContactTarget(StrEnum):
    """Who was contacted. A third person is never told of the debt."""

    DEBTOR = "DEBTOR"
    GUARANTOR = "GUARANTOR"
    CO_BORROWER = "CO_BORROWER"
    THIRD_RELATED = "THIRD_RELATED"
    THIRD_UNRELATED = "THIRD_UNRELATED"


class ContactResult(StrEnum):
    """What came of a contact."""

    NO_ANSWER = "NO_ANSWER"
    CONNECTED = "CONNECTED"
    EFFECTIVE = "EFFECTIVE"
    LEFT_MESSAGE = "LEFT_MESSAGE"
    INVALID_NUMBER = "INVALID_NUMBER"
    REFUSED = "REFUSED"
    PROMISE_TO_PAY = "PROMISE_TO_PAY"
    DISPUTE_RAISED = "DISPUTE_RAISED"
    HARDSHIP_RAISED = "HARDSHIP_RAISED"
    STOP_REQUESTED = "STOP_REQUESTED"
    PAID = "PAID"


class BorrowerSays(StrEnum):
    """What the borrower says about a contact afterwards."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    OBJECTED = "OBJECTED"


THIRD_PERSONS = frozenset({ContactTarget.THIRD_RELATED, ContactTarget.THIRD_UNRELATED})
"""Those who owe nothing: no field of the debt may be disclosed to them."""
