"""The operator's command line. Every act that changes members, records or consents leaves an entry in the log."""

import hashlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from consent.artefact import ArtefactNotValid, Fetch, Frequency, FrequencyUnit
from consent.lifecycle import ConsentState
from consent.question import GroundKind
from exchange.app import make_services
from exchange.clock import SystemClock
from exchange.demonstration.run import run_demonstration
from exchange.errors import ExchangeError
from exchange.handover import Member
from exchange.identity.member_keys import check_jwks
from exchange.identity.redirect_uri import check_redirect_uris
from exchange.intake.reading import FileFormat, Reading
from exchange.journeys.find_borrower import Document
from exchange.journeys.lawful_grounds import OrderedLook, end_recorded_ground, record_ground
from exchange.journeys.manage_consent import WrittenConsent, give_consent, move_consent
from exchange.journeys.manage_members import change_member_status, register_member, replace_member_keys
from exchange.journeys.representatives import add_representative, end_representative
from exchange.journeys.rotate_keys import rotate_token_key
from exchange.journeys.services import Services
from exchange.journeys.submission import DEFAULT_BASIS, SubmissionOrder, SubmissionOutcome
from exchange.journeys.submit_batch import submit_file
from exchange.key_files import open_token_keys, token_keys
from exchange.serving import integrate, log_to_stderr, serve, set_up
from exchange.settings import read_settings
from exchange.store.engine import open_store
from exchange.store.member_register import SqlMemberRegister
from exchange.vault.secret_file import SecretFileNotSafe
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.representative import RepresentativeKind
from schema.vocabulary.scope import FieldClass, Scope

OPERATOR = "operator"
FAULTS_PRINTED = 20
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _clear_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """What goes wrong is told in a sentence, with its code and exit status 1."""

    @wraps(command)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ExchangeError as error:
            raise click.ClickException(f"{error.sentence} [{error.stable_code}]") from None
        except (ArtefactNotValid, SecretFileNotSafe) as error:
            raise click.ClickException(str(error)) from None

    return told


@contextmanager
def _services() -> Iterator[Services]:
    settings = read_settings()
    with open_store(settings) as engine:
        yield make_services(settings, engine, SystemClock())


def _words(kind: Any) -> click.Choice[str]:
    return click.Choice([word.value for word in kind], case_sensitive=False)


def _tell(as_json: bool, values: dict[str, Any], sentence: str) -> None:
    click.echo(orjson.dumps(values, default=str).decode() if as_json else sentence)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openbureau")
def main() -> None:
    """OpenBureau: a shared credit-information exchange."""
    log_to_stderr()


@main.command()
@click.option("--web-role", help="Database role of the web workers; give it its rights.")
@click.option("--integrator-role", help="Database role of the integrator; give it its rights.")
@_clear_errors
def setup(web_role: str | None, integrator_role: str | None) -> None:
    """Bring the tables up to date and make missing key files."""
    if bool(web_role) != bool(integrator_role):
        raise click.UsageError("Name both roles, or neither.")
    settings = read_settings()
    set_up(settings, (web_role, integrator_role) if web_role and integrator_role else None)
    click.echo(f"Ready. Keys are in {settings.keys}; keep a copy of them apart from the database.")


@main.command(name="serve")
@_clear_errors
def serve_command() -> None:
    """Run the web workers until Ctrl-C."""
    serve(read_settings())


@main.command(name="integrate")
@_clear_errors
def integrate_command() -> None:
    """Run the log's integrator until Ctrl-C. One works; others stand by."""
    integrate(read_settings())


@main.command()
@click.option("--once", is_flag=True, help="End after the main job.")
@click.option("--data", type=FILE, help="Load this real file instead.")
@_clear_errors
def demo(once: bool, data: Path | None) -> None:
    """DEMONSTRATION: start everything on this machine, walk the main job, serve until Ctrl-C."""
    logging.getLogger().setLevel(logging.WARNING)
    run_demonstration(read_settings(), data, once, click.echo)


@main.group()
def member() -> None:
    """Members: add, list, suspend, readmit, remove, replace keys."""


