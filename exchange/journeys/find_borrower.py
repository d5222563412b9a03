"""From an identity document to the borrower's file."""

from dataclasses import dataclass

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.journeys.services import Services
from exchange.store.subject_file import SubjectFile, find_and_hold_subject, find_subject
from schema.vocabulary.identifiers import IdNumberNotValid, IdType, normalise_id_number


@dataclass(frozen=True, slots=True)
class Document:
    """One identity document: its kind, its issuer (ISO 3166-1 alpha-2) and its number in any usual spelling."""

    id_type: IdType
    country: str
    id_number: str


def lookup_tokens(services: Services, document: Document) -> list[bytes]:
    """The blind-index values of a document, one for each index key. Raises BadRequest: the number cannot be one."""
    try:
        number = normalise_id_number(document.id_type, document.id_number)
    except IdNumberNotValid as fault:
        raise BadRequest(str(fault), "ID_NUMBER_NOT_VALID") from None
    candidates = services.keys.lookup_tokens().candidates(document.id_type, document.country.upper(), number)
    return [token for _, token in candidates]


def borrower_of(services: Services, connection: Connection, document: Document) -> SubjectFile:
    """The borrower's file. Raises BadRequest where we hold none."""
    return _there(find_subject(connection, lookup_tokens(services, document)))


def held_borrower_of(services: Services, connection: Connection, document: Document) -> SubjectFile:
    """The borrower's file, to write: other acts in it wait until this transaction ends, and it is not joined with
    another meanwhile. Raises BadRequest where we hold none.
    """
    return _there(find_and_hold_subject(connection, lookup_tokens(services, document)))


def _there(file: SubjectFile | None) -> SubjectFile:
    if file is None:
        raise BadRequest("We hold no file for this identity document.", "SUBJECT_UNKNOWN")
    return file
