"""Holds the contract of today against the one last released: `python -m schema.compatibility`, exit 1 where it breaks.

A part that was deprecated may go once the day has come that its deprecation named. Nothing else may.
"""

import sys
from datetime import UTC, date, datetime

from graphql import (
    BreakingChangeType,
    DangerousChangeType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    is_required_argument,
    is_required_input_field,
)

from schema.contract import print_contract
from schema.deprecation import Part, parts_of
from schema.release import releases

_REFUSED = "Documents that use it are refused."
_MEANS = {
    BreakingChangeType.TYPE_REMOVED: _REFUSED,
    BreakingChangeType.TYPE_CHANGED_KIND: _REFUSED,
    BreakingChangeType.TYPE_REMOVED_FROM_UNION: _REFUSED,
    BreakingChangeType.VALUE_REMOVED_FROM_ENUM: _REFUSED,
    BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED: "Who does not give it is refused.",
    BreakingChangeType.IMPLEMENTED_INTERFACE_REMOVED: "Fragments on the interface are refused.",
    BreakingChangeType.FIELD_REMOVED: _REFUSED,
    BreakingChangeType.FIELD_CHANGED_KIND: "Clients read another kind of value than they expect.",
    BreakingChangeType.REQUIRED_ARG_ADDED: "Documents that do not give it are refused.",
    BreakingChangeType.ARG_REMOVED: "Documents that give it are refused.",
    BreakingChangeType.ARG_CHANGED_KIND: "Documents that give the old kind of value are refused.",
    BreakingChangeType.DIRECTIVE_REMOVED: _REFUSED,
    BreakingChangeType.DIRECTIVE_ARG_REMOVED: "Documents that give it are refused.",
    BreakingChangeType.REQUIRED_DIRECTIVE_ARG_ADDED: "Documents that do not give it are refused.",
    BreakingChangeType.DIRECTIVE_REPEATABLE_REMOVED: "Documents that repeat it are refused.",
    BreakingChangeType.DIRECTIVE_LOCATION_REMOVED: "Documents that use it there are refused.",
    DangerousChangeType.VALUE_ADDED_TO_ENUM: "A client that knows only the old values meets a new one.",
    DangerousChangeType.TYPE_ADDED_TO_UNION: "A client that knows only the old types meets a new one.",
    DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED: "Clients with generated types may have to be made anew.",
    DangerousChangeType.OPTIONAL_ARG_ADDED: "Clients with generated types may have to be made anew.",
    DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED: "Fragments on the interface meet one more type.",
    DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE: "Documents that leave it out are answered otherwise.",
}
"""What a change means to who relies on the old contract."""


def breaking_changes(old: GraphQLSchema, new: GraphQLSchema, today: date) -> list[str]:
    """What members may rely on under `old` and `new` does not keep, but for what ended by `today`: a sentence each."""
    ended = _ended(old, today)
    found = [change for change in find_breaking_changes(old, new) if change.description not in ended]
    return [f"{change.description} {_MEANS[change.type]}" for change in found] + _became_required(old, new)


def dangerous_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """What breaks no document and may surprise a client: a sentence each."""
    return [f"{change.description} {_MEANS[change.type]}" for change in find_dangerous_changes(old, new)]


def _ended(old: GraphQLSchema, today: date) -> set[str]:
    """How graphql-core would tell each removal that was announced, and that of types which nothing else leads to."""
    parts = list(parts_of(old))
    ended = {part.place for part in parts if part.ends is not None and part.ends <= today}
    reached = _reached(old, [part for part in parts if part.place not in ended])
    types = {name for name in old.type_map if name not in reached}
    return {
        *(part.when_removed for part in parts if part.place in ended),
        *(f"{name} was removed." for name in types),
        *(f"Standard scalar {name} was removed because it is not referenced anymore." for name in types),
    }


def _reached(old: GraphQLSchema, parts: list[Part]) -> set[str]:
    """What the roots lead to over these parts. No field of the contract is of an interface or a union."""
    reached = {root.name for root in (old.query_type, old.mutation_type, old.subscription_type) if root is not None}
    size = 0
    while size != len(reached):
        size = len(reached)
        for part in parts:
            if part.owner in reached:
                reached |= {part.place, part.leads_to}
    return reached


def _became_required(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """Inputs of an unchanged type that lost their default value, which graphql-core does not take for a break."""
    before, now = _inputs(old), _inputs(new)
    lost = [place for place, (type_, needed) in now.items() if needed and before.get(place) == (type_, False)]
    return [f"{place} lost its default value. Documents that do not give it are refused." for place in lost]


def _inputs(contract: GraphQLSchema) -> dict[str, tuple[str, bool]]:
    """Type, and whether it must be given, of every argument and input field."""
    found = {}
    for name, type_ in contract.type_map.items():
        if isinstance(type_, GraphQLInputObjectType):
            for field, item in type_.fields.items():
                found[f"{name}.{field}"] = (str(item.type), is_required_input_field(item))
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, item_ in type_.fields.items():
                for argument, given in item_.args.items():
                    found[f"{name}.{field}({argument}:)"] = (str(given.type), is_required_argument(given))
    return found


def main() -> int:
    """Prints what changed since the newest release. Returns 1 where something is broken."""
    newest, contract = releases()[-1], build_schema(print_contract())
    broken = breaking_changes(newest.contract, contract, datetime.now(UTC).date())
    for title, changes in (
        (f"Broken since {newest.version}: deprecate it first, and see docs/contract-changes.md.", broken),
        (f"Not broken since {newest.version}, and worth a look:", dangerous_changes(newest.contract, contract)),
    ):
        if changes:
            sys.stdout.write("\n  ".join([title, *changes]) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
