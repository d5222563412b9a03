"""Trying a mapping on a file, before anything is handed in."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from exchange.cli.shared import FILE, clear_errors, json_option, one_of
from exchange.clock import SystemClock
from exchange.intake.check_record import Rules, check_record
from exchange.intake.contribution import Checks, Contribution, FaultyRecord, FileNote, ReadRecord
from exchange.intake.read_batch import read_records
from exchange.intake.reading import Reading
from schema.vocabulary.submission import FileFormat


@click.group()
def mapping() -> None:
    """Mappings of a lender's own columns (TOML)."""


@mapping.command(name="try")
@click.argument("file", type=FILE)
@click.option("--mapping", "mapping_file", required=True, type=FILE, help="The mapping (TOML).")
@click.option("--format", "file_format", default=FileFormat.MAPPED_CSV, show_default=True, type=one_of(FileFormat))
@click.option("--rows", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many records to show.")
@click.option("--synthesise-identities", is_flag=True, help="Make up borrowers, for a sample without identities.")
@json_option
@clear_errors
def try_mapping(
    file: Path, mapping_file: Path, file_format: str, rows: int, synthesise_identities: bool, as_json: bool
) -> None:
    """Show the first records of a file as they would be read. Nothing is written, and no database is needed."""
    text = mapping_file.read_text(encoding="utf-8")
    reading = Reading(FileFormat(file_format), mapping=text, synthesise_identities=synthesise_identities)
    with file.open("rb") as opened:
        records, checks = read_records(opened, reading)
        shown = [_shown(record, checks) for record in islice(records, rows)]
    if as_json:
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2, default=str).decode())
        return
    for record in shown:
        _tell(record)


def _shown(record: ReadRecord, checks: Checks) -> dict[str, Any]:
    """A record as it would be read: its fields that hold something, its faults and its notes."""
    if isinstance(record, FileNote):
        return {"record_no": record.note.record_no, "fields": {}, "faults": [], "notes": [_finding(record.note)]}
    if isinstance(record, FaultyRecord):
        faults = [_finding(fault) for fault in record.faults]
        return {"record_no": record.record_no, "fields": {}, "faults": faults, "notes": []}
    checked = check_record(record, Rules(SystemClock().now().date(), checks))
    return {
        "record_no": record.record_no,
        "fields": dict(_fields_of(record)),
        "faults": [_finding(fault) for fault in checked.faults],
        "notes": [_finding(note) for note in checked.notes],
    }


def _fields_of(record: Contribution) -> Iterator[tuple[str, Any]]:
    yield from _flat("subject", record.subject)
    yield from _flat("account", record.account)
    for number, delinquency in enumerate(record.delinquencies, 1):
        yield from _flat(f"delinquency {number}", delinquency)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            yield from _flat(f"{name}.{field.name}", getattr(value, field.name))
    elif isinstance(value, tuple) and any(is_dataclass(each) for each in value):
        for number, each in enumerate(value, 1):
            yield from _flat(f"{name}.{number}", each)
    elif value not in (None, (), ""):
        yield name, value.value if isinstance(value, Enum) else value


def _finding(fault: Any) -> dict[str, str]:
    return {"field": fault.field, "code": fault.code, "sentence": fault.sentence}


def _tell(record: Mapping[str, Any]) -> None:
    click.echo(f"record {record['record_no']}")
    for name, value in record["fields"].items():
        said = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        click.echo(f"  {name:36} {said}")
    for kind in ("faults", "notes"):
        for found in record[kind]:
            click.echo(f"  {kind[:-1].upper():6} {found['field']}: {found['sentence']} [{found['code']}]")
