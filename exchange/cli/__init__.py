"""The operator's command line. Every act that changes members, records or consents leaves an entry in the log."""

import click

from exchange.cli.authorities import ground, representative
from exchange.cli.clocks import clocks_command
from exchange.cli.complaints import complaint
from exchange.cli.consents import consent
from exchange.cli.deliveries import deliver_command
from exchange.cli.documents import document
from exchange.cli.erasure import erase
from exchange.cli.exports import export_records_command
from exchange.cli.log import log_commands
from exchange.cli.mandates import mandate
from exchange.cli.mappings import mapping
from exchange.cli.members import key_commands, member
from exchange.cli.officers import officer
from exchange.cli.packs import pack_group
from exchange.cli.processes import demo, intake_command, integrate_command, serve_command, setup
from exchange.cli.quality import quality_command
from exchange.cli.records import import_command
from exchange.cli.replay import replay_command
from exchange.cli.retention import retain_command
from exchange.cli.subjects import subject
from exchange.cli.submissions import submission_command, submissions_command
from exchange.cli.witness import witness_command
from exchange.serving import log_to_stderr


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openbureau")
def main() -> None:
    """OpenBureau: a shared credit-information exchange."""
    log_to_stderr()


for group in (
    member, key_commands, document, consent, ground, representative, officer, log_commands, mapping, mandate, subject,
    pack_group, complaint, erase,
):  # fmt: skip
    main.add_command(group)
for command in (
    setup, serve_command, integrate_command, intake_command, deliver_command, demo, import_command, submissions_command,
    submission_command, export_records_command, quality_command, retain_command, witness_command, clocks_command,
):  # fmt: skip
    main.add_command(command)
pack_group.add_command(replay_command)
