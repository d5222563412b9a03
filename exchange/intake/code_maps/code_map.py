"""A closed list of another format beside one of ours."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

Ours = TypeVar("Ours", bound=Hashable)


class CodeUnknown(LookupError):
    """The format has no such code."""


@dataclass(frozen=True)
class CodeMap(Generic[Ours]):
    """What each code of a format means to us, and how each of our values is said in it.

    Several codes may mean one of ours: the first of them in `meanings` is the canonical one, the others are aliases.
    What the format cannot say exactly has a code in `nearest`, or none at all. None among our values is "not known".
    """

    meanings: Mapping[str, Ours]
    nearest: Mapping[Ours, str]

    def to_ours(self, code: str) -> Ours:
        """What the code means. Raises CodeUnknown."""
        try:
            return self.meanings[code]
        except KeyError:
            raise CodeUnknown(code) from None

    def from_ours(self, value: Ours) -> str | None:
        """The canonical code of the value, or the nearest one; None where the format says nothing of the kind."""
        return self.canonical.get(value, self.nearest.get(value))

    def says(self, value: Ours) -> bool:
        """Whether the format can say the value exactly."""
        return value in self.canonical

    @cached_property
    def canonical(self) -> Mapping[Ours, str]:
        """The first code of each meaning."""
        return {meaning: code for code, meaning in reversed(list(self.meanings.items()))}

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Every other code, and the canonical one with the same meaning."""
        canonical = self.canonical
        return {code: canonical[meaning] for code, meaning in self.meanings.items() if canonical[meaning] != code}


def translate(code: str, source: "CodeMap[Ours]", target: "CodeMap[Ours]") -> str | None:
    """A code of one format in another, through ours. Raises CodeUnknown."""
    return target.from_ours(source.to_ours(code))
