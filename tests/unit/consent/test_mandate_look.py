"""What a mandate opens: one thing wrong, one reason; nothing that no mandate says is opened."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import Refusal
from consent.mandate_look import (
    NEEDED_BY,
    OPENED,
    SCOPE,
    ContactData,
    MandateGrant,
    MandateQuestion,
    MandateTerms,
    decide_under_mandate,
)
from consent.policy.load import load_pack
from schema.vocabulary.collection import ContactChannel
from schema.vocabulary.mandate import MandateState
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.scope import FieldClass, Scope

CN = load_pack("cn")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TERMS = MandateTerms(
    mandate_id=UUID(int=7),
    lender="harbour-bank",
    agency="agency-a",
    state=MandateState.ACTIVE,
    channels=(ContactChannel.SMS,),
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 6, 1),
)
QUESTION = MandateQuestion(
    member_id="agency-a",
    member_class=MemberClass.COLLECTION_AGENCY,
    member_status=MemberStatus.ACTIVE,
    scopes=frozenset({SCOPE}),
    staff_named=True,
    field_classes=OPENED,
    mandate=TERMS,
    accounts_named=1,
)


def codes(question: MandateQuestion) -> list[str]:
    decision = decide_under_mandate(question, CN, NOW)
    return [reason.code for reason in decision.reasons] if isinstance(decision, Refusal) else []


def test_all_that_holds_is_granted_with_the_rules_that_applied() -> None:
    grant = decide_under_mandate(QUESTION, CN, NOW)
    assert isinstance(grant, MandateGrant)
    assert (grant.contact_data, set(grant.released)) == (frozenset({ContactData.PHONE}), OPENED)
    assert "cn.cir.22" in grant.rules and grant.pack_version == CN.version


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("MEMBER_NOT_ACTIVE", replace(QUESTION, member_status=MemberStatus.SUSPENDED)),
        ("MEMBER_CLASS_NOT_ALLOWED", replace(QUESTION, member_class=MemberClass.BANK)),
        ("SCOPE_MISSING", replace(QUESTION, scopes=frozenset(Scope) - {SCOPE})),
        ("STAFF_NOT_NAMED", replace(QUESTION, staff_named=False)),
        ("NOTHING_ASKED", replace(QUESTION, field_classes=frozenset())),
        ("NOTHING_ASKED", replace(QUESTION, field_classes=frozenset({FieldClass.INQUIRIES}))),
        ("MANDATE_NOT_FOUND", replace(QUESTION, mandate=None)),
        ("MANDATE_NOT_FOUND", replace(QUESTION, mandate=replace(TERMS, agency="agency-b"))),
        ("MANDATE_NOT_STANDING", replace(QUESTION, mandate=replace(TERMS, state=MandateState.ENDED))),
        ("MANDATE_NOT_STANDING", replace(QUESTION, mandate=replace(TERMS, starts_on=date(2026, 6, 2)))),
        ("MANDATE_NOT_STANDING", replace(QUESTION, mandate=replace(TERMS, ends_on=date(2026, 5, 31)))),
        ("MANDATE_NAMES_NOTHING", replace(QUESTION, accounts_named=0)),
    ],
)
def test_one_thing_wrong_is_refused_with_that_one_reason(code: str, question: MandateQuestion) -> None:
    assert codes(question) == [code]


def test_of_anothers_mandate_nothing_is_told_but_that_there_is_none() -> None:
    ended = replace(TERMS, agency="agency-b", state=MandateState.ENDED)
    assert codes(replace(QUESTION, mandate=ended, accounts_named=0)) == ["MANDATE_NOT_FOUND"]


questions = st.builds(
    MandateQuestion,
    st.sampled_from(["agency-a", "agency-b"]),
    st.sampled_from(MemberClass),
    st.sampled_from(MemberStatus),
    st.frozensets(st.sampled_from([SCOPE, Scope.CREDIT_READ])),
    st.booleans(),
    st.frozensets(st.sampled_from(FieldClass)),
    st.none() | st.builds(
        MandateTerms, st.just(UUID(int=7)), st.just("harbour-bank"), st.sampled_from(["agency-a", "agency-b"]),
        st.sampled_from(MandateState), st.lists(st.sampled_from(ContactChannel), unique=True),
        st.dates(date(2026, 5, 30), date(2026, 6, 3)), st.dates(date(2026, 5, 30), date(2026, 6, 3)),
    ),
    st.integers(0, 2),
)  # fmt: skip


@given(questions)
def test_a_grant_is_never_more_than_the_mandate_of_this_agency_says(question: MandateQuestion) -> None:
    decision = decide_under_mandate(question, CN, NOW)
    if isinstance(decision, Refusal):
        assert decision.reasons
        return
    mandate = decision.mandate
    assert (question.member_class, question.member_status) == (MemberClass.COLLECTION_AGENCY, MemberStatus.ACTIVE)
    assert (mandate.agency, mandate.state) == (question.member_id, MandateState.ACTIVE)
    assert mandate.starts_on <= NOW.date() <= mandate.ends_on
    assert SCOPE in question.scopes and question.staff_named and question.accounts_named
    assert decision.released and set(decision.released) <= OPENED & question.field_classes
    assert decision.contact_data == {NEEDED_BY[each] for each in mandate.channels if each in NEEDED_BY}
