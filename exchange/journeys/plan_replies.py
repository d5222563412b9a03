"""Members read what borrowers answered to their offers of repayment plans. Nobody else reads a borrower's words, nor an
agency once its mandate has ended. That words were read is an entry in the borrower's log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from consent.plan_schedule import Payment
from exchange.disclosure.shape_values import money
from exchange.journeys.admit_contributor import admit_contributor
from exchange.journeys.describe_look import Request
from exchange.journeys.log_act import log_in_file
from exchange.journeys.services import Services
from exchange.journeys.write_act import by_whom, spend_proof
from exchange.planning.selection import check_size
from exchange.store.append import newest_keys
from exchange.store.plan_replies import RepliedPlan, count_replies_to, replies_to
from exchange.vault.field_cipher import SubjectCipher
from schema.types.connection import PAGE_ITEMS_MAX
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.money import Money
from schema.vocabulary.scope import Scope


@dataclass(frozen=True, slots=True)
class Countered:
    """What a borrower offers instead."""

    instalments: int
    instalment: Money | None
    total: Money | None
    first_due_on: date


@dataclass(frozen=True, slots=True)
class ReplyView:
    """An answer to an offer of the caller's, unsealed, and its plan as it stands."""

    replied: RepliedPlan
    reference: str
    words: str | None
    counter: Countered | None
    schedule: tuple[Payment, ...]


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """Some of the answers, the oldest first."""

    replies: tuple[ReplyView, ...]
    total: int
    has_next: bool


def fetch_plan_replies(
    services: Services, request: Request, first: int, after: UUID | None, waiting: bool
) -> ReplyPage:
    """A page of the answers to the caller's offers; `waiting`: only counter-offers that wait for another offer.

    Raises BadRequest for a page of another size, Refused without the scope, NotAuthenticated with a revoked token or a
    proof used before.
    """
    check_size("first", first, PAGE_ITEMS_MAX)
    member = admit_contributor(services, request.caller, Scope.COLLECTION_WRITE)
    is_agency = member.member_class is MemberClass.COLLECTION_AGENCY
    mandated_on = services.clock.now().date() if is_agency else None
    with services.transaction() as connection:
        found = replies_to(connection, member.member_id, after, first + 1, waiting, mandated_on)
        total = count_replies_to(connection, member.member_id, waiting, mandated_on)
        keys = newest_keys(connection, {each.answer.subject_key for each in found[:first]})
        ciphers = {key: services.keys.open(wrapped) for key, wrapped in keys.items()}
        leaves = _log_readings(services, connection, request, found[:first], ciphers)
    request.leaves.extend(leaves)
    views = tuple(_view(each, ciphers[each.answer.subject_key]) for each in found[:first])
    return ReplyPage(views, total, has_next=len(found) > first)


def _log_readings(
    services: Services,
    connection: Connection,
    request: Request,
    shown: Sequence[RepliedPlan],
    ciphers: Mapping[UUID, SubjectCipher],
) -> list[bytes]:
    """An entry for each answer with words. Borrowers are taken in one order, so that two readers never wait for each
    other in a circle.
    """
    with_words = [each.answer for each in shown if each.answer.words]
    if with_words:
        spend_proof(connection, request)
    leaves = []
    for each in sorted(with_words, key=lambda answer: (answer.subject_key, answer.plan_key)):
        said = {"act": "plan_reply_read", "member": request.caller.member_id, "plan": str(each.plan_key)}
        whose, fields = (each.subject_key, ciphers[each.subject_key]), {**said, **by_whom(request)}
        leaves.append(log_in_file(services, connection, services.clock.now(), *whose, fields).leaf_hash)
    return leaves


def _view(replied: RepliedPlan, cipher: SubjectCipher) -> ReplyView:
    answer, row_key = replied.answer, replied.answer.plan_key.bytes
    words = cipher.unseal("plan_reply", "words", row_key, answer.words).decode() if answer.words else None
    return ReplyView(
        replied=replied,
        reference=cipher.unseal("repayment_plan", "reference", row_key, replied.reference).decode(),
        words=words,
        counter=_countered(answer.counter, replied.currency) if answer.counter else None,
        schedule=tuple(Payment(date.fromisoformat(due_on), amount, paid) for due_on, amount, paid in replied.schedule),
    )


def _countered(option: Any, currency: str) -> Countered:
    return Countered(
        instalments=option["instalments"],
        instalment=money(option["amount_minor"], currency),
        total=money(option["total_minor"], currency),
        first_due_on=date.fromisoformat(option["first_due_on"]),
    )
