"""What an exchange says when it does not answer.

NotAnswered
├── NotAuthenticated   it does not know who is asking
├── Refused            it may not answer; carries every reason
├── BadRequest         the question cannot be read, or costs too much
├── Overloaded         too many questions: ask again after `retry_after` seconds
├── Unavailable        it, or the way to it, is down; nothing was lost
└── NotReadable        its answer is not what an exchange says
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a refusal: a stable code, a sentence for a person, and the rule that says so."""

    code: str
    sentence: str
    rule: str | None


class NotAnswered(Exception):
    """No answer. `code` is stable and documented by the exchange; `receipt` is that of a refusal that was logged."""

    def __init__(self, code: str, sentence: str, receipt: str | None = None) -> None:
        super().__init__(f"{sentence} ({code})")
        self.code = code
        self.sentence = sentence
        self.receipt = receipt


class NotAuthenticated(NotAnswered):
    """The exchange does not know who is asking, or the membership is suspended."""


class Refused(NotAnswered):
    """The question was understood and may not be answered."""

    def __init__(self, code: str, sentence: str, receipt: str | None = None, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(code, sentence, receipt)
        self.reasons = tuple(reasons)


class BadRequest(NotAnswered):
    """The question cannot be read, does not fit the contract, or costs too much."""


class Overloaded(NotAnswered):
    """Too many questions."""

    retry_after = 1


class Unavailable(NotAnswered):
    """The exchange, a part of it, or the way to it is down."""


class NotReadable(NotAnswered):
    """The answer is not what an exchange says."""

    def __init__(self, sentence: str) -> None:
        super().__init__("ANSWER_NOT_READABLE", sentence)


def refusal_of(status: int, error: Mapping[str, Any], receipt: str | None, retry_after: str | None) -> NotAnswered:
    """The refusal behind the first error of a GraphQL answer."""
    extensions = error.get("extensions") or {}
    code, sentence = str(extensions.get("code", "INTERNAL")), str(error.get("message", ""))
    if extensions.get("reasons"):
        reasons = [Reason(reason["code"], reason["sentence"], reason.get("rule")) for reason in extensions["reasons"]]
        return Refused(code, sentence, receipt, reasons)
    if status == 429 or code == "RATE_LIMITED":
        overloaded = Overloaded(code, sentence, receipt)
        overloaded.retry_after = int(retry_after) if retry_after and retry_after.isdecimal() else 1
        return overloaded
    kind = _KIND_OF_STATUS.get(status, NotAnswered if code == "INTERNAL" else BadRequest)
    return kind(code, sentence, receipt)


_KIND_OF_STATUS: Mapping[int, type[NotAnswered]] = {401: NotAuthenticated, 403: Refused, 503: Unavailable}
