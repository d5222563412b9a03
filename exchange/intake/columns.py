"""Whole columns of texts as values. Each function gives the values and a column of truth: the text was of the strict,
usual form. What is not may still be read in another way by the plain reader (read_row.py); an empty text is null.
"""

from collections.abc import Sequence

import polars as pl

Values = tuple[pl.Series, pl.Series]

WHOLE_DIGITS_MAX = 12
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_COUNT = "^[0-9]{1,9}$"
_ID_CHARACTERS = 18
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
"""Of MOD 11-2 (schema/vocabulary/identifiers.py); the check character's own weight is one."""
_NOBODYS_ID = "0" * _ID_CHARACTERS


def texts(values: Sequence[str]) -> pl.Series:
    """The texts without space at their ends, as the plain reader takes them; empty where there is none."""
    return pl.Series(values, dtype=pl.String).str.strip_chars()


def days(column: pl.Series) -> Values:
    """ISO dates, written out."""
    usual = column.str.contains(_DAY)
    found = column.set(~usual, None).str.to_date("%Y-%m-%d", strict=False)
    return found, found.is_not_null() | (column == "")


def counts(column: pl.Series) -> Values:
    """Whole numbers that are not negative."""
    usual = column.str.contains(_COUNT)
    return column.set(~usual, None).cast(pl.Int64), usual | (column == "")


def amounts_minor(column: pl.Series, digits: int) -> Values:
    """Amounts of a currency with so many digits behind the point, as minor units."""
    whole = column.cast(pl.Int64, strict=False)
    if whole.null_count() == (column == "").sum():
        usual = whole.is_null() | (whole.abs() < 10**WHOLE_DIGITS_MAX)
        return whole.set(~usual, None) * 10**digits, usual
    point = rf"(\.[0-9]{{1,{digits}}})?" if digits else ""
    usual = column.str.contains(rf"^-?[0-9]{{1,{WHOLE_DIGITS_MAX}}}{point}$")
    # So many digits in all are exact in a float of 64 bits: below 2^53 minor units.
    minor = (column.set(~usual, None).cast(pl.Float64) * 10**digits).round().cast(pl.Int64)
    return minor, usual | (column == "")


def resident_ids(column: pl.Series) -> Values:
    """Resident ids of 18 characters whose check character fits. The values are the birth dates inside them."""
    usual = column.str.contains("^[0-9]{17}[0-9X]$")
    numbers = column.set(~usual, _NOBODYS_ID)
    # X is ten: the character behind 9.
    characters = "".join(numbers.to_list()).replace("X", ":").encode()
    digits = pl.Series(list(characters), dtype=pl.Int32) - ord("0")
    weights = pl.Series(_WEIGHTS * len(numbers), dtype=pl.Int32)
    sums = (digits * weights).reshape((-1, _ID_CHARACTERS)).arr.sum()
    births = numbers.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    return births, usual & (sums % 11 == 1) & births.is_not_null()
