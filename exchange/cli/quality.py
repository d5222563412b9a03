"""Measuring members' data."""

from dataclasses import asdict

import click

from exchange.cli.shared import OPERATOR, clear_errors, json_option, running_services, tell
from exchange.journeys.measure_quality import measure_quality


@click.command(name="quality")
@json_option
@clear_errors
def quality_command(as_json: bool) -> None:
    """Measure every lender's data and its reciprocity, as is done once a day."""
    with running_services() as services:
        measured = measure_quality(services, OPERATOR)
    for each in measured:
        found = each.quality
        level = each.level.value if each.level else "not measured yet"
        shares = (found.completeness, found.timeliness, found.consistency, found.dispute_rate, found.upheld_share)
        words = " ".join(f"{'-' if share is None else format(share, '.1%'):>7}" for share in shares)
        index = "-" if found.index is None else f"{found.index:.1f}"
        tell(as_json, asdict(each), f"{each.member_id:24} {index:>6} {words}  agreed {each.agreed}, {level}")
