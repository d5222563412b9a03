"""How statements are asked: on a connection of this process, or by way of another process that holds the connection."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Ask(Protocol):
    """Runs one of the functions of this room on a connection, and gives what it gives. Raises what it raises."""

    def __call__(
        self,
        statement: Callable[Concatenate[Connection, Given], Found],
        /,
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Found: ...


class AskHere:
    """Asks on a connection of this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(
        self,
        statement: Callable[Concatenate[Connection, Given], Found],
        /,
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Found:
        return statement(self._connection, *args, **kwargs)
