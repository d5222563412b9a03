"""The key files of a home: made once by `openbureau setup`, read by every process that needs them.

    keys/vault.json     the vault's own root, KEKs and index keys      every process that opens files
    keys/token/*.pem    ES256, sign access tokens, one after another   the web workers
    keys/exchange.pem   Ed25519, signs receipts and consents           the web workers
    keys/nonce.key      32 bytes, marks nonces, forms and attempts as ours the web workers
    keys/log/log.pem    Ed25519, signs checkpoints                     the integrator alone
    log.vkey            the public half of the last, for everybody
    keys/log/log.mldsa  ML-DSA-44, signs them too (cosign_ml_dsa)      the integrator alone
    log.mldsa.vkey      the public half of the last, for everybody

A missing file stops the process that needs it: a new key in the place of a lost one would open nothing.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey

from exchange.audit.checkpoint import KeySigner, Signer, Verifier
from exchange.audit.cosignature import MlDsaCosigner, TimedSigner
from exchange.audit.last_signed import LastSigned, write_durably
from exchange.audit.receipt import ReceiptKey
from exchange.clock import Clock
from exchange.errors import KeysMissing
from exchange.identity.proofing import IdentityProofing
from exchange.identity.proofing.demonstration import DemonstrationProofing
from exchange.identity.proofing.oidc import OidcProofing
from exchange.identity.proofing.provider_file import read_provider
from exchange.settings import Settings
from exchange.vault.key_hierarchy import KeyHierarchy
from exchange.vault.key_ring import KeyRing, add_key
from exchange.vault.providers.local_file import LocalFileProvider
from exchange.vault.secret_file import create_secret, read_secret
from exchange.vault.signing_keys import key_id, load_or_create_ed25519, load_or_create_ml_dsa_44


@dataclass(frozen=True, slots=True)
class WebKeys:
    """The keys that a web worker holds."""

    token: KeyRing
    signing: ReceiptKey
    nonce: bytes
    log_vkey: str


def vault_file(settings: Settings) -> Path:
    """Where the vault's own keys lie."""
    return settings.keys / "vault.json"


def make_keys(settings: Settings, now: datetime) -> None:
    """Makes every key file that is not there yet; leaves the others as they are."""
    LocalFileProvider.open_or_create(vault_file(settings))
    if not any(token_keys(settings).glob("*.pem")):
        add_key(token_keys(settings), now)
    load_or_create_ed25519(settings.keys / "exchange.pem")
    create_secret(settings.keys / "nonce.key", os.urandom(32))
    signer = KeySigner(settings.log_origin, load_or_create_ed25519(_log_file(settings)))
    (settings.home / "log.vkey").write_text(Verifier(signer.name, signer.public_key).vkey + "\n")
    if settings.cosign_ml_dsa:
        cosigner = MlDsaCosigner(settings.log_origin, load_or_create_ml_dsa_44(_ml_dsa_file(settings)))
        (settings.home / "log.mldsa.vkey").write_text(cosigner.verifier.vkey + "\n")


def open_vault(settings: Settings, clock: Clock) -> KeyHierarchy:
    """The vault over its key file. Raises KeysMissing."""
    return open_vault_file(vault_file(settings), clock, settings.dek_cache_seconds, settings.dek_cache_size)


def open_vault_file(path: Path, clock: Clock, cache_seconds: int, cache_size: int) -> KeyHierarchy:
    """The vault over this key file. Raises KeysMissing."""
    return KeyHierarchy(LocalFileProvider.open(_there(path)), clock, cache_seconds, cache_size)


def token_keys(settings: Settings) -> Path:
    """Where the keys of access tokens lie."""
    return settings.keys / "token"


def open_token_keys(settings: Settings, clock: Clock) -> KeyRing:
    """The keys of access tokens. Raises KeysMissing."""
    ring = KeyRing(
        token_keys(settings), clock, settings.token_key_lead_seconds, settings.token_key_overlap_seconds
    )  # fmt: skip
    ring()
    return ring


def open_web_keys(settings: Settings, clock: Clock) -> WebKeys:
    """The keys of a web worker. Raises KeysMissing."""
    return WebKeys(
        open_token_keys(settings, clock), open_signing_key(settings), open_web_secret(settings), read_log_vkey(settings)
    )


