"""The seven places where laws pull in different directions, and what comes of each."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from consent_cases import NOW, PACK, a_consent, a_question
from contact_cases import DEBT, OTHER_DEBT, decided, made, said
from pack_texts import a_pack, a_rule

from consent.contact import Permit
from consent.decision import Refusal, decide
from consent.lifecycle import ConsentState
from consent.policy.erasure import kept_as_negative
from consent.policy.load import load_pack
from consent.policy.resolve import basis_rule, forbidding_rule
from consent.policy.retention import Fate, KeptRecord, fate_of, retention_rules
from consent.policy.rules import Requirement, RetentionAction
from exchange.audit.entry import build_entry, open_all_fields, verify_opening
from exchange.errors import OpeningDoesNotMatch
from exchange.store.tables.subject import subject
from schema.vocabulary.collection import ContactChannel, ContactResult
from schema.vocabulary.member_class import MemberClass
from schema.vocabulary.scope import FieldClass
from schema.vocabulary.subject import VulnerabilityCode

TODAY = NOW.date()
AGENCY = {"actor": "agency-a", "actor_class": MemberClass.COLLECTION_AGENCY}


def fate(jurisdiction: str, noun: FieldClass, furnisher: MemberClass, **known: date) -> Fate:
    rules = retention_rules(load_pack(jurisdiction), TODAY)
    return fate_of(rules, KeptRecord(noun, furnisher, **known), TODAY)  # type: ignore[arg-type]  # days alone


@pytest.mark.parametrize(
    ("jurisdiction", "furnisher", "years", "kept_by"),
    [
        ("cn", MemberClass.BANK, 1, "cn.gbt45251.records"),
        ("cn", MemberClass.BANK, 3, None),
        ("cn", MemberClass.CONSUMER_FINANCE, 1, "cn.cfc.records"),
        ("cn", MemberClass.CONSUMER_FINANCE, 3, "cn.cfc.records"),
        ("us", MemberClass.COLLECTION_AGENCY, 2, "us.regf.100"),
        ("us", MemberClass.COLLECTION_AGENCY, 4, None),
    ],
)
def test_1_records_of_collecting_are_kept_by_the_longest_duty_of_the_member_and_the_country(
    jurisdiction: str, furnisher: MemberClass, years: int, kept_by: str | None
) -> None:
    then = TODAY.replace(year=TODAY.year - years)
    found = fate(jurisdiction, FieldClass.COLLECTIONS, furnisher, ended_on=then, last_action_on=then)
    assert found.kept_by == kept_by
    assert found.action is not RetentionAction.DELETE


def test_2_negative_data_is_deleted_and_its_proof_stays_and_says_nothing() -> None:
    ended = TODAY.replace(year=TODAY.year - 5) - timedelta(days=1)
    assert fate("cn", FieldClass.DELINQUENCIES, MemberClass.BANK, ended_on=ended).action is RetentionAction.DELETE
    first, second = (build_entry(NOW, {"delinquency": "90 days"}, {"act": "record_reported"}) for _ in range(2))
    assert first.leaf != second.leaf
    assert b"days" not in first.leaf
    assert first.subject_opening and second.subject_opening
    told = verify_opening(first.leaf, open_all_fields(first.subject_opening, first.service_opening))
    assert told["delinquency"] == "90 days"
    with pytest.raises(OpeningDoesNotMatch):  # Without its own opening nobody can tell what a leaf was about.
        verify_opening(first.leaf, open_all_fields(second.subject_opening, second.service_opening))


def test_3_hardship_is_known_as_verified_by_whom_until_when_and_never_as_a_disease() -> None:
    everything = frozenset(Requirement)
    for field in ("disease", "medical_history"):
        rule = forbidding_rule(PACK, field, TODAY, everything)
        assert rule and rule.id == "cn.cir.14"
    assert {"vulnerability_verified_by", "vulnerability_until"} <= set(subject.c.keys())
    assert not [code for code in VulnerabilityCode if "ILL" in code or "DISEASE" in code or "HEALTH" in code]


def test_4_after_a_withdrawal_nothing_is_shown_and_what_the_law_wants_kept_stays() -> None:
    answer = decide(a_question(), a_consent(ConsentState.REVOKED), PACK, NOW)
    assert isinstance(answer, Refusal)
    assert [reason.code for reason in answer.reasons] == ["CONSENT_REVOKED"]
    late = KeptRecord(FieldClass.DELINQUENCIES, MemberClass.BANK, ended_on=date(2024, 5, 3))
    keeping = kept_as_negative(retention_rules(PACK, TODAY), late, TODAY)
    assert keeping and (keeping.rule, keeping.until) == ("cn.cir.16", date(2029, 5, 3))
    assert basis_rule(PACK, "cn.cir.13.public", TODAY, FieldClass.PUBLIC_RECORDS)


def test_5_what_was_repaired_is_hidden_and_kept() -> None:
    repaired = KeptRecord(
        FieldClass.DELINQUENCIES, MemberClass.BANK, ended_on=date(2025, 7, 1), late_on=date(2025, 5, 1),
        cured_on=date(2025, 7, 1), amount_minor=1_000_000, currency="CNY",
    )  # fmt: skip
    found = fate_of(retention_rules(PACK, TODAY), repaired, TODAY)
    assert (found.action, found.rule) == (RetentionAction.SUPPRESS_DISPLAY, "cn.pboc.repair.2025")
    more = fate_of(retention_rules(PACK, TODAY), replace(repaired, amount_minor=1_000_001), TODAY)
    assert more.action is None


@pytest.mark.parametrize(
    ("result", "attempted", "connected", "effective"),
    [
        (ContactResult.EFFECTIVE, 1, 1, 1),
        (ContactResult.PROMISE_TO_PAY, 1, 1, 1),
        (ContactResult.CONNECTED, 1, 1, 0),
        (ContactResult.LEFT_MESSAGE, 1, 1, 0),
        (ContactResult.NO_ANSWER, 1, 0, 0),
        (None, 1, 1, 1),
    ],
)
def test_6_one_dial_moves_three_counters(
    result: ContactResult | None, attempted: int, connected: int, effective: int
) -> None:
    rates = [
        a_rule(word, "rate", "CONTACT", f'count = "{word}", days = 1, group = "ACTOR", per = "DEBTOR", limit = 9')
        for word in ("ATTEMPTED", "CONNECTED", "EFFECTIVE")
    ]
    decision = decided(a_pack(*rates), made(result=result))
    assert isinstance(decision, Permit)
    assert {count.rule: count.counted for count in decision.counts} == {
        "ATTEMPTED": attempted, "CONNECTED": connected, "EFFECTIVE": effective,
    }  # fmt: skip


def test_7_the_us_counts_for_each_debt_and_collector_and_china_for_the_debtor_with_all_who_collect() -> None:
    def against(pack_of: str, debts: UUID, actor: str, many: int) -> set[str | None]:
        history = made(many, debts=frozenset({debts}), actor=actor, channel=ContactChannel.VOICE_HUMAN)
        standing = {"stages_been": frozenset(["REMINDER"])}
        return {rule for _, rule in said(decided(load_pack(pack_of), history, standing=standing, **AGENCY))}

    assert against("us", DEBT, "agency-a", 1) == {"us.regf.14.conversation"}
    assert against("us", DEBT, "agency-a", 7) == {"us.regf.14.calls", "us.regf.14.conversation"}
    assert against("us", OTHER_DEBT, "agency-a", 7) == set()
    assert against("us", DEBT, "agency-b", 7) == set()
    for debt in (DEBT, OTHER_DEBT):
        for actor in ("lender", "agency-a", "agency-b"):
            assert against("cn", debt, actor, 2) == set()
            assert against("cn", debt, actor, 3) == {"cn.gbt45251.interactive"}
