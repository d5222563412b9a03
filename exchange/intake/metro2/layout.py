"""Where each field of the Metro 2 character format stands: 1-based positions, ends included, as the Credit Reporting
Resource Guide (CDIA) numbers them. Base segments may be followed by J1, J2, K1-K4, L1 and N1 segments on the same line.
"""

from collections.abc import Mapping
from itertools import count

from exchange.errors import FileNotReadable

HEADER_LENGTH = BASE_LENGTH = 426

HEADER = {
    "record_length": (1, 4), "record_identifier": (5, 10), "cycle": (11, 12), "innovis_program": (13, 22),
    "equifax_program": (23, 32), "experian_program": (33, 37), "transunion_program": (38, 47),
    "activity_date": (48, 55), "created_on": (56, 63), "program_date": (64, 71), "program_revised_on": (72, 79),
    "reporter_name": (80, 119), "reporter_address": (120, 215), "reporter_telephone": (216, 225),
    "software_vendor": (226, 265), "software_version": (266, 270), "prbc_program": (271, 280),
}  # fmt: skip

BASE = {
    "record_length": (1, 4), "processing_indicator": (5, 5), "time_stamp": (6, 19), "correction": (20, 20),
    "identification_number": (21, 40), "cycle": (41, 42), "account_number": (43, 72), "portfolio": (73, 73),
    "account_type": (74, 75), "opened_on": (76, 83), "credit_limit": (84, 92), "highest_credit": (93, 101),
    "terms_duration": (102, 104), "terms_frequency": (105, 105), "scheduled_payment": (106, 114),
    "actual_payment": (115, 123), "account_status": (124, 125), "payment_rating": (126, 126),
    "payment_profile": (127, 150), "special_comment": (151, 152), "compliance_condition": (153, 154),
    "current_balance": (155, 163), "amount_past_due": (164, 172), "charge_off_amount": (173, 181),
    "account_information_on": (182, 189), "first_delinquency_on": (190, 197), "closed_on": (198, 205),
    "last_payment_on": (206, 213), "interest_type": (214, 214), "surname": (232, 256), "first_name": (257, 276),
    "middle_name": (277, 296), "generation": (297, 297), "ssn": (298, 306), "born_on": (307, 314),
    "telephone": (315, 324), "ecoa": (325, 325), "consumer_information": (326, 327), "country": (328, 329),
    "address_1": (330, 361), "address_2": (362, 393), "city": (394, 413), "state": (414, 415), "zip": (416, 424),
    "address_indicator": (425, 425), "residence": (426, 426),
}  # fmt: skip

SEGMENTS = {
    "J1": {
        "surname": (4, 28), "first_name": (29, 48), "middle_name": (49, 68), "generation": (69, 69),
        "ssn": (70, 78), "born_on": (79, 86), "telephone": (87, 96), "ecoa": (97, 97),
        "consumer_information": (98, 99), "reserved": (100, 100),
    },
    "J2": {
        "surname": (4, 28), "first_name": (29, 48), "middle_name": (49, 68), "generation": (69, 69),
        "ssn": (70, 78), "born_on": (79, 86), "telephone": (87, 96), "ecoa": (97, 97),
        "consumer_information": (98, 99), "country": (100, 101), "address_1": (102, 133), "address_2": (134, 165),
        "city": (166, 185), "state": (186, 187), "zip": (188, 196), "address_indicator": (197, 197),
        "residence": (198, 198), "reserved": (199, 200),
    },
    "K1": {"original_creditor": (3, 32), "creditor_class": (33, 34)},
    "K2": {"purchased_or_sold": (3, 3), "counterparty": (4, 33), "reserved": (34, 34)},
    "K3": {"agency": (3, 4), "agency_account": (5, 22), "mortgage_id": (23, 40)},
    "K4": {
        "special_payment": (3, 4), "deferred_until": (5, 12), "balloon_due_on": (13, 20),
        "balloon_amount": (21, 29), "reserved": (30, 30),
    },
    "L1": {"change": (3, 3), "new_account_number": (4, 33), "new_identification_number": (34, 53),
           "reserved": (54, 54)},
    "N1": {
        "employer": (3, 32), "address_1": (33, 64), "address_2": (65, 96), "city": (97, 116), "state": (117, 118),
        "zip": (119, 127), "occupation": (128, 145), "reserved": (146, 146),
    },
}  # fmt: skip

