"""From the text of a document to an operation that is valid and within its limits. Prepared once, kept, used again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)

from exchange.errors import BadRequest
from exchange.planning.limits import Size, check_limits
from exchange.settings import Settings

DOCUMENTS_KEPT = 256
DOCUMENT_KEPT_CHARACTERS_MAX = 4_000
"""A parsed document takes some 75 bytes of memory for each character: longer ones are parsed each time."""
VALIDATION_ERRORS_MAX = 10


@dataclass(frozen=True)
class Operation:
    """One operation of a valid document."""

    document: DocumentNode
    definition: OperationDefinitionNode
    settings: Settings

    @property
    def name(self) -> str | None:
        """The operation's name."""
        return self.definition.name.value if self.definition.name else None

    def check_limits(self, variables: Mapping[str, Any]) -> Size:
        """The operation's size with these variables. Raises BadRequest where it is too large."""
        return check_limits(self.document, self.definition, variables, self.settings)


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
        document = self._read(text)
        definition = get_operation_ast(document, name)
        if definition is None:
            raise BadRequest("Name the operation to run with `operationName`.", "GRAPHQL_OPERATION_NOT_FOUND")
        return Operation(document, definition, self._settings)

    def _read(self, text: str) -> DocumentNode:
        try:
            document = parse(text, max_tokens=self._settings.query_tokens_max)
        except GraphQLError as error:
            raise BadRequest(error.message, "GRAPHQL_PARSE_FAILED") from None
        if errors := validate(self._contract, document, max_errors=VALIDATION_ERRORS_MAX):
            raise BadRequest(" ".join(error.message for error in errors), "GRAPHQL_VALIDATION_FAILED")
        return document
