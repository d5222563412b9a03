"""Writes records as a Metro 2 file of the character format: a header, a line for each account, a trailer with counts.

Pure and streaming. A co-borrower's record follows the first borrower's own, as the reader gives them, and is written
into the same line. Every line is read again before it is given: what the format could not say comes with it
(`Unsaid`), and a record that it cannot hold at all is not written. Amounts are rounded to whole dollars.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from exchange.intake.contribution import Contribution
from exchange.intake.joint_account import furnished_reference, is_joint
from exchange.intake.metro2.compose import Segment, line_of
from exchange.intake.metro2.field_texts import ascii_text, date_text
from exchange.intake.metro2.field_values import is_blank
from exchange.intake.metro2.layout import (
    BASE,
    COUNT_DIGITS,
    HEADER,
    HEADER_LENGTH,
    TRAILER,
    TRAILER_COUNTS,
    Fields,
    cut,
    paste,
)
from exchange.intake.metro2.reader import CURRENCY, read_line
from exchange.intake.metro2.unsaid import Unsaid, UnsaidKind, unsaid
from exchange.intake.reading import Reading
from schema.vocabulary.submission import FileFormat

SOFTWARE = "OPENBUREAU"
_READ_AGAIN = Reading(FileFormat.METRO2, synthesise_identities=True)
_COUNTED_OF_PEOPLE = ("ssn", "born_on")


@dataclass(frozen=True, slots=True)
class FileHeader:
    """Who writes the file and when. `identification_number`: what the furnisher calls itself in each record."""

    reporter: str
    identification_number: str
    activity_on: date
    created_on: date


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line with its end (empty where the record could not be written), and what it does not say."""

    line: bytes
    unsaid: tuple[Unsaid, ...] = ()


def write_metro2(records: Iterable[Contribution], header: FileHeader) -> Iterator[WrittenLine]:
    """The lines of a file, as they are asked for."""
    counts: Counter[str] = Counter()
    yield WrittenLine(_encoded(_header(header)))
    for borrowers in _by_account(records):
        line, segments = line_of(borrowers, header.identification_number)
        lost = _lost(borrowers, line)
        if any(one.kind is UnsaidKind.NOT_WRITTEN for one in lost):
            yield WrittenLine(b"", lost)
            continue
        _count(counts, cut(BASE, line), segments)
        yield WrittenLine(_encoded(line), lost)
    yield WrittenLine(_encoded(_trailer(counts)))


def _by_account(records: Iterable[Contribution]) -> Iterator[Sequence[Contribution]]:
    """The borrowers of each account: a joint record belongs to the one before it that has the same reference."""
    borrowers: list[Contribution] = []
    for record in records:
        reference = record.account.reference
        if borrowers and not (is_joint(reference) and _same_contract(borrowers[0], reference)):
            yield borrowers
            borrowers = []
        borrowers.append(record)
    if borrowers:
        yield borrowers


def _same_contract(first: Contribution, reference: str) -> bool:
    return first.account.reference == furnished_reference(reference)


def _lost(borrowers: Sequence[Contribution], line: str) -> tuple[Unsaid, ...]:
    if borrowers[0].account.currency != CURRENCY:
        return (Unsaid("account.currency", UnsaidKind.NOT_WRITTEN),)
    return unsaid(borrowers, read_line(0, line, _READ_AGAIN))


def _header(header: FileHeader) -> str:
    fields = {
        "record_length": f"{HEADER_LENGTH:04d}",
        "record_identifier": "HEADER",
        "activity_date": date_text(header.activity_on),
        "created_on": date_text(header.created_on),
        "program_date": date_text(None),
        "program_revised_on": date_text(None),
        "reporter_name": ascii_text(header.reporter),
        "software_vendor": SOFTWARE,
    }
    return paste(HEADER, HEADER_LENGTH, fields)


def _count(counts: Counter[str], base: Fields, segments: Sequence[Segment]) -> None:
    counts["base_records"] += 1
    counts["status_" + base["account_status"]] += 1
    for name, fields in [("base", base), *segments]:
        counts[name] += name != "base"
        counts["ecoa_Z"] += fields.get("ecoa") == "Z"
        counts["telephone"] += not is_blank(fields.get("telephone", ""))
        for field in _COUNTED_OF_PEOPLE:
            there = not is_blank(fields.get(field, ""))
            counts[field] += there
            counts[f"{field}_{name}"] += there


def _trailer(counts: Counter[str]) -> str:
    numbers = {name: f"{counts[name]:0{COUNT_DIGITS}d}" for name in ("base_records", *TRAILER_COUNTS)}
    fields = {"record_length": f"{HEADER_LENGTH:04d}", "record_identifier": "TRAILER", **numbers}
    return paste(TRAILER, HEADER_LENGTH, fields)


def _encoded(line: str) -> bytes:
    return line.encode("ascii") + b"\n"
