"""A made-up market over days of its own clock: what the service promises held on every one of them.

Forty borrowers over sixty days here. `make year` has a thousand over a whole year, of whom each does less in a day
(YEAR_BORROWERS, YEAR_DAYS, YEAR_BUSY).
"""

import logging
import os
from dataclasses import replace
from datetime import timedelta
from random import Random

from answers import Answers
from days import Day, Happened
from factories import Exchange, make_exchange
from promises import broken_promises
from sqlalchemy import Engine, text
from world import START, make_world

from consent.policy.contact_terms import Rate
from consent.policy.rules import Pack
from exchange.clock import FixedClock
from exchange.journeys.replay_decisions import replay
from exchange.journeys.retain import retain
from exchange.journeys.run_clocks import escalate_missed
from exchange.settings import Settings

BORROWERS = int(os.environ.get("YEAR_BORROWERS", "40"))
DAYS = int(os.environ.get("YEAR_DAYS", "60"))
BUSY = float(os.environ.get("YEAR_BUSY", "1"))
SEED = 2026
LOG = logging.getLogger(__name__)


def test_what_was_promised_held_on_every_day(settings: Settings, engine: Engine, clock: FixedClock) -> None:
    clock.instant = START
    exchange = make_exchange(settings, engine, clock)
    happened = _live(exchange, Random(SEED))
    LOG.info(_told(happened))

    assert min(happened.permits, happened.denials, happened.without_leave, happened.accepted, happened.looks) > 0
    with engine.connect() as connection:
        assert list(broken_promises(connection, clock.now())) == []
    _replay_finds_exactly_what_differs(exchange)
    _every_promise_can_be_found_broken(engine, clock)
    exchange.close()


def _live(exchange: Exchange, random: Random) -> Happened:
    world, happened = make_world(exchange, random, BORROWERS), Happened()
    day, answers = Day(world, random, happened, BUSY), Answers(world, random, happened, exchange.officer())
    for number in range(DAYS):
        today = START + timedelta(days=number)
        exchange.clock.instant = max(today, exchange.clock.now())
        day.live(today)
        escalate_missed(exchange.services, "operator")
        answers.give()
        if number % 30 == 29:
            LOG.info("%s days: %s", number + 1, _told(happened))
        if number % 7 == 6:
            exchange.integrate()
            retain(exchange.services, "operator")
    exchange.clock.instant = max(START + timedelta(days=DAYS), exchange.clock.now())
    escalate_missed(exchange.services, "operator")
    exchange.integrate()
    return happened


def _replay_finds_exactly_what_differs(exchange: Exchange) -> None:
    """With every limit at one, those permits are denied before which something was counted: as each of them says."""
    services, until = exchange.services, exchange.clock.now() + timedelta(days=1)
    again = replay(services, services.pack, START - timedelta(days=1), until)
    assert (again.differ, again.not_as_recorded) == (0, 0)
    with exchange.engine.connect() as connection:
        counted = connection.execute(text(_COUNTED_BEFORE)).all()
    stricter = replay(services, _with_limits_of_one(services.pack), START - timedelta(days=1), until)
    assert stricter.differ == len(counted) > 0
    assert [each.leaf_hash for each in stricter.differences] == [row[0] for row in counted[: len(stricter.differences)]]
    assert all(each.was.granted and not each.would_be.granted for each in stricter.differences)


_COUNTED_BEFORE = """
    SELECT leaf_hash FROM contact_clearance
    WHERE granted AND EXISTS (SELECT FROM jsonb_array_elements(counts) AS count WHERE (count ->> 1)::int > 0)
    ORDER BY asked_at, clearance_id
"""


BREAKING = {
    "a permit at": "UPDATE contact_clearance SET asked_at = date_trunc('day', asked_at) + interval '17 hours' "
    "WHERE granted",  # one o'clock at night in Shanghai
    "until": "UPDATE contact_clearance SET expires_at = expires_at + interval '20 hours' WHERE granted",
    "unanswered attempts": "UPDATE collection_action SET started_at = (SELECT max(started_at) FROM collection_action), "
    "result = 'NO_ANSWER', channel = 'VOICE_HUMAN'",
    "notifications": "UPDATE collection_action SET started_at = (SELECT max(started_at) FROM collection_action), "
    "result = 'CONNECTED', channel = 'VOICE_AI_NOTIFY'",
    "effective talks": "UPDATE collection_action SET started_at = (SELECT max(started_at) FROM collection_action), "
    "result = 'EFFECTIVE', channel = 'VOICE_AI_INTERACTIVE'",
    "against a stop": "UPDATE contact_wish SET stands_from = stands_from - interval '300 days', ended_at = NULL",
    "against a dispute": "UPDATE dispute SET filed_at = filed_at - interval '300 days', closed_at = NULL",
    "against a plan": "UPDATE repayment_plan SET state = 'ACTIVE', recorded_at = recorded_at - interval '300 days', "
    "stop_collection_until = date '2030-01-01'",
    "permits for one contact": "UPDATE contact_clearance SET action_key = subject_key WHERE granted",
    "a permit used after": "UPDATE contact_clearance SET used_at = expires_at + interval '1 second' WHERE granted",
    "a contact with leave False": "DELETE FROM contact_breach",
    "missed and not escalated": "UPDATE running_clock SET met_at = NULL, escalated_at = NULL, due_at = started_at",
    "was not told once": "DELETE FROM notice WHERE kind = 'RECORD_CORRECTED'",
    "was told of what": "UPDATE notice SET recipient = 'somebody' WHERE kind = 'RECORD_CORRECTED'",
    "is still there": "UPDATE delinquency SET ended_on = date '2015-01-01'",
}
"""What breaks each promise in the tables, by words of what must then be said of it."""


def _every_promise_can_be_found_broken(engine: Engine, clock: FixedClock) -> None:
    """A check that cannot fail shows nothing."""
    unseen = []
    for words, breaking in BREAKING.items():
        with engine.connect() as connection:
            connection.execute(text(breaking))
            if not any(words in each for each in broken_promises(connection, clock.now())):
                unseen.append(words)
            connection.rollback()
    assert unseen == []


def _with_limits_of_one(pack: Pack) -> Pack:
    rules = (
        replace(rule, terms=replace(rule.terms, limit=1)) if isinstance(rule.terms, Rate) else rule
        for rule in pack.rules
    )
    return replace(pack, version="stricter", rules=tuple(rules))


def _told(happened: Happened) -> str:
    return (
        f"{happened.permits} permits, {happened.denials} denials, {happened.contacts} contacts, "
        f"{happened.without_leave} without leave, {happened.accepted} plans accepted, {happened.looks} looks, "
        f"borrowers told why not: {happened.refused_acts}"
    )
