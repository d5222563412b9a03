"""Generated histories of contacts, by a fixed seed, and a second way to decide about them.

The second way shares nothing with `consent.contact` but its inputs: it sorts the contacts into calendar days first, by
a table of the zone's days, and counts with plain loops; and it walks the wall clock second by second around the end of
a permit.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from contact_cases import MADE, QUESTION

from consent.contact import Contact, ContactQuestion
from consent.policy.contact_terms import Hours, Rate
from consent.policy.rules import Pack, Rule
from schema.vocabulary.collection import ContactChannel, ContactResult
from schema.vocabulary.contact import Counted, Group, Per
from tests.clearing import pack_of, rule

ZONES = (
    "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe",
    "Africa/Cairo", "America/St_Johns", "Pacific/Apia", "America/Havana", "Asia/Kathmandu", "America/Asuncion",
)  # fmt: skip
"""Zones with whole, half and quarter hours; with changes of an hour and of half an hour, some at midnight."""
CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 10, 29, 21, tzinfo=UTC),
    datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 10, 3, 15, tzinfo=UTC), datetime(2026, 6, 15, 4, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(2024, 3, 24, 3, tzinfo=UTC), datetime(2024, 10, 6, 4, tzinfo=UTC),
)  # fmt: skip
"""Instants near which clocks are put forward or back in one of the zones (Apia once left a whole day out)."""
HOURS = (
    Hours(time(22), time(8)), Hours(time(21), time(8)), Hours(time(0), time(1)), Hours(time(1, 30), time(2, 30)),
    Hours(time(12), time(14)), Hours(time(23, 30), time(0, 30)), Hours(time(20), time(0)),
)  # fmt: skip
CHANNELS = (ContactChannel.VOICE_HUMAN, ContactChannel.VOICE_AI_NOTIFY, ContactChannel.SMS)
WHO = (("lender", "lender"), ("lender", "agency-a"), ("lender", "agency-b"), ("other", "other"), ("other", "agency-a"))
RESULTS = (*ContactResult, None)
DEBTS = (*QUESTION.debts, UUID(int=7), UUID(int=8))


class Case:
    """One generated case: a pack of hours and limits, a question, an instant, and what was before it."""

    def __init__(self, random: Random) -> None:
        self.zone = ZoneInfo(random.choice(ZONES))
        near = random.choice(CHANGES) + timedelta(minutes=random.randrange(-3000, 3000))
        self.now = near.replace(second=random.choice((0, 1, 59)), microsecond=random.choice((0, 0, 999_999)))
        self.validity = timedelta(minutes=random.choice((1, 5, 15, 60)))
        self.pack = pack_of(*_rules(random))
        lender, actor = random.choice(WHO)
        self.question = replace(
            QUESTION,
            lender=lender,
            actor=actor,
            channel=random.choice(CHANNELS),
            debts=_debts(random),
            number=random.choice((0, 0, 0, None)),
        )
        self.history = [self._contact(random) for _ in range(random.randrange(13))]

    def _contact(self, random: Random) -> Contact:
        days = random.choice((1, 1, 2, 7, 9))
        lender, actor = random.choice(WHO)
        at = self.now - timedelta(seconds=random.randrange(days * 86_400))
        if not random.randrange(4):  # about midnight of the debtor's
            midnight = datetime.combine(at.astimezone(self.zone).date(), time(0), self.zone)
            at = min(self.now, midnight.astimezone(UTC) + timedelta(seconds=random.randrange(-2, 3)))
        return replace(
            MADE,
            at=at.astimezone(ZoneInfo(random.choice(ZONES))),
            lender=lender,
            actor=actor,
            channel=random.choice(CHANNELS),
            debts=_debts(random),
            number=random.choice((0, 0, 1, 2, None)),
            result=random.choice(RESULTS),
        )


def _debts(random: Random) -> frozenset[UUID]:
    return frozenset(random.sample(DEBTS, random.randrange(1, 4)))


def _rules(random: Random) -> list[Rule]:
    hours = [rule(f"h{n}", random.choice(HOURS)) for n in range(random.randrange(3))]
    limits = [
        rule(
            f"r{n}",
            Rate(
                random.choice(tuple(Counted)), random.choice((1, 1, 2, 7)), random.choice(tuple(Group)),
                random.choice(tuple(Per)), random.randrange(1, 4),
            ),
            channels=frozenset(random.sample(CHANNELS, random.randrange(3))),
        )
        for n in range(random.randrange(1, 4))
    ]  # fmt: skip
    return [*hours, *limits]


REACHED = {
    ContactResult.NO_ANSWER: (1, 1, 0, 0), ContactResult.INVALID_NUMBER: (1, 1, 0, 0),
    ContactResult.CONNECTED: (1, 0, 1, 0), ContactResult.LEFT_MESSAGE: (1, 0, 1, 0),
    ContactResult.EFFECTIVE: (1, 0, 1, 1), ContactResult.REFUSED: (1, 0, 1, 1),
    ContactResult.PROMISE_TO_PAY: (1, 0, 1, 1), ContactResult.DISPUTE_RAISED: (1, 0, 1, 1),
    ContactResult.HARDSHIP_RAISED: (1, 0, 1, 1), ContactResult.STOP_REQUESTED: (1, 0, 1, 1),
    ContactResult.PAID: (1, 0, 1, 1), None: (1, 1, 1, 1),
}  # fmt: skip
"""What each result adds to the counters of attempts, unanswered, connected and effective contacts."""
COLUMN = {"ATTEMPTED": 0, "UNANSWERED": 1, "CONNECTED": 2, "EFFECTIVE": 3}


def days_of(zone: ZoneInfo, now: datetime, back: int) -> list[date]:
    """The last so many dates of the calendar, today's first."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=n) for n in range(back)]


