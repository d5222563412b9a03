"""The policy pack that decisions follow: the one that comes with the service, or the operator's own, signed.

A pack of one's own is the law that everybody is judged by: without a signature (`<file>.sig`, a C2SP signed note over
the file's SHA-256) by the key that the settings name, nothing runs.
"""

from hashlib import sha256
from pathlib import Path

from consent.policy.load import PackNotValid, load_pack, pack_text, read_pack_of
from consent.policy.rules import Pack
from exchange.audit.checkpoint import Signer, open_note, parse_vkey, sign_note
from exchange.errors import LogDoesNotMatch, Unavailable
from exchange.settings import Settings

DOMAIN = "openbureau/policy-pack/v1"


def open_pack(settings: Settings) -> Pack:
    """The pack in force. Raises Unavailable: it is not signed by the key of the settings, or cannot be used."""
    try:
        if not settings.pack_file:
            return load_pack(settings.jurisdiction)
        return read_pack_of(settings.jurisdiction, _signed_text(Path(settings.pack_file), settings.pack_key))
    except PackNotValid as fault:
        raise Unavailable(f"The policy pack cannot be used: {fault}.", "PACK_NOT_VALID") from fault


def pack_text_in_force(settings: Settings) -> str:
    """The pack in force as it is written. Raises Unavailable, PackNotValid."""
    if not settings.pack_file:
        return pack_text(settings.jurisdiction)
    return _signed_text(Path(settings.pack_file), settings.pack_key)


def sign_pack(content: bytes, signer: Signer) -> str:
    """The signature over a pack's bytes: what belongs into `<file>.sig`."""
    return sign_note(_said(content), signer)


def verify_pack(content: bytes, note: str, vkey: str) -> None:
    """Raises Unavailable where this is not the signature of this key over these bytes."""
    if not vkey:
        raise _not_trusted("set OPENBUREAU_PACK_KEY to the key of whoever signs it.")
    try:
        said = open_note(note, [parse_vkey(vkey)])
    except LogDoesNotMatch as fault:
        raise _not_trusted(f"its signature does not hold: {fault.sentence}") from fault
    if said != _said(content):
        raise _not_trusted("its signature is over another pack.")


def signature_file(pack_file: Path) -> Path:
    """Where the signature of a pack lies."""
    return pack_file.with_name(pack_file.name + ".sig")


def _signed_text(file: Path, vkey: str) -> str:
    try:
        content, note = file.read_bytes(), signature_file(file).read_text(encoding="utf-8")
        verify_pack(content, note, vkey)
        return content.decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise _not_trusted("it, or its signature beside it (.sig), cannot be read.") from fault


def _said(content: bytes) -> str:
    """The text that is signed: two lines."""
    return f"{DOMAIN}\n{sha256(content).hexdigest()}\n"


def _not_trusted(why: str) -> Unavailable:
    return Unavailable(f"The policy pack of OPENBUREAU_PACK_FILE is not taken: {why}", "PACK_NOT_TRUSTED")
