"""A passkey's public key, from COSE (RFC 9052, as authenticators write it) to a JSON Web Key (RFC 7517)."""

from base64 import urlsafe_b64encode

from webauthn.helpers.decode_credential_public_key import (
    DecodedEC2PublicKey,
    DecodedOKPPublicKey,
    DecodedRSAPublicKey,
    decode_credential_public_key,
)

_EC_CURVES = {1: "P-256"}
_OKP_CURVES = {6: "Ed25519"}


def jwk_of(cose: bytes) -> dict[str, str]:
    """The necessary parts of the key and no other, so that its thumbprint (RFC 7638) can be taken.

    Raises ValueError where it is of a kind that no passkey of ours has.
    """
    key = decode_credential_public_key(cose)
    if isinstance(key, DecodedEC2PublicKey):
        return {"kty": "EC", "crv": _curve(_EC_CURVES, key.crv), "x": _text(key.x), "y": _text(key.y)}
    if isinstance(key, DecodedOKPPublicKey):
        return {"kty": "OKP", "crv": _curve(_OKP_CURVES, key.crv), "x": _text(key.x)}
    if isinstance(key, DecodedRSAPublicKey):
        return {"kty": "RSA", "n": _text(key.n.lstrip(b"\x00")), "e": _text(key.e.lstrip(b"\x00"))}
    raise ValueError("not a kind of key that a passkey of ours has")


def _curve(known: dict[int, str], number: int) -> str:
    if number not in known:
        raise ValueError("not a curve that a passkey of ours uses")
    return known[number]


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
