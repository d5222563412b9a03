"""The contract is kept as it was released, with the day from which members may rely on it."""

from datetime import date
from pathlib import Path

import pytest
from graphql import print_schema

from schema.contract import print_contract
from schema.release import announcements, release, releases

DAY = date(2027, 1, 15)
OLD = '# {version}, released {day}\n\ntype Query {{ a: Int @deprecated(reason: "Use `b`. Ends 2027-09-01.") b: Int }}\n'


def keep(folder: Path, version: str, day: str, text: str = OLD) -> None:
    (folder / f"{version}.graphql").write_text(text.format(version=version, day=day))


def test_what_is_released_is_read_again_as_it_was(tmp_path: Path) -> None:
    release("0.2.0", DAY, tmp_path)
    release("0.2.0", DAY, tmp_path)
    (kept,) = releases(tmp_path)
    assert (kept.version, kept.released_on) == ("0.2.0", DAY)
    assert print_schema(kept.contract) + "\n" == print_contract()


def test_releases_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for version in ("0.10.0", "0.9.0", "1.0.0", "0.9.11"):
        keep(tmp_path, version, "2027-01-15")
    assert [each.version for each in releases(tmp_path)] == ["0.9.0", "0.9.11", "0.10.0", "1.0.0"]


@pytest.mark.parametrize("head", ["", "# 0.3.1, released 2027-01-15\n", "# 0.3.0 released 2027-01-15\n"])
def test_a_file_that_does_not_begin_with_its_version_and_day_is_none(tmp_path: Path, head: str) -> None:
    keep(tmp_path, "0.3.0", "", head + "type Query {{ a: Int }}")
    with pytest.raises(ValueError, match=r"0\.3\.0"):
        releases(tmp_path)


def test_a_deprecation_counts_from_the_first_release_that_had_it_without_a_gap(tmp_path: Path) -> None:
    plain = "# {version}, released {day}\n\ntype Query {{ a: Int, b: Int }}\n"
    keep(tmp_path, "0.1.0", "2026-01-01")
    keep(tmp_path, "0.2.0", "2026-02-01", plain)
    keep(tmp_path, "0.3.0", "2026-03-01")
    keep(tmp_path, "0.4.0", "2026-04-01")
    found = releases(tmp_path)
    since = [announcements(found[: count + 1]).get("Query.a") for count in range(4)]
    assert since == [date(2026, 1, 1), None, date(2026, 3, 1), date(2026, 3, 1)]
