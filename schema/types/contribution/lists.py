"""Lists in inputs."""

from typing import Any

import graphene


def texts(description: str) -> graphene.List:
    """A list of texts; empty where it is left out."""
    return items(graphene.String, description)


def items(kind: Any, description: str) -> graphene.List:
    """A list without gaps; empty where it is left out."""
    return graphene.List(graphene.NonNull(kind), required=True, default_value=[], description=description)
