"""Evidence of one log entry, as a zip: its leaf, what of it is opened, its proof, and the keys to check it with.

`manifest.json` names every other part by its SHA-256, and `manifest.jws` is our detached signature over it, so that
no byte of any part can be changed unseen.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exchange.audit.checkpoint import checkpoint_in
from exchange.audit.entry import verify_opening
from exchange.audit.merkle import leaf_hash
from exchange.audit.receipt import ReceiptKey
from exchange.audit.signed_words import ALGORITHM, encode_url, sign_beside
from exchange.audit.zip_stream import ZipStream

KIND = "openbureau-evidence"
LEAF, OPENING, PROOF, CHECKPOINT = "leaf.json", "opening.json", "proof.txt", "checkpoint.txt"
KEYS, LOG_KEY, WITNESSES, README = "keys.json", "log.vkey", "witnesses.txt", "README.txt"
MANIFEST, SIGNATURE = "manifest.json", "manifest.jws"


def pack_evidence(
    key: ReceiptKey,
    *,
    issuer: str,
    given_to: str,
    leaf: bytes,
    opening: bytes,
    proof: str,
    log_vkey: str,
    witness_vkeys: Sequence[str],
    readme: str,
) -> bytes:
    """The zip. `given_to` is a member's id, or `self` for a borrower; `proof` is a tlog-proof@v1.

    Raises OpeningDoesNotMatch rather than pack an opening that does not belong to the leaf.
    """
    verify_opening(leaf, opening)
    note = proof.partition("\n\n")[2]
    parts = {
        LEAF: leaf,
        OPENING: opening,
        PROOF: proof.encode(),
        CHECKPOINT: note.encode(),
        KEYS: orjson.dumps(key_set(key), option=orjson.OPT_INDENT_2),
        LOG_KEY: f"{log_vkey}\n".encode(),
        README: readme.encode(),
    }
    if witness_vkeys:
        parts[WITNESSES] = "".join(f"{vkey}\n" for vkey in witness_vkeys).encode()
    said = {
        "kind": KIND,
        "issuer": issuer,
        "log_origin": checkpoint_in(note).origin,
        "given_to": given_to,
        "leaf_hash": b64encode(leaf_hash(leaf)).decode(),
    }
    archive = ZipStream()
    for name, content in (parts | signed_manifest(key, KIND, said, digests_of(parts))).items():
        archive.add(name, content)
    return archive.close()


def digests_of(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 (hexadecimal) of each part."""
    return {name: sha256(content).hexdigest() for name, content in parts.items()}


def signed_manifest(
    key: ReceiptKey, kind: str, said: Mapping[str, Any], digests: Mapping[str, str]
) -> dict[str, bytes]:
    """The manifest over parts of these digests, and its signature, as two more parts."""
    content = orjson.dumps({"v": 1, **said, "files": dict(digests)}, option=orjson.OPT_INDENT_2)
    return {MANIFEST: content, SIGNATURE: sign_beside(key, kind, content).encode()}


def key_set(key: ReceiptKey) -> dict[str, Any]:
    """The JSON Web Key Set that checks what this key signs (RFC 8037): nothing else is needed for evidence."""
    public: Ed25519PublicKey = key.key.public_key()
    x = encode_url(public.public_bytes_raw()).decode()
    return {"keys": [{"kty": "OKP", "crv": ALGORITHM, "x": x, "kid": key.kid, "use": "sig", "alg": ALGORITHM}]}
