"""A member keeps mappings of its own columns under names, for its submissions."""

from dataclasses import dataclass
from datetime import datetime
from re import fullmatch

from exchange.errors import FileNotReadable
from exchange.intake.mapping import read_mapping
from exchange.journeys.services import Services
from exchange.store import submission_views

NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
TOML_CHARACTERS_MAX = 32_768
MAPPINGS_MAX = 100

WrongArgument = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class KeptMapping:
    """A mapping under its name."""

    name: str
    toml: str
    kept_at: datetime


def mappings_of(services: Services, member_id: str) -> list[KeptMapping]:
    """A member's mappings, by name. Raises Unavailable."""
    with services.connection() as connection:
        rows = submission_views.list_mappings(connection, member_id)
    return [KeptMapping(row.name, row.toml, row.kept_at) for row in rows]


def keep_mapping(services: Services, member_id: str, name: str, toml: str) -> tuple[WrongArgument, ...]:
    """Keeps a mapping in the place of an earlier one of its name. Returns what is wrong; empty: it was kept.

    Submissions that were made before keep the mapping that they were made with. Raises Unavailable.
    """
    wrong = [*_name_faults(name), *_toml_faults(toml)]
    if wrong:
        return tuple(wrong)
    with services.transaction() as connection:
        kept = {each.name for each in submission_views.list_mappings(connection, member_id)}
        if name not in kept and len(kept) >= MAPPINGS_MAX:
            return (("name", "TOO_MANY_MAPPINGS", f"{MAPPINGS_MAX} mappings are kept already: keep one of them anew."),)
        submission_views.keep_mapping(connection, member_id, name, toml, services.clock.now())
    return ()


def _name_faults(name: str) -> list[WrongArgument]:
    if fullmatch(NAME, name):
        return []
    said = "A name has 1 to 63 of a-z, 0-9, dot, hyphen and underline, and begins with a letter or digit."
    return [("name", "MAPPING_NAME_NOT_VALID", said)]


def _toml_faults(toml: str) -> list[WrongArgument]:
    if len(toml) > TOML_CHARACTERS_MAX:
        return [("toml", "MAPPING_TOO_LONG", f"A mapping has at most {TOML_CHARACTERS_MAX:,} characters.")]
    try:
        read_mapping(toml)
    except FileNotReadable as fault:
        return [("toml", "MAPPING_NOT_VALID", fault.sentence)]
    return []
