"""Values as Metro 2 writes them: dates MMDDYYYY, whole dollars, text in printable ASCII."""

import unicodedata
from collections.abc import Sequence
from datetime import date

from exchange.intake.metro2.field_values import MINOR_PER_DOLLAR
from exchange.intake.metro2.layout import Fields
from exchange.intake.metro2.time_zones import is_state

AMOUNT_DIGITS = 9
_AMOUNT_MAX = 10**AMOUNT_DIGITS - 1
_ADDRESS_WIDTHS = {"address_1": 32, "address_2": 32, "city": 20}


def date_text(day: date | None) -> str:
    """MMDDYYYY; zeros for no date."""
    return "00000000" if day is None else f"{day:%m%d}{day.year:04d}"


def amount_text(minor: int | None) -> str:
    """Whole dollars, rounded half up. No amount, and less than none, is zero; more than nine digits is all nines."""
    dollars = ((minor or 0) + MINOR_PER_DOLLAR // 2) // MINOR_PER_DOLLAR
    return f"{min(max(dollars, 0), _AMOUNT_MAX):0{AMOUNT_DIGITS}d}"


def arrears_text(minor: int | None) -> str:
    """The same of an amount past due: what is less than a dollar is one, since none would say nothing is overdue."""
    return amount_text(max(minor, MINOR_PER_DOLLAR) if minor and minor > 0 else minor)


def ascii_text(text: str | None) -> str:
    """The text without what printable ASCII cannot say; letters lose their accents."""
    plain = unicodedata.normalize("NFKD", text or "")
    return "".join([letter for letter in plain if " " <= letter <= "~"]).strip()


def name_fields(name: str) -> Fields:
    """The last word is the surname, the first the first name; what is between is the middle name."""
    *given, surname = ascii_text(name).split() or [""]
    return {"surname": surname, "first_name": given[0] if given else "", "middle_name": " ".join(given[1:])}


def address_fields(address: str, with_country: bool = True) -> Fields:
    """An address on one line, its parts separated by commas, in the fields it was made from: country, postcode and
    state are known by their form and stand at its end.
    """
    parts = ascii_text(address).split(", ")
    fields = {}
    if with_country and len(parts[-1]) == 2 and not is_state(parts[-1]):
        fields["country"] = parts.pop()
    if parts and parts[-1].isdigit() and len(parts[-1]) in (5, 9):
        fields["zip"] = parts.pop()
    if parts and is_state(parts[-1]):
        fields["state"] = parts.pop()
    return fields | _street_and_city(parts)


def _street_and_city(parts: Sequence[str]) -> Fields:
    names = ("city",) if len(parts) == 1 else ("address_1", "city") if len(parts) == 2 else tuple(_ADDRESS_WIDTHS)
    if len(parts) == 1 and len(parts[0]) > _ADDRESS_WIDTHS["city"]:
        names = ("address_1",)
    fields = dict(zip(names, parts, strict=False))
    if len(parts) > len(names):
        fields["address_2"] = ", ".join(parts[1:-1])
        fields["city"] = parts[-1]
    return fields


def employment_fields(employment: str) -> Fields:
    """Employer; occupation; address."""
    employer, *others = ascii_text(employment).split("; ")
    occupation = others[0] if others else ""
    address = address_fields("; ".join(others[1:]), with_country=False) if others[1:] else {}
    return {"employer": employer, "occupation": occupation, **address}
