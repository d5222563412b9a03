"""What can go wrong when an exchange's word is checked.

DoesNotMatch
├── ReceiptDoesNotMatch   the receipt was not given for this answer
├── NoteDoesNotMatch      a checkpoint is not signed by the log
├── ProofDoesNotMatch     a leaf is not in the log, or the log was rewritten
└── OpeningDoesNotMatch   opened fields do not belong to their log leaf
"""

from typing import ClassVar


class DoesNotMatch(Exception):
    """Something the exchange gave us does not hold. `code` is stable; the exchange uses the same codes."""

    code: ClassVar[str] = "INTEGRITY"


class ReceiptDoesNotMatch(DoesNotMatch):
    """The receipt was not given by this exchange for this answer."""

    code = "RECEIPT_MISMATCH"


class NoteDoesNotMatch(DoesNotMatch):
    """A signed note is malformed or not signed by a key we trust."""

    code = "LOG_MISMATCH"


class ProofDoesNotMatch(DoesNotMatch):
    """A proof of the log does not lead where it should."""

    code = "LOG_MISMATCH"


class OpeningDoesNotMatch(DoesNotMatch):
    """Opened fields do not belong to the log leaf they are shown with."""

    code = "OPENING_MISMATCH"
