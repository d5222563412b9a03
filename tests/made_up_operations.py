"""Operations made up from a contract: valid, with all that a document may hold, the same for the same seed."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_required_argument,
    parse,
    print_ast,
    validate,
)

Parent = GraphQLObjectType | GraphQLInterfaceType
CHARACTERS_MAX = 3_000
ALIASES = ("a", "b", "None", "__import__", "class", "exec", "e", "_0", "given", "value", "outcomes")
STRINGS = ("x", "", 'q"q', "\\", "\u738b\u82b3", "'''", "{x}", "${x}", "\n", "None", "__import__('os')", "\u2028")
INSTANTS = ("2026-06-01T08:00:00+00:00", "2026-01-31T00:00:00Z", "not an instant")


@dataclass(frozen=True)
class MadeUpOperation:
    """A document, the name of the operation to run, and its variables."""

    text: str
    name: str | None
    variables: dict[str, Any]


def make_operation(contract: GraphQLSchema, random: Random) -> MadeUpOperation:
    """A valid operation."""
    while True:
        made = _Maker(contract, random).operation()
        if len(made.text) < CHARACTERS_MAX and not validate(contract, parse(made.text)):
            return made


@dataclass
class _Maker:
    contract: GraphQLSchema
    random: Random
    declared: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[tuple[Parent, str, str]] = field(default_factory=list)

    def operation(self) -> MadeUpOperation:
        mutates = self.random.random() < 0.02
        root = self.contract.mutation_type if mutates else self.contract.query_type
        assert root is not None
        selection = self.selection(root, self.random.randint(2, 7))
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items())
        head = ("mutation" if mutates else "query") + " Asked" + (f"({declared})" if declared else "")
        parts = [f"{head} {selection}", *(text for _, _, text in self.fragments)]
        if self.random.random() < 0.1:
            parts.append("query Other { __typename }")
        name = "Asked" if len(parts) > 1 or self.random.random() < 0.5 else None
        self.random.shuffle(parts)
        return MadeUpOperation("\n".join(parts), name, self.variables)

    def selection(self, parent: Parent, depth: int) -> str:
        parts = [self.part(parent, depth) for _ in range(self.random.choice((1, 1, 2, 3, 5)))]
        return "{ " + " ".join(parts) + " }"

    def part(self, parent: Parent, depth: int) -> str:
        dice = self.random.random()
        if dice < 0.08:
            return f"... {self.directives()} {self.selection(parent, depth)}"
        if dice < 0.14:
            return f"... on {parent.name} {self.directives()} {self.selection(parent, depth)}"
        if dice < 0.20 and parent.interfaces:
            interface = self.random.choice(list(parent.interfaces))
            return f"... on {interface.name} {self.directives()} {self.selection(interface, depth)}"
        if dice < 0.32:
            return f"...{self.fragment(parent, depth)} {self.directives()}"
        if dice < 0.38:
            return self.aliased("__typename") + " " + self.directives()
        return self.field(parent, depth)

    def fragment(self, parent: Parent, depth: int) -> str:
        known = [name for type_, name, _ in self.fragments if type_ is parent]
        if known and self.random.random() < 0.4:
            return self.random.choice(known)
        selection = self.selection(parent, depth - 1)
        name = f"Part{len(self.fragments)}"
        self.fragments.append((parent, name, f"fragment {name} on {parent.name} {selection}"))
        return name

    def field(self, parent: Parent, depth: int) -> str:
        names = [name for name, each in parent.fields.items() if depth > 1 or not is_composite_type(_named(each.type))]
        if not names:
            return "__typename"
        name = self.random.choice(names)
        definition = parent.fields[name]
        named = _named(definition.type)
        head = self.aliased(name) + self.arguments(definition.args)
        times = self.random.choice((1, 1, 1, 1, 2))
        if not is_composite_type(named):
            return " ".join(f"{head} {self.directives()}" for _ in range(times))
        return " ".join(f"{head} {self.directives()} {self.selection(named, depth - 1)}" for _ in range(times))

    def aliased(self, name: str) -> str:
        return (
            f"{self.random.choice(ALIASES)}{self.random.randint(0, 99)}: {name}" if self.random.random() < 0.3 else name
        )

    def arguments(self, declared: dict[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self.argument(name, argument)}"
            for name, argument in declared.items()
            if is_required_argument(argument) or self.random.random() < (0.8 if name == "first" else 0.2)
        ]
        return f"({', '.join(given)})" if given else ""

    def argument(self, name: str, argument: GraphQLArgument) -> str:
        if self.random.random() < 0.35:
            return "$" + self.variable(str(argument.type), argument.type)
        return self.literal(argument.type)

    def directives(self) -> str:
        if self.random.random() < 0.85:
            return ""
        said = self.random.choice(("true", "false", "$", "$"))
        condition = "$" + self.variable("Boolean!", None) if said == "$" else said
        return f"@{self.random.choice(('skip', 'include'))}(if: {condition})"

    def variable(self, wanted: str, type_: Any) -> str:
        """A variable of that type, new or known. Its value is missing, null or wrong at times."""
        known = [name for name, declared in self.declared.items() if declared.split(" ")[0] == wanted]
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        name = f"v{len(self.declared)}"
        default = self.default(wanted, type_)
        self.declared[name] = (wanted.rstrip("!") if default and self.random.random() < 0.5 else wanted) + default
        dice = self.random.random()
        if dice < 0.9 and not (default and dice < 0.5):
            self.variables[name] = self.value(type_) if type_ is not None else self.random.choice((True, False))
        elif dice > 0.96:
            self.variables[name] = self.random.choice((None, "wrong", 2**40))
        return name

    def default(self, wanted: str, type_: Any) -> str:
        if self.random.random() < 0.7:
            return ""
        return f" = {self.literal(type_) if type_ is not None else self.random.choice(('true', 'false'))}"

    def value(self, type_: Any) -> Any:
        """A value of an input type, as JSON has it."""
        bare = get_nullable_type(type_)
        if isinstance(bare, GraphQLList):
            return [self.value(bare.of_type) for _ in range(self.random.randint(0, 2))]
        if isinstance(bare, GraphQLInputObjectType):
            needed = {n: f for n, f in bare.fields.items() if isinstance(f.type, GraphQLNonNull)}
            return {name: self.value(each.type) for name, each in needed.items()}
        if isinstance(bare, GraphQLEnumType):
            return self.random.choice(list(bare.values))
        return self.leaf(bare.name)

    def leaf(self, name: str) -> Any:
        if name in ("Int", "BigInt"):
            return self.random.choice((1, 3, 24, 60, 0, -1, 101))
        if name == "Boolean":
            return self.random.choice((True, False))
        if name == "Date":
            return "2026-05-01"
        return self.random.choice(INSTANTS if name == "DateTime" else STRINGS)

    def literal(self, type_: Any) -> str:
        if not isinstance(type_, GraphQLNonNull) and self.random.random() < 0.1:
            return "null"
        return _written(self.value(type_), get_nullable_type(type_))


def _written(value: Any, type_: Any) -> str:
    """A value as a document has it."""
    bare = get_nullable_type(type_)
    if isinstance(value, list):
        return "[" + ", ".join(_written(each, bare.of_type) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{n}: {_written(each, bare.fields[n].type)}" for n, each in value.items()) + "}"
    if isinstance(bare, GraphQLEnumType):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else print_ast(_string(value))


def _string(value: str) -> Any:
    from graphql import StringValueNode

    return StringValueNode(value=value)


def _named(type_: Any) -> Any:
    return get_named_type(type_)
