"""Manifests: the list of what belongs to a file that the exchange has given, signed beside it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from openbureau_client.errors import EvidenceDoesNotMatch
from openbureau_client.signed_words import verify_beside

MANIFEST, SIGNATURE = "manifest.json", "manifest.jws"


def read_manifest(manifest: bytes, signature: bytes, kind: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says, once it is known that the exchange has signed it as one of this kind.

    Raises SignedWordsDoNotMatch, EvidenceDoesNotMatch.
    """
    try:
        verify_beside(manifest, signature.decode("ascii"), kind, keys)
        said = json.loads(manifest)
        known = said["v"] == 1 and said["kind"] == kind and isinstance(said["files"], dict)
    except (ValueError, KeyError, TypeError) as fault:
        raise EvidenceDoesNotMatch("The manifest cannot be read.") from fault
    if not known:
        raise EvidenceDoesNotMatch("The manifest is not of a form that we know.")
    return dict(said)


def check_digests(said: Mapping[str, Any], found: Mapping[str, str]) -> None:
    """Check that the parts of these SHA-256, and no others, are in the manifest. Raises EvidenceDoesNotMatch."""
    if wrong := sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name)):
        raise EvidenceDoesNotMatch(f"Changed, missing or added: {', '.join(wrong)}.")


def digest_of(content: bytes) -> str:
    """The SHA-256 as manifests have it."""
    return hashlib.sha256(content).hexdigest()
