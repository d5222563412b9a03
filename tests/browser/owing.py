"""Alice owes a bank, which has an agency collect: an offer, a dispute, a complaint, a judgement and contacts stand."""

from dataclasses import dataclass
from uuid import UUID

from complaining import NIGHT, Scene, make_scene
from debts import SCOPES, request_of
from disputing import contest
from factories import ALICE, Exchange
from noun_rows import add_noun
from plan_offers import offer
from sqlalchemy import insert, select, update

from exchange.clock import new_id
from exchange.intake.check_contact import WantedContact
from exchange.journeys.request_clearance import request_clearance
from exchange.store.tables.account import account
from exchange.store.tables.assessment import assessment
from exchange.store.tables.member import member
from exchange.store.tables.notice import notice
from exchange.store.tables.subject import subject
from exchange.store.tables.webhook import webhook, webhook_delivery
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactTarget

NUMBER = "+86 138 0013 8000"


@dataclass(slots=True)
class Owing:
    """What there is of Alice, by the addresses of its pages."""

    scene: Scene
    account: UUID
    contact: UUID
    plan: UUID
    dispute: UUID
    complaint: UUID
    judgement: UUID


def make_owing(exchange: Exchange) -> Owing:
    """The scene, with a contact at night that broke the rules, one that was allowed and one that was not."""
    scene = make_scene(exchange)
    with exchange.engine.begin() as connection:
        connection.execute(update(member).values(scopes=sorted(SCOPES)))
    assert _ask_to_contact(exchange)
    contact = scene.contact(NIGHT, promised_minor=50_000, promised_currency="CNY")
    scene.breach(contact, NIGHT)
    account_key = _account_of(exchange)
    owing = Owing(
        scene,
        account_key,
        contact,
        offer(scene.bank, reportingTreatment="FREEZE_STATUS").plan_id,
        contest(exchange, scene.key, account_key, evidence=(b"d" * 32,)),
        scene.complain(),
        add_noun(exchange, assessment, scene.key, "harbour-bank"),
    )
    scene.complain(member_id="harbour-bank", lender=None)
    assert not _ask_to_contact(exchange)
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(synthetic_identity=True))
    exchange.later(seconds=1)
    return owing


def lose_a_message(exchange: Exchange, member_id: str) -> None:
    """A member's web server did not take a message for so long that it was given up."""
    now, webhook_id = exchange.clock.now(), new_id(exchange.clock.now())
    with exchange.engine.begin() as connection:
        told = connection.execute(select(notice).where(notice.c.recipient == member_id).limit(1)).one()
        hook = {"webhook_id": webhook_id, "url": "https://lender.example/told", "kinds": [], "added_at": now}
        connection.execute(insert(webhook).values(hook | {"member_id": member_id}))
        lost = {"subject_key": told.subject_key, "notice_id": told.notice_id, "webhook_id": webhook_id}
        lost |= {"attempts": 14, "last_status": 503, "dead_at": now}
        connection.execute(insert(webhook_delivery).values(lost | {"member_id": member_id}))


def _ask_to_contact(exchange: Exchange) -> bool:
    """The bank asks for leave to contact Alice: whether it is given."""
    wanted = WantedContact(("R-1",), CollectionStage.REMINDER, ContactChannel.SMS, ContactTarget.DEBTOR, contact=NUMBER)
    asked = request_clearance(exchange.services, request_of("harbour-bank"), ALICE, wanted).clearance
    assert asked is not None
    return asked.granted


def _account_of(exchange: Exchange) -> UUID:
    with exchange.engine.connect() as connection:
        key: UUID = connection.execute(select(account.c.account_key)).scalar_one()
    return key
