"""What holds of every decision about a contact, whatever the rules and the facts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clearing import pack_of, rule
from hypothesis import given
from hypothesis import strategies as st

from consent.contact import Contact, ContactQuestion, Denial, Permit, Standing, decide_contact
from consent.contact_facts import ContactFacts, from_facts, to_facts
from consent.contact_reasons import CONTACT_CODES
from consent.policy.contact_terms import Hours, Rate, StageOrder, Standstill, Targets
from consent.policy.rules import Force, Override, Pack, Rule
from schema.vocabulary.collection import CollectionStage, ContactChannel, ContactResult, ContactTarget
from schema.vocabulary.contact import Counted, Group, Per, Standstills
from schema.vocabulary.member_class import MemberClass

WHO = st.sampled_from(["lender", "agency-a", "other"])
DEBTS = st.frozensets(st.sampled_from([UUID(int=n) for n in range(1, 4)]), min_size=1)
NUMBERS = st.none() | st.integers(0, 2)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
INSTANTS = st.integers(0, 6 * 86_400).map(lambda second: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(seconds=second))
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]).map(ZoneInfo)
ACTS = {
    "lender": WHO,
    "actor": WHO,
    "stage": st.sampled_from(CollectionStage),
    "channel": st.sampled_from([ContactChannel.SMS, ContactChannel.VOICE_HUMAN]),
    "target": st.sampled_from(ContactTarget),
    "debts": DEBTS,
    "number": NUMBERS,
}
TERMS = st.one_of(
    st.builds(Hours, TIMES, TIMES).filter(lambda hours: hours.quiet_from != hours.quiet_until),
    st.builds(
        Rate, st.sampled_from(Counted), st.integers(1, 7), st.sampled_from(Group), st.sampled_from(Per),
        st.integers(1, 4),
    ),
    st.builds(Standstill, st.frozensets(st.sampled_from(Standstills), min_size=1)),
    st.builds(
        Targets, st.frozensets(st.sampled_from(ContactTarget), min_size=1), st.none() | st.integers(1, 4), st.booleans()
    ),
    st.builds(
        StageOrder, st.sampled_from(CollectionStage), st.none() | st.sampled_from(CollectionStage), st.integers(0, 90)
    ),
)  # fmt: skip
RULES = st.builds(
    rule,
    st.uuids().map(str),
    TERMS,
    channels=st.frozensets(st.sampled_from([ContactChannel.SMS, ContactChannel.VOICE_HUMAN])),
    member_classes=st.frozensets(st.sampled_from([MemberClass.BANK, MemberClass.COLLECTION_AGENCY])),
    override=st.frozensets(st.sampled_from(Override)),
    force=st.sampled_from(Force),
)
PACKS = st.lists(RULES, max_size=5).map(lambda rules: pack_of(*rules))
FACTS = st.builds(
    ContactFacts,
    question=st.builds(
        ContactQuestion,
        **ACTS,
        actor_class=st.sampled_from([MemberClass.BANK, MemberClass.COLLECTION_AGENCY]),
        days_past_due=st.integers(0, 400),
    ),
    standing=st.builds(
        Standing,
        zone=ZONES,
        stands=st.frozensets(st.sampled_from(Standstills), max_size=2),
        agreed_hours=st.booleans(),
        failed_in_a_row=st.integers(0, 5),
        no_valid_number=st.booleans(),
        number_refused=st.booleans(),
        stages_been=st.frozensets(st.sampled_from(CollectionStage)),
    ),
    history=st.lists(
        st.builds(Contact, **ACTS, at=INSTANTS, result=st.none() | st.sampled_from(ContactResult)), max_size=8
    ).map(tuple),
    now=INSTANTS,
    validity=st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes)),
)


def reasons_of(decision: Permit | Denial) -> set[tuple[str, str | None]]:
    return {(reason.code, reason.rule) for reason in decision.reasons} if isinstance(decision, Denial) else set()


@given(FACTS, PACKS, RULES)
def test_one_more_rule_never_permits_what_was_denied(facts: ContactFacts, pack: Pack, added: Rule) -> None:
    before = facts.decide(pack)
    after = facts.decide(replace(pack, rules=(*pack.rules, added)))
    not_named_anew = {"CONTACT_NO_RULE", "CONTACT_NUMBER_REFUSED"}
    assert {reason for reason in reasons_of(before) if reason[0] not in not_named_anew} <= reasons_of(after)
    if isinstance(before, Denial) and ("CONTACT_NO_RULE", None) not in reasons_of(before):
        assert isinstance(after, Denial)
    if isinstance(before, Permit) and isinstance(after, Permit):
        assert after.expires_at <= before.expires_at


@given(FACTS, PACKS, st.randoms(use_true_random=False))
def test_a_decision_depends_on_nothing_but_its_facts(facts: ContactFacts, pack: Pack, random) -> None:
    rules, history = list(pack.rules), list(facts.history)
    random.shuffle(rules)
    random.shuffle(history)
    again = replace(facts, history=tuple(history), now=facts.now.astimezone(ZoneInfo("America/Lima")))
    assert again.decide(replace(pack, rules=tuple(rules))) == facts.decide(pack) == facts.decide(pack)


@given(FACTS, PACKS)
def test_every_decision_cites_a_rule_or_says_that_there_is_none(facts: ContactFacts, pack: Pack) -> None:
    decision = facts.decide(pack)
    if isinstance(decision, Permit):
        assert decision.rules
        assert decision.rules == tuple(dict.fromkeys(decision.rules))
        assert facts.now < decision.expires_at <= facts.now + facts.validity
        assert all(count.counted < count.limit for count in decision.counts)
    else:
        assert decision.reasons
        assert {code for code, _ in reasons_of(decision)} <= set(CONTACT_CODES)
        assert set(decision.rules) == {rule for _, rule in reasons_of(decision) if rule}
        ours = {"CONTACT_NO_RULE", "CONTACT_STAGE_STOPPED", "CONTACT_NUMBER_REFUSED"}
        assert all(rule or code in ours for code, rule in reasons_of(decision))
    assert set(decision.rules) <= {rule.id for rule in pack.rules}
    assert decision.pack_version == pack.version


@given(FACTS, PACKS, st.integers(0, 7))
def test_one_contact_more_never_permits_what_was_denied(facts: ContactFacts, pack: Pack, place: int) -> None:
    fewer = replace(facts, history=facts.history[:place] + facts.history[place + 1 :])
    assert reasons_of(fewer.decide(pack)) <= reasons_of(facts.decide(pack))


@given(FACTS, PACKS, st.sampled_from(ContactResult))
def test_an_open_clearance_counts_no_less_than_whatever_comes_of_it(
    facts: ContactFacts, pack: Pack, result: ContactResult
) -> None:
    still_open = replace(facts, history=tuple(replace(each, result=None) for each in facts.history))
    settled = replace(facts, history=tuple(replace(each, result=result) for each in facts.history))
    assert reasons_of(settled.decide(pack)) <= reasons_of(still_open.decide(pack))


@given(FACTS, PACKS)
def test_facts_survive_being_kept_as_json(facts: ContactFacts, pack: Pack) -> None:
    again = from_facts(json.loads(json.dumps(to_facts(facts))))
    assert again == facts
    assert again.decide(pack) == facts.decide(pack)
    question, how = again.question, again.standing
    assert decide_contact(question, how, again.history, pack, again.now, again.validity) == facts.decide(pack)
