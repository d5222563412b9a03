from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from consent_cases import (
    CONSENT_ID,
    NOW,
    OTHER_CONSENT_ID,
    OTHER_SUBJECT,
    PACK,
    SUBJECT,
    a_consent,
    a_ground,
    a_question,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.artefact import Fetch, Frequency, FrequencyUnit
from consent.decision import RECEIVES, Basis, Grant, Refusal, Withheld, decide
from consent.lifecycle import ConsentState
from consent.policy.rules import Pack
from consent.question import GroundKind, LawfulGround, Question
from consent.reasons import CODES
from consent.register import HeldConsent
from schema.vocabulary.member_class import ContributionLevel, MemberClass, MemberStatus
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.scope import FieldClass, Scope

F = FieldClass
DAILY = Frequency(2, FrequencyUnit.DAY)
ONE_SECOND = timedelta(seconds=1)


def refused(question: Question, basis: Basis | None, now: datetime = NOW, pack: Pack = PACK) -> list[str]:
    """The codes of the refusal."""
    answer = decide(question, basis, pack, now)
    assert isinstance(answer, Refusal)
    assert all(reason.code in CODES and reason.sentence.endswith(".") for reason in answer.reasons)
    return [reason.code for reason in answer.reasons]


def granted(question: Question, basis: Basis | None, now: datetime = NOW) -> Grant:
    answer = decide(question, basis, PACK, now)
    assert isinstance(answer, Grant)
    return answer


def test_a_lawful_look_under_a_good_consent_opens_what_was_asked_and_says_why() -> None:
    held = a_consent(data_to=date(2026, 4, 30), frequency=DAILY)
    grant = granted(a_question(), held)
    assert (grant.subject_key, grant.member_id, grant.purpose) == (SUBJECT, "bank-a", Purpose.LOAN_APPROVAL)
    assert (grant.basis_kind, grant.consent_id) == ("CONSENT", CONSENT_ID)
    assert grant.released == tuple(sorted(F))
    assert grant.withheld == ()
    assert grant.rules == (
        "cn.cir.16", "cn.cir.18", "cn.cir.20", "cn.cir.22", "cn.pipl.14", "cn.pipl.23", "cn.pipl.29", "cn.pipl.30",
    )  # fmt: skip
    assert (grant.jurisdiction, grant.pack_version) == ("cn", PACK.version)
    assert (grant.history_from, grant.history_to) == (date(2021, 5, 1), date(2026, 4, 30))
    assert grant.negative_retention_years == 5
    assert grant.use_limits == held.artefact.use_limits


def test_a_lawful_ground_opens_without_a_consent() -> None:
    grant = granted(a_question(), a_ground(field_classes=frozenset({F.ACCOUNTS, F.DELINQUENCIES})))
    assert (grant.basis_kind, grant.consent_id, grant.use_limits) == ("COURT", None, None)
    assert grant.released == (F.ACCOUNTS, F.DELINQUENCIES)
    assert set(grant.withheld_classes) == set(F) - {F.ACCOUNTS, F.DELINQUENCIES}
    assert grant.rules == ("cn.cir.16", "cn.cir.22")


def test_only_decide_makes_a_grant() -> None:
    grant = granted(a_question(), a_consent())
    values = {field.name: getattr(grant, field.name) for field in fields(grant)}
    with pytest.raises(TypeError):
        Grant(**values)
    with pytest.raises(TypeError, match="only by"):
        Grant(**values, made_by=object())
    with pytest.raises((TypeError, ValueError)):
        replace(grant, released=tuple(F))
    with pytest.raises((TypeError, ValueError)):
        replace(grant, made_by=None)


def test_a_refusal_without_a_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Refusal((), (), "cn-1")


REFUSALS: list[tuple[str, dict[str, Any], Basis | None]] = [
    ("NOTHING_ASKED", {"field_classes": frozenset()}, a_consent()),
    ("MEMBER_NOT_ACTIVE", {"member_status": MemberStatus.SUSPENDED}, a_consent()),
    ("MEMBER_NOT_ACTIVE", {"member_status": MemberStatus.REMOVED}, a_consent()),
    ("MEMBER_CLASS_NOT_ALLOWED", {"member_class": MemberClass.COLLECTION_AGENCY}, a_consent()),
    ("MEMBER_CLASS_NOT_ALLOWED", {"member_class": MemberClass.REGULATOR}, a_consent()),
    ("MEMBER_CLASS_NOT_ALLOWED", {}, a_ground(kind=GroundKind.REGULATOR)),
    ("STAFF_NOT_NAMED", {"staff_named": False}, a_consent()),
    ("SUBJECT_FROZEN", {"subject_frozen": True}, a_consent()),
    ("CONSENT_MISSING", {}, None),
    ("CONSENT_NOT_FOUND", {"consent_id": CONSENT_ID}, None),
    ("CONSENT_NOT_FOUND", {"consent_id": OTHER_CONSENT_ID}, a_consent()),
    ("GROUND_MISSING", {"member_class": MemberClass.REGULATOR}, None),
    ("GROUND_NOT_FOUND", {"ground_id": OTHER_CONSENT_ID}, None),
    ("GROUND_NOT_FOUND", {"ground_id": OTHER_CONSENT_ID, "member_class": MemberClass.REGULATOR}, None),
    ("GROUND_EXPIRED", {}, a_ground(expires_at=NOW)),
    ("SUBJECT_DIFFERS", {"subject_key": OTHER_SUBJECT}, a_consent()),
    ("SUBJECT_DIFFERS", {"subject_key": OTHER_SUBJECT}, a_ground()),
    ("RECIPIENT_DIFFERS", {"member_id": "bank-b"}, a_consent()),
    ("RECIPIENT_DIFFERS", {"member_id": "bank-b"}, a_ground()),
    ("JURISDICTION_DIFFERS", {}, a_consent(jurisdiction="us")),
    ("PURPOSE_NOT_COVERED", {"purpose": Purpose.POST_LOAN}, a_consent()),
    ("PURPOSE_NOT_COVERED", {"purpose": Purpose.POST_LOAN}, a_ground()),
    ("CONSENT_NOT_STARTED", {}, a_consent(starts_at=NOW + ONE_SECOND)),
    ("CONSENT_EXPIRED", {}, a_consent(expires_at=NOW)),
    ("CONSENT_EXPIRED", {}, a_consent(ConsentState.EXPIRED)),
    ("CONSENT_NOT_ACTIVE", {}, a_consent(ConsentState.REQUESTED)),
    ("CONSENT_REJECTED", {}, a_consent(ConsentState.REJECTED)),
    ("CONSENT_PAUSED", {}, a_consent(ConsentState.PAUSED)),
    ("CONSENT_REVOKED", {}, a_consent(ConsentState.REVOKED)),
    ("CONSENT_SUPERSEDED", {}, a_consent(ConsentState.SUPERSEDED)),
    ("CONSENT_USED_UP", {}, a_consent(uses=1, fetch=Fetch.ONCE)),
    ("FREQUENCY_EXCEEDED", {}, a_consent(uses=9, window_started_at=NOW, window_uses=2, frequency=DAILY)),
    ("SCOPE_MISSING", {"field_classes": frozenset({F.ACCOUNTS}), "scopes": frozenset()}, a_consent()),
    ("FIELDS_NOT_COVERED", {"field_classes": frozenset({F.ACCOUNTS})}, a_ground(field_classes=frozenset())),
    (
        "FIELDS_NOT_COVERED",
        {"field_classes": frozenset({F.ACCOUNTS})},
        a_consent(field_classes=frozenset({F.INQUIRIES})),
    ),
    (
        "RECIPROCITY",
        {"field_classes": frozenset({F.ACCOUNTS}), "contribution_level": ContributionLevel.NEGATIVE_ONLY},
        a_consent(),
    ),
    ("WARNING_NOT_SHOWN", {"field_classes": frozenset({F.ACCOUNTS})}, a_consent(sensitive_warning_shown=False)),
]


@pytest.mark.parametrize(("code", "changes", "basis"), REFUSALS)
def test_one_thing_wrong_is_refused_with_that_one_reason(
    code: str, changes: dict[str, Any], basis: Basis | None
) -> None:
    assert refused(a_question(**changes), basis) == [code]


def test_every_code_can_be_reached() -> None:
    of_asking = {"ASKED_TOO_SOON"}
    of_other_packs = {"CONSENT_ABOVE_CEILING"}
    of_mandates = {"MANDATE_NOT_FOUND", "MANDATE_NOT_STANDING", "MANDATE_NAMES_NOTHING"}
    assert {code for code, _, _ in REFUSALS} == set(CODES) - of_asking - of_mandates - of_other_packs


def test_all_that_fails_is_told_at_once() -> None:
    held = a_consent(
        ConsentState.PAUSED, 3, purpose=Purpose.POST_LOAN, fetch=Fetch.ONCE, expires_at=NOW, jurisdiction="us",
        field_classes=frozenset({F.IDENTITY}),
    )  # fmt: skip
    question = a_question(
        member_class=MemberClass.COLLECTION_AGENCY, member_status=MemberStatus.SUSPENDED, staff_named=False,
        subject_frozen=True, scopes=frozenset({Scope.DELINQUENCY_READ}), field_classes=frozenset({F.ACCOUNTS}),
        contribution_level=ContributionLevel.INQUIRY_ONLY,
    )  # fmt: skip
    assert refused(question, held) == [
        "MEMBER_NOT_ACTIVE", "MEMBER_CLASS_NOT_ALLOWED", "STAFF_NOT_NAMED", "SUBJECT_FROZEN", "PURPOSE_NOT_COVERED",
        "JURISDICTION_DIFFERS", "CONSENT_PAUSED", "CONSENT_EXPIRED", "CONSENT_USED_UP",
        "SCOPE_MISSING", "RECIPROCITY", "FIELDS_NOT_COVERED",
    ]  # fmt: skip


def test_a_consent_of_others_tells_nothing_of_itself() -> None:
    held = a_consent(ConsentState.REVOKED, purpose=Purpose.COLLECTION, field_classes=frozenset({F.IDENTITY}))
    assert refused(a_question(member_id="bank-b"), held) == ["RECIPIENT_DIFFERS"]
    assert refused(a_question(subject_key=OTHER_SUBJECT, member_id="bank-b"), held) == [
        "SUBJECT_DIFFERS", "RECIPIENT_DIFFERS",
    ]  # fmt: skip


def test_a_refusal_names_the_rules_of_its_reasons() -> None:
    answer = decide(a_question(member_id="bank-b", staff_named=False), a_consent(), PACK, NOW)
    assert isinstance(answer, Refusal)
    assert [reason.rule for reason in answer.reasons] == ["cn.cir.22", "cn.pipl.23"]
    assert (answer.rules, answer.pack_version) == (("cn.cir.22", "cn.pipl.23"), PACK.version)


def test_a_sentence_is_for_a_person() -> None:
    answer = decide(a_question(), a_consent(expires_at=datetime(2026, 5, 3, tzinfo=UTC)), PACK, NOW)
    assert isinstance(answer, Refusal)
    assert answer.reasons[0].sentence == "This consent ended on 3 May 2026; ask the borrower for a new one."


def test_a_consent_is_good_from_its_first_instant_to_before_its_last() -> None:
    held = a_consent(starts_at=NOW, expires_at=NOW + ONE_SECOND)
    assert refused(a_question(), held, NOW - timedelta(microseconds=1)) == ["CONSENT_NOT_STARTED"]
    granted(a_question(), held, NOW)
    granted(a_question(), held, NOW + ONE_SECOND - timedelta(microseconds=1))
    assert refused(a_question(), held, NOW + ONE_SECOND) == ["CONSENT_EXPIRED"]


def test_the_zone_in_which_the_instant_is_told_does_not_matter() -> None:
    held = a_consent(expires_at=NOW + ONE_SECOND)
    assert decide(a_question(), held, PACK, NOW.astimezone(timezone(timedelta(hours=14)))) == decide(
        a_question(), held, PACK, NOW
    )


def test_a_span_that_is_over_no_longer_counts() -> None:
    held = a_consent(uses=2, window_started_at=NOW, window_uses=2, frequency=DAILY)
    a_day = timedelta(days=1)
    assert refused(a_question(), held, NOW + a_day - timedelta(microseconds=1)) == ["FREQUENCY_EXCEEDED"]
    granted(a_question(), held, NOW + a_day)
    granted(a_question(), replace(held, window_uses=1), NOW)


def test_what_is_not_open_is_withheld_with_each_reason_if_something_is_left() -> None:
    held = a_consent(field_classes=frozenset({F.ACCOUNTS, F.DELINQUENCIES}))
    grant = granted(a_question(scopes=frozenset({Scope.CREDIT_READ})), held)
    assert grant.released == (F.ACCOUNTS,)
    assert [(each.field_class, each.reason.code) for each in grant.withheld] == [
        (F.ASSESSMENTS, "SCOPE_MISSING"),
        (F.ASSESSMENTS, "FIELDS_NOT_COVERED"),
        (F.COLLECTIONS, "SCOPE_MISSING"),
        (F.COLLECTIONS, "FIELDS_NOT_COVERED"),
        (F.DELINQUENCIES, "SCOPE_MISSING"),
        (F.IDENTITY, "FIELDS_NOT_COVERED"),
        (F.INQUIRIES, "FIELDS_NOT_COVERED"),
        (F.PAYMENT_HISTORY, "FIELDS_NOT_COVERED"),
        (F.PLANS, "SCOPE_MISSING"),
        (F.PLANS, "FIELDS_NOT_COVERED"),
        (F.PUBLIC_RECORDS, "FIELDS_NOT_COVERED"),
    ]
    assert all(isinstance(each, Withheld) for each in grant.withheld)


def test_identity_alone_is_no_answer_to_a_question_that_asked_for_more() -> None:
    held = a_consent(field_classes=frozenset({F.IDENTITY}))
    assert refused(a_question(field_classes=frozenset({F.IDENTITY, F.ACCOUNTS})), held) == ["FIELDS_NOT_COVERED"]
    assert granted(a_question(field_classes=frozenset({F.IDENTITY})), held).released == (F.IDENTITY,)


def test_a_member_receives_the_level_that_it_contributes() -> None:
    for level, receives in RECEIVES.items():
        grant = granted(a_question(contribution_level=level), a_consent())
        assert frozenset(grant.released) == receives
        assert {each.reason.code for each in grant.withheld} <= {"RECIPROCITY"}
    negative = {F.DELINQUENCIES, F.PUBLIC_RECORDS, F.COLLECTIONS}
    assert RECEIVES[ContributionLevel.NEGATIVE_ONLY] == {F.IDENTITY} | negative
    assert RECEIVES[ContributionLevel.INQUIRY_ONLY] == {F.IDENTITY, F.INQUIRIES}


def test_a_regulator_looks_under_a_ground_alone_and_contributes_nothing() -> None:
    question = a_question(member_class=MemberClass.REGULATOR, contribution_level=ContributionLevel.INQUIRY_ONLY)
    grant = granted(question, a_ground(kind=GroundKind.REGULATOR))
    assert (grant.basis_kind, grant.released) == ("REGULATOR", tuple(sorted(F)))
    assert "cn.cir.18" not in grant.rules


def test_a_freeze_stops_consents_and_not_lawful_grounds() -> None:
    assert refused(a_question(subject_frozen=True), a_consent()) == ["SUBJECT_FROZEN"]
    assert refused(a_question(subject_frozen=True), None) == ["SUBJECT_FROZEN", "CONSENT_MISSING"]
    granted(a_question(subject_frozen=True), a_ground())


def test_without_the_sensitive_warning_only_the_other_classes_open() -> None:
    grant = granted(a_question(), a_consent(sensitive_warning_shown=False))
    assert grant.released == (F.IDENTITY, F.INQUIRIES)
    assert {(each.reason.code, each.reason.rule) for each in grant.withheld} == {("WARNING_NOT_SHOWN", "cn.pipl.30")}


def test_a_pack_without_rules_still_denies_all_that_the_consent_does_not_open() -> None:
    bare = Pack("cn", "cn-0", ())
    assert isinstance(decide(a_question(), a_consent(), bare, NOW), Grant)
    for code, changes, basis in REFUSALS:
        if code not in ("STAFF_NOT_NAMED", "WARNING_NOT_SHOWN"):
            assert refused(a_question(**changes), basis, pack=bare) == [code]


def sets(kind: Any) -> st.SearchStrategy[Any]:
    return st.frozensets(st.sampled_from(kind))


def mostly(value: Any, others: Any) -> st.SearchStrategy[Any]:
    """So that several things are often right at once."""
    return st.one_of(st.just(value), st.just(value), others)


QUESTIONS = st.builds(
    a_question,
    member_id=mostly("bank-a", st.just("bank-b")),
    member_class=mostly(MemberClass.BANK, st.sampled_from(MemberClass)),
    member_status=mostly(MemberStatus.ACTIVE, st.sampled_from(MemberStatus)),
    contribution_level=mostly(ContributionLevel.FULL, st.sampled_from(ContributionLevel)),
    scopes=mostly(frozenset(Scope), sets(Scope)),
    purpose=mostly(Purpose.LOAN_APPROVAL, st.sampled_from(Purpose)),
    field_classes=sets(FieldClass),
    staff_named=mostly(True, st.booleans()),
    subject_frozen=mostly(False, st.booleans()),
    subject_key=mostly(SUBJECT, st.just(OTHER_SUBJECT)),
    consent_id=mostly(None, st.sampled_from([CONSENT_ID, OTHER_CONSENT_ID])),
)
CONSENTS = st.builds(
    a_consent,
    mostly(ConsentState.ACTIVE, st.sampled_from(ConsentState)),
    st.integers(0, 3),
    st.none() | st.timedeltas(timedelta(-3), timedelta(1)).map(lambda ago: NOW + ago),
    st.integers(0, 3),
    frequency=st.none() | st.builds(Frequency, st.integers(1, 3), st.sampled_from(FrequencyUnit)),
    field_classes=st.frozensets(st.sampled_from(FieldClass), min_size=1),
    sensitive_warning_shown=mostly(True, st.booleans()),
    starts_at=mostly(NOW - timedelta(9), st.just(NOW + ONE_SECOND)),
    expires_at=mostly(NOW + timedelta(9), st.just(NOW + timedelta(days=1))),
    jurisdiction=mostly("cn", st.just("us")),
)
GROUNDS = st.builds(
    a_ground,
    kind=st.sampled_from(GroundKind),
    field_classes=sets(FieldClass),
    expires_at=mostly(NOW + timedelta(9), st.just(NOW)),
)
BASES = st.one_of(CONSENTS, CONSENTS, GROUNDS, st.none())
MANY = settings(max_examples=1000)


def released(question: Question, basis: Basis | None, pack: Pack = PACK) -> frozenset[FieldClass]:
    answer = decide(question, basis, pack, NOW)
    return frozenset(answer.released) if isinstance(answer, Grant) else frozenset()


def opened_by(basis: Basis) -> frozenset[FieldClass]:
    return basis.artefact.field_classes if isinstance(basis, HeldConsent) else basis.field_classes


@MANY
@given(QUESTIONS, BASES)
def test_every_answer_is_complete_and_the_same_again(question: Question, basis: Basis | None) -> None:
    answer = decide(question, basis, PACK, NOW)
    assert decide(question, basis, PACK, NOW) == answer
    if isinstance(answer, Refusal):
        assert answer.reasons
        assert all(reason.code in CODES for reason in answer.reasons)
        assert set(answer.rules) == {reason.rule for reason in answer.reasons} - {None}
        assert set(answer.rules) <= {rule.id for rule in PACK.rules}
    else:
        assert basis is not None
        out = set(answer.released)
        assert out
        assert out <= question.field_classes & opened_by(basis)
        audits = question.member_class is MemberClass.REGULATOR
        assert {Scope.AUDIT_OPEN if audits else field_class.scope for field_class in out} <= question.scopes
        assert out | set(answer.withheld_classes) == question.field_classes
        assert not out & set(answer.withheld_classes)
        assert set(answer.rules) <= {rule.id for rule in PACK.rules}
        assert "cn.cir.22" in answer.rules
        assert isinstance(basis, LawfulGround) or "cn.cir.18" in answer.rules


@MANY
@given(QUESTIONS, CONSENTS, st.sampled_from(FieldClass), st.sampled_from(Scope), st.sampled_from(ConsentState))
def test_taking_away_never_opens_more(
    question: Question, held: HeldConsent, field_class: FieldClass, scope: Scope, state: ConsentState
) -> None:
    before = released(question, held)
    assert released(replace(question, scopes=question.scopes - {scope}), held) <= before
    fewer = held.artefact.field_classes - {field_class}
    if fewer:
        narrowed = replace(held, artefact=replace(held.artefact, field_classes=fewer))
        assert released(question, narrowed) <= before
    if state is not ConsentState.ACTIVE:
        assert released(question, replace(held, state=state)) == frozenset()
    assert released(question, None) == frozenset()
    assert released(replace(question, member_id="bank-c"), held) == frozenset()
    assert released(replace(question, staff_named=False), held) == frozenset()
    assert released(replace(question, subject_frozen=True), held) == frozenset()


@MANY
@given(QUESTIONS, BASES, st.integers(0, len(PACK.rules) - 1))
def test_a_rule_more_never_opens_more(question: Question, basis: Basis | None, place: int) -> None:
    without = Pack(PACK.jurisdiction, PACK.version, PACK.rules[:place] + PACK.rules[place + 1 :])
    assert released(question, basis) <= released(question, basis, without)
