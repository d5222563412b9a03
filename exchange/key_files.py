"""The key files of a home: made once by `openbureau setup`, read by every process that needs them.

    keys/vault.json     the vault's own root, KEKs and index keys      every process that opens files
    keys/token.pem      ES256, signs access tokens                     the web workers
    keys/exchange.pem   Ed25519, signs receipts and consents           the web workers
    keys/nonce.key      32 bytes, marks DPoP nonces as ours            the web workers
    keys/log/log.pem    Ed25519, signs checkpoints                     the integrator alone
    log.vkey            the public half of the last, for everybody

A missing file stops the process that needs it: a new key in the place of a lost one would open nothing.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc.jwk import ECKey, OKPKey

from exchange.audit.checkpoint import KeySigner, Verifier
from exchange.audit.receipt import ReceiptKey
from exchange.clock import Clock
from exchange.errors import KeysMissing
from exchange.settings import Settings
from exchange.vault.key_hierarchy import KeyHierarchy
from exchange.vault.providers.local_file import LocalFileProvider
from exchange.vault.secret_file import create_secret, read_secret
from exchange.vault.signing_keys import key_id, load_or_create_ed25519, load_or_create_es256


@dataclass(frozen=True, slots=True)
class WebKeys:
    """The keys that a web worker holds."""

    token: ECKey
    signing: ReceiptKey
    nonce: bytes
    log_vkey: str


def vault_file(settings: Settings) -> Path:
    """Where the vault's own keys lie."""
    return settings.keys / "vault.json"


def make_keys(settings: Settings) -> None:
    """Makes every key file that is not there yet; leaves the others as they are."""
    LocalFileProvider.open_or_create(vault_file(settings))
    load_or_create_es256(settings.keys / "token.pem")
    load_or_create_ed25519(settings.keys / "exchange.pem")
    create_secret(settings.keys / "nonce.key", os.urandom(32))
    signer = KeySigner(settings.log_origin, load_or_create_ed25519(settings.keys / "log" / "log.pem"))
    (settings.home / "log.vkey").write_text(Verifier(signer.name, signer.public_key).vkey + "\n")


def open_vault(settings: Settings, clock: Clock) -> KeyHierarchy:
    """The vault over its key file. Raises KeysMissing."""
    path = _there(vault_file(settings))
    provider = LocalFileProvider.open(path)
    return KeyHierarchy(provider, clock, settings.dek_cache_seconds, settings.dek_cache_size)


def open_web_keys(settings: Settings) -> WebKeys:
    """The keys of a web worker. Raises KeysMissing."""
    token = load_or_create_es256(_there(settings.keys / "token.pem"))
    pem = token.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    vkey = _there(settings.home / "log.vkey").read_text().strip()
    nonce = read_secret(_there(settings.keys / "nonce.key"))
    return WebKeys(ECKey.import_key(pem), open_signing_key(settings), nonce, vkey)


def open_signing_key(settings: Settings) -> ReceiptKey:
    """The exchange's own signing key. Raises KeysMissing."""
    signing = load_or_create_ed25519(_there(settings.keys / "exchange.pem"))
    return ReceiptKey(key_id(signing), signing)


def public_jwk(signing: ReceiptKey) -> dict[str, Any]:
    """The public half of the exchange's signing key, for our key set (RFC 8037)."""
    pem = signing.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {**OKPKey.import_key(pem).as_dict(private=False), "kid": signing.kid, "use": "sig", "alg": "Ed25519"}


def open_log_signer(settings: Settings) -> KeySigner:
    """The integrator's key. Raises KeysMissing."""
    return KeySigner(settings.log_origin, load_or_create_ed25519(_there(settings.keys / "log" / "log.pem")))


def _there(path: Path) -> Path:
    if not path.exists():
        raise KeysMissing(f"The key file {path} is missing. Run `openbureau setup`, or bring the file back.")
    return path
