"""What a record lost when it was written as Metro 2, found by reading the line again: nothing is lost silently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from exchange.intake.contribution import (
    AccountRecord,
    Contribution,
    DelinquencyRecord,
    FaultyRecord,
    History,
    ReadRecord,
    SubjectRecord,
)
from exchange.intake.joint_account import furnished_reference
from exchange.intake.metro2.field_values import MINOR_PER_DOLLAR

_UNKNOWN_MONTHS = "#/"
_DERIVED = frozenset({"first_late_month", "last_late_month", "stated"})
"""Follow from a delinquency's history and date; a store does not keep them."""
_IDENTITY = frozenset({"id_type", "country", "id_number", "names", "birth_date", "synthetic"})


class UnsaidKind(StrEnum):
    """ROUNDED: to whole dollars. CHANGED: written as nearly as the format can say it. LEFT_OUT: not said at all.
    NOT_WRITTEN: the format cannot hold this record, or the borrower it belongs to.
    """

    ROUNDED = "ROUNDED"
    CHANGED = "CHANGED"
    LEFT_OUT = "LEFT_OUT"
    NOT_WRITTEN = "NOT_WRITTEN"


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A field that the format could not say, and what became of it. Never its value."""

    field: str
    kind: UnsaidKind


def unsaid(meant: Sequence[Contribution], read: Sequence[ReadRecord]) -> tuple[Unsaid, ...]:
    """What differs between the borrowers of an account and the line that was written of them, read again."""
    faults = [fault for record in read if isinstance(record, FaultyRecord) for fault in record.faults]
    if faults:
        return tuple(Unsaid(fault.field, UnsaidKind.NOT_WRITTEN) for fault in faults)
    said = [record for record in read if isinstance(record, Contribution)]
    return tuple(lost for one, other in zip(meant, said, strict=True) for lost in _of_borrower(one, other))


def _of_borrower(meant: Contribution, said: Contribution) -> Iterator[Unsaid]:
    yield from _of_subject(meant.subject, said.subject)
    yield from _of_account(meant.account, said.account)
    if len(meant.delinquencies) > len(said.delinquencies):
        yield Unsaid("delinquencies", UnsaidKind.LEFT_OUT)
    if len(meant.delinquencies) < len(said.delinquencies):
        yield Unsaid("delinquencies", UnsaidKind.CHANGED)
    # The newest ones are those that the format speaks of.
    for one, other in zip(reversed(meant.delinquencies), reversed(said.delinquencies), strict=False):
        yield from _differences("delinquencies.", one, other, _DERIVED)


def _of_subject(meant: SubjectRecord, said: SubjectRecord) -> Iterator[Unsaid]:
    if not said.synthetic:
        yield from _differences("subject.", meant, said)
        return
    # The line names nobody: a stand-in was read.
    if not meant.synthetic:
        yield Unsaid("subject", UnsaidKind.LEFT_OUT)
    yield from _differences("subject.", meant, said, _IDENTITY)


def _of_account(meant: AccountRecord, said: AccountRecord) -> Iterator[Unsaid]:
    yield from _differences("account.", meant, said, frozenset({"reference", "previous_reference", "history"}))
    for field in ("reference", "previous_reference"):
        one, other = (furnished_reference(getattr(account, field) or "") for account in (meant, said))
        if one != other:
            yield Unsaid(f"account.{field}", UnsaidKind.CHANGED)
    if meant.history is not None and said.history is not None:
        yield from _of_history(meant.history, said.history)


def _of_history(meant: History, said: History) -> Iterator[Unsaid]:
    meant_codes, said_codes = (history.codes.rstrip(_UNKNOWN_MONTHS) for history in (meant, said))
    if meant.month != said.month or meant_codes[: len(said_codes)] != said_codes:
        yield Unsaid("account.history.codes", UnsaidKind.CHANGED)
    elif len(meant_codes) > len(said_codes):
        yield Unsaid("account.history.codes", UnsaidKind.LEFT_OUT)
    yield from _differences("account.history.", meant, said, frozenset({"month", "codes"}))


def _differences(
    prefix: str,
    meant: AccountRecord | SubjectRecord | DelinquencyRecord | History,
    said: AccountRecord | SubjectRecord | DelinquencyRecord | History,
    besides: frozenset[str] = frozenset(),
) -> Iterator[Unsaid]:
    for field in fields(meant):
        one, other = getattr(meant, field.name), getattr(said, field.name)
        if field.compare and one != other and field.name not in besides:
            yield Unsaid(prefix + field.name, _kind(field.name, one, other))


def _kind(field: str, meant: Any, said: Any) -> UnsaidKind:
    if said is None or said == ():
        return UnsaidKind.LEFT_OUT
    if field.endswith("_minor") and isinstance(meant, int) and 0 < abs(meant - said) < MINOR_PER_DOLLAR <= meant:
        return UnsaidKind.ROUNDED
    return UnsaidKind.CHANGED
