"""Signing keys in files: PEM PKCS#8, 0600, made once even when several processes start together."""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc.jwk import ECKey, OKPKey

from exchange.errors import IntegrityError
from exchange.vault.secret_file import create_secret, read_secret

SigningKey = Ed25519PrivateKey | EllipticCurvePrivateKey


def load_or_create_ed25519(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key of a file, made first where there is none.

    Raises SecretFileNotSafe, OSError, and IntegrityError where the file holds something else.
    """
    key = _load_or_create(path, Ed25519PrivateKey.generate)
    if not isinstance(key, Ed25519PrivateKey):
        raise IntegrityError(f"{path.name} does not hold an Ed25519 key.")
    return key


def load_or_create_es256(path: Path) -> EllipticCurvePrivateKey:
    """The P-256 key of a file, for ES256 (RFC 7518, section 3.4), made first where there is none.

    Raises SecretFileNotSafe, OSError, and IntegrityError where the file holds something else.
    """
    key = _load_or_create(path, lambda: generate_private_key(SECP256R1()))
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise IntegrityError(f"{path.name} does not hold a P-256 key.")
    return key


def load_or_create_ml_dsa_44(path: Path) -> MLDSA44PrivateKey:
    """The ML-DSA-44 key (FIPS 204) of a file, made first where there is none.

    Raises SecretFileNotSafe, OSError, and IntegrityError where the file holds something else.
    """
    key = _load_or_create(path, MLDSA44PrivateKey.generate)
    if not isinstance(key, MLDSA44PrivateKey):
        raise IntegrityError(f"{path.name} does not hold an ML-DSA-44 key.")
    return key


def key_id(key: SigningKey) -> str:
    """The `kid`: the RFC 7638 SHA-256 thumbprint of the public key as a JWK (for Ed25519 as RFC 8037 says)."""
    public = key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = OKPKey.import_key(pem) if isinstance(public, Ed25519PublicKey) else ECKey.import_key(pem)
    return jwk.thumbprint()


def _load_or_create(path: Path, generate: Callable[[], SigningKey | MLDSA44PrivateKey]) -> object:
    try:
        content = read_secret(path)
    except FileNotFoundError:
        create_secret(path, _pem(generate()))
        content = read_secret(path)
    try:
        return load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        raise IntegrityError(f"{path.name} does not hold a private key in PEM.") from None


def _pem(key: SigningKey | MLDSA44PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
