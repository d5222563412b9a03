"""A changed policy pack over recorded decisions."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from consent.policy.load import PackNotValid, read_pack
from exchange.cli.shared import clear_errors, json_option, running_services, tell
from exchange.journeys.replay_decisions import Difference, Replay, replay

_DAYS = 30
_LINES = 20


@click.command(name="replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC); else 30 days ago.")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC); else today.")
@json_option
@clear_errors
def replay_command(file: Path, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """List the looks and clearances that the pack in FILE would have decided otherwise. Changes nothing."""
    try:
        changed = read_pack(file.read_text(encoding="utf-8"))
    except (PackNotValid, UnicodeDecodeError) as fault:
        raise click.UsageError(f"This pack cannot be used: {fault}") from fault
    with running_services() as services:
        today = services.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        from_time = first.replace(tzinfo=UTC) if first else today - timedelta(days=_DAYS)
        until_time = (last.replace(tzinfo=UTC) if last else today) + timedelta(days=1)
        found = replay(services, changed, from_time, until_time)
    tell(as_json, asdict(found), _sentences(found))


def _sentences(found: Replay) -> str:
    lines = [
        f"{found.changed} over what {found.pack} decided: {found.looks:,} look(s) and {found.clearances:,} "
        f"clearance(s), {found.differ:,} of them otherwise; {found.skipped:,} look(s) depend on no rule."
    ]
    lines += [_line(each) for each in found.differences[:_LINES]]
    if found.differ > _LINES:
        lines.append("  ... (--json tells up to 500)")
    if found.not_as_recorded:
        lines.append(f"{found.not_as_recorded:,} clearance(s) are not as their own pack decides them.")
    return "\n".join(lines)


def _line(each: Difference) -> str:
    words = {True: "allowed", False: "refused"}
    why = ", ".join(each.would_be.reasons)
    return (
        f"  {each.decided_at:%Y-%m-%d %H:%M} {each.kind:9} {each.member_id:16} "
        f"{words[each.was.granted]} -> {words[each.would_be.granted]} {why}".rstrip()
    )
