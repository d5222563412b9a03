"""The one list of codes, and its sentences in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import exchange.intake
import exchange.journeys
from exchange.intake.fault_codes import SENTENCES, TRANSLATED_INTO, fault, sentence_in, translations_in
from schema.vocabulary import identifiers

_CODE = re.compile(r'"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)"')
_PLACE = re.compile(r"\{\w*\}")
_CHARACTERS = {"zh-Hans": "gb2312", "zh-Hant": "big5"}
_REASONS = frozenset({"LineNotARecord", "IdNumberNotValid"})
"""Exceptions whose message becomes the detail of a fault."""


def _sources() -> Iterator[Path]:
    for package in (exchange.intake, exchange.journeys):
        folder = Path(package.__file__ or "").parent
        yield from (path for path in folder.rglob("*.py") if path.name != "fault_codes.py")


def _phrases() -> Iterator[str]:
    """Every English phrase that the source puts into a fault as its detail."""
    for path in (*_sources(), Path(identifiers.__file__)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from (text for text in _details(node) if " " in text)


def _details(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = call.args[:1] if name in _REASONS else call.args[3:4] if name == "fault" else []
    given = given + [word.value for word in call.keywords if name == "fault" and word.arg == "detail"]
    for argument in given:
        assert not isinstance(argument, ast.JoinedStr), f"{ast.unparse(call)}: a detail is a fixed phrase or a value"
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def test_every_listed_code_is_used() -> None:
    used = {word for path in _sources() for word in _CODE.findall(path.read_text(encoding="utf-8"))}
    assert sorted(set(SENTENCES) - used) == []


def test_a_code_that_is_not_listed_cannot_be_reported() -> None:
    with pytest.raises(KeyError):
        fault(1, "field", "NOT_A_CODE")


def test_a_fault_keeps_its_rule_and_its_detail() -> None:
    found = fault(7, "history", "SEGMENT_NOT_APPLIED", "K3", rule="cn.cir.14")
    assert (found.record_no, found.field, found.rule, found.detail) == (7, "history", "cn.cir.14", "K3")
    assert found.sentence == sentence_in(found.code, "en", found.detail)
    assert fault(7, "history", "HISTORY_JUMP").rule is None


@pytest.mark.parametrize("language", TRANSLATED_INTO)
def test_every_sentence_is_translated_with_the_same_places(language: str) -> None:
    translations = translations_in(language)
    assert translations.keys() - {"details"} == SENTENCES.keys()
    wrong = [code for code, text in SENTENCES.items() if _PLACE.findall(text) != _PLACE.findall(translations[code])]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED_INTO)
def test_every_phrase_that_a_sentence_takes_in_is_translated(language: str) -> None:
    phrases = set(_phrases())
    assert phrases
    assert sorted(phrases - translations_in(language)["details"].keys()) == []


@pytest.mark.parametrize("language", TRANSLATED_INTO)
def test_each_language_is_written_in_its_own_characters(language: str) -> None:
    own, other = _CHARACTERS[language], next(value for key, value in _CHARACTERS.items() if key != language)
    text = "".join([*_chinese(language)])
    assert [character for character in sorted(set(text)) if not character.encode(own, "ignore")] == []
    assert [character for character in sorted(set(text)) if not character.encode(other, "ignore")] != []


def test_no_sentence_of_one_script_is_a_copy_of_the_other_where_their_characters_differ() -> None:
    simplified, traditional = translations_in("zh-Hans"), translations_in("zh-Hant")
    copied = [
        code
        for code in SENTENCES
        if simplified[code] == traditional[code]
        and any(not letter.encode("big5", "ignore") for letter in simplified[code])
    ]
    assert copied == []


def test_a_sentence_is_said_in_the_language_asked_for_and_in_english_where_it_is_not_spoken() -> None:
    detail = "The check character of this resident id does not fit its digits."
    assert sentence_in("ID_NUMBER_NOT_VALID", "fr", detail) == detail
    assert "校验码" in sentence_in("ID_NUMBER_NOT_VALID", "zh-Hans", detail)
    assert "檢查碼" in sentence_in("ID_NUMBER_NOT_VALID", "zh-Hant", detail)
    assert sentence_in("SEGMENT_NOT_APPLIED", "zh-Hans", "K3").startswith("K3 段")


def _chinese(language: str) -> Iterator[str]:
    translations = translations_in(language)
    for text in (*(translations[code] for code in SENTENCES), *translations["details"].values()):
        yield from (character for character in text if not character.isascii())
