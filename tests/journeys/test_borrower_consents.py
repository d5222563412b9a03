"""Borrowers give, refuse, pause and withdraw consents themselves, signed by their passkeys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from factories import ALICE, BOB, Bank, Exchange, SignedInBorrower
from openbureau_client import verify_consent, verify_proof
from software_authenticator import EDDSA, ES256, RS256, SoftwareAuthenticator
from sqlalchemy import insert, select, text, update
from traces import Entry, entries

from consent.artefact import Fetch, Frequency, FrequencyUnit, Mode
from consent.lifecycle import ConsentState
from exchange.clock import new_id
from exchange.errors import BadRequest, Refused
from exchange.handover import Borrower
from exchange.identity.consent_request import RequestedConsent
from exchange.journeys.borrower_consents import (
    ConsentView,
    consent_detail,
    consent_receipt,
    draft_own,
    draft_requested,
    expire_due,
    give,
    list_consents,
    pause,
    refuse,
    resume,
    withdraw,
)
from exchange.journeys.consent_drafts import ConsentWish, is_as_requested
from exchange.journeys.consent_notice import Speech, notice_digest
from exchange.journeys.manage_consent import move_consent
from exchange.journeys.own_notices import read_inbox
from exchange.journeys.representatives import acting_for, add_representative, end_representative
from exchange.journeys.sign_in_methods import finish_passkey, remove, start_passkey
from exchange.store.member_register import registered_member
from exchange.store.tables.authorization import authorization_code, refresh_token
from exchange.store.tables.consent import consent
from exchange.store.tables.log import log_opening
from schema.vocabulary.member_class import MemberClass, MemberStatus
from schema.vocabulary.notice import NoticeAnswer, NoticeKind
from schema.vocabulary.purpose import Purpose
from schema.vocabulary.representative import RepresentativeKind
from schema.vocabulary.scope import FieldClass, Scope

TERMS = RequestedConsent(
    purpose=Purpose.LOAN_APPROVAL,
    field_classes=frozenset(FieldClass),
    data_from=date(2021, 1, 1),
    data_to=None,
    mode=Mode.VIEW,
    fetch=Fetch.PERIODIC,
    frequency=None,
    data_life_days=0,
    days=90,
    contribution_allowed=False,
)
MAY_BE_TOLD = frozenset({Scope.CREDIT_READ, Scope.DELINQUENCY_READ, Scope.CONSENT_REQUEST})
NOTICES = "{ notices(first: 10) { totalCount nodes { id kind consentId signed dueAt answer article late } } }"
ANSWER = """mutation ($id: ID!, $answer: NoticeAnswer!, $article: String) {
  answerNotice(noticeId: $id, answer: $answer, article: $article) {
    notice { answer article late } userErrors { path code message }
  } }"""


@pytest.fixture
def bank(exchange: Exchange) -> Bank:
    bank = exchange.bank(scopes=MAY_BE_TOLD, contact="Harbour Bank, 1 Quay Street")
    bank.fetch_token(" ".join(sorted(MAY_BE_TOLD)))
    return bank


@pytest.fixture
def alice(exchange: Exchange, bank: Bank) -> SignedInBorrower:
    key = exchange.borrower()
    exchange.account(key, bank.member_id)
    return exchange.borrower_signed_in(key)


def member(exchange: Exchange, bank: Bank) -> Any:
    with exchange.services.connection() as connection:
        return registered_member(connection, bank.member_id)


def given(exchange: Exchange, who: SignedInBorrower, bank: Bank, **more: Any) -> UUID:
    """A consent that this person gave at the bank's request, with the passkey."""
    acting_for = more.pop("acting_for", None)
    draft = draft_requested(
        exchange.services, who.borrower, replace(TERMS, **more), member(exchange, bank), acting_for=acting_for
    )
    response = who.authenticator.assert_challenge(draft.digest)
    return give(exchange.services, who.borrower, draft.canonical, response, acting_for=acting_for)


def view(exchange: Exchange, who: SignedInBorrower, consent_id: UUID) -> ConsentView:
    return consent_detail(exchange.services, who.borrower, consent_id)


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer.get_json()["errors"][0]["extensions"]["reasons"]]


