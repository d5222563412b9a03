"""The closed lists of a submission: a file of records that a member hands in."""

from enum import StrEnum


class SubmissionState(StrEnum):
    """What became of a file.

    RECEIVED: kept, to be read. WORKING: being read and applied. APPLIED: done, less its faulty records. REFUSED:
    nothing of it was applied.
    """

    RECEIVED = "RECEIVED"
    WORKING = "WORKING"
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"


class FileFormat(StrEnum):
    """The kinds of file that intake reads, each plain or packed with gzip or zstd."""

    METRO2 = "METRO2"
    MONTHLY_STATUS = "MONTHLY_STATUS"
    MAPPED_CSV = "MAPPED_CSV"
    JSON_LINES = "JSON_LINES"
    PARQUET = "PARQUET"
