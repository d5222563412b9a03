"""Metro 2 lines made by hand: a sound base segment, of which a test changes single fields."""

from exchange.intake.metro2.layout import BASE, BASE_LENGTH, HEADER, SEGMENT_LENGTHS, SEGMENTS, Layout

SOUND = {
    "record_length": "0426",
    "processing_indicator": "1",
    "time_stamp": "02012019040214",
    "correction": "0",
    "identification_number": "LENDER01",
    "account_number": "A-1",
    "portfolio": "I",
    "account_type": "00",
    "opened_on": "03152015",
    "credit_limit": "000000000",
    "highest_credit": "000020000",
    "terms_duration": "072",
    "terms_frequency": "M",
    "scheduled_payment": "000000400",
    "actual_payment": "000000400",
    "account_status": "11",
    "payment_profile": "0" * 24,
    "current_balance": "000009000",
    "amount_past_due": "000000000",
    "charge_off_amount": "000000000",
    "account_information_on": "01312019",
    "first_delinquency_on": "00000000",
    "closed_on": "00000000",
    "last_payment_on": "01112019",
    "surname": "SAMPLE",
    "first_name": "PAT",
    "ssn": "123456789",
    "born_on": "05061980",
    "telephone": "6025550100",
    "ecoa": "1",
    "country": "US",
    "address_1": "1 MAIN ST",
    "city": "PHOENIX",
    "state": "AZ",
    "zip": "85001",
}


def base(**changes: str) -> str:
    """A base segment; by default it is sound."""
    return _segment(BASE, BASE_LENGTH, SOUND | changes)


def segment(name: str, **fields: str) -> str:
    """An appended segment."""
    return name + _segment(SEGMENTS[name], SEGMENT_LENGTHS[name], fields)[2:]


def header() -> str:
    fields = {"record_length": "0426", "record_identifier": "HEADER", "activity_date": "01312019"}
    return _segment(HEADER, BASE_LENGTH, fields | {"created_on": "02012019"})


def trailer(records: int) -> str:
    return f"0426TRAILER{records:09d}".ljust(BASE_LENGTH)


def with_length(line: str) -> str:
    """The line with the length that it has."""
    return f"{len(line):04d}{line[4:]}"


def _segment(layout: Layout, length: int, fields: dict[str, str]) -> str:
    text = [" "] * length
    for field, value in fields.items():
        first, last = layout[field]
        assert len(value) <= last - first + 1, field
        text[first - 1 : first - 1 + len(value)] = value
    return "".join(text)
