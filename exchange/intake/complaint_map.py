"""Complaints of another register in our categories, by a documented table: `complaint_maps/*.toml`.

    title         what the register is called
    [columns]     product, issue, sub_issue, response: how its file calls these columns
    [lines.PRODUCT.ISSUE]
    SUB_ISSUE = one of our categories; "" where a complaint has no sub-issue

Nothing is guessed: a complaint that no line names is a fault, and every fault of a file is told at once.
"""

import csv
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from exchange.errors import FileNotReadable
from exchange.intake.open_file import lines_of
from schema.vocabulary.complaint import ComplaintCategory

TABLES = Path(__file__).parent / "complaint_maps"
_COLUMNS = ("product", "issue", "sub_issue", "response")
_FAULTY_ROWS_NAMED = 20


class Topic(NamedTuple):
    """What a register says a complaint is about."""

    product: str
    issue: str
    sub_issue: str

    def __str__(self) -> str:
        return " / ".join(part for part in self if part)


class ComplaintsNotMapped(FileNotReadable):
    """Complaints that no line of the table names, or rows that cannot be read. `faults`: a sentence for each."""

    code = "COMPLAINTS_NOT_MAPPED"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class ComplaintMap:
    """A table that was read and found sound. `columns`: the file's name of each of our columns."""

    title: str
    columns: Mapping[str, str]
    lines: Mapping[Topic, ComplaintCategory]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a file came to: complaints in all, by category, by response, and by both."""

    complaints: int
    by_category: Mapping[ComplaintCategory, int]
    by_response: Mapping[str, int]
    by_both: Mapping[tuple[ComplaintCategory, str], int]


def read_complaint_map(text: str) -> ComplaintMap:
    """The table in a TOML text. Raises FileNotReadable with every fault."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise FileNotReadable(f"This table is not TOML: {fault}.") from None
    columns, lines = content.get("columns", {}), dict(_lines(content.get("lines", {})))
    faults = [f"[columns] names no column for {name}." for name in _COLUMNS if name not in columns]
    categories = set(ComplaintCategory)
    strange = {topic: said for topic, said in lines.items() if said not in categories}
    faults += [f"{topic}: {said!r} is none of our categories." for topic, said in strange.items()]
    if faults or not lines:
        raise FileNotReadable("\n".join(faults) or "This table has no lines.")
    mapped = {topic: ComplaintCategory(said) for topic, said in lines.items()}
    return ComplaintMap(content.get("title", ""), columns, mapped)


def load_complaint_map(name: str) -> ComplaintMap:
    """The table of this name. Raises FileNotReadable where there is none, or it is not sound."""
    names = sorted(path.stem for path in TABLES.glob("*.toml"))
    if name not in names:
        raise FileNotReadable(f"There is no table {name!r}: there is {', '.join(names)}.")
    return read_complaint_map((TABLES / f"{name}.toml").read_text(encoding="utf-8"))


def map_complaints(file: BinaryIO, table: ComplaintMap) -> Mapped:
    """Counts a file's complaints (CSV with a header; gzip, zstd or plain) in our categories; none is left out.

    Raises FileNotReadable where it cannot be read, ComplaintsNotMapped with every topic that has no line.
    """
    rows = csv.reader(lines_of(file))
    places, width = _places(next(rows, []), table)
    unmapped, faults = Counter[Topic](), list[str]()
    both = Counter[tuple[ComplaintCategory, str]]()
    for number, row in enumerate(rows, 2):
        if len(row) != width:
            faults.append(f"Line {number} has {len(row)} columns in place of {width}.")
            continue
        *parts, response = (row[places[name]].strip() for name in _COLUMNS)
        topic = Topic(*parts)
        if topic in table.lines:
            both[table.lines[topic], response] += 1
        else:
            unmapped[topic] += 1
    nameless = [f"No line for {topic}: {count} complaints." for topic, count in sorted(unmapped.items())]
    if faults or nameless:
        raise ComplaintsNotMapped([*_shortened(faults), *nameless])
    return _mapped(both)


def _mapped(both: Counter[tuple[ComplaintCategory, str]]) -> Mapped:
    by_category, by_response = Counter[ComplaintCategory](), Counter[str]()
    for (category, response), count in both.items():
        by_category[category] += count
        by_response[response] += count
    every = {category: by_category[category] for category in ComplaintCategory}
    return Mapped(both.total(), every, dict(by_response.most_common()), dict(both))


def _places(header: list[str], table: ComplaintMap) -> tuple[dict[str, int], int]:
    names = [name.strip() for name in header]
    if missing := [table.columns[name] for name in _COLUMNS if table.columns[name] not in names]:
        raise FileNotReadable(f"This file has no column: {', '.join(missing)}.")
    return {name: names.index(table.columns[name]) for name in _COLUMNS}, len(names)


def _lines(lines: Mapping[str, Any]) -> Iterator[tuple[Topic, Any]]:
    for product, issues in lines.items():
        for issue, sub_issues in issues.items():
            for sub_issue, category in sub_issues.items():
                yield Topic(product, issue, sub_issue), category


def _shortened(faults: list[str]) -> list[str]:
    """At most so many of what may be wrong with every row."""
    more = len(faults) - _FAULTY_ROWS_NAMED
    return faults if more <= 0 else [*faults[:_FAULTY_ROWS_NAMED], f"{more} more lines have a wrong number of columns."]
