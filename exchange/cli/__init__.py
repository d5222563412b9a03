"""The operator's command line. Every act that changes members, records or consents leaves an entry in the log."""

import click

from exchange.cli.authorities import ground, representative
from exchange.cli.consents import consent
from exchange.cli.log import log_commands
from exchange.cli.members import key_commands, member
from exchange.cli.officers import officer
from exchange.cli.processes import demo, integrate_command, serve_command, setup
from exchange.cli.records import import_command
from exchange.cli.witness import witness_command
from exchange.serving import log_to_stderr


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openbureau")
def main() -> None:
    """OpenBureau: a shared credit-information exchange."""
    log_to_stderr()


for group in (member, key_commands, consent, ground, representative, officer, log_commands):
    main.add_command(group)
for command in (setup, serve_command, integrate_command, demo, import_command, witness_command):
    main.add_command(command)
