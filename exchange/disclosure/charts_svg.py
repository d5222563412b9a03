"""Charts for regulators as inline SVG, without styles or scripts. The same figures stand in a table beside each.

All words come in translated. Colours and sizes come from the page, by the classes of the parts: chart; chart-bar and
chart-bar--refused; chart-line and chart-point; chart-grid; chart-label. Drawn for 640 units across and scaled by the
page, with few labels, so that it can be read at 320 pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 300
TOP, RIGHT, BOTTOM = 44, 12, 40
ROW, ROW_BAR = 64, 20
LABELS_MAX = 5
CHARACTER, WIDE, LATIN_MAX = 14, 26, 0x24F
TICKS_MAX = 5
SERIES_CLASSES = ("chart-bar", "chart-bar chart-bar--refused")
SERIES_FILLS = ("#1d5c63", "#b4531c")
QUIET, GRID = "#505a5f", "#b1b4b6"


@dataclass(frozen=True, slots=True)
class Bar:
    """One place along a chart: its label and its values, one for each series."""

    label: str
    values: tuple[int, ...]


def bar_chart_svg(bars: Sequence[Bar], series: Sequence[str], title: str, description: str, name: str) -> str:
    """Upright bars, the values of each stacked in the order of `series` (at most two), whose words are the legend.

    `name` makes the ids of this picture unique in its page.
    """
    scale = ticks(max([sum(bar.values) for bar in bars], default=0))
    left = _left_of(scale)
    step = (WIDTH - left - RIGHT) / max(len(bars), 1)
    parts = [*_head(title, description, name, HEIGHT), *_legend(series), *_grid(scale, left)]
    for position, bar in enumerate(bars):
        parts += _stack(bar.values, left + (position + 0.15) * step, step * 0.7, scale[-1])
    return _whole([*parts, *_labels_below([bar.label for bar in bars], left + step / 2, step)])


def row_chart_svg(rows: Sequence[Bar], title: str, description: str, name: str) -> str:
    """Lying bars, one for each row in the order given: its label above it, its value at its end."""
    longest = max([sum(row.values) for row in rows], default=0) or 1
    room = WIDTH - CHARACTER * (len(f"{longest:,}") + 1)
    parts = [*_head(title, description, name, max(len(rows), 1) * ROW)]
    for position, row in enumerate(rows):
        y, value = position * ROW, sum(row.values)
        width = room * value / longest
        parts.append(_label(0, y + ROW_BAR + 4, row.label, "start"))
        parts.append(_rectangle(0, 0, y + ROW_BAR + 12, width, ROW_BAR))
        parts.append(_label(width + 8, y + 2 * ROW_BAR + 10, f"{value:,}", "start"))
    return _whole(parts)


def line_chart_svg(points: Sequence[Bar], title: str, description: str, name: str) -> str:
    """One line through the first value of each point; a single point is drawn as a dot."""
    scale = ticks(max([point.values[0] for point in points], default=0))
    left = _left_of(scale)
    step = (WIDTH - left - RIGHT) / max(len(points) - 1, 1)
    places = [(left + position * step, _y(point.values[0], scale[-1])) for position, point in enumerate(points)]
    parts = [*_head(title, description, name, HEIGHT), *_grid(scale, left)]
    if len(places) > 1:
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="chart-line" points="{drawn}" fill="none" stroke="#1d5c63" stroke-width="3"/>')
    elif places:
        x, y = places[0]
        parts.append(f'<circle class="chart-point" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#1d5c63"/>')
    return _whole([*parts, *_labels_below([point.label for point in points], left, step)])


def ticks(highest: int) -> list[int]:
    """Round whole numbers from 0 up to the first one not below `highest`, 2 to 5 of them: steps of 1, 2 or 5 times a
    power of ten."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            needed = -(-highest // step)
            if needed < TICKS_MAX:
                return [step * number for number in range(max(needed, 1) + 1)]
        power *= 10


def _head(title: str, description: str, name: str, height: int) -> list[str]:
    return [
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-description" '
        f'viewBox="0 0 {WIDTH} {height}" width="100%" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-description">{escape(description)}</desc>',
    ]


def _whole(parts: Sequence[str]) -> str:
    return "".join([*parts, "</svg>"])


def _legend(series: Sequence[str]) -> Iterator[str]:
    for number, words in enumerate(series):
        x = number * WIDTH / 2
        yield _rectangle(number, x, 8, 18, 18)
        yield _label(x + 26, 23, words, "start")


def _left_of(scale: Sequence[int]) -> int:
    """Room for the longest figure of the scale."""
    return CHARACTER * (len(f"{scale[-1]:,}") + 1)


def _grid(scale: Sequence[int], left: int) -> Iterator[str]:
    for value in scale:
        y = _y(value, scale[-1])
        yield (
            f'<line class="chart-grid" x1="{left}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{GRID}" stroke-width="1"/>'
        )
        yield _label(left - 10, y + 6, f"{value:,}", "end")


def _stack(values: Sequence[int], x: float, width: float, top: int) -> Iterator[str]:
    below = 0
    for number, value in enumerate(values):
        if value:
            upper, lower = _y(below + value, top), _y(below, top)
            yield _rectangle(number, x, upper, width, lower - upper)
        below += value


def _labels_below(labels: Sequence[str], first: float, step: float) -> Iterator[str]:
    """The first label, the last one, and between them as many as have room. `first` is where the first place lies."""
    widest = max(
        [sum(WIDE if ord(letter) > LATIN_MAX else CHARACTER for letter in label) for label in labels], default=1
    )
    number = min(len(labels), LABELS_MAX, max(2, int((WIDTH - first) // (widest + 3 * CHARACTER))))
    for place in range(number):
        position = round(place * (len(labels) - 1) / max(number - 1, 1))
        last = place == number - 1 and number > 1
        x = WIDTH if last else first + position * step
        anchor = "end" if last else "middle" if place or number == 1 else "start"
        yield _label(x, HEIGHT - 12, labels[position], anchor)


def _rectangle(series: int, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{SERIES_CLASSES[series]}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{SERIES_FILLS[series]}"/>'
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text class="chart-label" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="18" fill="{QUIET}">'
        f"{escape(text)}</text>"
    )


def _y(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
