"""How hard a borrower is pressed by all who collect from them together: one index from 0 to 100. Pure.

Each outbound contact of the last 30 days weighs

    channel x result x stage

and the sum is multiplied by what several lenders and several collectors add: five calls by five companies press
harder than five calls by one. The index is that sum over `FULL`, times 100, and never above 100. One more contact never
makes it fall.

The weights, the days and the bands are ours. No law says them; they are what we think a person feels, written in one
place so that they can be argued about and changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from consent.contact import Contact
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult
from schema.vocabulary.pressure import PressureBand

DAYS = 30
"""Older contacts press no more."""

CHANNEL_WEIGHTS = {
    ContactChannel.APP_PUSH: 2,  # read when one likes
    ContactChannel.EMAIL: 2,
    ContactChannel.SMS: 3,  # rings, and can be put away
    ContactChannel.LETTER: 3,
    ContactChannel.SOCIAL_DM: 4,  # where one is among friends
    ContactChannel.MEDIATION: 4,  # hard, and meant to help
    ContactChannel.VOICE_AI_NOTIFY: 5,  # interrupts
    ContactChannel.VOICE_AI_INTERACTIVE: 7,  # interrupts, and wants an answer
    ContactChannel.VOICE_HUMAN: 8,  # the same, from a person
    ContactChannel.LEGAL_NOTICE: 10,
    ContactChannel.VISIT: 20,  # at one's own door
}
"""Points of one contact, by how far it comes into a life."""

RESULT_PERCENT = {
    ContactResult.INVALID_NUMBER: 10,  # another person's telephone rang
    ContactResult.NO_ANSWER: 50,  # it rang all the same
    ContactResult.LEFT_MESSAGE: 75,
    ContactResult.CONNECTED: 100,
    ContactResult.EFFECTIVE: 100,
    ContactResult.PROMISE_TO_PAY: 100,
    ContactResult.PAID: 100,
    ContactResult.DISPUTE_RAISED: 125,
    ContactResult.REFUSED: 125,  # the borrower did not want it
    ContactResult.HARDSHIP_RAISED: 150,  # the borrower could not bear it
    ContactResult.STOP_REQUESTED: 150,
}
"""Per cent of a contact's points, by what came of it. What is not known yet counts in full."""

STAGE_PERCENT = {
    CollectionStage.REMINDER: 60,  # friendly
    CollectionStage.STOPPED: 100,
    CollectionStage.PHONE: 100,
    CollectionStage.VISIT: 120,
    CollectionStage.PRE_LEGAL: 140,  # threatens
    CollectionStage.LEGAL: 140,
}
"""Per cent of a contact's points, by how far the collection has gone."""

FURTHER_LENDER_PERCENT = 25
"""Each lender beyond the first adds so many per cent to the sum."""
FURTHER_ACTOR_PERCENT = 10
"""Each one who acts, beyond the first, adds so many per cent."""

FULL = 160
"""Points at which the index is 100: twenty talks with a person within the days, all by one lender."""

BANDS = ((75, PressureBand.EXCESSIVE), (50, PressureBand.HIGH), (20, PressureBand.NOTICEABLE), (0, PressureBand.LOW))
"""From which index on a band begins, the highest first."""


@dataclass(frozen=True, slots=True)
class Press:
    """What one channel contributes: so many contacts, so many whole points before lenders and actors are counted."""

    channel: ContactChannel
    contacts: int
    points: int


@dataclass(frozen=True, slots=True)
class Pressure:
    """The index and its band, out of how many contacts by how many lenders and actors; `reasons`: the most first."""

    index: int
    band: PressureBand
    contacts: int
    lenders: int
    actors: int
    reasons: tuple[Press, ...]


def pressure_of(contacts: Iterable[Contact], now: datetime) -> Pressure:
    """The pressure of outbound contacts of the last 30 days up to `now`; others among them are left out."""
    since = now - timedelta(days=DAYS)
    counted = [each for each in contacts if since < each.at <= now]
    lenders, actors = len({each.lender for each in counted}), len({each.actor for each in counted})
    several = 100 + FURTHER_LENDER_PERCENT * max(0, lenders - 1) + FURTHER_ACTOR_PERCENT * max(0, actors - 1)
    points = sum((_points(each) for each in counted), Fraction(0)) * several / 100
    index = min(100, int(points * 100 / FULL))
    return Pressure(index, band_of(index), len(counted), lenders, actors, _reasons(counted))


def band_of(index: int) -> PressureBand:
    """The band that an index lies in."""
    return next(band for least, band in BANDS if index >= least)


def _points(contact: Contact) -> Fraction:
    result = 100 if contact.result is None else RESULT_PERCENT[contact.result]
    return Fraction(CHANNEL_WEIGHTS[contact.channel] * result * STAGE_PERCENT[contact.stage], 10_000)


def _reasons(counted: list[Contact]) -> tuple[Press, ...]:
    found = []
    for channel in {each.channel for each in counted}:
        same = [each for each in counted if each.channel is channel]
        found.append(Press(channel, len(same), int(sum(map(_points, same), Fraction(0)))))
    return tuple(sorted(found, key=lambda press: (-press.points, -press.contacts, press.channel)))
