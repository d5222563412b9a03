"""Public keys of others, as JSON Web Keys: which kinds we take, each with the one algorithm it may sign with."""

import re
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import base64_to_int

ALGORITHMS = ("PS256", "ES256", "Ed25519")
"""What a member may sign with (FAPI 2.0 Security Profile, section 5.4.1). Always passed, never a library's default."""

_ALGORITHM_OF = {("RSA", None): "PS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "Ed25519"}
_KINDS: Mapping[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_RSA_BITS = range(2048, 4097)
_RSA_EXPONENT = 65537


def algorithm_of(jwk: Mapping[str, Any]) -> str | None:
    """The one algorithm that a key of this kind may sign with; None where we take no key of the kind."""
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    return _ALGORITHM_OF.get((kind, None if kind == "RSA" else curve))


def public_key_faults(jwk: Mapping[str, Any]) -> list[str]:
    """Everything that keeps `jwk` from being a public key that we take; empty: nothing."""
    faults = []
    if private := sorted(_PRIVATE_PARTS & jwk.keys()):
        faults.append(f"it holds private parts ({', '.join(private)}): make a new key, this one is no longer secret")
    algorithm = algorithm_of(jwk)
    if algorithm is None:
        return [*faults, "its kind must be RSA, EC with P-256, or OKP with Ed25519"]
    if jwk.get("alg", algorithm) != algorithm:
        faults.append(f"its alg must be {algorithm}")
    if jwk.get("use", "sig") != "sig":
        faults.append("its use must be sig")
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        faults.append("its key_ops must be [verify]")
    return faults + _number_faults(jwk)


def import_public_key(jwk: Mapping[str, Any]) -> Key:
    """The key, from its numbers alone, so that its thumbprint (RFC 7638) does not hang on how they were spelt.

    Raises ValueError where `public_key_faults` finds a fault.
    """
    if faults := public_key_faults(jwk):
        raise ValueError("; ".join(faults))
    return _import_numbers(jwk)


def _number_faults(jwk: Mapping[str, Any]) -> list[str]:
    parts = [jwk.get(part) for part in _PARTS[jwk["kty"]]]
    if not all(isinstance(part, str) and _BASE64URL.fullmatch(part) for part in parts):
        return [f"its {' and '.join(_PARTS[jwk['kty']])} must be base64url"]
    try:
        if jwk["kty"] == "RSA" and (faults := _rsa_faults(jwk)):
            return faults
        _import_numbers(jwk)
    except (JoseError, ValueError):
        return ["its numbers are not a key"]
    return []


def _rsa_faults(jwk: Mapping[str, Any]) -> list[str]:
    faults = []
    if base64_to_int(jwk["n"]).bit_length() not in _RSA_BITS:
        faults.append(f"an RSA key must have {_RSA_BITS.start} to {_RSA_BITS.stop - 1} bits")
    if base64_to_int(jwk["e"]) != _RSA_EXPONENT:
        faults.append(f"the exponent of an RSA key must be {_RSA_EXPONENT}")
    return faults


def _import_numbers(jwk: Mapping[str, Any]) -> Key:
    kind = _KINDS[jwk["kty"]]
    spelt = kind.import_key({name: jwk[name] for name in ("kty", *_PARTS[jwk["kty"]])})
    key: Key = kind.import_key(spelt.public_key)
    return key
