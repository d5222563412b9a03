"""Ask an OpenBureau exchange for credit reports, and check its receipts and its public log yourself."""

from openbureau_client.errors import (
    DoesNotMatch,
    NoteDoesNotMatch,
    OpeningDoesNotMatch,
    ProofDoesNotMatch,
    ReceiptDoesNotMatch,
)
from openbureau_client.merkle import leaf_hash, verify_consistency, verify_inclusion
from openbureau_client.note import Checkpoint, open_checkpoint
from openbureau_client.opening import verify_opening
from openbureau_client.proof import Inclusion, verify_proof
from openbureau_client.receipt import Receipt, verify_receipt

__all__ = [
    "Checkpoint",
    "DoesNotMatch",
    "Inclusion",
    "NoteDoesNotMatch",
    "OpeningDoesNotMatch",
    "ProofDoesNotMatch",
    "Receipt",
    "ReceiptDoesNotMatch",
    "leaf_hash",
    "open_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_opening",
    "verify_proof",
    "verify_receipt",
]