def acts(exchange: Exchange) -> list[Entry]:
    return [entry for entry in entries(exchange) if entry.fields["act"] not in ("member_registered", "passkey_added")]


@contextmanager
def refused_with(code: str) -> Iterator[None]:
    with pytest.raises(BadRequest) as raised:
        yield
    assert raised.value.stable_code == code


# Giving


def test_a_given_consent_opens_the_file_and_says_what_was_shown(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)

    answer = bank.ask(consent_id=consent_id)

    assert answer.status_code == 200
    assert "errors" not in answer.get_json()
    seen = view(exchange, alice, consent_id)
    assert (seen.state, seen.uses, seen.member_name) == (ConsentState.ACTIVE, 1, "Harbour-Bank")
    assert seen.member_contact == "Harbour Bank, 1 Quay Street"
    assert is_as_requested(seen.artefact, TERMS)
    assert seen.notice is not None
    assert notice_digest(seen.notice.split("\n")) == seen.artefact.notice_digest
    assert "You may refuse." in seen.notice
    (entry,) = [entry for entry in acts(exchange) if entry.fields["act"] == "consent_given"]
    assert entry.fields["consent"] == str(consent_id)
    assert (entry.fields["actor"], entry.fields["signed_in_by"]) == ("borrower", "PASSKEY")


