"""Ask an OpenBureau exchange for credit reports, and check its receipts and its public log yourself."""

from openbureau_client.consent import VerifiedConsent, verify_consent
from openbureau_client.errors import (
    ConsentDoesNotMatch,
    DoesNotMatch,
    ListDoesNotMatch,
    ListNotComplete,
    NoteDoesNotMatch,
    OpeningDoesNotMatch,
    ProofDoesNotMatch,
    ReceiptDoesNotMatch,
    SignedWordsDoNotMatch,
)
from openbureau_client.merkle import leaf_hash, verify_consistency, verify_inclusion
from openbureau_client.note import Checkpoint, open_checkpoint
from openbureau_client.opening import verify_opening
from openbureau_client.proof import Inclusion, verify_proof
from openbureau_client.receipt import Receipt, verify_receipt
from openbureau_client.signed_words import verify_copy
from openbureau_client.who_looked import VerifiedEntry, VerifiedList, verify_list

__all__ = [
    "Checkpoint",
    "ConsentDoesNotMatch",
    "DoesNotMatch",
    "Inclusion",
    "ListDoesNotMatch",
    "ListNotComplete",
    "NoteDoesNotMatch",
    "OpeningDoesNotMatch",
    "ProofDoesNotMatch",
    "Receipt",
    "ReceiptDoesNotMatch",
    "SignedWordsDoNotMatch",
    "VerifiedConsent",
    "VerifiedEntry",
    "VerifiedList",
    "leaf_hash",
    "open_checkpoint",
    "verify_consent",
    "verify_consistency",
    "verify_copy",
    "verify_inclusion",
    "verify_list",
    "verify_opening",
    "verify_proof",
    "verify_receipt",
]
