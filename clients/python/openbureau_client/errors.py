"""What can go wrong when an exchange's word is checked.

DoesNotMatch
├── ReceiptDoesNotMatch   the receipt was not given for this answer
├── NoteDoesNotMatch      a checkpoint is not signed by the log
│   └── WitnessesMissing  too few of the witnesses that we ask for have cosigned it
├── ProofDoesNotMatch     a leaf is not in the log, or the log was rewritten
│   └── LogDoesNotHold    files of a whole log do not belong to its checkpoint; names them
├── OpeningDoesNotMatch   opened fields do not belong to their log leaf
├── ConsentDoesNotMatch   a consent was not given as its receipt says
├── EvidenceDoesNotMatch  parts of kept evidence or of an export do not belong together, or it was damaged
├── SignedWordsDoNotMatch something is not said and signed by the exchange
└── ListDoesNotMatch      a list of log entries is not what the exchange has signed for; names the entry
    ├── ListNotComplete   an entry is missing, or there is one too many
    └── ExportDoesNotMatch    a line of an export does not hold; names the line
        └── ExportNotComplete     an event is missing, or there is one too many
"""

from collections.abc import Sequence
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


class WitnessesMissing(NoteDoesNotMatch):
    """A checkpoint is signed by its log, but too few of the witnesses that the policy asks for have cosigned it."""

    code = "WITNESSES_MISSING"


class ProofDoesNotMatch(DoesNotMatch):
    """A proof of the log does not lead where it should."""

    code = "LOG_MISMATCH"


class LogDoesNotHold(ProofDoesNotMatch):
    """Files of a log do not belong to its checkpoint. `faults` says of each, path first, what does not hold."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(["The log does not hold.", *faults]))
        self.faults = tuple(faults)


class OpeningDoesNotMatch(DoesNotMatch):
    """Opened fields do not belong to the log leaf they are shown with."""

    code = "OPENING_MISMATCH"


class SignedWordsDoNotMatch(DoesNotMatch):
    """What the exchange is said to have signed was not signed by it, or not as what it is shown for."""

    code = "SIGNATURE_MISMATCH"


class EvidenceDoesNotMatch(DoesNotMatch):
    """Parts of kept evidence, or of an export, were changed, are missing, or do not belong together."""

    code = "EVIDENCE_MISMATCH"


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


class ExportDoesNotMatch(ListDoesNotMatch):
    """A line of an export, or the export itself, does not hold. `entry` is the line, from 1."""

    code = "EXPORT_MISMATCH"


class ExportNotComplete(ExportDoesNotMatch):
    """An event was left out of an export, put in twice, or moved."""

    code = "EXPORT_INCOMPLETE"
