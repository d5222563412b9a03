"""Long arrays as one text parameter ("Array Value Input"): the driver would turn over each element by itself."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, Cast, LargeBinary, Text, Uuid, bindparam, cast

_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\"})


def bytes_array(name: str) -> Cast[list[bytes]]:
    """A parameter that is given as `text_of_bytes`."""
    return cast(_text(name), ARRAY(LargeBinary))


def uuid_array(name: str) -> Cast[list[UUID]]:
    """A parameter that is given as `text_of_uuids`."""
    return cast(_text(name), ARRAY(Uuid))


def text_of_bytes(values: Iterable[bytes]) -> str:
    """An array of bytes as its text."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def text_of_uuids(values: Iterable[UUID]) -> str:
    """An array of UUIDs as its text."""
    return "{" + ",".join([value.hex for value in values]) + "}"


def text_of_texts(values: Iterable[str]) -> str:
    """An array of texts as its text."""
    return "{" + ",".join([f'"{value.translate(_ESCAPES)}"' for value in values]) + "}"


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text())
