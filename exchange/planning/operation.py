"""From the text of a document to an operation that is valid and within its limits. Prepared once, kept, used again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)

from exchange.errors import BadRequest
from exchange.planning.compile_answer import CompiledAnswer, compile_answer
from exchange.planning.document_limits import check_document, validation_rules
from exchange.planning.limits import Size, check_limits, default_lengths, length_of
from exchange.planning.merged_fields import check_merging
from exchange.planning.read_variables import VariablesReader
from exchange.planning.variables import variables_of_directives, variables_of_lists
from exchange.settings import Settings

DOCUMENTS_KEPT = 256
DOCUMENT_KEPT_CHARACTERS_MAX = 4_000
"""A parsed document takes some 75 bytes of memory for each character: longer ones are parsed each time."""
VALIDATION_ERRORS_MAX = 10
SIZES_KEPT = 64
COMPILED_KEPT = 128
"""Compiled forms, of all operations together. That of a whole report takes some 100 kB of memory."""
RUNS_BEFORE_COMPILED = 1
VALIDATION_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a valid document, with all that is worked out once for it."""

    contract: GraphQLSchema
    document: DocumentNode
    definition: OperationDefinitionNode
    settings: Settings
    _runs: Iterator[int] = field(default_factory=count)

    @property
    def name(self) -> str | None:
        """The operation's name."""
        return self.definition.name.value if self.definition.name else None

    def check_limits(self, variables: Mapping[str, Any]) -> Size:
        """The operation's size with these variables. Raises BadRequest where it is too large."""
        lengths = self._lengths
        return self._checked(*[length_of(variables.get(name, usual)) for name, usual in lengths.items()])

    def read_variables(self, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values of the operation's variables; None where they do not fit, as graphql-core will say in full."""
        return self._variables.read(variables)

    def compiled(self, variables: Mapping[str, Any]) -> CompiledAnswer | None:
        """What answers the operation with these variables, as read; None where graphql-core must.

        Compiling takes as long as parsing and validating, so what is asked but once is not compiled.
        """
        if next(self._runs) < RUNS_BEFORE_COMPILED:
            return None
        flags = [variables.get(name) for name in self.flags]
        return _compiled(self, *flags) if all(isinstance(flag, bool) for flag in flags) else None

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by their names."""
        return {each.name.value: each for each in self.document.definitions if isinstance(each, FragmentDefinitionNode)}

    @cached_property
    def _variables(self) -> VariablesReader:
        return VariablesReader(self.contract, self.definition.variable_definitions)

    @cached_property
    def _lengths(self) -> dict[str, int | None]:
        """The variables that say how long a list is, each with its default."""
        defaults = default_lengths(self.definition)
        return {name: defaults.get(name) for name in sorted(variables_of_lists(self.document))}

    @cached_property
    def _checked(self) -> Callable[..., Size]:
        def check(*lengths: int) -> Size:
            given = dict(zip(self._lengths, lengths, strict=True))
            return check_limits(self.document, self.definition, given, self.settings)

        return lru_cache(maxsize=SIZES_KEPT)(check)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The variables that say what is skipped or included."""
        own = {each.variable.name.value for each in self.definition.variable_definitions}
        return tuple(sorted(own & variables_of_directives(self.document)))


@lru_cache(maxsize=COMPILED_KEPT)
def _compiled(operation: Operation, *flags: bool) -> CompiledAnswer | None:
    given = dict(zip(operation.flags, flags, strict=True))
    return compile_answer(operation.contract, operation.definition, operation.fragments, given)


class Operations:
    """Prepares operations for one contract, and keeps those of short documents."""

    def __init__(self, contract: GraphQLSchema, settings: Settings) -> None:
        self._contract = contract
        self._settings = settings
        self._kept: Callable[[str, str | None], Operation] = lru_cache(maxsize=DOCUMENTS_KEPT)(self._prepare)

    def prepare(self, text: str, name: str | None) -> Operation:
        """The operation of that name. Raises BadRequest where the text is no valid document, or holds none such."""
        return (self._kept if len(text) <= DOCUMENT_KEPT_CHARACTERS_MAX else self._prepare)(text, name)

    def _prepare(self, text: str, name: str | None) -> Operation:
        document = self.read(text)
        definition = get_operation_ast(document, name)
        if definition is None:
            raise BadRequest("Name the operation to run with `operationName`.", "GRAPHQL_OPERATION_NOT_FOUND")
        return Operation(self._contract, document, definition, self._settings)

    def read(self, text: str) -> DocumentNode:
        """The document. Raises BadRequest where the text is none, or does not fit the contract."""
        try:
            document = parse(text, max_tokens=self._settings.query_tokens_max)
        except GraphQLError as error:
            raise BadRequest(error.message, "GRAPHQL_PARSE_FAILED") from None
        check_document(document, self._settings)
        rules = validation_rules(self._settings.introspection)
        if errors := validate(self._contract, document, rules, max_errors=VALIDATION_ERRORS_MAX):
            told = " ".join(error.message for error in errors)
            raise BadRequest(told[:VALIDATION_CHARACTERS_MAX], "GRAPHQL_VALIDATION_FAILED")
        check_merging(document, self._settings.query_depth_max)
        return document
