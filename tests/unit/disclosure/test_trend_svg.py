"""The trend of late payments, as a picture and as a table."""

from datetime import date
from xml.etree import ElementTree

from own_reports import account

from exchange.disclosure.trend_svg import TrendMonth, trend_of, trend_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*accounts: object) -> ElementTree.Element:
    trend = trend_of(accounts)  # type: ignore[arg-type]  # accounts, as made above
    return ElementTree.fromstring(trend_svg(trend, "Late & early", "How <many> were late", date.isoformat))


def test_late_accounts_are_counted_month_by_month_across_accounts() -> None:
    trend = trend_of([account("12N"), account("1NN"), account("1", newest=date(2026, 4, 1))], months=4)
    assert trend == (
        TrendMonth(date(2026, 2, 1), 0, 0),
        TrendMonth(date(2026, 3, 1), 0, 2),
        TrendMonth(date(2026, 4, 1), 2, 3),
        TrendMonth(date(2026, 5, 1), 2, 2),
    )


def test_the_last_24_months_are_shown_and_no_more() -> None:
    trend = trend_of([account("N" * 24 + "7" * 36)])
    assert len(trend) == 24
    assert sum(month.late for month in trend) == 0
    assert trend[-1].month == date(2026, 5, 1)


def test_a_file_without_history_has_no_trend_and_an_empty_picture() -> None:
    assert trend_of([]) == trend_of([account("")]) == ()
    assert not drawn().findall(f"{SVG}rect")


def test_the_picture_has_a_bar_for_each_late_month_as_high_as_it_is_late() -> None:
    bars = drawn(account("1N2"), account("1NN")).findall(f"{SVG}rect")
    one, both = (float(bar.attrib["height"]) for bar in bars)
    assert both == 2 * one


def test_the_picture_says_what_it_shows_and_follows_a_strict_content_policy() -> None:
    picture = drawn(account("1N2"))
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None and title.text == "Late & early"
    assert description is not None and description.text == "How <many> were late"
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    for part in picture.iter():
        assert part.tag.removeprefix(SVG) in {"svg", "title", "desc", "line", "rect", "text"}
        assert not any(name == "style" or name.startswith("on") or "href" in name for name in part.attrib)
