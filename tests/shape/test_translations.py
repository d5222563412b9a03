"""Every sentence that a borrower may meet is there in every language, with the same places for values."""

import re
from collections.abc import Iterator

import pytest
from messages import messages_of_pages

from consent.reasons import CODES
from exchange.journeys.consent_notice import SENTENCES
from exchange.journeys.plain_words import MESSAGES
from exchange.web.language import DEFAULT_LANGUAGE, LANGUAGES, TRANSLATIONS, load_catalogues
from exchange.web.words import PHRASED
from schema.vocabulary.reconciliation import UnmatchedCode

CATALOGUES = load_catalogues()
PLACES = re.compile(r"%\(\w+\)s|%%\{\w+\}")


def _messages() -> Iterator[tuple[str, str]]:
    yield from messages_of_pages()
    for file, sentences in (
        ("plain_words.py", MESSAGES),
        ("consent_notice.py", SENTENCES),
        ("schema/vocabulary", [value.phrase for value in (*PHRASED, *UnmatchedCode)]),
        ("consent/reasons.py", CODES.values()),
    ):
        yield from ((file, sentence) for sentence in sentences)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_sentence_is_translated(language: str) -> None:
    found = {(file, sentence): CATALOGUES[language].get(sentence) for file, sentence in _messages()}
    missing = sorted({key for key, message in found.items() if message is None or not message.string or message.fuzzy})
    assert missing == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_translation_keeps_the_places_for_values(language: str) -> None:
    wrong = []
    for message in CATALOGUES[language]:
        source = message.id if isinstance(message.id, str) else message.id[-1]
        translated = message.string if isinstance(message.string, str) else message.string[0]
        if message.id and sorted(PLACES.findall(source)) != sorted(PLACES.findall(translated)):
            wrong.append(source)
    assert wrong == []


def test_every_language_has_a_catalogue_and_no_other_does() -> None:
    assert set(CATALOGUES) == set(LANGUAGES) - {DEFAULT_LANGUAGE}
    assert {folder.name.replace("_", "-") for folder in TRANSLATIONS.iterdir()} == set(CATALOGUES)


@pytest.mark.parametrize("language", CATALOGUES)
def test_no_sentence_is_translated_twice(language: str) -> None:
    seen: dict[str, str] = {}
    twice = []
    for path in sorted((TRANSLATIONS / language.replace("-", "_")).glob("*.po")):
        for sentence in re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE):
            if sentence in seen:
                twice.append((sentence, seen[sentence], path.name))
            seen[sentence] = path.name
    assert twice == []
