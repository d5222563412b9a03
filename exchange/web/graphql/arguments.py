"""What root fields share: an id as it was written in an argument, and what is wrong with arguments as user errors."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID


def id_in(text: str) -> UUID | None:
    """The id in this text; None where it cannot be one of ours: it is looked for all the same, and not found."""
    try:
        return UUID(text)
    except ValueError:
        return None


def errors_of(wrong: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """The user errors of what is wrong as (argument, code, sentence); dots in an argument lead into its fields."""
    return [{"path": argument.split("."), "code": code, "message": message} for argument, code, message in wrong]