def read_log_vkey(settings: Settings) -> str:
    """The key that checkpoints are signed with, as text. Raises KeysMissing."""
    return _there(settings.home / "log.vkey").read_text().strip()


def open_web_secret(settings: Settings) -> bytes:
    """32 bytes that the web workers share; what is made with them is labelled. Raises KeysMissing."""
    return read_secret(_there(settings.keys / "nonce.key"))


def open_signing_key(settings: Settings) -> ReceiptKey:
    """The exchange's own signing key. Raises KeysMissing."""
    signing = load_or_create_ed25519(_there(settings.keys / "exchange.pem"))
    return ReceiptKey(key_id(signing), signing)


def open_proofing(settings: Settings, clock: Clock) -> IdentityProofing | None:
    """What proves borrowers' identities; None where nothing is set up.

    Raises DemonstrationNotAllowed, ValueError for faults of the provider's file, KeysMissing.
    """
    if settings.demonstration:
        return DemonstrationProofing(settings)
    if not settings.proofing_file:
        return None
    provider = read_provider(_there(Path(settings.proofing_file)))
    secret = read_secret(_there(provider.client_secret_file)).decode().strip()
    return OidcProofing(provider, secret, clock)


def public_jwk(signing: ReceiptKey) -> dict[str, Any]:
    """The public half of the exchange's signing key, for our key set (RFC 8037)."""
    pem = signing.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {**OKPKey.import_key(pem).as_dict(private=False), "kid": signing.kid, "use": "sig", "alg": "Ed25519"}


def open_log_signer(settings: Settings) -> KeySigner:
    """The integrator's key. Raises KeysMissing."""
    return KeySigner(settings.log_origin, load_or_create_ed25519(_there(_log_file(settings))))


def open_log_signers(settings: Settings, clock: Clock) -> tuple[Signer, ...]:
    """All that sign a checkpoint: the integrator's key, and its ML-DSA-44 key where that is on. Raises KeysMissing."""
    if not settings.cosign_ml_dsa:
        return (open_log_signer(settings),)
    key = load_or_create_ml_dsa_44(_there(_ml_dsa_file(settings)))
    return open_log_signer(settings), TimedSigner(MlDsaCosigner(settings.log_origin, key), clock)


def log_guard(settings: Settings) -> LastSigned:
    """Where the last checkpoint that was signed is kept."""
    return LastSigned(settings.home / "log.last-signed")


def succeed_log_keys(settings: Settings, earlier_origin: str, number: int, now: datetime) -> Path:
    """Puts the keys of an earlier log aside, as number so and so, and makes those of this origin.

    Returns the file with the earlier log's vkeys, for verifiers. May be run again with the same number where it was
    interrupted. Raises KeysMissing, OSError.
    """
    kept = settings.home / f"log.vkey.{number}"
    if not kept.exists():
        write_durably(kept, _log_vkeys(settings, earlier_origin))
    for file in (_log_file(settings), _ml_dsa_file(settings)):
        aside = file.with_name(f"{file.name}.{number}")
        if file.exists() and not aside.exists():
            file.rename(aside)
    make_keys(settings, now)
    return kept


def _log_vkeys(settings: Settings, origin: str) -> str:
    signer = KeySigner(origin, load_or_create_ed25519(_there(_log_file(settings))))
    vkeys = Verifier(origin, signer.public_key).vkey + "\n"
    if _ml_dsa_file(settings).exists():
        cosigner = MlDsaCosigner(origin, load_or_create_ml_dsa_44(_ml_dsa_file(settings)))
        vkeys += cosigner.verifier.vkey + "\n"
    return vkeys


def _log_file(settings: Settings) -> Path:
    return settings.keys / "log" / "log.pem"


def _ml_dsa_file(settings: Settings) -> Path:
    return settings.keys / "log" / "log.mldsa"


def _there(path: Path) -> Path:
    if not path.exists():
        raise KeysMissing(f"The key file {path} is missing. Run `openbureau setup`, or bring the file back.")
    return path
