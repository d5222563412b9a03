"""How a submitted file is to be read: chosen by the member or the operator, and part of the submission's digest."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from schema.vocabulary.submission import FileFormat


@dataclass(frozen=True, slots=True)
class Reading:
    """The format and its options.

    `newest_month`: the month that a monthly-status file calls 0. `mapping`: the TOML of a mapped CSV. With
    `synthesise_identities`, records without a borrower get the stand-in that `identity_seed` gives; without it they
    are faults.
    """

    format: FileFormat
    newest_month: date | None = None
    mapping: str = ""
    synthesise_identities: bool = False
    identity_seed: str = "openbureau"

    def digest(self, file_sha256: bytes, *ways: str) -> bytes:
        """SHA-256 of the file's own digest, of how it is read, and of further `ways` of treating it."""
        mapping = sha256(self.mapping.encode()).hexdigest()
        newest_month = self.newest_month.isoformat() if self.newest_month else ""
        identities = self.identity_seed if self.synthesise_identities else ""
        parts = (self.format, newest_month, mapping, str(self.synthesise_identities), identities, *ways)
        return sha256(file_sha256 + "\0".join(parts).encode()).digest()
