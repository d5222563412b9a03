"""One small change to a rule after another: what its boundary cases must notice."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from consent.policy.contact_terms import ContactTerms
from consent.policy.rules import Duty, Pack, Rule
from schema.vocabulary.collection import ContactChannel

_SOME_DAY = date(2026, 5, 3)


def changes(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """What the change is, and the rule that it makes.

    Each number of the terms is one more and one less, each time a minute, each day a day, each truth the other. Of a
    rule about contacts each word is another one, too, and each list has one word less; each channel is there or not.
    """
    for field in () if isinstance(rule.terms, Duty) else fields(rule.terms):
        value = getattr(rule.terms, field.name)
        others = (*_beside(value), *(_other_words(value) if isinstance(rule.terms, ContactTerms) else ()))
        for other in others:
            yield f"{field.name}: {other}", replace(rule, terms=replace(rule.terms, **{field.name: other}))
    channels = rule.applies.channels
    for channel in ContactChannel if channels else ():
        if changed := channels ^ {channel}:
            yield f"channels: {channel}", replace(rule, applies=replace(rule.applies, channels=changed))


def with_rule(pack: Pack, rule: Rule) -> Pack:
    """The pack with this rule in the place of the one with its id."""
    return replace(pack, rules=tuple(rule if each.id == rule.id else each for each in pack.rules))


def _beside(value: Any) -> tuple[Any, ...]:
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1) if value else (1,)
        case time():
            at = datetime.combine(_SOME_DAY, value)
            return tuple((at + timedelta(minutes=minutes)).time() for minutes in (1, -1))
        case date():
            return (value + timedelta(days=1), value - timedelta(days=1))
    return ()


def _other_words(value: Any) -> tuple[Any, ...]:
    if isinstance(value, StrEnum):
        return tuple(word for word in type(value) if word is not value)
    if isinstance(value, frozenset) and len(value) > 1:
        return tuple(value - {word} for word in sorted(value))
    return ()
