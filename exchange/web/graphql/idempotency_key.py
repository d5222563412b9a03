"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

import re

from werkzeug.wrappers import Request

from exchange.errors import BadRequest

_KEY = re.compile(r'"([!#-\[\]-~]{1,128})"|([!#-+\--:<-\[\]-~]{1,128})')
"""A string (RFC 9651, section 3.3.3) of visible characters without escapes; or the same bare, without , and ;"""


def read_key(request: Request) -> str | None:
    """The key that the request came with; None without one. Raises BadRequest where it cannot be one."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        said = 'An Idempotency-Key is one string of 1 to 128 visible characters, such as "8e03978e-40d5-43e8".'
        raise BadRequest(said, "IDEMPOTENCY_KEY_NOT_VALID")
    return found[1] or found[2]