SEGMENT_LENGTHS = {"J1": 100, "J2": 200, "K1": 34, "K2": 34, "K3": 40, "K4": 30, "L1": 54, "N1": 146}

TRAILER_COUNTS = (
    "status_DF", "J1", "J2", "blocks", "status_DA", "status_05", "status_11", "status_13", "status_61", "status_62",
    "status_63", "status_64", "status_65", "status_71", "status_78", "status_80", "status_82", "status_83", "status_84",
    "status_88", "status_89", "status_93", "status_94", "status_95", "status_96", "status_97", "ecoa_Z", "N1", "K1",
    "K2", "K3", "K4", "L1", "ssn", "ssn_base", "ssn_J1", "ssn_J2", "born_on", "born_on_base", "born_on_J1",
    "born_on_J2", "telephone",
)  # fmt: skip
"""What the trailer counts behind the base records: nine digits each, from position 30."""

COUNT_DIGITS = 9
TRAILER = {
    "record_length": (1, 4), "record_identifier": (5, 11), "base_records": (12, 20),
    **{name: (first, first + COUNT_DIGITS - 1) for first, name in zip(count(30, COUNT_DIGITS), TRAILER_COUNTS)},
}  # fmt: skip

Layout = Mapping[str, tuple[int, int]]
Fields = dict[str, str]


class LineNotARecord(ValueError):
    """The line cannot be cut into segments. `code` and `detail` say why; neither repeats the line."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def cut(layout: Layout, text: str) -> Fields:
    """Every field of a segment, blanks around it removed."""
    return {field: text[first - 1 : last].strip() for field, (first, last) in layout.items()}


def paste(layout: Layout, length: int, fields: Fields) -> str:
    """A segment of `length` characters with each field at its place, cut to its width; the rest is blank."""
    text = [" "] * length
    for field, value in fields.items():
        first, last = layout[field]
        text[first - 1 : last] = value[: last - first + 1].ljust(last - first + 1)
    return "".join(text)


def width(layout: Layout, field: str) -> int:
    """How many characters a field has."""
    first, last = layout[field]
    return last - first + 1


def split_segments(line: str) -> tuple[Fields, list[tuple[str, Fields]]]:
    """The base segment's fields, and (name, fields) of every segment behind it. Raises LineNotARecord."""
    if not line[:4].isdigit():
        raise LineNotARecord("RECORD_NOT_READABLE", "it does not begin with its length")
    if len(line) < BASE_LENGTH:
        raise LineNotARecord("RECORD_NOT_READABLE", "a base segment has 426 characters")
    segments = []
    at = BASE_LENGTH
    while at < len(line.rstrip()):
        name = line[at : at + 2]
        length = SEGMENT_LENGTHS.get(name)
        if length is None:
            raise LineNotARecord("SEGMENT_UNKNOWN", str(at + 1))
        # Blanks at the end of a line are often lost on the way; they belong to reserved or empty fields.
        segments.append((name, cut(SEGMENTS[name], line[at : at + length].ljust(length))))
        at += length
    return cut(BASE, line), segments


def read_header(line: str) -> Fields:
    """The header's fields. Raises FileNotReadable where the file does not begin with one."""
    if line[4:10] != "HEADER":
        raise FileNotReadable("This is not a Metro 2 file of the character format: it does not begin with a header.")
    if len(line) > HEADER_LENGTH or not line[:4].isdigit() or int(line[:4]) != HEADER_LENGTH:
        raise FileNotReadable(f"The header of this Metro 2 file is not a record of {HEADER_LENGTH} characters.")
    return cut(HEADER, line)


def is_trailer(line: str) -> bool:
    """Whether this line is the trailer record."""
    return line[4:11] == "TRAILER"
