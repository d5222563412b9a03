"""Limits on a document as it is written, looked at before it is validated, in time linear in the document.

Validation takes every node past some thirty rules, and several of them take time by the square of what they compare:
operations with fragments, variables with their uses. What a useful document holds is far below these numbers.
"""

from dataclasses import dataclass

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    specified_rules,
)

from exchange.errors import BadRequest
from exchange.settings import Settings

OPERATIONS_MAX = 20
FRAGMENTS_MAX = 50
VARIABLES_MAX = 100
FIELDS_MAX = 1_000
"""Fields and spreads of fragments. Every field of a report there is makes some three hundred."""


@dataclass(slots=True)
class Written:
    """What a document holds, each thing counted once, however often it is spread."""

    operations: int = 0
    fragments: int = 0
    variables: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


def check_document(document: DocumentNode, settings: Settings) -> Written:
    """What the document holds.

    Raises BadRequest with code TOO_MANY_ALIASES, TOO_MANY_DIRECTIVES or DOCUMENT_TOO_LARGE. Needs no valid document.
    """
    written = _count(document)
    for value, most, code, what in (
        (written.aliases, settings.query_aliases_max, "TOO_MANY_ALIASES", "aliases"),
        (written.directives, settings.query_aliases_max, "TOO_MANY_DIRECTIVES", "directives"),
        (written.operations, OPERATIONS_MAX, "DOCUMENT_TOO_LARGE", "operations"),
        (written.fragments, FRAGMENTS_MAX, "DOCUMENT_TOO_LARGE", "fragments"),
        (written.variables, VARIABLES_MAX, "DOCUMENT_TOO_LARGE", "variables"),
        (written.fields, FIELDS_MAX, "DOCUMENT_TOO_LARGE", "fields and spreads"),
    ):
        if value > most:
            raise BadRequest(f"This document has {value} {what}; at most {most} are taken.", code)
    return written


def validation_rules(introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """graphql-core's rules but one, whose time goes with the square: `merged_fields` stands for it."""
    rules = tuple(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule)
    return rules if introspection else (*rules, NoSchemaIntrospectionCustomRule)


def _count(document: DocumentNode) -> Written:
    written = Written()
    waiting: list[SelectionSetNode] = []
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            continue  # It is not executable: validation says so.
        if isinstance(definition, OperationDefinitionNode):
            written.operations += 1
            written.variables += len(definition.variable_definitions)
            written.directives += sum(len(variable.directives) for variable in definition.variable_definitions)
        else:
            written.fragments += 1
        written.directives += len(definition.directives)
        waiting.append(definition.selection_set)
    while waiting:
        for node in waiting.pop().selections:
            written.fields += 1
            written.directives += len(node.directives)
            written.aliases += isinstance(node, FieldNode) and node.alias is not None
            if below := getattr(node, "selection_set", None):
                waiting.append(below)
    return written
