"""The command `openbureau-client`: ask for a report, hand in a file, and check evidence offline."""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from joserfc.jwk import JWKRegistry, Key

from openbureau_client.consent import verify_consent
from openbureau_client.errors import DoesNotMatch
from openbureau_client.evidence import verify_evidence, write_evidence
from openbureau_client.export import verify_export
from openbureau_client.log import verify_log
from openbureau_client.log_files import AddressFiles, DirectoryFiles
from openbureau_client.note import Policy
from openbureau_client.refusals import NotAnswered, Refused, Unavailable
from openbureau_client.session import Answer, Session
from openbureau_client.signed_words import verify_copy
from openbureau_client.submission_commands import SUBMISSION_COMMANDS, add_submission_commands
from openbureau_client.who_looked import verify_list

EVIDENCE_TRIES = 10


def main(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run the command. 0: done; 1: no answer; 2: something does not match its proof."""
    given = _parser().parse_args(arguments)
    try:
        if given.command in _CHECKS:
            said = _CHECKS[given.command](given)
        else:
            said = _ASKED[given.command](given, session or _session(given))
    except NotAnswered as refusal:
        sys.stderr.write(f"{refusal}\n")
        if isinstance(refusal, Refused):
            sys.stderr.writelines(f"  {why.sentence} ({why.rule or why.code})\n" for why in refusal.reasons)
        return 1
    except DoesNotMatch as fault:
        sys.stderr.write(f"{fault} ({fault.code})\n")
        return 2
    sys.stdout.write(json.dumps(said, default=_plain, ensure_ascii=False, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openbureau-client", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="Ask for one report. The id number is read from standard input.")
    _add_session_options(report)
    report.add_argument("--id-type", default="RESIDENT_ID", help="Kind of the borrower's identity document.")
    report.add_argument("--country", default="CN", help="ISO 3166-1 code of its issuer.")
    report.add_argument("--purpose", required=True, help="Why you ask, for example LOAN_APPROVAL.")
    report.add_argument("--consent", help="Id of the borrower's consent.")
    report.add_argument("--staff-id", help="For whom at your house: your own id of the person.")
    report.add_argument("--staff-name", help="The person's name.")
    report.add_argument("--evidence", type=Path, help="Keep the evidence in this zip file.")
    add_submission_commands(commands, _add_session_options)
    verify = commands.add_parser("verify", help="Check kept evidence, offline.")
    verify.add_argument("evidence", type=Path, help="The zip file.")
    verify.add_argument("--keys", type=Path, help="The exchange's key set, from where you trust it.")
    _add_trust_options(verify, required=False)
    export = commands.add_parser("verify-export", help="Check a regulator's export of the log, offline.")
    export.add_argument("export", type=Path, help="The zip file.")
    export.add_argument("--keys", required=True, type=Path, help="The exchange's key set, from where you trust it.")
    _add_trust_options(export, required=True)
    looks = commands.add_parser("verify-looks", help="Check a borrower's list of who looked, offline.")
    looks.add_argument("looks", type=Path, help="The file that the exchange gave the borrower.")
    looks.add_argument("--keys", required=True, type=Path, help="The exchange's key set, from where you trust it.")
    _add_trust_options(looks, required=True)
    consent = commands.add_parser("verify-consent", help="Check a consent's receipt, offline.")
    consent.add_argument("receipt", type=Path, help="The receipt that the borrower downloaded.")
    consent.add_argument("--keys", required=True, type=Path, help="The exchange's key set, from where you trust it.")
    copy = commands.add_parser("verify-copy", help="Check that the exchange gave a borrower this copy (JSON).")
    copy.add_argument("copy", type=Path, help="The copy.")
    copy.add_argument("--signature", required=True, type=Path, help="The file with its signature.")
    copy.add_argument("--keys", required=True, type=Path, help="The exchange's key set, from where you trust it.")
    log = commands.add_parser("verify-log", help="Verify a whole log: every entry, every tile, the root.")
    log.add_argument("place", metavar="URL|DIR", help="Where the log is published, or a directory with its files.")
    log.add_argument("--since", type=Path, help="A checkpoint kept from earlier, which the log must continue.")
    _add_trust_options(log, required=True)
    return parser


def _add_session_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--issuer", required=True, help="Address of the exchange.")
    command.add_argument("--member", required=True, help="Your member id.")
    command.add_argument("--key", required=True, type=Path, help="File with your private key, as a JSON Web Key.")
    command.add_argument("--key-id", help="Its id at the exchange; the file's own kid where it has one.")


def _add_trust_options(command: argparse.ArgumentParser, required: bool) -> None:
    of_the_log = "The log's key (vkey): checks what it has signed."
    command.add_argument("--log-key", required=required, action="append", default=[], help=of_the_log)
    command.add_argument("--witness", action="append", default=[], help="A witness's key (vkey); may be repeated.")
    command.add_argument("--quorum", type=int, help="How many of the witnesses must have cosigned; all, if not given.")


def _trust(given: argparse.Namespace) -> Policy:
    """Whom the caller believes. Ends the command where the options contradict each other."""
    if given.witness and not given.log_key:
        _parser().error("--witness says nothing without --log-key")
    try:
        return Policy(given.log_key, given.witness, given.quorum)
    except ValueError as fault:
        _parser().error(str(fault))


def _session(given: argparse.Namespace) -> Session:
    key: Key = JWKRegistry.import_key(json.loads(given.key.read_text()))
    return Session(given.issuer, given.member, key, given.key_id or key.kid or key.thumbprint())


def _report(given: argparse.Namespace, session: Session) -> Any:
    id_number = sys.stdin.readline().strip()
    answer, report = session.ask_report(
        given.id_type, given.country, id_number, given.purpose, given.consent, given.staff_id, given.staff_name
    )
    if given.evidence:
        write_evidence(given.evidence, answer, _evidence_of_looks(session, answer))
        verify_evidence(given.evidence, session.keys())
    return dataclasses.asdict(report)


def _evidence_of_looks(session: Session, answer: Answer) -> list[bytes]:
    """The exchange's evidence of the answer's looks: it comes with the next checkpoint, about a second later."""
    return [_evidence_of(session, leaf) for leaf in session.verify(answer).leaves]


def _evidence_of(session: Session, leaf_hash: bytes) -> bytes:
    for _ in range(EVIDENCE_TRIES - 1):
        try:
            return session.evidence(leaf_hash)
        except Unavailable:
            time.sleep(1)
    return session.evidence(leaf_hash)


def _verify(given: argparse.Namespace) -> Any:
    keys = json.loads(given.keys.read_text()) if given.keys else None
    return {
        **dataclasses.asdict(verify_evidence(given.evidence, keys, _trust(given))),
        "checked_keys": "those given" if given.keys else "only those inside the evidence",
        "checked_log": "by the keys given" if given.log_key else "only by the key inside the evidence, if any",
    }


def _verify_export(given: argparse.Namespace) -> Any:
    return dataclasses.asdict(verify_export(given.export, json.loads(given.keys.read_text()), _trust(given)))


def _verify_looks(given: argparse.Namespace) -> Any:
    verified = verify_list(given.looks.read_bytes(), json.loads(given.keys.read_text()), _trust(given))
    return {
        "complete": True,
        "entries": len(verified.entries),
        "waiting": verified.waiting,
        "looks": [dict(look.fields) for look in verified.looks],
        "checkpoint": dataclasses.asdict(verified.checkpoint),
    }


def _verify_consent(given: argparse.Namespace) -> Any:
    return dataclasses.asdict(verify_consent(given.receipt.read_bytes(), json.loads(given.keys.read_text())))


def _verify_copy(given: argparse.Namespace) -> Any:
    content = given.copy.read_bytes()
    verify_copy(content, given.signature.read_text().strip(), json.loads(given.keys.read_text()))
    return {"given_by": json.loads(content)["issuer"], "as_of": json.loads(content)["as_of"]}


def _verify_log(given: argparse.Namespace) -> Any:
    since = given.since.read_text(errors="replace") if given.since else None
    with httpx.Client(follow_redirects=True) as http:
        is_address = given.place.startswith(("http://", "https://"))
        files = AddressFiles(given.place, http) if is_address else DirectoryFiles(Path(given.place))
        return dataclasses.asdict(verify_log(files, _trust(given), since))


_CHECKS = {"verify": _verify, "verify-log": _verify_log, "verify-looks": _verify_looks, "verify-copy": _verify_copy,
           "verify-consent": _verify_consent, "verify-export": _verify_export}  # fmt: skip
"""The commands that need no exchange."""

_ASKED = {"report": _report, **SUBMISSION_COMMANDS}
"""The commands that ask one."""


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no words for {type(value).__name__}")
