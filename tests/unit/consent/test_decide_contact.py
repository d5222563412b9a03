"""Whether somebody may be contacted: each thing that speaks against it, by itself and beside others."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from clearing import NIGHT, STANDSTILL, THREE_A_DAY, pack_of, rule
from contact_cases import DEBT, NOW, OTHER_DEBT, SHANGHAI, STANDING, decided, made, said

from consent.contact import Denial, Permit, window_days
from consent.contact_reasons import CONTACT_CODES
from consent.policy.contact_terms import Hours, Rate, StageOrder, Standstill, Targets
from consent.policy.rules import Force
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import RESULTS_COUNTED, Counted, Group, Per, Standstills
from schema.vocabulary.member_class import MemberClass

THIRD = frozenset({ContactTarget.THIRD_RELATED, ContactTarget.THIRD_UNRELATED})
REACH = rule("reach", Targets(THIRD, 3, True))


def a_rate(count: Counted = Counted.ATTEMPTED, days: int = 1, group: Group = Group.LENDER_AND_AGENCIES,
           per: Per = Per.DEBTOR, limit: int = 2, **applies: object):  # fmt: skip
    return pack_of(STANDSTILL, rule("rate", Rate(count, days, group, per, limit), **applies))


def permitted(decision: Permit | Denial) -> bool:
    return isinstance(decision, Permit)


def test_what_no_rule_covers_is_not_permitted() -> None:
    for pack in (
        pack_of(),
        pack_of(rule("later", THREE_A_DAY.terms, effective_from=date(2026, 5, 14))),
        pack_of(rule("of visits", THREE_A_DAY.terms, channels=frozenset({ContactChannel.VISIT}))),
        pack_of(rule("of agencies", THREE_A_DAY.terms, member_classes=frozenset({MemberClass.COLLECTION_AGENCY}))),
        pack_of(replace(NIGHT, applies=replace(NIGHT.applies, act="QUERY"))),
    ):
        decision = decided(pack)
        assert said(decision) == [("CONTACT_NO_RULE", None)]
        assert (decision.rules, decision.counts) == ((), ())


def test_a_permit_names_every_rule_that_was_asked_the_strongest_first() -> None:
    weak = rule("a weak one", Standstill(frozenset({Standstills.INSOLVENT})), force=Force.SHOULD)
    decision = decided(pack_of(weak, THREE_A_DAY, NIGHT))
    assert permitted(decision)
    assert decision.rules == ("night", "three", "a weak one")
    assert decision.pack_version == "test-1"


@pytest.mark.parametrize("force", Force)
def test_a_rule_of_any_strength_denies(force: Force) -> None:
    pack = pack_of(rule("weak", Standstill(frozenset({Standstills.PLAN_RUNNING})), force=force))
    assert not permitted(decided(pack, standing={"stands": frozenset({Standstills.PLAN_RUNNING})}))


@pytest.mark.parametrize("what", Standstills)
def test_what_stands_denies_where_a_rule_names_it_and_nowhere_else(what: Standstills) -> None:
    stands = {"stands": frozenset({what})}
    others = rule("others", Standstill(frozenset(Standstills) - {what}))
    assert said(decided(pack_of(STANDSTILL), standing=stands)) == [("CONTACT_STANDS_STILL", "still")]
    assert permitted(decided(pack_of(others), standing=stands))


@pytest.mark.parametrize("what", Standstills)
@pytest.mark.parametrize("target", sorted(set(ContactTarget) - {ContactTarget.DEBTOR}))
def test_that_the_debtor_is_dead_or_cannot_act_stands_against_nobody_else(
    what: Standstills, target: ContactTarget
) -> None:
    decision = decided(pack_of(STANDSTILL), standing={"stands": frozenset({what})}, target=target)
    assert permitted(decision) is (what in {Standstills.DECEASED, Standstills.INCAPABLE})


NIGHT_HOURS = [
    ("21:59:59", True), ("22:00:00", False), ("23:30:00", False), ("00:00:00", False), ("07:59:59", False),
    ("08:00:00", True),
]  # fmt: skip


@pytest.mark.parametrize(("at", "allowed"), NIGHT_HOURS)
@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Asia/Urumqi", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"]
)
def test_quiet_hours_begin_and_end_with_the_second_on_the_debtors_own_clock(zone: str, at: str, allowed: bool) -> None:
    here = datetime.combine(date(2026, 5, 13), time.fromisoformat(at), ZoneInfo(zone))
    for now in (here, here.astimezone(UTC), here.astimezone(SHANGHAI)):
        decision = decided(pack_of(NIGHT), now=now, standing={"zone": ZoneInfo(zone)})
        assert permitted(decision) is allowed


def test_hours_within_one_day_are_quiet_within_it() -> None:
    pack = pack_of(rule("noon", Hours(time(12), time(14))))
    allowed = [permitted(decided(pack, now=NOW.replace(hour=hour))) for hour in (11, 12, 13, 14, 23)]
    assert allowed == [True, False, False, True, True]


def test_agreed_hours_lift_only_the_hours_that_an_agreement_can_lift() -> None:
    agreed, late = {"agreed_hours": True}, NOW.replace(hour=23)
    strict = rule("strict", NIGHT.terms)
    assert permitted(decided(pack_of(NIGHT), now=late, standing=agreed))
    assert not permitted(decided(pack_of(NIGHT), now=late))
    assert said(decided(pack_of(NIGHT, strict), now=late, standing=agreed)) == [("CONTACT_QUIET_HOURS", "strict")]


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("10:00:00", "10:15:00"), ("21:44:59", "21:59:59"), ("21:45:00", "22:00:00"), ("21:45:01", "22:00:00"),
        ("21:59:59", "22:00:00"), ("08:00:00", "08:15:00"),
    ],
)  # fmt: skip
def test_a_permit_ends_after_its_time_or_as_quiet_hours_begin(now: str, ends: str) -> None:
    at = datetime.combine(NOW.date(), time.fromisoformat(now), SHANGHAI)
    decision = decided(pack_of(NIGHT), now=at)
    assert permitted(decision)
    assert decision.expires_at == datetime.combine(NOW.date(), time.fromisoformat(ends), SHANGHAI)
    assert decision.expires_at.utcoffset() == timedelta(0)


def test_a_permit_ends_with_the_debtors_day() -> None:
    late = NOW.replace(hour=23, minute=50)
    decision = decided(pack_of(STANDSTILL), now=late)
    assert permitted(decision)
    assert decision.expires_at == datetime(2026, 5, 14, tzinfo=SHANGHAI)


def test_agreed_hours_do_not_end_a_permit_that_they_would_not_deny() -> None:
    decision = decided(pack_of(NIGHT), now=NOW.replace(hour=21, minute=55), standing={"agreed_hours": True})
    assert permitted(decision)
    assert decision.expires_at == NOW.replace(hour=22, minute=10)


def test_a_denial_for_the_hour_alone_says_when_it_is_over() -> None:
    late = NOW.replace(hour=23)
    assert decided(pack_of(NIGHT), now=late).again_at == datetime(2026, 5, 14, 8, tzinfo=SHANGHAI)
    assert decided(pack_of(NIGHT), now=NOW.replace(hour=7)).again_at == datetime(2026, 5, 13, 8, tzinfo=SHANGHAI)
    longer = rule("longer", Hours(time(20), time(9)))
    assert decided(pack_of(NIGHT, longer), now=late).again_at == datetime(2026, 5, 14, 9, tzinfo=SHANGHAI)
    stands = {"stands": frozenset({Standstills.PLAN_RUNNING})}
    assert decided(pack_of(NIGHT, STANDSTILL), now=late, standing=stands).again_at is None
    assert decided(pack_of(STANDSTILL), standing=stands).again_at is None
    always = pack_of(rule("am", Hours(time(0), time(12))), rule("pm", Hours(time(12), time(0))))
    assert decided(always).again_at is None


BERLIN = ZoneInfo("Europe/Berlin")  # 2026: forward 29 March 02:00 -> 03:00, back 25 October 03:00 -> 02:00
EARLY = rule("early", Hours(time(1), time(2, 30)))


@pytest.mark.parametrize(
    ("at_utc", "allowed", "ends_utc"),
    [
        ("2026-03-28T23:59", True, "2026-03-29T00:00"),  # 00:59: the hour comes as ever
        ("2026-03-29T00:59", False, None),  # 01:59
        ("2026-03-29T01:00", True, "2026-03-29T01:15"),  # 03:00: 02:30 never was
        ("2026-10-25T00:29", False, None),  # 02:29 for the first time
        ("2026-10-25T00:30", True, "2026-10-25T00:45"),  # 02:30
        ("2026-10-25T00:50", True, "2026-10-25T01:00"),  # 02:50; then it is 02:00 once more
        ("2026-10-25T01:29", False, None),  # 02:29 for the second time
        ("2026-10-25T01:30", True, "2026-10-25T01:45"),
    ],
)
def test_where_the_clock_is_put_forward_or_back_the_wall_clock_counts(
    at_utc: str, allowed: bool, ends_utc: str | None
) -> None:
    decision = decided(pack_of(EARLY), now=datetime.fromisoformat(at_utc + "+00:00"), standing={"zone": BERLIN})
    assert permitted(decision) is allowed
    if isinstance(decision, Permit):
        assert decision.expires_at == datetime.fromisoformat(f"{ends_utc}+00:00")


def test_a_day_that_begins_at_one_in_the_morning_ends_a_permit_then() -> None:
    zone = ZoneInfo("Africa/Cairo")  # 2026-04-24: 00:00 -> 01:00
    decision = decided(pack_of(STANDSTILL), now=datetime(2026, 4, 23, 23, 50, tzinfo=zone), standing={"zone": zone})
    assert permitted(decision)
    assert decision.expires_at == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert decision.expires_at.astimezone(zone).time() == time(1)


@pytest.mark.parametrize("target", sorted(THIRD))
def test_third_persons_are_contacted_only_where_the_debtor_is_out_of_reach(target: ContactTarget) -> None:
    pack = pack_of(REACH)
    assert said(decided(pack, target=target)) == [("CONTACT_THIRD_PERSON", "reach")]
    for failed, allowed in ((2, False), (3, True), (4, True)):
        assert permitted(decided(pack, target=target, standing={"failed_in_a_row": failed})) is allowed
    assert permitted(decided(pack, target=target, standing={"no_valid_number": True}))
    for what in Standstills:
        out_of_reach = permitted(decided(pack, target=target, standing={"stands": frozenset({what})}))
        assert out_of_reach is (what in {Standstills.DECEASED, Standstills.INCAPABLE})


def test_whom_no_rule_protects_may_be_contacted() -> None:
    for target in set(ContactTarget) - THIRD:
        assert permitted(decided(pack_of(REACH), target=target))


def test_persons_who_are_never_contacted_are_not_even_where_the_debtor_is_out_of_reach() -> None:
    never = pack_of(rule("never", Targets(THIRD, None, True)))
    lost = {"no_valid_number": True, "failed_in_a_row": 99, "stands": frozenset({Standstills.DECEASED})}
    assert not permitted(decided(never, target=ContactTarget.THIRD_RELATED, standing=lost))


def test_who_refused_is_not_contacted_again_whatever_else_holds() -> None:
    refused = {"number_refused": True, "failed_in_a_row": 99}
    third = decided(pack_of(REACH), target=ContactTarget.THIRD_RELATED, standing=refused)
    assert said(third) == [("CONTACT_NUMBER_REFUSED", "reach")]
    assert said(decided(pack_of(REACH), standing=refused)) == [("CONTACT_NUMBER_REFUSED", None)]


def test_a_stage_comes_after_another_and_not_before_its_day() -> None:
    visits = rule("visits", StageOrder(CollectionStage.VISIT, CollectionStage.PHONE, 60))
    been = {"stages_been": frozenset({CollectionStage.PHONE})}
    visit = {"stage": CollectionStage.VISIT}
    assert said(decided(pack_of(visits), days_past_due=59, **visit)) == [
        ("CONTACT_STAGE_TOO_EARLY", "visits"), ("CONTACT_STAGE_ORDER", "visits"),
    ]  # fmt: skip
    assert permitted(decided(pack_of(visits), standing=been, days_past_due=60, **visit))
    assert permitted(decided(pack_of(visits), days_past_due=0))
    first = rule("first", StageOrder(CollectionStage.VISIT, None, 1))
    assert permitted(decided(pack_of(first), days_past_due=1, **visit))


def test_once_collection_was_stopped_nobody_is_contacted_in_that_stage() -> None:
    assert said(decided(pack_of(STANDSTILL), stage=CollectionStage.STOPPED)) == [("CONTACT_STAGE_STOPPED", None)]


def test_the_limit_is_what_there_may_be_and_not_one_more() -> None:
    pack = a_rate(limit=2)
    for many, allowed in ((0, True), (1, True), (2, False), (3, False)):
        decision = decided(pack, made(many))
        assert permitted(decision) is allowed
        assert [(count.rule, count.counted, count.limit) for count in decision.counts] == [("rate", many, 2)]


def test_one_dial_moves_three_counters() -> None:
    counters = pack_of(*(rule(each.value, Rate(each, 1, Group.ACTOR, Per.DEBTOR, 9)) for each in Counted))
    moved = {
        result: {count.rule for count in decided(counters, made(result=result)).counts if count.counted}
        for result in ContactResult
    }
    assert moved[ContactResult.EFFECTIVE] == {"ATTEMPTED", "CONNECTED", "EFFECTIVE"}
    assert moved[ContactResult.CONNECTED] == {"ATTEMPTED", "CONNECTED"}
    assert moved[ContactResult.NO_ANSWER] == {"ATTEMPTED", "UNANSWERED"}
    for result, names in moved.items():
        assert names == {each.value for each in Counted if result in RESULTS_COUNTED[each]}
        assert ("UNANSWERED" in names) is not ("CONNECTED" in names)


@pytest.mark.parametrize("count", Counted)
def test_an_open_clearance_counts_as_the_most_that_can_come_of_it(count: Counted) -> None:
    assert not permitted(decided(a_rate(count, limit=1), made(result=None)))


@pytest.mark.parametrize("days", [1, 2, 7])
def test_a_window_holds_calendar_days_of_the_debtors_zone(days: int) -> None:
    pack = a_rate(days=days, limit=1)
    first = datetime.combine(NOW.date() - timedelta(days=days - 1), time(0), SHANGHAI)
    assert not permitted(decided(pack, made(at=first)))
    assert permitted(decided(pack, made(at=first - timedelta(seconds=1))))
    assert not permitted(decided(pack, made(at=first.astimezone(ZoneInfo("America/New_York")))))


def test_within_seven_days_of_a_conversation_the_day_of_the_conversation_is_the_first() -> None:
    pack = a_rate(Counted.EFFECTIVE, days=7, group=Group.ACTOR, per=Per.DEBT, limit=1)
    talked = made(at=NOW)
    assert not permitted(decided(pack, talked, now=NOW + timedelta(days=6)))
    assert permitted(decided(pack, talked, now=NOW + timedelta(days=7)))


def test_a_lender_and_its_agencies_are_counted_together_and_an_actor_alone() -> None:
    agency = made(2, actor="agency-a")
    together, alone = a_rate(group=Group.LENDER_AND_AGENCIES), a_rate(group=Group.ACTOR)
    assert not permitted(decided(together, agency))
    assert permitted(decided(alone, agency))
    assert not permitted(decided(alone, agency, actor="agency-a", actor_class=MemberClass.COLLECTION_AGENCY))
    for_another = made(2, lender="other-lender", actor="agency-a")
    assert permitted(decided(together, for_another))
    assert not permitted(decided(alone, for_another, actor="agency-a"))


def test_a_number_is_counted_by_itself_and_one_that_is_not_known_may_be_any() -> None:
    pack = a_rate(per=Per.NUMBER)
    assert permitted(decided(pack, made(2, number=1)))
    assert not permitted(decided(pack, made(2, number=0)))
    assert not permitted(decided(pack, made(number=0) + made(number=None)))
    assert not permitted(decided(pack, made(number=1) + made(number=2), number=None))


def test_of_several_debts_the_one_asked_about_most_counts() -> None:
    pack = a_rate(per=Per.DEBT)
    history = made(debts=frozenset({DEBT})) + made(debts=frozenset({OTHER_DEBT}))
    both = frozenset({DEBT, OTHER_DEBT})
    assert permitted(decided(pack, history, debts=both))
    assert not permitted(decided(pack, history + made(debts=both), debts=frozenset({OTHER_DEBT})))
    assert not permitted(decided(a_rate(per=Per.DEBTOR), history, debts=both))


def test_a_limit_counts_contacts_by_its_own_channels() -> None:
    sms = frozenset({ContactChannel.SMS})
    assert permitted(decided(a_rate(channels=sms), made(9), channel=ContactChannel.SMS))
    assert not permitted(decided(a_rate(channels=sms), made(2, channel=ContactChannel.SMS), channel=ContactChannel.SMS))
    assert permitted(decided(a_rate(channels=sms), made(9, channel=ContactChannel.SMS)))


def test_every_reason_is_given_at_once() -> None:
    pack = pack_of(NIGHT, THREE_A_DAY, STANDSTILL, REACH, rule("visits", StageOrder(CollectionStage.VISIT, None, 90)))
    decision = decided(
        pack,
        made(3),
        now=NOW.replace(hour=23),
        standing={"stands": frozenset({Standstills.PLAN_RUNNING, Standstills.VULNERABLE}), "number_refused": True},
        target=ContactTarget.THIRD_RELATED,
        stage=CollectionStage.VISIT,
    )
    assert said(decision) == [
        ("CONTACT_STANDS_STILL", "still"), ("CONTACT_STANDS_STILL", "still"), ("CONTACT_QUIET_HOURS", "night"),
        ("CONTACT_THIRD_PERSON", "reach"), ("CONTACT_NUMBER_REFUSED", "reach"), ("CONTACT_STAGE_TOO_EARLY", "visits"),
        ("CONTACT_TOO_OFTEN", "three"),
    ]  # fmt: skip
    assert decision.rules == ("still", "night", "reach", "visits", "three")
    assert {code for code, _ in said(decision)} <= set(CONTACT_CODES)


def test_the_longest_window_is_what_the_history_must_hold() -> None:
    assert window_days(pack_of(NIGHT)) == 1
    assert window_days(a_rate(days=7)) == 7
    assert STANDING.zone is SHANGHAI
