"""One spelling of a telephone number or an address, so that the same one gives the same look-up token."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\-–—·.()]+")


def normalised_contact(contact: str) -> str:
    """NFKC, small letters; of a telephone number also without separators, with `+` for a leading `00`."""
    folded = unicodedata.normalize("NFKC", contact).casefold().strip()
    compact = _SEPARATORS.sub("", folded)
    if not re.fullmatch(r"\+?[0-9]+", compact):
        return folded
    return f"+{compact[2:]}" if compact.startswith("00") else compact
