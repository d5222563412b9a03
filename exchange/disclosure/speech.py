"""How the copies that borrowers take along are worded in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Speech:
    """How the reader's language is written: sentences, the words of closed lists, days, instants, amounts.

    `translate` takes the English sentence. `language` is BCP 47.
    """

    language: str
    translate: Callable[[str], str]
    word: Callable[[StrEnum], str]
    day: Callable[[date], str]
    month: Callable[[date], str]
    instant: Callable[[datetime], str]
    money: Callable[[int, str], str]
