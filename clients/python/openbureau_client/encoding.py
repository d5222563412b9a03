"""Base64 in its only form: text that decodes is text that its bytes encode to, so no character can be changed."""

from base64 import b64encode, standard_b64decode, urlsafe_b64decode, urlsafe_b64encode


def from_base64(text: str) -> bytes:
    """Bytes from padded base64 (RFC 4648, section 4). Raises ValueError."""
    value = standard_b64decode(text)
    if b64encode(value) != text.encode():
        raise ValueError("not base64 in its only form")
    return value


def from_base64url(text: str) -> bytes:
    """Bytes from base64url without padding (RFC 7515, section 2). Raises ValueError."""
    value = urlsafe_b64decode(text.encode() + b"===")
    if urlsafe_b64encode(value).rstrip(b"=") != text.encode():
        raise ValueError("not base64url in its only form")
    return value


def to_base64url(value: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()
