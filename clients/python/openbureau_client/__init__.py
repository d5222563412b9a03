"""Ask an OpenBureau exchange for credit reports, and check its receipts and its public log yourself."""

from openbureau_client.checkpoint import Checkpoint
from openbureau_client.consent import VerifiedConsent, verify_consent
from openbureau_client.errors import (
    ConsentDoesNotMatch,
    DoesNotMatch,
    EvidenceDoesNotMatch,
    ExportDoesNotMatch,
    ExportNotComplete,
    ListDoesNotMatch,
    ListNotComplete,
    LogDoesNotHold,
    NoteDoesNotMatch,
    OpeningDoesNotMatch,
    ProofDoesNotMatch,
    ReceiptDoesNotMatch,
    SignedWordsDoNotMatch,
    WitnessesMissing,
)
from openbureau_client.evidence import Evidence, verify_evidence, write_evidence
from openbureau_client.export import VerifiedExport, verify_export
from openbureau_client.log import VerifiedLog, verify_log
from openbureau_client.log_files import AddressFiles, DirectoryFiles
from openbureau_client.look_evidence import VerifiedLook
from openbureau_client.merkle import leaf_hash, verify_consistency, verify_inclusion
from openbureau_client.note import Policy, open_checkpoint
from openbureau_client.opening import verify_opening
from openbureau_client.proof import Inclusion, verify_proof
from openbureau_client.receipt import Receipt, verify_receipt
from openbureau_client.signed_words import verify_copy
from openbureau_client.submissions import Fault, Submission, TakenIn
from openbureau_client.webhook import verify_webhook
from openbureau_client.who_looked import VerifiedEntry, VerifiedList, verify_list

__all__ = [
    "AddressFiles",
    "Checkpoint",
    "ConsentDoesNotMatch",
    "DirectoryFiles",
    "DoesNotMatch",
    "Evidence",
    "EvidenceDoesNotMatch",
    "ExportDoesNotMatch",
    "ExportNotComplete",
    "Fault",
    "Inclusion",
    "ListDoesNotMatch",
    "ListNotComplete",
    "LogDoesNotHold",
    "NoteDoesNotMatch",
    "OpeningDoesNotMatch",
    "Policy",
    "ProofDoesNotMatch",
    "Receipt",
    "ReceiptDoesNotMatch",
    "SignedWordsDoNotMatch",
    "Submission",
    "TakenIn",
    "VerifiedConsent",
    "VerifiedEntry",
    "VerifiedExport",
    "VerifiedList",
    "VerifiedLog",
    "VerifiedLook",
    "WitnessesMissing",
    "leaf_hash",
    "open_checkpoint",
    "verify_consent",
    "verify_consistency",
    "verify_copy",
    "verify_evidence",
    "verify_export",
    "verify_inclusion",
    "verify_list",
    "verify_log",
    "verify_opening",
    "verify_proof",
    "verify_receipt",
    "verify_webhook",
    "write_evidence",
]
