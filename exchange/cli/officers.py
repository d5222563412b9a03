"""Officers: the people of an authority who audit the log, and the staff of the other members."""

from uuid import UUID

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, one_of, running_services, tell
from exchange.journeys.officers import (
    OFFICER_SCOPES,
    STAFF_SCOPES,
    Invitation,
    add_officer,
    end_officer,
    invite_again,
    list_officers,
)
from exchange.store.officers import KnownOfficer
from schema.vocabulary.scope import Scope


@click.group()
def officer() -> None:
    """Officers of an authority (they sign in at /audit) and members' staff (at /member): add, list, invite, end."""


@officer.command()
@click.argument("member")
@click.option("--name", required=True, help="Name of the officer.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=one_of(sorted(OFFICER_SCOPES | STAFF_SCOPES)),
    help="What they may do; for an authority audit:read, audit:open or both.",
)  # fmt: skip
@json_option
@clear_errors
def add(member: str, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Add an officer of an authority, or one of a member's staff.

    Prints a code, this once, with which they make their first passkey.
    """
    with running_services() as services:
        invitation = add_officer(services, member, name, frozenset(map(Scope, scopes)), OPERATOR)
    _tell_code(as_json, invitation)


@officer.command(name="list")
@click.argument("authority", required=False)
@json_option
@clear_errors
def list_all(authority: str | None, as_json: bool) -> None:
    """List the officers, or those of one authority."""
    with running_services() as services:
        officers = list_officers(services, authority)
    for found in officers:
        state, scopes = _state(found), sorted(found.scopes)
        shown = {"officer_id": found.officer_id, "authority": found.authority, "name": found.name, "scopes": scopes}
        shown |= {"state": state, "passkeys": found.passkeys, "invitation_ends_at": found.invitation_ends_at}
        tell(as_json, shown, f"{found.officer_id} {found.authority:16} {state:10} {' '.join(scopes):22} {found.name}")


@officer.command()
@click.argument("officer_id", type=click.UUID)
@json_option
@clear_errors
def invite(officer_id: UUID, as_json: bool) -> None:
    """Invite an officer again; their earlier codes, passkeys and sessions end."""
    with running_services() as services:
        invitation = invite_again(services, officer_id, OPERATOR)
    _tell_code(as_json, invitation)


@officer.command()
@click.argument("officer_id", type=click.UUID)
@json_option
@clear_errors
def end(officer_id: UUID, as_json: bool) -> None:
    """End an officer for good; their sessions end at once."""
    with running_services() as services:
        end_officer(services, officer_id, OPERATOR)
    tell(as_json, {"officer_id": officer_id}, f"Officer {officer_id} has ended.")


def _state(found: KnownOfficer) -> str:
    if found.ended_at:
        return "ENDED"
    if not found.admitted:
        return "SUSPENDED"
    return "ACTIVE" if found.passkeys else "INVITED"


def _tell_code(as_json: bool, invitation: Invitation) -> None:
    told = {"officer_id": invitation.officer_id, "code": invitation.code, "ends_at": invitation.ends_at}
    lines = (
        f"Officer {invitation.officer_id}",
        f"Code    {invitation.code}",
        f"It is shown this once, works once, and ends at {invitation.ends_at:%Y-%m-%d %H:%M} UTC.",
        "Hand it over in person. An authority's officer enters it at /audit/enrol, a member's at /member/enrol.",
    )
    tell(as_json, told, "\n".join(lines))
