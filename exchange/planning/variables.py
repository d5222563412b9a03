"""Which variables decide what an operation selects, and how long its lists are. All others are only handed on."""

from collections.abc import Iterator

from graphql import ArgumentNode, DirectiveNode, Node, VariableNode

LIST_ARGUMENTS = frozenset({"first", "last", "months"})
"""The arguments that say how long a list is."""


def variables_of_directives(part: Node) -> frozenset[str]:
    """The variables that directives below this node take: those of `@skip` and `@include`."""
    directives = (node for node in nodes_in(part) if isinstance(node, DirectiveNode))
    return frozenset(name for directive in directives for name in variables_in(directive))


def variables_of_lists(part: Node) -> frozenset[str]:
    """The variables below this node that say how long a list is."""
    arguments = (
        node for node in nodes_in(part) if isinstance(node, ArgumentNode) and node.name.value in LIST_ARGUMENTS
    )
    return frozenset(name for each in arguments for name in variables_in(each))


def variables_in(part: Node) -> Iterator[str]:
    """The variables that this node and those below it name."""
    return (node.name.value for node in nodes_in(part) if isinstance(node, VariableNode))


def nodes_in(part: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            below = getattr(node, key, None)
            waiting.extend(below if isinstance(below, tuple) else [below] if isinstance(below, Node) else ())