def model_count(terms: Rate, channels: frozenset[ContactChannel], question: ContactQuestion, case: Case) -> int:
    """How many the limit counts: contacts put on a calendar, then its last pages added up."""
    calendar: dict[date, list[Contact]] = {}
    for contact in case.history:
        calendar.setdefault(contact.at.astimezone(UTC).astimezone(case.zone).date(), []).append(contact)
    keys: dict[object, int] = {}
    for day in days_of(case.zone, case.now, terms.days):
        for contact in calendar.get(day, ()):
            if channels and contact.channel not in channels:
                continue
            ours = contact.actor == question.actor if terms.group == "ACTOR" else contact.lender == question.lender
            weight = REACHED[contact.result][COLUMN[terms.count]] if ours else 0
            for key in _keys(terms, contact, question):
                keys[key] = keys.get(key, 0) + weight
    return max(keys.values(), default=0)


def _keys(terms: Rate, contact: Contact, question: ContactQuestion) -> list[object]:
    if terms.per == "DEBTOR":
        return ["all"]
    if terms.per == "DEBT":
        return [debt for debt in contact.debts if debt in question.debts]
    return ["number"] if None in (contact.number, question.number) or contact.number == question.number else []


def model_is_quiet(pack: Pack, at: datetime, zone: ZoneInfo) -> set[str]:
    """The rules by which it is quiet, from the seconds that passed on the wall clock since its midnight."""
    wall = at.astimezone(UTC).astimezone(zone)
    seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
    quiet = set()
    for each in pack.rules:
        if isinstance(each.terms, Hours):
            start = each.terms.quiet_from.hour * 3600 + each.terms.quiet_from.minute * 60
            length = (each.terms.quiet_until.hour * 3600 + each.terms.quiet_until.minute * 60 - start) % 86_400
            if (seconds - start) % 86_400 < length:
                quiet.add(each.id)
    return quiet


def model_end(case: Case) -> datetime:
    """When leave ends: the first full minute at which the wall clock shows a quiet hour or another day."""
    first = case.now - timedelta(seconds=case.now.second, microseconds=case.now.microsecond)
    today = days_of(case.zone, case.now, 1)
    minutes = [first + timedelta(minutes=n) for n in range(1, case.validity // timedelta(minutes=1) + 1)]
    ends = [
        minute
        for minute in minutes
        if model_is_quiet(case.pack, minute, case.zone) or days_of(case.zone, minute, 1) != today
    ]
    return min([*ends, case.now + case.validity])
