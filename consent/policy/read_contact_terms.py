"""Reads the terms of rules about contacts."""

from consent.policy.contact_terms import Standstill
from consent.read_values import Reader
from schema.vocabulary.collection import CollectionStage, ContactTarget
from schema.vocabulary.contact import Counted, Group, Per, Standstills


def hours(reader: Reader) -> None:
    """Two different times of day."""
    reader.time_of_day("quiet_from")
    reader.time_of_day("quiet_until")
    if not reader.faults and reader.read["quiet_from"] == reader.read["quiet_until"]:
        reader.faults.append(f"{reader.prefix}quiet_until: another time than quiet_from")


def rate(reader: Reader) -> None:
    """What is counted, in how many days, and how many there may be."""
    reader.member("count", Counted)
    reader.member("group", Group)
    reader.member("per", Per)
    for name in ("days", "limit"):
        reader.whole_number(name, least=1)


def standstill(reader: Reader) -> None:
    """What stands against any contact; in the pack it is called `while`."""
    reader.members("while", Standstills)
    if "while" in reader.read and not reader.read["while"]:
        reader.faults.append(f"{reader.prefix}while: at least one")


def make_standstill(**read: frozenset[Standstills]) -> Standstill:
    """The terms under their own name: `while` is a word of the language."""
    return Standstill(read["while"])


def targets(reader: Reader) -> None:
    """Who is protected, and from when they may be contacted."""
    reader.members("targets", ContactTarget)
    reader.whole_number("failures_in_a_row", least=1, may_be_none=True)
    reader.truth("refusal_is_final")
    if "targets" in reader.read and not reader.read["targets"]:
        reader.faults.append(f"{reader.prefix}targets: at least one")


def stage_order(reader: Reader) -> None:
    """A stage, the one that it comes after, and the day that it may begin."""
    reader.member("stage", CollectionStage)
    reader.member("after", CollectionStage, may_be_none=True)
    reader.whole_number("days_past_due_min")
    if not reader.faults and reader.read["after"] is None and not reader.read["days_past_due_min"]:
        reader.faults.append(f"{reader.prefix}after: an earlier stage, or days_past_due_min")
