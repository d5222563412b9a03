"""The closed list of records that are reported one by one."""

from enum import StrEnum


class RecordKind(StrEnum):
    """What a single record tells, besides accounts."""

    COLLECTION_ACTION = "COLLECTION_ACTION"
    REPAYMENT_PLAN = "REPAYMENT_PLAN"
    PUBLIC_RECORD = "PUBLIC_RECORD"
    ASSESSMENT = "ASSESSMENT"
