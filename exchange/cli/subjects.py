"""Who is who: reviews of identities, and files that are joined or divided."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from exchange.cli.shared import (
    OPERATOR,
    borrower_options,
    clear_errors,
    json_option,
    one_of,
    running_services,
    tell,
)
from exchange.journeys.find_borrower import Document
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.review_identities import (
    REVIEWS_PER_PAGE_MAX,
    Verdict,
    decide_identity_review,
    list_identity_reviews,
    show_identity_review,
)
from exchange.journeys.split_subject import Parting, split_subject
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.subject import ReviewDecision

_DAY = click.DateTime(["%Y-%m-%d"])
_evidence = click.option(
    "--evidence", required=True, type=click.File("rb"), help="Scan of what shows it; the log keeps its SHA-256."
)


@click.group()
def subject() -> None:
    """Who is who: review identities, merge two files of one person, split a file that holds two persons' records."""


@subject.command()
@click.option("--after", type=click.UUID, help="Only those behind this review.")
@click.option("--most", type=click.IntRange(1, REVIEWS_PER_PAGE_MAX), default=REVIEWS_PER_PAGE_MAX, show_default=True)
@click.option("--decided", is_flag=True, help="Those that were decided.")
@json_option
@clear_errors
def reviews(after: UUID | None, most: int, decided: bool, as_json: bool) -> None:
    """List the identities that wait for a decision, the oldest first. Names nobody."""
    with running_services() as services:
        lines = list_identity_reviews(services, after, most, decided)
    for line in lines:
        told = {name: getattr(line, name) for name in line.__slots__}
        found = f" {line.decision} by {line.decided_by}" if line.decision else ""
        tell(as_json, told, f"{line.review_id} {line.raised_at:%Y-%m-%d} {line.kind:18} {line.contributor}{found}")


@subject.command()
@click.argument("review_id", type=click.UUID)
@json_option
@clear_errors
def show(review_id: UUID, as_json: bool) -> None:
    """Show who is held and who was claimed. The borrower sees in their log that an operator looked."""
    with running_services() as services:
        view = show_identity_review(services, review_id, OPERATOR)
    held = {"names": view.held.names, "birth_date": view.held.birth_date}
    documents = [f"{each.id_type} {each.country} {each.id_number}" for each in view.claimed.documents]
    claimed = {"names": view.claimed.names, "birth_date": view.claimed.birth_date, "documents": documents}
    lines = (
        f"{view.line.kind}, raised {view.line.raised_at:%Y-%m-%d} by {view.line.contributor}",
        f"We hold:     {', '.join(view.held.names)}, born {view.held.birth_date or 'on a day unknown'}",
        f"They say:    {', '.join(view.claimed.names)}, born {view.claimed.birth_date or 'on a day not said'}",
        *(f"             {document}" for document in documents),
    )
    shown = {"review_id": review_id, "kind": view.line.kind, "contributor": view.line.contributor}
    tell(as_json, {**shown, "held": held, "claimed": claimed}, "\n".join(lines))


@subject.command()
@click.argument("review_id", type=click.UUID)
@click.option("--decision", required=True, type=one_of(ReviewDecision))
@click.option("--birth-date", type=_DAY, help="The right one, where two of the same person differ.")
@json_option
@clear_errors
def review(review_id: UUID, decision: str, birth_date: datetime | None, as_json: bool) -> None:
    """Decide a review. SAME_PERSON accepts the name, corrects the birth date, or merges the two files."""
    verdict = Verdict(ReviewDecision(decision), birth_date.date() if birth_date else None)
    with running_services() as services:
        changed = decide_identity_review(services, review_id, verdict, OPERATOR)
    sentence = f"Decided: {decision}. Changed: {', '.join(changed) or 'nothing'}."
    if verdict.decision is ReviewDecision.DIFFERENT_PERSONS:
        sentence += " If accounts of the other person are in this file, `openbureau subject split` takes them out."
    tell(as_json, {"review_id": review_id, "decision": decision, "changed": changed}, sentence)


def _other_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--other-id-type", default=IdType.PASSPORT.value, type=one_of(IdType), show_default=True),
        click.option("--other-country", default="CN", show_default=True),
        click.option("--other-id-number", prompt="Id number in the other file", hide_input=True,
                     envvar="OPENBUREAU_OTHER_ID_NUMBER"),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return borrower_options(command)


@subject.command()
@_other_options
@_evidence
@json_option
@clear_errors
def merge(
    id_type: str, country: str, id_number: str, other_id_type: str, other_country: str, other_id_number: str,
    evidence: Any, as_json: bool,
) -> None:  # fmt: skip
    """Merge the file of the other document into that of the first. Consents given in the other file end."""
    survivor = Document(IdType(id_type), country, id_number)
    other = Document(IdType(other_id_type), other_country, other_id_number)
    digest = hashlib.sha256(evidence.read()).digest()
    with running_services() as services:
        done = merge_subjects(services, survivor, other, digest, OPERATOR)
    sentence = (
        f"Merged: {done.accounts} accounts, {done.records} other records and {done.statements} statements moved, "
        f"{done.consents_ended} consents ended. Both documents lead to one file."
    )
    if done.birth_dates_differed:
        sentence += " The birth dates differed: the first file's stands."
    tell(as_json, {name: getattr(done, name) for name in done.__slots__}, sentence)


@subject.command()
@borrower_options
@click.option(
    "--moves",
    multiple=True,
    required=True,
    nargs=2,
    metavar="TYPE COUNTRY",
    help="A document of the other person; its number is asked for. Repeatable.",
)
@click.option("--name", "names", multiple=True, help="Name of the other person; asked for if not given. Repeatable.")
@click.option("--birth-date", type=_DAY, help="Of the other person.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    nargs=2,
    metavar="MEMBER REFERENCE",
    help="An account of the other person. Repeatable.",
)
@click.option(
    "--record",
    "records",
    multiple=True,
    type=click.UUID,
    help="A public record or an assessment of the other person. Repeatable.",
)
@_evidence
@json_option
@clear_errors
def split(
    id_type: str, country: str, id_number: str, moves: tuple[tuple[str, str], ...], names: tuple[str, ...],
    birth_date: datetime | None, accounts: tuple[tuple[str, str], ...], records: tuple[UUID, ...], evidence: Any,
    as_json: bool,
) -> None:  # fmt: skip
    """Split off the records of another person into a new file. All consents of the first file end."""
    parting = Parting(
        documents=tuple(_moved_document(kind, issuer) for kind, issuer in moves),
        names=names or (click.prompt("Name of the other person"),),
        accounts=accounts,
        record_keys=frozenset(records),
        birth_date=birth_date.date() if birth_date else None,
    )
    digest = hashlib.sha256(evidence.read()).digest()
    with running_services() as services:
        done = split_subject(services, Document(IdType(id_type), country, id_number), parting, digest, OPERATOR)
    sentence = (
        f"Split: {done.accounts} accounts, {done.records} other records and {done.statements} statements are in a file "
        f"of their own, {done.consents_ended} consents ended. The other person's documents lead there."
    )
    tell(as_json, {name: getattr(done, name) for name in done.__slots__}, sentence)


def _moved_document(kind: str, issuer: str) -> Document:
    if kind not in set(IdType):
        raise click.BadParameter(f"{kind} is no kind of document.", param_hint="--moves")
    return Document(IdType(kind), issuer, click.prompt(f"Id number of the other person's {kind}", hide_input=True))
