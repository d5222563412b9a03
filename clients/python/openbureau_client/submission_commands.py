"""The commands `submit` and `submission`: hand in a file, follow it, and keep its faults."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openbureau_client.session import Session
from openbureau_client.submissions import Progress

BAR_CHARACTERS = 30
FAULTS_SHOWN = 20
_MAPPING_FILE_NAME = "command-line"


def add_submission_commands(commands: Any, add_session_options: Callable[[argparse.ArgumentParser], None]) -> None:
    """The parsers of both commands."""
    submit = commands.add_parser("submit", help="Hand in a file of records, and wait until it is done with.")
    submit.add_argument("file", type=Path, help="The file, packed with gzip or zstd or as it is.")
    add_session_options(submit)
    submit.add_argument("--format", required=True, help="For example METRO2, MAPPED_CSV, JSON_LINES, PARQUET.")
    submit.add_argument("--mapping", help="Name of a mapping that the exchange keeps for you.")
    submit.add_argument("--mapping-file", type=Path, help="A mapping (TOML), kept there first; as --mapping, if given.")
    submit.add_argument("--newest-month", help="With MONTHLY_STATUS: the month that it calls 0 (2026-05).")
    submit.add_argument("--basis", help="The rule on which you contribute; the exchange's usual one unless told.")
    submit.add_argument("--all-or-nothing", action="store_true", help="One faulty record refuses the whole file.")
    submit.add_argument("--notices-attested", action="store_true", help="Borrowers were told of what is negative.")
    submit.add_argument("--correction", help="Why earlier months are told otherwise, for example FURNISHER_ERROR.")
    submit.add_argument("--synthesise-identities", action="store_true", help="For samples, at a demonstration.")
    submit.add_argument("--no-wait", action="store_true", help="Do not wait until it is worked.")
    _add_faults_options(submit)
    submission = commands.add_parser("submission", help="Show a submission, once it is done with.")
    submission.add_argument("submission_id", help="Its id.")
    add_session_options(submission)
    submission.add_argument("--no-wait", action="store_true", help="Show it as it stands.")
    _add_faults_options(submission)


def _add_faults_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--faults", type=Path, help="Write all faults to this file (CSV).")
    command.add_argument("--language", default="en", help="Of the faults: en, zh-Hans, zh-Hant.")


def _submit(given: argparse.Namespace, session: Session) -> Any:
    mapping = given.mapping
    if given.mapping_file:
        mapping = mapping or _MAPPING_FILE_NAME
        session.keep_mapping(mapping, given.mapping_file.read_text(encoding="utf-8"))
    with _bar("sending") as progress:
        taken_in = session.submit(
            given.file,
            format=given.format,
            mapping=mapping,
            newest_month=given.newest_month,
            basis=given.basis,
            all_or_nothing=given.all_or_nothing,
            notices_attested=given.notices_attested,
            correction=given.correction,
            synthesise_identities=given.synthesise_identities,
            progress=progress,
        )
    return {"is_new": taken_in.is_new, **_followed(given, session, taken_in.submission_id)}


def _submission(given: argparse.Namespace, session: Session) -> Any:
    return _followed(given, session, given.submission_id)


def _followed(given: argparse.Namespace, session: Session, submission_id: str) -> dict[str, Any]:
    if given.no_wait:
        found = session.submission(submission_id)
    else:
        with _bar("working") as progress:
            found = session.wait_for(submission_id, progress=progress)
    said = dataclasses.asdict(found)
    if given.faults:
        given.faults.write_bytes(session.faults_csv(submission_id, given.language))
    elif found.faults:
        first = session.faults(submission_id, given.language)[:FAULTS_SHOWN]
        said["first_faults"] = [dataclasses.asdict(fault) for fault in first]
    return said


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return

    def progress(done: int, total: int) -> None:
        share = done / total if total else 1.0
        filled = round(share * BAR_CHARACTERS)
        sys.stderr.write(f"\r{what} [{'#' * filled}{'.' * (BAR_CHARACTERS - filled)}] {share:4.0%} of {total:,} bytes")
        sys.stderr.flush()

    try:
        yield progress
    finally:
        sys.stderr.write("\n")


SUBMISSION_COMMANDS = {"submit": _submit, "submission": _submission}
