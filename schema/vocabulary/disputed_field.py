"""The closed list of what a borrower can point at in a record that is wrong."""

from enum import StrEnum

from schema.vocabulary.dispute import DisputedKind


class DisputedField(StrEnum):
    """A part of a record, as the contract calls it."""

    OWNER_ROLE = "OWNER_ROLE"
    STATE = "STATE"
    BALANCE = "BALANCE"
    PAST_DUE = "PAST_DUE"
    DAYS_PAST_DUE = "DAYS_PAST_DUE"
    CREDIT_LIMIT = "CREDIT_LIMIT"
    ORIGINAL_AMOUNT = "ORIGINAL_AMOUNT"
    OPENED_ON = "OPENED_ON"
    CLOSED_ON = "CLOSED_ON"
    HISTORY = "HISTORY"
    FIRST_DELINQUENT_ON = "FIRST_DELINQUENT_ON"
    PEAK_DAYS_PAST_DUE = "PEAK_DAYS_PAST_DUE"
    CURED_ON = "CURED_ON"
    REASON = "REASON"
    STARTED_AT = "STARTED_AT"
    CHANNEL = "CHANNEL"
    TARGET = "TARGET"
    RESULT = "RESULT"
    PROMISED = "PROMISED"
    SCHEDULE = "SCHEDULE"
    WAIVED = "WAIVED"
    STATUS = "STATUS"
    AMOUNT = "AMOUNT"
    AUTHORITY = "AUTHORITY"
    FILED_ON = "FILED_ON"
    ENDED_ON = "ENDED_ON"
    BAND = "BAND"
    SCORE = "SCORE"
    SOLELY_AUTOMATED = "SOLELY_AUTOMATED"


FIELDS_OF = {
    DisputedKind.ACCOUNT: (
        DisputedField.OWNER_ROLE,
        DisputedField.STATE,
        DisputedField.BALANCE,
        DisputedField.PAST_DUE,
        DisputedField.DAYS_PAST_DUE,
        DisputedField.CREDIT_LIMIT,
        DisputedField.ORIGINAL_AMOUNT,
        DisputedField.OPENED_ON,
        DisputedField.CLOSED_ON,
        DisputedField.HISTORY,
    ),
    DisputedKind.DELINQUENCY: (
        DisputedField.FIRST_DELINQUENT_ON,
        DisputedField.PEAK_DAYS_PAST_DUE,
        DisputedField.CURED_ON,
        DisputedField.REASON,
    ),
    DisputedKind.COLLECTION_ACTION: (
        DisputedField.STARTED_AT,
        DisputedField.CHANNEL,
        DisputedField.TARGET,
        DisputedField.RESULT,
        DisputedField.PROMISED,
    ),
    DisputedKind.REPAYMENT_PLAN: (DisputedField.STATE, DisputedField.SCHEDULE, DisputedField.WAIVED),
    DisputedKind.PUBLIC_RECORD: (
        DisputedField.STATUS,
        DisputedField.AMOUNT,
        DisputedField.AUTHORITY,
        DisputedField.FILED_ON,
        DisputedField.ENDED_ON,
    ),
    DisputedKind.ASSESSMENT: (DisputedField.BAND, DisputedField.SCORE, DisputedField.SOLELY_AUTOMATED),
}
"""What can be pointed at in each kind of record."""
