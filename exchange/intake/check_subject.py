"""The rules of a borrower as a furnisher names them."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from exchange.intake.check_texts import ADDRESS_LENGTH_MAX, check_texts
from exchange.intake.contribution import Fault, SubjectRecord
from exchange.intake.denylist import check_free_text
from exchange.intake.fault_codes import fault
from schema.vocabulary.identifiers import IdNumberNotValid, IdType, normalise_id_number

BIRTH_DATE_MIN = date(1870, 1, 1)

_COUNTRY = re.compile("[A-Z]{2}")  # ISO 3166-1
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")  # BCP 47
_PHONE = re.compile(r"\+?[0-9]{5,15}(?:(?:x|ext|转|轉)[0-9]{1,6})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_PHONE_SEPARATORS = re.compile(r"[\s().\-–—/]+")
_ISSUED_BY = {IdType.RESIDENT_ID: "CN", IdType.MILITARY: "CN", IdType.SSN: "US"}


def check_subject(record_no: int, subject: SubjectRecord, today: date) -> tuple[str, list[Fault]]:
    """The borrower's id number in the one spelling (empty where that is a fault), and what is wrong with them."""
    if not subject.id_number.strip() or not any(name.strip() for name in subject.names):
        return "", [fault(record_no, "subject", "IDENTITY_MISSING"), *_check_beside(record_no, subject, "", today)]
    id_number, faults = check_id(record_no, "subject", subject.id_type, subject.country, subject.id_number)
    for place, other in enumerate(subject.other_ids):
        faults += check_id(record_no, f"subject.other_ids[{place}]", other.id_type, other.country, other.id_number)[1]
    return id_number, [*faults, *_check_beside(record_no, subject, id_number, today)]


def check_id(record_no: int, field: str, id_type: IdType, country: str, number: str) -> tuple[str, list[Fault]]:
    """A document's number in the one spelling (empty where it is a fault), and what is wrong with the document."""
    faults = []
    if not _COUNTRY.fullmatch(country):
        faults.append(fault(record_no, f"{field}.country", "COUNTRY_UNKNOWN"))
    elif country != _ISSUED_BY.get(id_type, country):
        faults.append(fault(record_no, f"{field}.country", "ID_TYPE_DOES_NOT_FIT_COUNTRY"))
    try:
        return normalise_id_number(id_type, number), faults
    except IdNumberNotValid as reason:
        return "", [*faults, fault(record_no, f"{field}.id_number", "ID_NUMBER_NOT_VALID", str(reason))]


def birth_date_of(subject: SubjectRecord, id_number: str) -> date | None:
    """The birth date as it was stated, else as the resident id says it."""
    if subject.birth_date is None and subject.id_type is IdType.RESIDENT_ID and id_number:
        return _birth_date_in(id_number)
    return subject.birth_date


def _check_beside(record_no: int, subject: SubjectRecord, id_number: str, today: date) -> Iterator[Fault]:
    """Everything but the documents."""
    born = subject.birth_date
    resident = subject.id_type is IdType.RESIDENT_ID and bool(id_number)
    broken = (
        ("birth_date", "BIRTH_DATE_NOT_VALID", born is not None and not BIRTH_DATE_MIN <= born <= today),
        ("birth_date", "BIRTH_DATE_DIFFERS", born is not None and resident and born != _birth_date_in(id_number)),
        ("time_zone", "TIME_ZONE_UNKNOWN", not _is_time_zone(subject.time_zone)),
        ("language", "LANGUAGE_UNKNOWN", not _LANGUAGE.fullmatch(subject.language)),
    )
    for field, code, is_broken in broken:
        if is_broken:
            yield fault(record_no, f"subject.{field}", code)
    yield from check_texts(record_no, "subject.names", subject.names)
    yield from check_texts(record_no, "subject.addresses", subject.addresses, ADDRESS_LENGTH_MAX)
    yield from _check_contacts(record_no, subject)
    yield from check_texts(record_no, "subject.employment", subject.employment)
    for place, employment in enumerate(subject.employment):
        yield from check_free_text(record_no, f"subject.employment[{place}]", employment)


def _check_contacts(record_no: int, subject: SubjectRecord) -> Iterator[Fault]:
    yield from check_texts(record_no, "subject.phones", subject.phones)
    yield from check_texts(record_no, "subject.emails", subject.emails)
    for place, phone in enumerate(subject.phones):
        if not _PHONE.fullmatch(_PHONE_SEPARATORS.sub("", phone)):
            yield fault(record_no, f"subject.phones[{place}]", "PHONE_NOT_VALID")
    for place, email in enumerate(subject.emails):
        if not _EMAIL.fullmatch(email):
            yield fault(record_no, f"subject.emails[{place}]", "EMAIL_NOT_VALID")


def _birth_date_in(resident_id: str) -> date:
    return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))


@lru_cache(maxsize=1024)
def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, not a name of one, a folder of zones
        return False
    return True
