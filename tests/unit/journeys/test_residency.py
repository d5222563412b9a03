"""Where the data may lie."""

import logging
from datetime import date

import pytest

from consent.policy.load import load_pack
from consent.policy.rules import Pack
from exchange.errors import Unavailable
from exchange.journeys.residency import must_be_kept_here, tell_if_not_stated
from exchange.settings import Settings

PACK = load_pack("cn")
TODAY = date(2026, 6, 1)


def test_data_that_must_stay_in_a_country_is_not_kept_in_another() -> None:
    with pytest.raises(Unavailable, match=r"By cn\.cir\.24 this data may not be kept in US") as refused:
        must_be_kept_here(Settings(residency="us"), PACK, TODAY)
    assert refused.value.stable_code == "RESIDENCY_BREACHED"


@pytest.mark.parametrize("country", ["CN", "cn"])
def test_the_right_country_passes_without_a_word(country: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        must_be_kept_here(Settings(residency=country), PACK, TODAY)
        tell_if_not_stated(Settings(residency=country), PACK, TODAY)
    assert caplog.messages == []


def test_a_country_that_is_not_stated_is_asked_for_once_the_rule_holds(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tell_if_not_stated(Settings(), PACK, date(2013, 3, 14))
        assert caplog.messages == []
        tell_if_not_stated(Settings(), PACK, date(2013, 3, 15))
    assert caplog.messages == ["residency.not_stated rule=cn.cir.24: set OPENBUREAU_RESIDENCY"]


def test_without_such_a_rule_it_may_lie_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    anywhere = Pack("xx", "1", ())
    with caplog.at_level(logging.WARNING):
        for country in ("", "US"):
            must_be_kept_here(Settings(residency=country), anywhere, TODAY)
            tell_if_not_stated(Settings(residency=country), anywhere, TODAY)
    assert caplog.messages == []
