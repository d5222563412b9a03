"""Names, ids and texts of the keys that sign notes (C2SP signed-note: key ids and vkeys)."""

from base64 import b64decode, b64encode
from hashlib import sha256

from exchange.errors import LogDoesNotMatch

KEY_ID_BYTES = 4


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, neither spaces nor plus signs."""
    return "+" not in name and name.split() == [name]


def key_id(name: str, key_type: bytes, public_key: bytes) -> bytes:
    """The 4 bytes that name a key in a signature: SHA-256(name | 0x0A | type | key)[:4]."""
    return sha256(name.encode() + b"\n" + key_type + public_key).digest()[:KEY_ID_BYTES]


def format_vkey(name: str, key_type: bytes, public_key: bytes) -> str:
    """The key as text: name, key id (hex), type and key (base64), joined by plus signs."""
    identity = key_id(name, key_type, public_key).hex()
    return f"{name}+{identity}+{b64encode(key_type + public_key).decode()}"


def split_vkey(vkey: str) -> tuple[str, bytes, bytes]:
    """The name, the type (1 byte) and the public key that a vkey names. Raises LogDoesNotMatch."""
    name, _, rest = vkey.partition("+")
    raw = decode_base64(rest.partition("+")[2])
    if not is_key_name(name) or len(raw) < 2 or format_vkey(name, raw[:1], raw[1:]) != vkey:
        raise LogDoesNotMatch("This is not a key of a log or a witness.")
    return name, raw[:1], raw[1:]


def decode_base64(text: str) -> bytes:
    """Bytes from their only base64 form (RFC 4648, section 4). Raises LogDoesNotMatch."""
    try:
        value = b64decode(text, validate=True)
    except ValueError as fault:
        raise LogDoesNotMatch("This is not base64.") from fault
    if b64encode(value).decode() != text:
        raise LogDoesNotMatch("This is not base64 in its only form.")
    return value