def test_a_consent_is_signed_for_exactly_what_was_drafted(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    response = alice.authenticator.assert_challenge(draft.digest)
    for other in (
        draft.canonical.replace(b'"days":90', b'"days":91') + b" ",
        replace(draft.artefact, expires_at=draft.artefact.expires_at + timedelta(days=1)).to_canonical(),
        replace(draft.artefact, recipient="clover-finance").to_canonical(),
        replace(draft.artefact, field_classes=frozenset({FieldClass.IDENTITY})).to_canonical(),
        replace(draft.artefact, notice_digest="c" * 64).to_canonical(),
        replace(draft.artefact, sensitive_warning_shown=False).to_canonical(),
        replace(draft.artefact, subject_key=exchange.borrower(BOB)).to_canonical(),
        b"",
    ):
        with pytest.raises(BadRequest):
            give(exchange.services, alice.borrower, other, response)
    assert list_consents(exchange.services, alice.borrower) == ()


@pytest.mark.parametrize(
    "misbehave",
    [
        {"origin": "https://elsewhere.example"},
        {"rp_id": "elsewhere.example"},
        {"user_verified": False},
        {"user_present": False},
        {"cross_origin": True},
    ],
)
def test_a_passkey_that_does_not_sign_as_it_must_gives_nothing(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower, misbehave: dict[str, Any]
) -> None:
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    for name, value in misbehave.items():
        setattr(alice.authenticator, name, value)
    with refused_with("PASSKEY_NOT_VALID"):
        give(exchange.services, alice.borrower, draft.canonical, alice.authenticator.assert_challenge(draft.digest))
    assert list_consents(exchange.services, alice.borrower) == ()


def test_a_signature_over_another_challenge_or_by_another_person_gives_nothing(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    for response in (
        alice.authenticator.assert_challenge(b"\0" * 32),
        bob.authenticator.assert_challenge(draft.digest),
    ):
        with refused_with("PASSKEY_NOT_VALID"):
            give(exchange.services, alice.borrower, draft.canonical, response)
    assert list_consents(exchange.services, alice.borrower) == ()


def test_one_signature_gives_one_consent(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    response = alice.authenticator.assert_challenge(draft.digest)
    give(exchange.services, alice.borrower, draft.canonical, response)
    with pytest.raises(BadRequest):
        give(exchange.services, alice.borrower, draft.canonical, response)
    assert len(list_consents(exchange.services, alice.borrower)) == 1


def test_a_draft_that_waited_too_long_is_drafted_anew(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    exchange.later(minutes=15, seconds=1)
    with refused_with("CONSENT_DRAFT_STALE"):
        give(exchange.services, alice.borrower, draft.canonical, alice.authenticator.assert_challenge(draft.digest))


def test_a_notice_in_another_language_is_another_consent(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    shouting = Speech("zh-Hans", lambda sentence: sentence + "!")
    draft = draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    response = alice.authenticator.assert_challenge(draft.digest)
    with refused_with("CONSENT_DRAFT_STALE"):
        give(exchange.services, alice.borrower, draft.canonical, response, shouting)


def test_the_borrower_may_start_a_consent(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    wish = ConsentWish(bank.member_id, replace(TERMS, frequency=Frequency(1, FrequencyUnit.DAY)))
    draft = draft_own(exchange.services, alice.borrower, wish)
    response = alice.authenticator.assert_challenge(draft.digest)
    consent_id = give(exchange.services, alice.borrower, draft.canonical, response)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    assert codes(bank.ask(consent_id=consent_id)) == ["FREQUENCY_EXCEEDED"]


def test_without_a_passkey_nothing_is_drafted(exchange: Exchange, bank: Bank) -> None:
    nobody_yet = Borrower(exchange.borrower(BOB), b"", "TOTP", "en")
    with refused_with("PASSKEY_NEEDED"):
        draft_requested(exchange.services, nobody_yet, TERMS, member(exchange, bank))


@pytest.mark.parametrize(
    "terms",
    [{"days": 0}, {"days": 367}, {"purpose": Purpose.SELF}, {"mode": Mode.STORE}, {"field_classes": frozenset()}],
)
def test_terms_that_cannot_be_are_refused(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower, terms: dict[str, Any]
) -> None:
    with refused_with("CONSENT_TERMS_NOT_VALID"):
        draft_requested(exchange.services, alice.borrower, replace(TERMS, **terms), member(exchange, bank))


@pytest.mark.parametrize("changes", [{"status": MemberStatus.SUSPENDED}, {"member_class": MemberClass.REGULATOR}])
def test_a_consent_is_drafted_only_for_whom_it_could_serve(
    exchange: Exchange, alice: SignedInBorrower, changes: dict[str, Any]
) -> None:
    other = exchange.bank("other", **changes)
    with refused_with("CONSENT_TERMS_NOT_VALID"):
        draft_requested(exchange.services, alice.borrower, TERMS, member(exchange, other))


def test_a_newer_consent_takes_the_place_of_the_older_in_one_step(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    first = given(exchange, alice, bank)
    exchange.later(seconds=5)
    second = given(exchange, alice, bank, days=30)
    other_purpose = given(exchange, alice, bank, purpose=Purpose.POST_LOAN)
    assert view(exchange, alice, first).state is ConsentState.SUPERSEDED
    assert view(exchange, alice, second).artefact.supersedes == first
    assert view(exchange, alice, other_purpose).artefact.supersedes is None
    assert codes(bank.ask(consent_id=first)) == ["CONSENT_SUPERSEDED"]
    assert "errors" not in bank.ask(consent_id=second).get_json()
    assert view(exchange, alice, first).notices == ()


# What the operator cannot do


def test_a_consent_whose_passkey_the_log_never_saw_opens_nothing(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    with exchange.engine.begin() as connection:
        connection.execute(update(consent).values(key_entry=None))
    answer = bank.ask(consent_id=consent_id, client=exchange.another_worker())
    assert answer.get_json()["errors"][0]["extensions"]["code"] == "INTEGRITY"
    assert "data" not in answer.get_json()


def test_an_entry_about_another_passkey_or_another_person_does_not_stand_in(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    bob = exchange.borrower(BOB)
    exchange.borrower_signed_in(bob)
    with exchange.engine.begin() as connection:
        of_bob = connection.scalar(select(log_opening.c.entry_id).where(log_opening.c.subject_key == bob))
        given_entry = connection.scalar(
            select(log_opening.c.entry_id).where(log_opening.c.subject_key == alice.borrower.subject_key)
            .order_by(log_opening.c.sequence.desc()).limit(1)
        )  # fmt: skip
    for signer_key, key_entry in ((bob, of_bob), (alice.borrower.subject_key, given_entry)):
        with exchange.engine.begin() as connection:
            connection.execute(update(consent).values(key_entry=key_entry, signer_key=signer_key))
        answer = bank.ask(consent_id=consent_id, client=exchange.another_worker())
        assert answer.get_json()["errors"][0]["extensions"]["code"] == "INTEGRITY"


def test_a_refused_consent_marked_as_given_opens_nothing(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    refuse(exchange.services, alice.borrower, TERMS, member(exchange, bank))
    (refused,) = list_consents(exchange.services, alice.borrower)
    assert codes(bank.ask(consent_id=refused.consent_id)) == ["CONSENT_REJECTED"]
    with exchange.engine.begin() as connection:
        connection.execute(update(consent).values(state="ACTIVE"))
    answer = bank.ask(consent_id=refused.consent_id)
    assert answer.get_json()["errors"][0]["extensions"]["code"] == "INTEGRITY"


def test_a_passkey_removed_later_leaves_its_consents_good(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    exchange.borrower_signed_in(alice.borrower.subject_key)
    remove(exchange.services, alice.borrower, alice.authenticator.credential_id)
    assert "errors" not in bank.ask(consent_id=consent_id, client=exchange.another_worker()).get_json()


# Refusing


def test_what_was_refused_is_not_asked_again_within_the_period(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    services, asking = exchange.services, member(exchange, bank)
    refuse(services, alice.borrower, TERMS, asking)
    (held,) = list_consents(services, alice.borrower)
    assert held.state is ConsentState.REJECTED

    exchange.later(days=29, hours=23)
    with pytest.raises(Refused) as refusal:
        draft_requested(services, alice.borrower, replace(TERMS, days=7), asking)

    (reason,) = refusal.value.reasons
    assert (reason.code, reason.rule) == ("ASKED_TOO_SOON", "cn.nds.22")
    draft_requested(services, alice.borrower, replace(TERMS, purpose=Purpose.CARD_APPROVAL), asking)
    draft_requested(services, alice.borrower, TERMS, member(exchange, exchange.bank("other-bank")))
    draft_own(services, alice.borrower, ConsentWish(bank.member_id, TERMS))
    exchange.later(hours=1)
    draft_requested(services, alice.borrower, TERMS, asking)
    assert len(list_consents(services, alice.borrower)) == 1


# Pausing and the end of time


def test_a_paused_consent_waits_and_a_resumed_one_goes_on(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    exchange.later(seconds=1)
    pause(exchange.services, alice.borrower, consent_id)
    assert codes(bank.ask(consent_id=consent_id, client=exchange.another_worker())) == ["CONSENT_PAUSED"]
    exchange.later(seconds=1)
    resume(exchange.services, alice.borrower, consent_id)
    assert "errors" not in bank.ask(consent_id=consent_id).get_json()
    moves = [(move.to_state, move.actor) for move in view(exchange, alice, consent_id).moves]
    assert moves == [
        (ConsentState.ACTIVE, "borrower"), (ConsentState.PAUSED, "borrower"), (ConsentState.ACTIVE, "borrower"),
    ]  # fmt: skip


def test_only_the_borrower_reaches_their_consents(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    consent_id = given(exchange, alice, bank)
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    for act in (pause, resume, withdraw, consent_detail, consent_receipt):
        with refused_with("CONSENT_NOT_FOUND"):
            act(exchange.services, bob.borrower, consent_id)
        with refused_with("NOT_REPRESENTATIVE"):
            act(exchange.services, bob.borrower, consent_id, alice.borrower.subject_key)
    assert view(exchange, alice, consent_id).state is ConsentState.ACTIVE


def test_a_consent_whose_time_is_over_is_marked_once(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    ends, lasts = given(exchange, alice, bank, days=1), given(exchange, alice, bank, purpose=Purpose.POST_LOAN)
    exchange.later(days=1)
    assert view(exchange, alice, ends).state is ConsentState.EXPIRED
    assert view(exchange, alice, ends).moves[-1].to_state is ConsentState.ACTIVE
    assert (expire_due(exchange.services), expire_due(exchange.services)) == (1, 0)
    assert view(exchange, alice, ends).moves[-1].to_state is ConsentState.EXPIRED
    assert view(exchange, alice, lasts).state is ConsentState.ACTIVE


# Withdrawing


def with_tokens(exchange: Exchange, alice: SignedInBorrower, bank: Bank, consent_id: UUID) -> None:
    now = exchange.clock.now()
    of = {"client_id": bank.member_id, "subject_key": alice.borrower.subject_key, "consent_id": consent_id,
          "scopes": [], "authorization_details": [], "expires_at": now + timedelta(days=1)}  # fmt: skip
    code = {**of, "digest": consent_id.bytes, "redirect_uri": "", "code_challenge": "", "key_thumbprint": ""}
    with exchange.engine.begin() as connection:
        connection.execute(insert(refresh_token).values({**of, "digest": consent_id.bytes, "issued_at": now}))
        connection.execute(insert(authorization_code).values(code))


def test_a_withdrawal_stops_the_next_answer_on_every_worker_and_kills_the_tokens(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    withdrawn = given(exchange, alice, bank)
    kept = given(exchange, alice, bank, purpose=Purpose.POST_LOAN)
    for consent_id in (withdrawn, kept):
        with_tokens(exchange, alice, bank, consent_id)
    workers = [exchange.client, exchange.another_worker()]
    for worker in workers:
        assert "errors" not in bank.ask(consent_id=withdrawn, client=worker).get_json()

    withdraw(exchange.services, alice.borrower, withdrawn)

    for worker in workers:
        assert codes(bank.ask(consent_id=withdrawn, client=worker)) == ["CONSENT_REVOKED"]
    now = exchange.clock.now()
    with exchange.engine.connect() as connection:
        ended = dict(connection.execute(select(refresh_token.c.consent_id, refresh_token.c.revoked_at)).all())
        spent = dict(connection.execute(select(authorization_code.c.consent_id, authorization_code.c.used_at)).all())
    assert ended == {withdrawn: now, kept: None}
    assert spent == {withdrawn: now, kept: None}
    assert view(exchange, alice, kept).state is ConsentState.ACTIVE
    (entry,) = [entry for entry in acts(exchange) if entry.fields.get("state") == "REVOKED"]
    assert entry.fields["consent"] == str(withdrawn)


def test_a_withdrawn_consent_stays_withdrawn(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    consent_id = given(exchange, alice, bank)
    withdraw(exchange.services, alice.borrower, consent_id)
    for act in (pause, resume, withdraw):
        with refused_with("CONSENT_MOVE_NOT_ALLOWED"):
            act(exchange.services, alice.borrower, consent_id)
    assert len(view(exchange, alice, consent_id).notices) == 1


def fetch(bank: Bank) -> dict[str, Any]:
    answer = bank.post({"query": NOTICES}).get_json()
    assert "errors" not in answer, answer
    return dict(answer["data"]["notices"])


def answer_with(bank: Bank, notice_id: str, answer: str, article: str | None = None) -> dict[str, Any]:
    said = bank.post({"query": ANSWER, "variables": {"id": notice_id, "answer": answer, "article": article}})
    assert "errors" not in said.get_json(), said.get_json()
    return dict(said.get_json()["data"]["answerNotice"])


def test_the_recipient_is_told_and_its_answer_is_shown(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    consent_id = given(exchange, alice, bank)
    withdraw(exchange.services, alice.borrower, consent_id)
    (told,) = view(exchange, alice, consent_id).notices
    assert (told.member_id, told.answer, told.late, told.seen_at) == (bank.member_id, None, False, None)
    assert told.due_at == exchange.clock.now() + timedelta(days=15)

    fetched = fetch(bank)

    assert fetched["totalCount"] == 1
    (notice,) = fetched["nodes"]
    assert (notice["kind"], notice["consentId"], notice["late"]) == ("CONSENT_WITHDRAWN", str(consent_id), False)
    assert view(exchange, alice, consent_id).notices[0].seen_at == exchange.clock.now()
    wrong = answer_with(bank, notice["id"], "RETAINED_UNDER")
    assert [error["code"] for error in wrong["userErrors"]] == ["ARTICLE_MISSING"]
    assert view(exchange, alice, consent_id).notices[0].answer is None
    said = answer_with(bank, notice["id"], "RETAINED_UNDER", "cn.aml.21")
    assert said == {
        "notice": {"answer": "RETAINED_UNDER", "article": "cn.aml.21", "late": False}, "userErrors": [],
    }  # fmt: skip
    (shown,) = view(exchange, alice, consent_id).notices
    assert (shown.answer, shown.article, shown.late) == (NoticeAnswer.RETAINED_UNDER, "cn.aml.21", False)
    (entry,) = [entry for entry in acts(exchange) if entry.fields["act"] == "notice_answered"]
    assert (entry.fields["answer"], entry.fields["late"]) == ("RETAINED_UNDER(cn.aml.21)", False)


def test_the_first_answer_stands_and_may_be_sent_again(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    consent_id = given(exchange, alice, bank)
    withdraw(exchange.services, alice.borrower, consent_id)
    notice_id = fetch(bank)["nodes"][0]["id"]
    assert answer_with(bank, notice_id, "STOPPED")["userErrors"] == []
    assert answer_with(bank, notice_id, "STOPPED")["userErrors"] == []
    other = answer_with(bank, notice_id, "DELETED")
    assert [error["code"] for error in other["userErrors"]] == ["NOTICE_ANSWERED"]
    assert other["notice"]["answer"] == "STOPPED"
    assert len([entry for entry in acts(exchange) if entry.fields["act"] == "notice_answered"]) == 1


def test_a_member_that_does_not_answer_in_time_is_shown_as_late_by_the_clock(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    withdraw(exchange.services, alice.borrower, consent_id)
    exchange.later(days=15)
    assert not view(exchange, alice, consent_id).notices[0].late
    exchange.later(seconds=1)
    assert view(exchange, alice, consent_id).notices[0].late
    bank.fetch_token(" ".join(sorted(MAY_BE_TOLD)))
    answered = answer_with(bank, fetch(bank)["nodes"][0]["id"], "DELETED")
    assert answered["notice"] == {"answer": "DELETED", "article": None, "late": True}
    assert view(exchange, alice, consent_id).notices[0].late


def test_a_notice_is_for_its_member_alone_and_needs_the_scope(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = given(exchange, alice, bank)
    withdraw(exchange.services, alice.borrower, consent_id)
    notice_id = fetch(bank)["nodes"][0]["id"]
    other, unscoped = exchange.bank("other-bank", scopes=MAY_BE_TOLD), exchange.bank("third-bank")
    other.fetch_token(" ".join(sorted(MAY_BE_TOLD)))
    assert fetch(other) == {"totalCount": 0, "nodes": []}
    assert [e["code"] for e in answer_with(other, notice_id, "STOPPED")["userErrors"]] == ["NOTICE_NOT_FOUND"]
    assert fetch(unscoped) == {"totalCount": 0, "nodes": []}
    said = unscoped.post({"query": ANSWER, "variables": {"id": notice_id, "answer": "STOPPED"}}).get_json()
    assert said["errors"][0]["extensions"]["code"] == "SCOPE_MISSING"
    assert view(exchange, alice, consent_id).notices[0].answer is None


def test_a_proof_answers_one_notice_once(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    first, second = given(exchange, alice, bank), given(exchange, alice, bank, purpose=Purpose.POST_LOAN)
    for consent_id in (first, second):
        withdraw(exchange.services, alice.borrower, consent_id)
    one, other = (node["id"] for node in fetch(bank)["nodes"])
    proof = bank.proof("/graphql")
    for notice_id, status in ((one, 200), (other, 401)):
        body = {"query": ANSWER, "variables": {"id": notice_id, "answer": "STOPPED"}}
        assert bank.post(body, DPoP=proof).status_code == status
    told = [view(exchange, alice, consent_id).notices[0].answer for consent_id in (first, second)]
    assert sorted(told, key=str) == [None, NoticeAnswer.STOPPED]


def test_an_operator_who_withdraws_on_paper_tells_the_recipient_too(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    consent_id = exchange.consent(bank.member_id)
    move_consent(exchange.services, ALICE, consent_id, ConsentState.REVOKED, "operator")
    assert fetch(bank)["totalCount"] == 1
    assert [move.actor for move in view(exchange, alice, consent_id).moves] == ["test", "operator"]


# Acting for another


def represent(exchange: Exchange, days: float = 30) -> None:
    ends_at = exchange.clock.now() + timedelta(days=days)
    kind = RepresentativeKind.GUARDIAN
    add_representative(exchange.services, ALICE, BOB, kind, b"d" * 32, ends_at, "operator")


def test_a_guardian_gives_and_withdraws_in_the_borrowers_file_under_their_own_name(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB, "李明"))
    represent(exchange)
    (authority,) = acting_for(exchange.services, bob.borrower)
    assert (authority.subject_key, authority.name, authority.kind) == (
        alice.borrower.subject_key, "王芳", RepresentativeKind.GUARDIAN,
    )  # fmt: skip

    consent_id = given(exchange, bob, bank, acting_for=authority.subject_key)

    assert "errors" not in bank.ask(ALICE, consent_id, client=exchange.another_worker()).get_json()
    artefact = view(exchange, alice, consent_id).artefact
    assert artefact.subject_key == alice.borrower.subject_key
    assert artefact.given_by.acted_by == bob.borrower.subject_key
    assert list_consents(exchange.services, bob.borrower) == ()
    withdraw(exchange.services, bob.borrower, consent_id, authority.subject_key)
    assert codes(bank.ask(ALICE, consent_id)) == ["CONSENT_REVOKED"]
    done = [entry for entry in acts(exchange) if entry.fields["act"] in ("consent_given", "consent_moved")]
    for entry in done:
        assert (entry.fields["actor"], entry.fields["acted_by"]) == ("representative", str(bob.borrower.subject_key))
    assert len(done) == 2


def test_nobody_acts_for_another_without_standing(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    of = alice.borrower.subject_key
    with refused_with("NOT_REPRESENTATIVE"):
        given(exchange, bob, bank, acting_for=of)
    represent(exchange, days=1)
    with refused_with("NOT_REPRESENTATIVE"):
        list_consents(exchange.services, alice.borrower, bob.borrower.subject_key)
    exchange.later(days=1)
    assert acting_for(exchange.services, bob.borrower) == ()
    with refused_with("NOT_REPRESENTATIVE"):
        given(exchange, bob, bank, acting_for=of)
    represent(exchange)
    end_representative(exchange.services, ALICE, BOB, "operator")
    with refused_with("NOT_REPRESENTATIVE"):
        given(exchange, bob, bank, acting_for=of)
    with refused_with("NOT_REPRESENTATIVE"):
        end_representative(exchange.services, ALICE, BOB, "operator")


def test_who_is_acted_for_is_told_of_a_consent_in_their_name(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    given(exchange, alice, bank)
    represent(exchange)
    consent_id = given(exchange, bob, bank, acting_for=alice.borrower.subject_key)
    (told,) = read_inbox(exchange.services, alice.borrower).notices
    assert (told.kind, told.about) == (NoticeKind.CONSENT_GIVEN, consent_id)
    assert read_inbox(exchange.services, bob.borrower).notices == ()


def test_a_representatives_consent_counts_only_with_the_log_entry_that_lets_them(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    represent(exchange)
    consent_id = given(exchange, bob, bank, acting_for=alice.borrower.subject_key)
    with exchange.engine.begin() as connection:
        connection.execute(update(consent).values(authority_entry=new_id(exchange.clock.now())))
    answer = bank.ask(ALICE, consent_id, client=exchange.another_worker())
    assert answer.get_json()["errors"][0]["extensions"]["code"] == "INTEGRITY"


def test_every_entry_of_a_borrowers_consents_has_its_own_number(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    first = given(exchange, alice, bank)
    exchange.later(seconds=1)
    given(exchange, alice, bank, days=30)
    (newest, _) = list_consents(exchange.services, alice.borrower)
    withdraw(exchange.services, alice.borrower, newest.consent_id)
    answer_with(bank, fetch(bank)["nodes"][0]["id"], "STOPPED")
    assert first != newest.consent_id
    with exchange.engine.connect() as connection:
        sequences = connection.execute(
            text("SELECT o.sequence, q.last FROM log_opening o JOIN subject_sequence q USING (subject_key) ORDER BY 1")
        ).all()
    assert [row.sequence for row in sequences] == list(range(1, len(sequences) + 1))
    assert {row.last for row in sequences} == {len(sequences)}


# Receipts


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_downloaded_receipt_verifies_with_the_members_client_and_its_entries_are_in_the_log(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower, algorithm: int
) -> None:
    with_algorithm(exchange, alice, algorithm)
    receipt = consent_receipt(exchange.services, alice.borrower, given(exchange, alice, bank))
    exchange.integrate()
    vkey = exchange.client.get("/log/key").get_data(as_text=True).strip()

    found = verify_consent(receipt, exchange.client.get("/oauth/jwks").get_json())

    assert (found.given_by, found.state) == ("PASSKEY", "ACTIVE")
    assert found.leaves.keys() == {"given", "key_registered"}
    for leaf in found.leaves.values():
        verify_proof(exchange.client.get(f"/log/proof/{leaf.hex()}").get_data(as_text=True), leaf, [vkey])


def with_algorithm(exchange: Exchange, alice: SignedInBorrower, algorithm: int) -> None:
    """The borrower adds a passkey of this kind and uses it from now on."""
    other = SoftwareAuthenticator(alice.authenticator.origin, alice.authenticator.rp_id, algorithm=algorithm)
    challenge, options = start_passkey(exchange.services, alice.borrower)
    finish_passkey(exchange.services, alice.borrower, challenge, other.register(options), "Another")
    alice.authenticator = other


def test_the_receipt_of_a_withdrawal_says_who_was_told(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    consent_id = given(exchange, alice, bank)
    exchange.later(seconds=1)
    found = verify_consent(
        withdraw(exchange.services, alice.borrower, consent_id), exchange.client.get("/oauth/jwks").get_json()
    )
    assert (found.state, found.leaves.keys()) == ("REVOKED", {"given", "key_registered", "withdrawn"})
    (told,) = found.told
    assert (told["aud"], told["consent_id"], told["kind"]) == (bank.member_id, str(consent_id), "CONSENT_WITHDRAWN")


def test_the_receipt_of_a_representatives_consent_shows_their_authority(
    exchange: Exchange, bank: Bank, alice: SignedInBorrower
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB))
    represent(exchange)
    of = alice.borrower.subject_key
    consent_id = given(exchange, bob, bank, acting_for=of)
    keys = exchange.client.get("/oauth/jwks").get_json()
    for receipt in (
        consent_receipt(exchange.services, alice.borrower, consent_id),
        consent_receipt(exchange.services, bob.borrower, consent_id, of),
    ):
        assert verify_consent(receipt, keys).leaves.keys() == {"given", "key_registered", "authority"}


def test_notices_come_in_pages(exchange: Exchange, bank: Bank, alice: SignedInBorrower) -> None:
    for purpose in (Purpose.LOAN_APPROVAL, Purpose.POST_LOAN, Purpose.CARD_APPROVAL):
        exchange.later(seconds=1)
        withdraw(exchange.services, alice.borrower, given(exchange, alice, bank, purpose=purpose))
    paged = """query ($after: String) { notices(first: 2, after: $after, unanswered: true) {
        totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    first = bank.post({"query": paged}).get_json()["data"]["notices"]
    assert (first["totalCount"], len(first["edges"]), first["pageInfo"]["hasNextPage"]) == (3, 2, True)
    after = {"after": first["pageInfo"]["endCursor"]}
    last = bank.post({"query": paged, "variables": after}).get_json()["data"]["notices"]
    assert (len(last["edges"]), last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (
        1,
        False,
        True,
    )
    answer_with(bank, first["edges"][0]["node"]["id"], "STOPPED")
    assert bank.post({"query": paged}).get_json()["data"]["notices"]["totalCount"] == 2
    for wrong in ("{ notices(first: 0) { totalCount } }", '{ notices(first: 1, after: "?") { totalCount } }'):
        assert bank.post({"query": wrong}).get_json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
