"""What borrowers wish of those who collect from them: to be left alone, or that other hours suit them too.

    hold the file -> check -> write -> tell the lenders and their agencies -> log entry -> commit

Whoever asks for a clearance holds the file as well: a stop that has committed stops the very next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from exchange.errors import BadRequest
from exchange.handover import Borrower
from exchange.journeys.own_act import held_own_file, log_own_act, own_file_of
from exchange.journeys.services import Services
from exchange.journeys.tell import Said, tell_member
from exchange.store import contact_wishes as stored
from exchange.store.collectors import agencies_of, lenders_of
from exchange.store.contact_wishes import StoredWish
from schema.vocabulary.contact import WishKind
from schema.vocabulary.notice import NoticeKind


@dataclass(frozen=True, slots=True)
class OwnWish:
    """A wish that stands. `member_name` is None where it is for all lenders."""

    wish_id: UUID
    kind: WishKind
    member_id: str | None
    member_name: str | None
    stands_from: datetime


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes that stand, the oldest first, and the lenders that one may be for: id to name."""

    standing: tuple[OwnWish, ...]
    lenders: Mapping[str, str]


def list_wishes(services: Services, borrower: Borrower) -> Wishes:
    """What the borrower wishes now. Raises BadRequest once the file was erased."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = own_file_of(connection, borrower)
        lenders = lenders_of(connection, file.subject_key)
        standing = stored.standing_wishes(connection, file.subject_key, now)
    return Wishes(tuple(_own(each, lenders) for each in standing), lenders)


def wish(services: Services, borrower: Borrower, kind: WishKind, member_id: str | None) -> UUID | None:
    """Wishes it of a lender and its agencies, or (None) of all lenders. Returns the wish's id; None: it stood already.

    Raises BadRequest LENDER_NOT_FOUND where no such lender reports an account of the borrower.
    """
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        lenders = lenders_of(connection, file.subject_key)
        if member_id is not None and member_id not in lenders:
            raise BadRequest("No such lender reports an account of yours.", "LENDER_NOT_FOUND")
        wish_id = stored.add_wish(connection, file.subject_key, kind, member_id, now)
        if wish_id is None:
            return None
        made = StoredWish(wish_id, kind, member_id, now, None)
        tell_of_wish(services, connection, file.subject_key, made, lenders, stands=True)
        fields = {"act": "contact_wish_made", "wish": str(wish_id), "kind": kind.value, "lender": member_id}
        log_own_act(services, connection, borrower, file, fields)
    return wish_id


def take_back(services: Services, borrower: Borrower, wish_id: UUID) -> None:
    """Ends a wish. Raises BadRequest WISH_NOT_FOUND where none of this id stands."""
    now = services.clock.now()
    with services.transaction() as connection:
        file = held_own_file(connection, borrower)
        ended = stored.end_wish(connection, file.subject_key, wish_id, now)
        if ended is None:
            raise BadRequest("There is no such wish of yours.", "WISH_NOT_FOUND")
        lenders = lenders_of(connection, file.subject_key)
        tell_of_wish(services, connection, file.subject_key, ended, lenders, stands=False)
        fields = {
            "act": "contact_wish_ended",
            "wish": str(wish_id),
            "kind": ended.kind.value,
            "lender": ended.member_id,
        }
        log_own_act(services, connection, borrower, file, fields)


def tell_of_wish(
    services: Services,
    connection: Connection,
    subject_key: UUID,
    wish: StoredWish,
    lenders: Mapping[str, str],
    stands: bool,
) -> None:
    """Tells of a stop, or of its end, those lenders that it is for and the agencies that collect for them."""
    if wish.kind is not WishKind.STOP:
        return
    meant = [lender for lender in lenders if wish.member_id in (None, lender)]
    today = services.clock.now().astimezone(UTC).date()
    agencies = agencies_of(connection, subject_key, meant, today)
    for lender, recipient in sorted({*((lender, lender) for lender in meant), *agencies}):
        said: Said = {"member": lender, "stands": stands}
        tell_member(services, connection, subject_key, recipient, NoticeKind.CONTACT_STOPPED, wish.wish_id, said)


def _own(wish: StoredWish, lenders: Mapping[str, str]) -> OwnWish:
    name = lenders.get(wish.member_id, wish.member_id) if wish.member_id else None
    return OwnWish(wish.wish_id, wish.kind, wish.member_id, name, wish.stands_from)
