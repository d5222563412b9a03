"""Everything that can go wrong, as one tree. Each leaf has a stable code and a sentence for a person.

    ExchangeError
    ├── BadRequest            the request cannot be read or costs too much        HTTP 400
    │   ├── FileNotReadable   a submitted file cannot be read at all
    │   ├── ParametersNotValid    what an address asks for cannot be; carries every fault
    │   └── KeyReused         a key was sent with another request before            HTTP 422
    ├── NotAuthenticated      who is asking was not shown                         HTTP 401
    ├── Refused               who is asking may not; carries every reason         HTTP 403
    ├── StillRunning          the same request is being carried out already       HTTP 409
    ├── Overloaded            too many requests from this caller                  HTTP 429
    │   └── BudgetSpent       a member's points of this window are used up
    ├── Unavailable           a part that an answer needs is down                 HTTP 503
    │   └── KeysMissing       a key file is not there; nothing runs without it
    └── IntegrityError        what is stored does not match its proof             HTTP 500
        ├── OpeningDoesNotMatch   opened fields do not belong to their log leaf
        ├── LogDoesNotMatch       a note, tile or proof of the log does not hold
        ├── LogWouldFork          the next checkpoint would contradict one already signed
        └── ReceiptDoesNotMatch   a receipt was not given for this answer

Only `exchange/web/problems.py` knows HTTP and GraphQL. Messages never hold personal data.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from consent.reasons import Reason


class ExchangeError(Exception):
    """The root. `code` is stable and documented; `sentence` is for a person."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.stable_code = code or self.code


class BadRequest(ExchangeError):
    """The request cannot be read, does not fit the contract, or costs too much."""

    code = "BAD_USER_INPUT"


class FileNotReadable(BadRequest):
    """A submitted file cannot be read at all; nothing of it was applied."""

    code = "FILE_NOT_READABLE"


class ParametersNotValid(BadRequest):
    """The parameters of an address are not valid. `faults`: parameter, code and sentence of each one."""

    code = "PARAMETERS_NOT_VALID"

    def __init__(self, faults: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(" ".join(sentence for _, _, sentence in faults))
        self.faults = tuple(faults)


class KeyReused(BadRequest):
    """An `Idempotency-Key` came with another request before."""

    code = "IDEMPOTENCY_KEY_REUSED"


class NotAuthenticated(ExchangeError):
    """The token or its proof of possession does not show who is asking.

    `oauth_error` is the RFC 6750 / RFC 9449 error word; `nonce_wanted` asks for a proof with the nonce given.
    """

    code = "NOT_AUTHENTICATED"

    def __init__(self, sentence: str, code: str, oauth_error: str = "invalid_token", member_id: str | None = None):
        super().__init__(sentence, code)
        self.oauth_error = oauth_error
        self.member_id = member_id


class Refused(ExchangeError):
    """The question was understood and may not be answered. Carries every reason, never only the first."""

    code = "REFUSED"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        if not reasons:
            raise ValueError("a refusal needs a reason")
        super().__init__(" ".join(reason.sentence for reason in reasons), reasons[0].code)
        self.reasons = tuple(reasons)


class StillRunning(ExchangeError):
    """The same request, under the same key, has no answer yet: ask again after `retry_after` seconds."""

    code = "IDEMPOTENCY_IN_PROGRESS"

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Overloaded(ExchangeError):
    """Too many requests: try again after `retry_after` seconds."""

    code = "RATE_LIMITED"

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class BudgetSpent(Overloaded):
    """Too few of a member's points are left in this window. Nothing was run, nothing was taken.

    `requested`: what the operation may cost; `limit` and `remaining`: the member's points; `resets_at`: when the next
    window begins.
    """

    def __init__(self, requested: int, limit: int, remaining: int, resets_at: datetime, now: datetime) -> None:
        seconds = max(1, math.ceil((resets_at - now).total_seconds()))
        super().__init__(
            f"This operation may cost {requested} points; {remaining} of your {limit} are left for {seconds} seconds.",
            seconds,
        )
        self.requested, self.limit, self.remaining, self.resets_at = requested, limit, remaining, resets_at


class Unavailable(ExchangeError):
    """A part that an answer needs is down. No answer was given and nothing was lost: try again."""

    code = "UNAVAILABLE"


class KeysMissing(Unavailable):
    """A key file is not there. The service does not start, and makes no new key in its place."""

    code = "KEYS_MISSING"


class IntegrityError(ExchangeError):
    """What is stored does not match its own proof: a moved or changed value, a forged consent."""

    code = "INTEGRITY"


class OpeningDoesNotMatch(IntegrityError):
    """Opened fields do not belong to the log leaf they are shown with."""

    code = "OPENING_MISMATCH"


class LogDoesNotMatch(IntegrityError):
    """A note, a tile or a proof of the transparency log does not hold."""

    code = "LOG_MISMATCH"


class LogWouldFork(IntegrityError):
    """The next checkpoint would contradict one already signed. Nothing more is signed until an operator has looked."""

    code = "LOG_WOULD_FORK"


class ReceiptDoesNotMatch(IntegrityError):
    """A receipt was not given by this exchange for this answer."""

    code = "RECEIPT_MISMATCH"
