"""Setting up, the long-running processes, and the demonstration."""

import logging
from pathlib import Path

import click

from exchange.cli.shared import FILE, clear_errors
from exchange.demonstration.run import run_demonstration
from exchange.serving import intake, integrate, serve, set_up
from exchange.settings import read_settings


@click.command()
@click.option("--web-role", help="Database role of the web workers; give it its rights.")
@click.option("--integrator-role", help="Database role of the integrator; give it its rights.")
@clear_errors
def setup(web_role: str | None, integrator_role: str | None) -> None:
    """Bring the tables up to date and make missing key files."""
    if bool(web_role) != bool(integrator_role):
        raise click.UsageError("Name both roles, or neither.")
    settings = read_settings()
    set_up(settings, (web_role, integrator_role) if web_role and integrator_role else None)
    click.echo(f"Ready. Keys are in {settings.keys}; keep a copy of them apart from the database.")


@click.command(name="serve")
@clear_errors
def serve_command() -> None:
    """Run the web workers until Ctrl-C."""
    serve(read_settings())


@click.command(name="integrate")
@clear_errors
def integrate_command() -> None:
    """Run the log's integrator until Ctrl-C. One works; others stand by."""
    integrate(read_settings())


@click.command(name="intake")
@clear_errors
def intake_command() -> None:
    """Work the files that members hand in, until Ctrl-C. Needs the spool directory of the web workers."""
    intake(read_settings())


@click.command()
@click.option("--once", is_flag=True, help="End after the main job.")
@click.option("--data", type=FILE, help="Load this real file instead.")
@clear_errors
def demo(once: bool, data: Path | None) -> None:
    """DEMONSTRATION: start everything on this machine, walk the main job, serve until Ctrl-C."""
    logging.getLogger().setLevel(logging.WARNING)
    run_demonstration(read_settings(), data, once, click.echo)
