"""How pages name a passkey or a session in an address or a form: its bytes in base64url, without padding."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

from exchange.handover import Passkey
from exchange.journeys.sign_in_methods import no_such_passkey


def to_text(name: bytes) -> str:
    """The name as an address has it."""
    return urlsafe_b64encode(name).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """The bytes meant; none where the text is no name."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def passkey_named(passkeys: Iterable[Passkey], credential: str) -> Passkey:
    """The passkey of this name among somebody's own. Raises BadRequest PASSKEY_NOT_FOUND."""
    wanted = from_text(credential)
    found = next((passkey for passkey in passkeys if passkey.credential_id == wanted), None)
    if found is None:
        raise no_such_passkey()
    return found