@member.command()
@click.argument("member_id")
@click.option("--name", required=True, help="Name of the member.")
@click.option("--class", "member_class", required=True, type=_words(MemberClass))
@click.option("--licence", required=True, help="Number of its licence.")
@click.option("--level", default=ContributionLevel.FULL.value, type=_words(ContributionLevel), show_default=True)
@click.option("--scope", "scopes", multiple=True, required=True, type=_words(Scope), help="May be given repeatedly.")
@click.option("--jwks", required=True, type=click.File("rb"), help="File with its public JSON Web Key Set.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where browsers may be sent back to. Repeatable.")
@click.option("--contact", default="", help="How a borrower reaches the member.")
@json_option
@_clear_errors
def add(
    member_id: str, name: str, member_class: str, licence: str, level: str, scopes: tuple[str, ...], jwks: Any,
    redirect_uris: tuple[str, ...], contact: str, as_json: bool,
) -> None:  # fmt: skip
    """Register a member with its public keys."""
    new = Member(
        member_id=member_id,
        name=name,
        member_class=MemberClass(member_class),
        licence=licence,
        status=MemberStatus.ACTIVE,
        contribution_level=ContributionLevel(level),
        scopes=frozenset(map(Scope, scopes)),
        jwks=check_jwks(jwks.read()),
        redirect_uris=check_redirect_uris(redirect_uris),
        contact=contact,
    )
    with _services() as services:
        register_member(services, new, OPERATOR)
    _tell(as_json, {"member_id": member_id}, f"{member_id} is registered.")


@member.command(name="list")
@json_option
@_clear_errors
def list_members(as_json: bool) -> None:
    """List the members."""
    with _services() as services:
        members = SqlMemberRegister(services.engine).list()
    for found in members:
        shown = {"member_id": found.member_id, "name": found.name, "class": found.member_class, "status": found.status}
        _tell(as_json, shown, f"{found.member_id:24} {found.member_class:18} {found.status:10} {found.name}")


def _status_command(name: str, status: MemberStatus, sentence: str) -> None:
    @member.command(name=name, help=sentence)
    @click.argument("member_id")
    @_clear_errors
    def change(member_id: str) -> None:
        with _services() as services:
            change_member_status(services, member_id, status, OPERATOR)
        click.echo(f"{member_id} is now {status.value}.")


_status_command("suspend", MemberStatus.SUSPENDED, "Suspend a member; holds from its next request.")
_status_command("readmit", MemberStatus.ACTIVE, "Make a member active again.")
_status_command("remove", MemberStatus.REMOVED, "Remove a member; what it contributed stays.")


@member.command()
@click.argument("member_id")
@click.option("--jwks", required=True, type=click.File("rb"), help="File with its new public JSON Web Key Set.")
@_clear_errors
def keys(member_id: str, jwks: Any) -> None:
    """Replace a member's public keys."""
    checked = check_jwks(jwks.read())
    with _services() as services:
        replace_member_keys(services, member_id, checked, OPERATOR)
    click.echo(f"{member_id} has new keys.")


@main.group(name="keys")
def key_commands() -> None:
    """The exchange's own keys: make the next one that signs access tokens."""


@key_commands.command(name="rotate-token")
@json_option
@_clear_errors
def rotate_token(as_json: bool) -> None:
    """Make the next key that signs access tokens, and remove those that count no longer. No restart is needed."""
    settings = read_settings()
    with _services() as services:
        key_id = rotate_token_key(services, token_keys(settings), OPERATOR)
    open_token_keys(settings, SystemClock()).clear_away()
    lead_seconds = settings.token_key_lead_seconds
    _tell(as_json, {"key": key_id}, f"The key {key_id} is published, and signs from {lead_seconds} seconds from now.")


