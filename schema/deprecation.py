"""Deprecations: what ends says what to use instead and on which day it ends, three months ahead or more."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

REASON = re.compile(r"(?:.*\. )?Use `[^`]+`[^.]*\. Ends (?P<ends>\d{4}-\d{2}-\d{2})\.", re.DOTALL)
"""How a reason ends: "Use `other`. Ends 2027-03-01.". What it begins with is free."""

NOTICE_MONTHS_MIN = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the contract that may be deprecated. `place` is its schema coordinate, `owner` that of what has it.

    `leads_to` is the type of its values; `when_removed` is how graphql-core tells that the part is there no more.
    """

    owner: str
    place: str
    leads_to: str
    reason: str | None
    when_removed: str

    @property
    def ends(self) -> date | None:
        """The day on which it ends; None where it is not deprecated, or its reason names no day."""
        said = REASON.fullmatch(self.reason or "")
        return date.fromisoformat(said["ends"]) if said else None


def parts_of(contract: GraphQLSchema) -> Iterator[Part]:
    """Every field, argument, input field and enum value, and every interface of a type."""
    for name, type_ in contract.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLEnumType):
            for value, item in type_.values.items():
                gone = f"{value} was removed from enum type {name}."
                yield Part(name, f"{name}.{value}", name, item.deprecation_reason, gone)
        elif isinstance(type_, GraphQLInputObjectType):
            for field, item_ in type_.fields.items():
                yield _part(name, f"{name}.{field}", item_, f"{name}.{field} was removed.")
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield from _parts_of_output(name, type_)


def announced(contract: GraphQLSchema, day: date, before: Mapping[str, date]) -> dict[str, date]:
    """Since when each deprecated place is so: `before` as earlier releases announced it, or this release's day."""
    return {part.place: before.get(part.place, day) for part in parts_of(contract) if part.reason is not None}


def not_announced_in_time(contract: GraphQLSchema, since: Mapping[str, date]) -> list[str]:
    """What is wrong with the deprecations of a contract, each announced on a day: a sentence each."""
    earliest = {place: months_after(day, NOTICE_MONTHS_MIN) for place, day in since.items()}
    return [
        f"{part.place} is deprecated: say 'Use `...`. Ends <day>.', and the day {earliest[part.place]} or later."
        for part in parts_of(contract)
        if part.reason is not None and (part.ends is None or part.ends < earliest[part.place])
    ]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _parts_of_output(name: str, type_: GraphQLObjectType | GraphQLInterfaceType) -> Iterator[Part]:
    for interface in type_.interfaces:
        yield Part(name, f"{name} implements {interface.name}", interface.name, None, "")
    for field, item in type_.fields.items():
        yield _part(name, f"{name}.{field}", item, f"{name}.{field} was removed.")
        for argument, given in item.args.items():
            gone = f"{name}.{field} arg {argument} was removed."
            yield _part(f"{name}.{field}", f"{name}.{field}({argument}:)", given, gone)


def _part(owner: str, place: str, item: Any, gone: str) -> Part:
    return Part(owner, place, get_named_type(item.type).name, item.deprecation_reason, gone)
