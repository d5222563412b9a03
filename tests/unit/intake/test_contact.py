"""One spelling of a telephone number or an address."""

import pytest

from exchange.intake.contact import normalised_contact


@pytest.mark.parametrize(
    "contact",
    ["+86 138-0013-8000", "+8613800138000", "008613800138000", " +86(138)0013.8000 ", "＋８６１３８００１３８０００"],
)
def test_one_number_has_one_spelling(contact: str) -> None:
    assert normalised_contact(contact) == "+8613800138000"


def test_an_address_keeps_its_words_and_loses_only_its_case() -> None:
    assert normalised_contact(" Fang.Wang@Example.CN ") == "fang.wang@example.cn"
    assert normalised_contact("1 Harbour Road") == "1 harbour road"


def test_numbers_that_differ_stay_different() -> None:
    spelt = {normalised_contact(number) for number in ("13800138000", "+13800138000", "13800138001", "0138001380")}
    assert len(spelt) == 4
