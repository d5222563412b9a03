"""What can go wrong when an exchange's word is checked.

DoesNotMatch
├── ReceiptDoesNotMatch   the receipt was not given for this answer
├── NoteDoesNotMatch      a checkpoint is not signed by the log
├── ProofDoesNotMatch     a leaf is not in the log, or the log was rewritten
├── OpeningDoesNotMatch   opened fields do not belong to their log leaf
├── ConsentDoesNotMatch   a consent was not given as its receipt says
├── SignedWordsDoNotMatch something is not said and signed by the exchange
└── ListDoesNotMatch      a list of log entries is not what the exchange has signed for; names the entry
    └── ListNotComplete   an entry is missing, or there is one too many
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


class SignedWordsDoNotMatch(DoesNotMatch):
    """What the exchange is said to have signed was not signed by it, or not as what it is shown for."""

    code = "SIGNATURE_MISMATCH"


class ConsentDoesNotMatch(DoesNotMatch):
    """A consent was not given as its receipt says: not signed by the borrower, or not these words."""

    code = "CONSENT_MISMATCH"


class ListDoesNotMatch(DoesNotMatch):
    """An entry of a list does not hold. `entry` is its place in the list, from 1; None where it is the list itself."""

    code = "LIST_MISMATCH"

    def __init__(self, sentence: str, entry: int | None = None) -> None:
        super().__init__(sentence if entry is None else f"Entry {entry}: {sentence}")
        self.entry = entry


class ListNotComplete(ListDoesNotMatch):
    """An entry was left out of a list, put in twice, or moved."""

    code = "LIST_INCOMPLETE"
