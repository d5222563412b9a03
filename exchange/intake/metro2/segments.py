"""The segments behind a base segment: what they say of the account, who else borrows, and what was wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from exchange.intake.contribution import Fault
from exchange.intake.metro2 import codes
from exchange.intake.metro2.field_values import FieldValues, is_blank
from exchange.intake.metro2.layout import Fields

CONSUMERS = frozenset({"J1", "J2"})
_DATES = ("deferred_until", "balloon_due_on")


@dataclass(slots=True)
class Appended:
    """What the appended segments say. `new_reference`: the account's number changes to this one (L1).

    `consumers`: the fields of J1 and J2 segments, in their order.
    """

    original_creditor: str | None = None
    purchased_from: str | None = None
    sold_to: str | None = None
    new_reference: str | None = None
    employment: tuple[str, ...] = ()
    consumers: list[FieldValues] = field(default_factory=list)
    findings: list[Fault] = field(default_factory=list)


def read_segments(record_no: int, segments: Sequence[tuple[str, Fields]]) -> Appended:
    """All appended segments of one line. K3 and K4 are checked and noted; the exchange does not hold them."""
    appended = Appended()
    for name, fields in segments:
        values = FieldValues(record_no, fields, name + ".")
        if name in CONSUMERS:
            appended.consumers.append(values)
            continue
        _check_code(name, values)
        if name == "K1":
            appended.original_creditor = fields["original_creditor"] or None
        elif name == "K2":
            _read_sale(fields, appended)
        elif name == "L1":
            _read_change(values, appended)
        elif name == "N1":
            appended.employment = employment_of(fields)
        else:
            _check_mortgage_or_payment(name, values)
        appended.findings += values.findings
    return appended


def address_of(fields: Fields) -> str:
    """The address of a segment on one line; empty where it has none."""
    names = ("address_1", "address_2", "city", "state", "zip", "country")
    return ", ".join([part for part in map(fields.get, names) if part and not is_blank(part)])


def employment_of(fields: Fields) -> tuple[str, ...]:
    """Employer; occupation; address."""
    parts = (fields["employer"], fields["occupation"], address_of(fields))
    said = "; ".join(part for part in parts if not is_blank(part))
    return (said,) if said else ()


def _check_code(name: str, values: FieldValues) -> None:
    coded = codes.SEGMENT_CODES.get(name)
    if coded is not None and values.fields[coded[0]] not in coded[1]:
        values.find(coded[0], "CODE_UNKNOWN")


def _read_sale(fields: Fields, appended: Appended) -> None:
    other = fields["counterparty"] or None
    appended.purchased_from = other if fields["purchased_or_sold"] == codes.PURCHASED else None
    appended.sold_to = other if fields["purchased_or_sold"] == codes.SOLD else None


def _read_change(values: FieldValues, appended: Appended) -> None:
    if values.fields["change"] not in codes.NUMBER_CHANGED:
        return
    if not values.fields["new_account_number"]:
        values.find("new_account_number", "FIELD_MISSING")
    appended.new_reference = values.fields["new_account_number"] or None


def _check_mortgage_or_payment(name: str, values: FieldValues) -> None:
    for date in _DATES:
        if date in values.fields:
            values.date(date)
    if "balloon_amount" in values.fields:
        values.amount_minor("balloon_amount")
    values.find("segment", "SEGMENT_NOT_APPLIED", name)
