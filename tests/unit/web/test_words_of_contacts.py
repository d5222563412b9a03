"""Every code and value that the pages about contacts show has words."""

import pytest

from consent.contact_reasons import CONTACT_CODES
from exchange.web.words import WORDS
from exchange.web.words_of_contacts import PRESSURE, WHY_DENIED
from schema.vocabulary.collection import CollectionStage
from schema.vocabulary.contact import BreachKind, WishKind
from schema.vocabulary.pressure import PressureBand


def test_every_reason_for_a_denial_has_words_for_the_borrower() -> None:
    assert set(WHY_DENIED) == set(CONTACT_CODES)


@pytest.mark.parametrize("values", [BreachKind, WishKind, PressureBand, CollectionStage])
def test_every_value_has_a_name(values: type) -> None:
    assert {value for kind, value in WORDS if kind is values} == set(values)  # type: ignore[call-overload]  # an enum


def test_every_band_has_its_sentence() -> None:
    assert set(PRESSURE) == set(PressureBand)
