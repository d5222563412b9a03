"""What borrowers are told before they decide on a consent, in their own language: who, why, what, how far, how long,
and that they may refuse (PIPL, art. 14, 17, 23 and 30). The consent holds the digest of exactly these sentences.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consent.artefact import ConsentArtefact, Fetch, FrequencyUnit, Mode
from exchange.handover import Member

Say = Callable[[str], str]
"""Gives an English sentence in the reader's language."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The language (BCP 47) of a page, and what gives an English sentence in it."""

    language: str
    say: Say


ENGLISH = Speech("en", lambda sentence: sentence)

_RECIPIENT = "This consent is for %(member)s, and for nobody else."
_CONTACT = "You can reach %(member)s at: %(contact)s."
_PURPOSE = "What it is for: %(purpose)s."
_CLASSES = "What may be seen: %(classes)s. Nothing else in your file may be seen."
_HISTORY_FROM = "Your history from %(start)s on may be seen."
_HISTORY_BETWEEN = "Your history from %(start)s to %(end)s may be seen."
_ONCE = "It is good for one look."
_OFTEN = "It is good for as many looks as the purpose needs. You see every one of them."
_PER_HOUR = "It is good for at most %(count)s looks in an hour. You see every one of them."
_PER_DAY = "It is good for at most %(count)s looks in a day. You see every one of them."
_PER_WEEK = "It is good for at most %(count)s looks in a week. You see every one of them."
_PER_MONTH = "It is good for at most %(count)s looks in a month. You see every one of them."
_VIEW = "%(member)s may look, and may not keep a copy."
_STORE = "%(member)s may keep a copy for %(days)s days."
_DAYS = "This consent ends by itself after %(days)s days."
_CONTRIBUTE = "%(member)s may also report to this exchange how you repay."
_SENSITIVE = (
    "This is sensitive information about your money. %(member)s needs it for the purpose above, and it may lead to a "
    "better offer, a worse one, or none."
)
_WITHDRAW = "You can pause or withdraw this consent here at any time, as easily as you give it."
_REFUSE = (
    "You may refuse. That is not recorded in what lenders see of you. %(member)s may then be unable to decide on what "
    "you asked for, and may not ask you again for a while."
)
_LIST_SEPARATOR = "; "

_PER = {
    FrequencyUnit.HOUR: _PER_HOUR,
    FrequencyUnit.DAY: _PER_DAY,
    FrequencyUnit.WEEK: _PER_WEEK,
    FrequencyUnit.MONTH: _PER_MONTH,
}

SENTENCES = (
    _RECIPIENT, _CONTACT, _PURPOSE, _CLASSES, _HISTORY_FROM, _HISTORY_BETWEEN, _ONCE, _OFTEN, *_PER.values(), _VIEW,
    _STORE, _DAYS, _CONTRIBUTE, _SENSITIVE, _WITHDRAW, _REFUSE, _LIST_SEPARATOR,
)  # fmt: skip
"""Every sentence that needs a translation, besides the phrases of purposes and field classes."""


def notice_of(artefact: ConsentArtefact, member: Member, say: Say) -> tuple[str, ...]:
    """The sentences, in the order in which they are to be shown. Days are written YYYY-MM-DD."""
    classes = say(_LIST_SEPARATOR).join(say(one.phrase) for one in sorted(artefact.field_classes))
    values = {
        "member": member.name,
        "contact": member.contact,
        "purpose": say(artefact.purpose.phrase),
        "classes": classes,
        "start": artefact.data_from.isoformat(),
        "end": artefact.data_to.isoformat() if artefact.data_to else "",
        "count": artefact.frequency.count if artefact.frequency else "",
        "days": (artefact.expires_at - artefact.starts_at).days,
    }
    kept = values | {"days": artefact.data_life_days}
    return tuple(say(sentence) % (kept if sentence is _STORE else values) for sentence in _sentences(artefact, member))


def notice_text(notice: Sequence[str]) -> str:
    """The notice as it is kept and digested: a sentence a line."""
    return "\n".join(notice)


def notice_digest(notice: Sequence[str]) -> str:
    """SHA-256 of the notice, hexadecimal."""
    return hashlib.sha256(notice_text(notice).encode()).hexdigest()


def _sentences(artefact: ConsentArtefact, member: Member) -> list[str]:
    return [
        _RECIPIENT,
        *([_CONTACT] if member.contact else []),
        _PURPOSE,
        _CLASSES,
        _HISTORY_BETWEEN if artefact.data_to else _HISTORY_FROM,
        _looks(artefact),
        _STORE if artefact.mode is Mode.STORE else _VIEW,
        _DAYS,
        *([_CONTRIBUTE] if artefact.contribution_allowed else []),
        _SENSITIVE,
        _WITHDRAW,
        _REFUSE,
    ]


def _looks(artefact: ConsentArtefact) -> str:
    if artefact.fetch is Fetch.ONCE:
        return _ONCE
    return _PER[artefact.frequency.unit] if artefact.frequency else _OFTEN
