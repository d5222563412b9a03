"""Charts: what is drawn is in proportion, says what it shows, and follows a strict content policy."""

from collections.abc import Callable
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from exchange.disclosure.charts_svg import HEIGHT, WIDTH, Bar, bar_chart_svg, line_chart_svg, row_chart_svg, ticks

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "desc", "line", "rect", "text", "polyline", "circle"}


def bars(*values: tuple[int, int]) -> ElementTree.Element:
    days = [Bar(f"{number + 1} June", pair) for number, pair in enumerate(values)]
    return ElementTree.fromstring(bar_chart_svg(days, ("Granted", "Refused"), "Looks", "Looks by day", "looks"))


def rows(*values: int) -> ElementTree.Element:
    rules = [Bar(f"cn.rule.{number}", (value,)) for number, value in enumerate(values)]
    return ElementTree.fromstring(row_chart_svg(rules, "Refusals", "Refusals by rule", "rules"))


def line(*values: int) -> ElementTree.Element:
    hours = [Bar(f"{number:02}:00", (value,)) for number, value in enumerate(values)]
    return ElementTree.fromstring(line_chart_svg(hours, "Leaves", "Leaves by hour", "leaves"))


def drawn_bars(picture: ElementTree.Element) -> list[ElementTree.Element]:
    """The bars without the two squares of the legend."""
    return picture.findall(f"{SVG}rect")[2:]


def words(picture: ElementTree.Element) -> list[str]:
    return [label.text or "" for label in picture.findall(f"{SVG}text")]


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (9, [0, 5, 10]),
        (10, [0, 5, 10]),
        (16, [0, 5, 10, 15, 20]),
        (99, [0, 50, 100]),
        (1_234_567, [0, 500_000, 1_000_000, 1_500_000]),
    ],
)
def test_ticks_are_round_and_reach_the_highest_value(highest: int, expected: list[int]) -> None:
    assert ticks(highest) == expected


def test_no_scale_has_more_than_five_ticks_or_ends_below_its_highest_value() -> None:
    for highest in [*range(1_001), *(10**power + 1 for power in range(3, 12))]:
        scale = ticks(highest)
        assert 2 <= len(scale) <= 5
        assert scale[-2] < max(highest, 1) <= scale[-1]


def test_refused_stands_on_granted_in_proportion() -> None:
    granted, refused = drawn_bars(bars((30, 10)))
    assert float(granted.attrib["height"]) == pytest.approx(3 * float(refused.attrib["height"]), abs=0.2)
    assert float(refused.attrib["y"]) + float(refused.attrib["height"]) == pytest.approx(float(granted.attrib["y"]))
    assert "chart-bar--refused" in refused.attrib["class"]
    assert "chart-bar--refused" not in granted.attrib["class"]
    assert words(bars((30, 10)))[:2] == ["Granted", "Refused"]


def test_a_day_without_looks_has_no_bar_and_a_picture_without_days_is_still_one() -> None:
    assert len(drawn_bars(bars((1, 0), (0, 0), (0, 2)))) == 2
    assert drawn_bars(bars((0, 0))) == drawn_bars(bars()) == []
    assert rows().findall(f"{SVG}rect") == []
    assert line().find(f"{SVG}polyline") is None


def test_thousands_are_separated() -> None:
    assert "1,500,000" in words(bars((1_234_567, 0)))
    assert words(rows(1_234)) == ["cn.rule.0", "1,234"]


def test_long_labels_are_fewer_and_a_single_one_stands_under_its_bar() -> None:
    hours = [word for word in words(line(*range(24))) if ":" in word]
    assert len(hours) == 5
    assert (hours[0], hours[-1]) == ("00:00", "23:00")
    days = [Bar(f"2026\u5e746\u6708{number}\u65e5", (1, 1)) for number in range(1, 31)]
    chinese = words(ElementTree.fromstring(bar_chart_svg(days, ("\u5141", "\u62d2"), "t", "d", "n")))
    assert [word for word in chinese if "\u6708" in word] == ["2026\u5e746\u67081\u65e5", "2026\u5e746\u670830\u65e5"]
    (only,) = [label for label in bars((1, 1)).findall(f"{SVG}text") if label.text == "1 June"]
    (granted, _) = drawn_bars(bars((1, 1)))
    middle = float(granted.attrib["x"]) + float(granted.attrib["width"]) / 2
    assert (only.attrib["text-anchor"], float(only.attrib["x"])) == ("middle", pytest.approx(middle, abs=0.2))


def test_the_scale_makes_room_for_its_longest_figure() -> None:
    lines = [picture.find(f"{SVG}line") for picture in (bars((9, 0)), bars((1_234_567, 0)))]
    few, many = (float(line.attrib["x1"]) for line in lines if line is not None)
    assert many - few == pytest.approx(14 * (len("1,500,000") - len("10")))


def test_rows_are_as_long_as_their_values_and_leave_room_for_the_longest_figure() -> None:
    longest, half, none = rows(200, 100, 0).findall(f"{SVG}rect")
    assert float(longest.attrib["width"]) == 2 * float(half.attrib["width"])
    assert float(none.attrib["width"]) == 0
    assert float(longest.attrib["width"]) == WIDTH - 14 * len("200 ")


def test_a_line_goes_through_every_hour_and_a_single_hour_is_a_dot() -> None:
    polyline = line(0, 5, 10).find(f"{SVG}polyline")
    assert polyline is not None
    places = [tuple(map(float, place.split(","))) for place in polyline.attrib["points"].split()]
    (_, bottom), (_, middle), (end, top) = places
    assert bottom - middle == pytest.approx(middle - top)
    assert end <= WIDTH
    assert line(7).find(f"{SVG}polyline") is None
    assert line(7).find(f"{SVG}circle") is not None


def test_a_year_of_days_has_few_labels_and_each_lies_inside_the_picture() -> None:
    first = date(2026, 1, 1)
    days = [Bar(str(first + timedelta(days=number)), (number, 1)) for number in range(365)]
    picture = ElementTree.fromstring(bar_chart_svg(days, ("Granted", "Refused"), "Looks", "By day", "year"))
    dates = [word for word in words(picture) if word.startswith("2026-")]
    assert dates == ["2026-01-01", "2026-07-02", "2026-12-31"]
    for part in drawn_bars(picture):
        x, y, width, height = (float(part.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0 <= y
        assert x + width <= WIDTH
        assert y + height <= HEIGHT


@pytest.mark.parametrize(
    "draw", [lambda: bars((3, 1)), lambda: rows(3, 1), lambda: line(3, 1)], ids=["bars", "rows", "line"]
)
def test_every_picture_says_what_it_shows_and_follows_a_strict_content_policy(
    draw: Callable[[], ElementTree.Element],
) -> None:
    picture = draw()
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert description is not None
    assert description.text
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert "viewBox" in picture.attrib
    for part in picture.iter():
        assert part.tag.removeprefix(SVG) in ALLOWED
        assert not any(name == "style" or name.startswith("on") or "href" in name for name in part.attrib)


def test_words_cannot_become_parts_of_the_picture() -> None:
    drawn = row_chart_svg([Bar("<script>", (1,))], "A & B", "<b>", "x")
    picture = ElementTree.fromstring(drawn)
    assert words(picture)[0] == "<script>"
    assert picture.find(f"{SVG}script") is None
