"""Members and the keys of the exchange."""

from typing import Any

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, one_of, running_services, tell
from exchange.clock import SystemClock
from exchange.handover import Member
from exchange.identity.member_keys import check_jwks
from exchange.identity.redirect_uri import check_redirect_uris
from exchange.journeys.manage_members import (
    change_member_budget,
    change_member_status,
    register_member,
    replace_member_keys,
)
from exchange.journeys.rotate_keys import rotate_token_key
from exchange.key_files import open_token_keys, token_keys
from exchange.settings import read_settings
from exchange.store.budgets import POINTS_MAX
from exchange.store.member_register import SqlMemberRegister
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.scope import Scope


@click.group()
def member() -> None:
    """Members: add, list, suspend, readmit, remove, replace keys, change budgets."""


@member.command()
@click.argument("member_id")
@click.option("--name", required=True, help="Name of the member.")
@click.option("--class", "member_class", required=True, type=one_of(MemberClass))
@click.option("--licence", required=True, help="Number of its licence.")
@click.option("--level", default=ContributionLevel.FULL.value, type=one_of(ContributionLevel), show_default=True)
@click.option("--scope", "scopes", multiple=True, required=True, type=one_of(Scope), help="May be given repeatedly.")
@click.option("--jwks", required=True, type=click.File("rb"), help="File with its public JSON Web Key Set.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where browsers may be sent back to. Repeatable.")
@click.option("--contact", default="", help="How a borrower reaches the member.")
@json_option
@clear_errors
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
    with running_services() as services:
        register_member(services, new, OPERATOR)
    tell(as_json, {"member_id": member_id}, f"{member_id} is registered.")


@member.command(name="list")
@json_option
@clear_errors
def list_members(as_json: bool) -> None:
    """List the members."""
    with running_services() as services:
        members = SqlMemberRegister(services.engine).list()
    for found in members:
        shown = {"member_id": found.member_id, "name": found.name, "class": found.member_class, "status": found.status}
        tell(as_json, shown, f"{found.member_id:24} {found.member_class:18} {found.status:10} {found.name}")


def _status_command(name: str, status: MemberStatus, sentence: str) -> None:
    @member.command(name=name, help=sentence)
    @click.argument("member_id")
    @clear_errors
    def change(member_id: str) -> None:
        with running_services() as services:
            change_member_status(services, member_id, status, OPERATOR)
        click.echo(f"{member_id} is now {status.value}.")


_status_command("suspend", MemberStatus.SUSPENDED, "Suspend a member; holds from its next request.")
_status_command("readmit", MemberStatus.ACTIVE, "Make a member active again.")
_status_command("remove", MemberStatus.REMOVED, "Remove a member; what it contributed stays.")


@member.command()
@click.argument("member_id")
@click.option("--jwks", required=True, type=click.File("rb"), help="File with its new public JSON Web Key Set.")
@clear_errors
def keys(member_id: str, jwks: Any) -> None:
    """Replace a member's public keys."""
    checked = check_jwks(jwks.read())
    with running_services() as services:
        replace_member_keys(services, member_id, checked, OPERATOR)
    click.echo(f"{member_id} has new keys.")


def _points(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """A number of points; None for the usual number."""
    return None if value == "default" else click.IntRange(1, POINTS_MAX).convert(value, parameter, context)


@member.command()
@click.argument("member_id")
@click.argument("points", metavar="POINTS|default", callback=_points)
@clear_errors
def budget(member_id: str, points: int | None) -> None:
    """Let a member spend so many points in each window; `default`: as many as everybody. Holds within seconds."""
    with running_services() as services:
        change_member_budget(services, member_id, points, OPERATOR)
    click.echo(f"{member_id} has {points or 'the usual number of'} points in a window.")


@click.group(name="keys")
def key_commands() -> None:
    """The exchange's own keys: make the next one that signs access tokens."""


@key_commands.command(name="rotate-token")
@json_option
@clear_errors
def rotate_token(as_json: bool) -> None:
    """Make the next key that signs access tokens, and remove those that count no longer. No restart is needed."""
    settings = read_settings()
    with running_services() as services:
        key_id = rotate_token_key(services, token_keys(settings), OPERATOR)
    open_token_keys(settings, SystemClock()).clear_away()
    lead_seconds = settings.token_key_lead_seconds
    tell(as_json, {"key": key_id}, f"The key {key_id} is published, and signs from {lead_seconds} seconds from now.")
