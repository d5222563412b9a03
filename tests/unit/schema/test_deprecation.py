"""A deprecation says what to use instead and when it ends, and leaves members three months."""

from datetime import date

import pytest
from graphql import build_schema

from schema.deprecation import announced, months_after, not_announced_in_time, parts_of

DAY = date(2026, 11, 30)


def contract(reason: str) -> object:
    return build_schema(
        f"""type Query {{ a(b: B, c: Int @deprecated(reason: "{reason}")): E d: Int @deprecated(reason: "{reason}") }}
        input B {{ f: Int @deprecated(reason: "{reason}") g: Int }}
        enum E {{ H @deprecated(reason: "{reason}") I }}"""
    )


def faults(reason: str, before: dict[str, date] | None = None) -> list[str]:
    made = contract(reason)
    return not_announced_in_time(made, announced(made, DAY, before or {}))


@pytest.mark.parametrize(
    "reason",
    [
        "Use `balance`. Ends 2027-02-28.",
        "Counts cents twice. Use `balance`. Ends 2027-03-01.",
        "Use `balance` of `Account` instead. Ends 2027-03-01.",
    ],
)
def test_a_replacement_and_a_day_three_months_ahead_will_do(reason: str) -> None:
    assert faults(reason) == []


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "Use `balance`.",
        "Ends 2027-03-01.",
        "Use another. Ends 2027-03-01.",
        "Use `balance`. Ends soon.",
        "Use `balance`. Ends 2027-03-01",
        "Use `balance`. Ends 2027-02-27.",
    ],
)
def test_every_deprecation_that_says_less_or_ends_sooner_is_named(reason: str) -> None:
    places = ["Query.a(c:)", "Query.d", "B.f", "E.H"]
    assert sorted(each.split(" is ")[0] for each in faults(reason)) == sorted(places)


def test_what_was_announced_before_keeps_its_day() -> None:
    places = {part.place: date(2026, 8, 1) for part in parts_of(contract("x")) if part.reason}
    assert faults("Use `balance`. Ends 2026-12-01.", places) == []
    assert len(faults("Use `balance`. Ends 2026-10-01.", places)) == 4


def test_a_day_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="day is out of range"):
        faults("Use `balance`. Ends 2027-02-30.")


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2026, 11, 22), date(2027, 2, 22)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2027, 1, 31), date(2027, 4, 30)),
        (date(2027, 9, 30), date(2027, 12, 30)),
    ],
)
def test_three_months_end_on_the_same_day_or_the_months_last(day: date, after: date) -> None:
    assert months_after(day, 3) == after
