"""Notices that the exchange sends to a member's webhook: what they say, once it is known that the exchange said it."""

from collections.abc import Mapping
from typing import Any

from openbureau_client.encoding import to_base64url
from openbureau_client.errors import SignedWordsDoNotMatch
from openbureau_client.signed_words import verify_claims

NOTICE_KIND = "openbureau-notice"
SIGNATURE_HEADER = "OpenBureau-Signature"
ID_HEADER = "OpenBureau-Notice"


def verify_webhook(headers: Mapping[str, str], body: bytes, keys: Mapping[str, Any], audience: str) -> dict[str, Any]:
    """What a notice says that came to your webhook.

    `keys` is the exchange's JSON Web Key Set, `audience` your member id. The signature is detached (RFC 7515, appendix
    F). 1. There is a signature without a payload. 2. The exchange has signed exactly this body as a notice. 3. It is
    for you. 4. It has the id of its header. The same notice may come again: keep the ids (`jti`) of those that you have
    dealt with. Raises SignedWordsDoNotMatch.
    """
    given = {name.lower(): value for name, value in headers.items()}
    protected, payload, signature = _split(given.get(SIGNATURE_HEADER.lower(), ""))
    if payload:  # 1
        raise SignedWordsDoNotMatch("The signature is not detached from its notice.")
    said = verify_claims(f"{protected}.{to_base64url(body)}.{signature}", NOTICE_KIND, keys)  # 2
    if said.get("aud") != audience:  # 3
        raise SignedWordsDoNotMatch("This notice is for another member.")
    if said.get("jti") != given.get(ID_HEADER.lower()):  # 4
        raise SignedWordsDoNotMatch("This notice came under the id of another one.")
    return said


def _split(signature: str) -> tuple[str, str, str]:
    parts = signature.split(".")
    if len(parts) != 3:
        raise SignedWordsDoNotMatch("This notice came without a signature.")
    return parts[0], parts[1], parts[2]
