"""The accounts that a single record names, and the mandate under which an agency may name a lender's."""

from uuid import UUID

from sqlalchemy import Connection

from exchange.intake.contribution import Fault
from exchange.intake.fault_codes import fault
from exchange.intake.noun_checks import THE_RECORD
from exchange.intake.noun_records import Acting, HeldMandate
from exchange.journeys.services import Services
from exchange.store import mandates, records
from exchange.store.mandates import StoredMandate
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.mandate import MandateState


def held_mandate(connection: Connection, mandate_id: UUID | None) -> HeldMandate | None:
    """The mandate that a record names, as it stands; None where it names none of ours."""
    stored = mandates.find_mandate(connection, mandate_id) if mandate_id else None
    return None if stored is None else _held(stored)


def accounts_of(
    services: Services, connection: Connection, subject_key: UUID, acting: Acting, references: tuple[str, ...]
) -> tuple[list[UUID], list[Fault]]:
    """The keys of the accounts under these references; a fault where one is not the borrower's, or not to be named.

    An agency names the lender's accounts by the lender's references, under its mandate; all others name their own.
    """
    if not references:
        return [], []
    mandate = acting.mandate if acting.mandate and acting.mandate.agency == acting.member_id else None
    contributor = mandate.lender if mandate else acting.member_id
    found = _find(services, connection, subject_key, contributor, references)
    covered = _covered(connection, subject_key, mandate, found)
    if len(covered) == len(set(references)):
        return list(covered), []
    return [], [fault(THE_RECORD, "account_references", "ACCOUNT_NOT_YOURS")]


def _find(
    services: Services, connection: Connection, subject_key: UUID, contributor: str, references: tuple[str, ...]
) -> set[UUID]:
    lookup = services.keys.lookup_tokens()
    tokens = [token for each in references for _, token in lookup.account_candidates(contributor, each)]
    return set(records.own_accounts(connection, subject_key, contributor, tokens))


def _covered(
    connection: Connection, subject_key: UUID, mandate: HeldMandate | None, account_keys: set[UUID]
) -> set[UUID]:
    """Those that may be named: of a lender's, those its mandate names, or any where it is for a portfolio."""
    if mandate is None or mandate.portfolio is not None:
        return account_keys
    return account_keys & mandates.accounts_named(connection, subject_key, mandate.mandate_id)


def _held(stored: StoredMandate) -> HeldMandate:
    return HeldMandate(
        mandate_id=stored.mandate_id,
        lender=stored.lender,
        agency=stored.agency,
        channels=tuple(map(ContactChannel, stored.channels)),
        starts_on=stored.starts_on,
        ends_on=stored.ends_on,
        state=MandateState(stored.state),
        portfolio=stored.portfolio,
    )
