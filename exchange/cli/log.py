"""The transparency log: verifying and exporting it, and what to do where its database is lost for good."""

import click

from exchange.cli.log_files import export_command, verify_command
from exchange.cli.shared import OPERATOR, clear_errors, json_option, running_services, tell
from exchange.journeys.succeed_log import log_succession, read_earlier
from exchange.key_files import log_guard, succeed_log_keys


@click.group(name="log")
def log_commands() -> None:
    """The transparency log: verify it, export it, or let a new one succeed it."""


@log_commands.command()
@click.option("--reason", required=True, help="Why the log goes on under a new name; regulators will read it.")
@json_option
@clear_errors
def succeed(reason: str, as_json: bool) -> None:
    """Go on under a new OPENBUREAU_LOG_ORIGIN, where the newer database is gone for good. Stop all integrators first.

    May be run again where it was interrupted.
    """
    if not reason.strip():
        raise click.UsageError("Say why.")
    with running_services() as services:
        guard = log_guard(services.settings)
        earlier = read_earlier(services, guard)
        leaves_left = log_succession(services, earlier, reason.strip(), OPERATOR)
        kept = succeed_log_keys(services.settings, earlier.origin, guard.number_of_next(), services.clock.now())
        # Last, for good: from here on nothing can be signed under the earlier origin.
        guard.succeed(services.settings.log_origin)
        origin = services.settings.log_origin
    told = {"origin": origin, "leaves_left": leaves_left, "earlier": earlier.origin, "earlier_leaves": earlier.size}
    lost = earlier.size - leaves_left
    sentence = (
        f"{origin} succeeds {earlier.origin}, of which {leaves_left:,} leaves are left and {max(0, lost):,} are lost. "
        f"Publish log.vkey, and say why. The earlier key for verifiers is in {kept.name}. Start all processes again."
    )
    tell(as_json, told | {"earlier_vkey": str(kept)}, sentence)


log_commands.add_command(verify_command)
log_commands.add_command(export_command)
