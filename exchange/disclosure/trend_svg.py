"""How many accounts were late, month by month: as a picture (SVG) and as the rows of the table that says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from exchange.disclosure.minimise import first_of_month
from exchange.disclosure.own_account import OwnAccount
from schema.vocabulary.payment_status import OVERDUE

MONTHS = 24

WIDTH, HEIGHT = 720, 220
LEFT, TOP, BOTTOM = 34, 14, 40
LABEL_EVERY = 6


@dataclass(frozen=True, slots=True)
class TrendMonth:
    """One month across all accounts: how many were late, of how many that were reported."""

    month: date
    late: int
    reported: int


def trend_of(accounts: Sequence[OwnAccount], months: int = MONTHS) -> tuple[TrendMonth, ...]:
    """The newest months that any account reports, oldest first; none where there is no history."""
    newest = max((account.months[0].month for account in accounts if account.months), default=None)
    if newest is None:
        return ()
    said = [(month.month, month.status in OVERDUE) for account in accounts for month in account.months]
    every = (first_of_month(newest, back) for back in range(months - 1, -1, -1))
    return tuple(
        TrendMonth(month, sum(late for at, late in said if at == month), sum(at == month for at, _ in said))
        for month in every
    )


def trend_svg(
    trend: Sequence[TrendMonth], title: str, description: str, month_label: Callable[[date], str], name: str = "trend"
) -> str:
    """A bar for each month, as inline SVG without styles or scripts. `name` makes the ids of this picture unique.

    Colours come from the page: the parts have the classes trend-bar, trend-line and trend-label.
    """
    highest = max([month.late for month in trend] + [1])
    step = (WIDTH - LEFT) / max(len(trend), 1)
    parts = [
        f'<svg class="trend" role="img" aria-labelledby="{name}-title {name}-description" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-description">{escape(description)}</desc>',
        *_grid(highest),
    ]
    for position, month in enumerate(trend):
        x = LEFT + position * step
        if month.late:
            parts.append(_bar(x + step * 0.18, _y(month.late, highest), step * 0.64))
        if (len(trend) - 1 - position) % LABEL_EVERY == 0:
            last = position == len(trend) - 1
            place = (WIDTH, "end") if last else (x + step / 2, "middle")
            parts.append(_label(place[0], HEIGHT - 14, month_label(month.month), place[1]))
    return "".join([*parts, "</svg>"])


def _grid(highest: int) -> list[str]:
    every = -(-highest // 4)
    lines = []
    for late in range(0, highest + 1, every):
        y = _y(late, highest)
        lines.append(
            f'<line class="trend-line" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#b1b4b6" stroke-width="1"/>'
        )
        lines.append(_label(LEFT - 10, y + 5, str(late), "end"))
    return lines


def _bar(x: float, y: float, width: float) -> str:
    height = HEIGHT - BOTTOM - y
    return (
        f'<rect class="trend-bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
        f'fill="#b3451f"/>'
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text class="trend-label" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="14" fill="#505a5f">'
        f"{escape(text)}</text>"
    )


def _y(late: int, highest: int) -> float:
    return HEIGHT - BOTTOM - late / highest * (HEIGHT - TOP - BOTTOM)