@main.command(name="import")
@click.argument("file", type=FILE)
@click.option("--member", "member_id", required=True, help="The member that contributes the file.")
@click.option("--format", "file_format", required=True, type=_words(FileFormat))
@click.option("--mapping", type=FILE, help="TOML, for MAPPED_CSV.")
@click.option("--newest-month", type=click.DateTime(["%Y-%m"]), help="The month that MONTHLY_STATUS calls 0.")
@click.option("--basis", default=DEFAULT_BASIS, show_default=True, help="Consent or rule that the records rest on.")
@click.option("--all-or-nothing", is_flag=True, help="Apply nothing if any record is faulty.")
@click.option(
    "--synthesise-identities",
    is_flag=True,
    help="Give records without a borrower a made-up one, marked so. For samples whose identities were removed.",
)
@click.option("--identity-seed", default="openbureau", show_default=True, help="Seed of made-up identities.")
@json_option
@_clear_errors
def import_command(
    file: Path, member_id: str, file_format: str, mapping: Path | None, newest_month: datetime | None, basis: str,
    all_or_nothing: bool, synthesise_identities: bool, identity_seed: str, as_json: bool,
) -> None:  # fmt: skip
    """Import a file of records: Metro 2, monthly status, or CSV with a mapping; plain or gzip."""
    reading = Reading(
        FileFormat(file_format),
        newest_month=newest_month.date() if newest_month else None,
        mapping=mapping.read_text(encoding="utf-8") if mapping else "",
        synthesise_identities=synthesise_identities,
        identity_seed=identity_seed,
    )
    order = SubmissionOrder(member_id, reading, basis, all_or_nothing)
    with _services() as services, _progress(file) as progress:
        outcome = submit_file(services, file, order, progress)
    _tell_outcome(as_json, outcome)
    sys.exit(0 if outcome.state != "REFUSED" else 1)


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None]]:
    columns = (BarColumn(), DownloadColumn(), TextColumn("{task.fields[records]:,} records"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("import", total=file.stat().st_size, records=0)
        yield lambda records, size: bar.update(task, completed=size, records=records)


def _tell_outcome(as_json: bool, outcome: SubmissionOutcome) -> None:
    if as_json:
        click.echo(orjson.dumps(asdict(outcome), default=str))
        return
    click.echo(
        f"{outcome.state}: {outcome.read:,} records read, {outcome.applied:,} applied, "
        f"{outcome.unchanged:,} unchanged, {outcome.faulty:,} faulty, in {outcome.seconds:.1f} s. "
        f"Submission {outcome.submission_id}."
    )
    for fault in outcome.faults[:FAULTS_PRINTED]:
        click.echo(f"  record {fault.record_no}, {fault.field}: {fault.sentence} [{fault.code}]")
    if outcome.faulty > FAULTS_PRINTED:
        click.echo("  ... all faults are kept with the submission.")
    for code, count in sorted(outcome.notes.items()):
        click.echo(f"  note {code}: {count:,}")


@main.group()
def consent() -> None:
    """Consents on paper: give, pause, resume, withdraw. The borrower's id number is asked for, never an argument."""


def _borrower_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--id-type", default=IdType.RESIDENT_ID.value, type=_words(IdType), show_default=True),
        click.option("--country", default="CN", show_default=True, help="Issuer of the document."),
        click.option("--id-number", prompt="Id number of the borrower", hide_input=True, envvar="OPENBUREAU_ID_NUMBER"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@consent.command()
@_borrower_options
@click.option("--recipient", required=True, help="The one member that may look.")
@click.option("--purpose", required=True, type=_words(Purpose))
@click.option("--field", "fields", multiple=True, required=True, type=_words(FieldClass), help="Repeatable.")
@click.option("--document", required=True, type=click.File("rb"), help="Scan of what the borrower signed.")
@click.option("--notice", required=True, type=click.File("rb"), help="The notice that the borrower was shown.")
@click.option("--notice-language", default="zh-Hans", show_default=True)
@click.option("--days", default=90, show_default=True, help="How long the consent lasts.")
@click.option("--once", is_flag=True, help="For a single look.")
@click.option("--per-month", type=int, help="Most looks in a month.")
@click.option("--data-from", type=click.DateTime(["%Y-%m-%d"]), help="Earliest month of history to be shown.")
@click.option("--warned", is_flag=True, help="The document states the consequences (art. 14; PIPL 30).")
@json_option
@_clear_errors
def give(
    id_type: str, country: str, id_number: str, recipient: str, purpose: str, fields: tuple[str, ...], document: Any,
    notice: Any, notice_language: str, days: int, once: bool, per_month: int | None, data_from: datetime | None,
    warned: bool, as_json: bool,
) -> None:  # fmt: skip
    """Record a consent that a borrower gave in writing."""
    now = datetime.now(UTC).replace(microsecond=0)
    written = WrittenConsent(
        recipient=recipient,
        purpose=Purpose(purpose),
        field_classes=frozenset(map(FieldClass, fields)),
        data_from=data_from.date() if data_from else date(now.year - 5, now.month, 1),
        starts_at=now,
        expires_at=now + timedelta(days=days),
        fetch=Fetch.ONCE if once else Fetch.PERIODIC,
        frequency=Frequency(per_month, FrequencyUnit.MONTH) if per_month else None,
        sensitive_warning_shown=warned,
        article_14_warning_shown=warned,
        notice_language=notice_language,
        notice_digest=hashlib.sha256(notice.read()).hexdigest(),
        document_digest=hashlib.sha256(document.read()).hexdigest(),
    )
    with _services() as services:
        consent_id = give_consent(services, Document(IdType(id_type), country, id_number), written, OPERATOR)
    _tell(as_json, {"consent_id": consent_id}, f"Consent {consent_id} is active for {days} days.")


def _move_command(name: str, to: ConsentState, sentence: str) -> None:
    @consent.command(name=name, help=sentence)
    @click.argument("consent_id", type=click.UUID)
    @_borrower_options
    @_clear_errors
    def change(consent_id: UUID, id_type: str, country: str, id_number: str) -> None:
        with _services() as services:
            move_consent(services, Document(IdType(id_type), country, id_number), consent_id, to, OPERATOR)
        click.echo(f"Consent {consent_id} is now {to.value}.")


_move_command("pause", ConsentState.PAUSED, "Pause a consent at the borrower's written request.")
_move_command("resume", ConsentState.ACTIVE, "Resume a paused consent at the borrower's written request.")
_move_command("withdraw", ConsentState.REVOKED, "Withdraw a consent at the borrower's written request.")


@main.group()
def ground() -> None:
    """Lawful grounds for a look without consent: record, end. The borrower sees them in their own log."""


@ground.command(name="add")
@_borrower_options
@click.option("--kind", required=True, type=_words(GroundKind))
@click.option("--reference", required=True, help="Number of the case or file; the borrower sees it.")
@click.option("--recipient", required=True, help="The one member that may look.")
@click.option("--purpose", required=True, type=_words(Purpose))
@click.option("--field", "fields", multiple=True, required=True, type=_words(FieldClass), help="Repeatable.")
@click.option("--document", required=True, type=click.File("rb"), help="Scan of the order.")
@click.option("--days", default=30, show_default=True, help="How long the ground lasts.")
@json_option
@_clear_errors
def add_ground(
    id_type: str, country: str, id_number: str, kind: str, reference: str, recipient: str, purpose: str,
    fields: tuple[str, ...], document: Any, days: int, as_json: bool,
) -> None:  # fmt: skip
    """Record a court's order or a duty under which a member may look."""
    ordered = OrderedLook(
        kind=GroundKind(kind),
        reference=reference,
        recipient=recipient,
        purpose=Purpose(purpose),
        field_classes=frozenset(map(FieldClass, fields)),
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=days),
        document_digest=hashlib.sha256(document.read()).digest(),
    )
    with _services() as services:
        ground_id = record_ground(services, Document(IdType(id_type), country, id_number), ordered, OPERATOR)
    _tell(as_json, {"ground_id": ground_id}, f"Ground {ground_id} stands for {days} days.")


@ground.command(name="end")
@click.argument("ground_id", type=click.UUID)
@_borrower_options
@_clear_errors
def end_ground(ground_id: UUID, id_type: str, country: str, id_number: str) -> None:
    """End a lawful ground before its time."""
    with _services() as services:
        end_recorded_ground(services, Document(IdType(id_type), country, id_number), ground_id, OPERATOR)
    click.echo(f"Ground {ground_id} has ended.")


@main.group()
def representative() -> None:
    """Delegates and guardians: let somebody act for a borrower, and end that. Both must be known borrowers."""


def _representative_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--acting-id-type", default=IdType.RESIDENT_ID.value, type=_words(IdType), show_default=True),
        click.option("--acting-country", default="CN", show_default=True),
        click.option("--acting-id-number", prompt="Id number of who acts for them", hide_input=True,
                     envvar="OPENBUREAU_ACTING_ID_NUMBER"),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return _borrower_options(command)


@representative.command(name="add")
@_representative_options
@click.option("--kind", required=True, type=_words(RepresentativeKind))
@click.option("--document", required=True, type=click.File("rb"), help="Scan of what says so.")
@click.option("--days", default=365, show_default=True, help="How long it holds.")
@_clear_errors
def add_representative_command(
    id_type: str, country: str, id_number: str, acting_id_type: str, acting_country: str, acting_id_number: str,
    kind: str, document: Any, days: int,
) -> None:  # fmt: skip
    """Let somebody act for a borrower, under their own sign-in."""
    subject = Document(IdType(id_type), country, id_number)
    acting = Document(IdType(acting_id_type), acting_country, acting_id_number)
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    digest = hashlib.sha256(document.read()).digest()
    with _services() as services:
        add_representative(services, subject, acting, RepresentativeKind(kind), digest, ends_at, OPERATOR)
    click.echo(f"They may act for the borrower for {days} days.")


@representative.command(name="end")
@_representative_options
@_clear_errors
def end_representative_command(
    id_type: str, country: str, id_number: str, acting_id_type: str, acting_country: str, acting_id_number: str
) -> None:
    """End what lets somebody act for a borrower."""
    subject = Document(IdType(id_type), country, id_number)
    acting = Document(IdType(acting_id_type), acting_country, acting_id_number)
    with _services() as services:
        end_representative(services, subject, acting, OPERATOR)
    click.echo("They may no longer act for the borrower.")


if __name__ == "__main__":
    main()
