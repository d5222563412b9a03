"""A member's public keys: its JSON Web Key Set, checked when it is registered and looked up by key id."""

from collections.abc import Mapping
from typing import Any

import orjson
from joserfc.jwk import Key

from exchange.errors import BadRequest
from exchange.identity.public_key import algorithm_of, import_public_key, public_key_faults

KEYS_MAX = 10
KEY_ID_LENGTH_MAX = 128


class MemberKeys:
    """The keys of one member, by key id. Several may be valid at once, so that a key can be changed in peace."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys = {key["kid"]: key for key in jwks["keys"]}

    def find(self, key_id: object) -> tuple[Key, str] | None:
        """The key of this id and its algorithm; None where the member has none."""
        jwk = self._keys.get(key_id) if isinstance(key_id, str) else None
        if jwk is None:
            return None
        return import_public_key(jwk), str(algorithm_of(jwk))


def check_jwks(document: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """A member's key set as it may be registered: 1 to 10 public keys, each with its own key id (RFC 7517).

    Raises BadRequest (JWKS_NOT_VALID) whose sentence names every fault.
    """
    jwks: Mapping[str, Any] = _read(document)
    faults = _set_faults(jwks)
    if faults:
        raise BadRequest("This key set cannot be registered: " + "; ".join(faults) + ".", "JWKS_NOT_VALID")
    return jwks


def _read(document: str | bytes | Mapping[str, Any]) -> Any:
    if not isinstance(document, str | bytes):
        return document
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError:
        raise BadRequest("This key set cannot be registered: it is not JSON.", "JWKS_NOT_VALID") from None


def _set_faults(jwks: Any) -> list[str]:
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list):
        return ["it must be an object with a list of keys"]
    faults = [] if 1 <= len(keys) <= KEYS_MAX else [f"it must hold 1 to {KEYS_MAX} keys, not {len(keys)}"]
    seen: set[str] = set()
    for number, jwk in enumerate(keys[:KEYS_MAX], start=1):
        faults += [f"key {number}: {fault}" for fault in _key_faults(jwk, seen)]
    return faults


def _key_faults(jwk: Any, seen: set[str]) -> list[str]:
    if not isinstance(jwk, Mapping):
        return ["it must be an object"]
    return _key_id_faults(jwk.get("kid"), seen) + public_key_faults(jwk)


def _key_id_faults(key_id: Any, seen: set[str]) -> list[str]:
    if not isinstance(key_id, str) or not 1 <= len(key_id) <= KEY_ID_LENGTH_MAX:
        return [f"its kid must be a text of 1 to {KEY_ID_LENGTH_MAX} characters"]
    if key_id in seen:
        return ["its kid is also that of an earlier key"]
    seen.add(key_id)
    return []
