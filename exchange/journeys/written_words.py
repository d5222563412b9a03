"""What people write in their own words: tidied, of a bounded length, and held against what the law forbids to keep."""

from consent.policy.resolve import forbidden_fields
from consent.policy.sensitive_words import sensitive_words
from exchange.journeys.services import Services

WORDS_CHARACTERS_MAX = 2_000

WrittenFault = tuple[str, str, str]
"""The name of the field, a code and a sentence."""


def tidied(words: str) -> str:
    """The text without zero bytes, spaces at the ends of lines, and empty lines around it."""
    return "\n".join(line.rstrip() for line in words.replace("\x00", "").splitlines()).strip()


def fault_of(said: str) -> WrittenFault | None:
    """What is wrong with a tidied text: it says nothing, or is too long."""
    if not any(character.isalnum() for character in said):
        return "words", "WORDS_EMPTY", "Say it in words."
    if len(said) > WORDS_CHARACTERS_MAX:
        return "words", "WORDS_TOO_LONG", "Write at most 2,000 characters."
    return None


def sensitive_in(services: Services, said: str) -> tuple[str, ...]:
    """The words that hint at what the pack in force forbids to collect."""
    return sensitive_words(said, forbidden_fields(services.pack, services.clock.now().date()))
