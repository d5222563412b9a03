"""Identities that were furnished and are not believed until an operator has looked: listed, shown, decided, logged."""

from datetime import date
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from factories import ALICE, BOB, Exchange
from joined_files import BORN, EVIDENCE, claimed, content_of, known_as, raised, reported, rows_of, two_files
from test_submit_batch import MAPPED, attested, mapped
from traces import entries

from exchange.errors import BadRequest, IntegrityError
from exchange.handover import NOBODY, IdentityChecks
from exchange.intake.contribution import Identifier
from exchange.intake.match_subject import conflicts, identity_checks
from exchange.journeys.merge_subjects import merge_subjects
from exchange.journeys.review_identities import (
    Verdict,
    decide_identity_review,
    list_identity_reviews,
    show_identity_review,
)
from exchange.journeys.submit_batch import submit_file
from exchange.store.subject_reviews import identities_of
from exchange.store.tables.subject import subject, subject_review, subject_version
from schema.vocabulary.subject import ReviewDecision, ReviewKind

OTHER_BIRTH_DATE = date(1991, 2, 3)
SAME = Verdict(ReviewDecision.SAME_PERSON)


@pytest.fixture
def alice(exchange: Exchange) -> UUID:
    exchange.bank()
    key = exchange.borrower()
    known_as(exchange, key, "王芳")
    return key


def held(exchange: Exchange, borrower: UUID) -> IdentityChecks:
    with exchange.engine.begin() as connection:
        return identities_of(connection, [borrower])[borrower]


def opened(exchange: Exchange, borrower: UUID, column: str) -> str:
    (row,) = rows_of(exchange, subject, borrower)
    return exchange.ciphers[borrower].unseal("subject", column, borrower.bytes, row[column]).decode()


def acts(exchange: Exchange) -> list[str]:
    """What was done about borrowers."""
    return [entry.fields["act"] for entry in entries(exchange) if entry.subject_key != NOBODY]


def test_the_same_claim_of_the_same_member_is_kept_once(exchange: Exchange, alice: UUID) -> None:
    first = raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    other = raised(exchange, ReviewKind.NAME_DIFFERS, alice, names=("王大芳",))
    exchange.later(seconds=1)
    newest = raised(exchange, ReviewKind.BIRTH_DATE_DIFFERS, alice, birth_date=OTHER_BIRTH_DATE)
    listed = [line.review_id for line in list_identity_reviews(exchange.services)]
    assert (set(listed), listed[-1]) == ({first, other, newest}, newest)


def test_the_list_goes_on_behind_a_review_and_names_nobody(exchange: Exchange, alice: UUID) -> None:
    for number in range(5):
        raised(exchange, ReviewKind.NAME_DIFFERS, alice, names=(f"王芳{number}",))
        exchange.later(seconds=1)
    first = list_identity_reviews(exchange.services, most=2)
    second = list_identity_reviews(exchange.services, first[-1].review_id, most=2)
    third = list_identity_reviews(exchange.services, second[-1].review_id, most=2)
    found = [line.review_id for line in (*first, *second, *third)]
    assert (len(found), found) == (5, sorted(found))
    assert "芳" not in str(first)
    assert "identity_review_viewed" not in acts(exchange)


def test_looking_at_a_review_opens_the_claim_and_is_logged(exchange: Exchange, alice: UUID) -> None:
    other_ids = (Identifier(BOB.id_type, BOB.country, BOB.id_number),)
    review_id = raised(exchange, ReviewKind.NAME_DIFFERS, alice, other_ids=other_ids)

    view = show_identity_review(exchange.services, review_id, "operator")

    assert (view.held.names, view.claimed.names) == (("王芳",), ("王小芳",))
    assert (view.held.birth_date, view.claimed.birth_date) == (BORN, BORN)
    assert [each.id_number for each in view.claimed.documents] == [ALICE.id_number, BOB.id_number]
    entry = entries(exchange)[-1]
    assert (entry.subject_key, entry.fields["act"], entry.fields["actor"]) == (
        alice,
        "identity_review_viewed",
        "operator",
    )
    assert (entry.fields["review"], entry.fields["kind"]) == (str(review_id), "NAME_DIFFERS")
    assert "芳" not in str(entry.fields)


def test_a_claim_is_sealed_for_its_own_review_alone(exchange: Exchange, alice: UUID) -> None:
    raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    (row,) = rows_of(exchange, subject_review, alice)
    assert "芳".encode() not in row["claimed"]
    with pytest.raises(IntegrityError):
        exchange.ciphers[alice].unseal("subject_review", "claimed", uuid4().bytes, row["claimed"])


def test_the_other_name_of_the_same_person_is_accepted_from_then_on(exchange: Exchange, alice: UUID) -> None:
    review_id = raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    claim = identity_checks(exchange.ciphers[alice].commit, claimed())
    assert conflicts(held(exchange, alice), claim) == (ReviewKind.NAME_DIFFERS,)

    assert decide_identity_review(exchange.services, review_id, SAME, "operator") == ("names",)

    assert conflicts(held(exchange, alice), claim) == ()
    assert opened(exchange, alice, "names") == '["王芳","王小芳"]'
    assert opened(exchange, alice, "birth_date") == BORN.isoformat()
    (version,) = rows_of(exchange, subject_version, alice)
    assert (version["version"], version["reason"]) == (1, "IDENTITY_CORRECTED")
    said = entries(exchange)[-1]
    assert (said.subject_key, said.fields["act"], said.fields["decision"]) == (
        alice, "identity_review_decided", "SAME_PERSON",
    )  # fmt: skip
    assert (said.fields["corrected"], said.fields["actor"], said.fields["member"]) == (
        ["names"],
        "operator",
        "harbour-bank",
    )


@pytest.mark.parametrize("decision", [ReviewDecision.DIFFERENT_PERSONS, ReviewDecision.FURNISHER_ERROR])
@pytest.mark.parametrize("kind", list(ReviewKind))
def test_what_is_not_the_same_person_changes_nothing_and_is_logged(
    exchange: Exchange, alice: UUID, kind: ReviewKind, decision: ReviewDecision
) -> None:
    bob = exchange.borrower(BOB) if kind is ReviewKind.IDS_DISAGREE else None
    review_id = raised(exchange, kind, alice, bob, birth_date=OTHER_BIRTH_DATE)
    before = rows_of(exchange, subject, alice)
    assert decide_identity_review(exchange.services, review_id, Verdict(decision), "operator") == ()
    assert rows_of(exchange, subject, alice) == before
    assert rows_of(exchange, subject_version, alice) == []
    assert entries(exchange)[-1].fields["decision"] == decision
    assert "files_merged" not in acts(exchange)


@pytest.mark.parametrize(("right", "changed"), [(OTHER_BIRTH_DATE, ("birth_date",)), (BORN, ())], ids=["claim", "held"])
def test_of_two_birth_dates_the_operator_says_which_is_right(
    exchange: Exchange, alice: UUID, right: date, changed: tuple[str, ...]
) -> None:
    review_id = raised(exchange, ReviewKind.BIRTH_DATE_DIFFERS, alice, names=("王芳",), birth_date=OTHER_BIRTH_DATE)
    verdict = Verdict(ReviewDecision.SAME_PERSON, right)
    assert decide_identity_review(exchange.services, review_id, verdict, "operator") == changed
    assert opened(exchange, alice, "birth_date") == right.isoformat()
    claim = identity_checks(exchange.ciphers[alice].commit, claimed(names=("王芳",), birth_date=OTHER_BIRTH_DATE))
    assert (conflicts(held(exchange, alice), claim) == ()) == bool(changed)
    assert len(rows_of(exchange, subject_version, alice)) == len(changed)


def test_a_birth_date_that_nobody_named_or_nobody_asked_for_is_refused(exchange: Exchange, alice: UUID) -> None:
    of_birth = raised(exchange, ReviewKind.BIRTH_DATE_DIFFERS, alice, birth_date=OTHER_BIRTH_DATE)
    of_name = raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    for review_id, verdict in (
        (of_birth, SAME),
        (of_birth, Verdict(ReviewDecision.SAME_PERSON, date(1950, 5, 5))),
        (of_birth, Verdict(ReviewDecision.FURNISHER_ERROR, BORN)),
        (of_name, Verdict(ReviewDecision.SAME_PERSON, BORN)),
    ):
        with pytest.raises(BadRequest) as refused:
            decide_identity_review(exchange.services, review_id, verdict, "operator")
        assert refused.value.stable_code == "BIRTH_DATE_NEEDED"
    assert [row["decision"] for row in rows_of(exchange, subject_review, alice)] == [None, None]
    assert acts(exchange) == []


def test_documents_of_one_person_join_their_files(exchange: Exchange) -> None:
    bank, (alice, bob) = exchange.bank(), two_files(exchange)
    reported(exchange, bob, bank.member_id, "R-2")
    before = content_of(exchange, bob)
    review_id = raised(exchange, ReviewKind.IDS_DISAGREE, alice, bob)

    assert decide_identity_review(exchange.services, review_id, SAME, "operator") == ("files",)

    assert content_of(exchange, alice) == before
    (told,) = [e.fields for e in entries(exchange) if (e.subject_key, e.fields["act"]) == (bob, "files_merged")]
    assert (told["review"], told["other_file"], told["part"]) == (str(review_id), str(alice), "ENDS")


def test_files_that_were_joined_before_need_no_further_merge(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = two_files(exchange)
    review_id = raised(exchange, ReviewKind.IDS_DISAGREE, alice, bob)
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert decide_identity_review(exchange.services, review_id, SAME, "operator") == ()
    assert acts(exchange).count("files_merged") == 2


def test_a_review_of_a_file_that_was_merged_is_about_the_survivor(exchange: Exchange) -> None:
    exchange.bank()
    alice, bob = two_files(exchange)
    review_id = raised(exchange, ReviewKind.NAME_DIFFERS, bob, names=("Wang Mei",))
    merge_subjects(exchange.services, ALICE, BOB, EVIDENCE, "operator")
    assert show_identity_review(exchange.services, review_id, "operator").held.names == ("王芳", "Wang Fang")
    assert entries(exchange)[-1].subject_key == alice
    assert decide_identity_review(exchange.services, review_id, SAME, "operator") == ("names",)
    assert opened(exchange, alice, "names") == '["王芳","Wang Fang","Wang Mei"]'


def test_a_review_is_decided_once(exchange: Exchange, alice: UUID) -> None:
    review_id = raised(exchange, ReviewKind.NAME_DIFFERS, alice)
    decide_identity_review(exchange.services, review_id, Verdict(ReviewDecision.FURNISHER_ERROR), "operator")
    with pytest.raises(BadRequest) as refused:
        decide_identity_review(exchange.services, review_id, SAME, "somebody else")
    assert refused.value.stable_code == "REVIEW_DECIDED"
    assert list_identity_reviews(exchange.services) == ()
    (line,) = list_identity_reviews(exchange.services, decided=True)
    assert (line.decision, line.decided_by) == (ReviewDecision.FURNISHER_ERROR, "operator")
    assert acts(exchange) == ["identity_review_decided"]
    assert opened(exchange, alice, "names") == '["王芳"]'


def test_a_review_that_is_not_there_is_not_found(exchange: Exchange) -> None:
    for act in (lambda: show_identity_review(exchange.services, uuid4(), "operator"),
                lambda: decide_identity_review(exchange.services, uuid4(), SAME, "operator")):  # fmt: skip
        with pytest.raises(BadRequest) as refused:
            act()
        assert refused.value.stable_code == "REVIEW_NOT_FOUND"


def test_what_an_import_doubts_an_operator_settles_and_the_next_import_believes(exchange: Exchange) -> None:
    exchange.bank("lender")
    bob = exchange.borrower(BOB, "Wang Fang")
    known_as(exchange, bob, "Wang Fang", birth_date=None)

    def imported(reference: str) -> dict[str, int]:
        line = f"{reference},{BOB.id_number},Wang Mei,100,2026-05-31"
        outcome = submit_file(exchange.services, BytesIO(mapped(line)), attested("lender", MAPPED))
        assert (outcome.faulty, outcome.applied) == (0, 1)
        return dict(outcome.notes)

    assert imported("B-1")["NAME_DIFFERS"] == 1
    exchange.later(minutes=1)
    assert imported("B-2")["NAME_DIFFERS"] == 1
    (line,) = list_identity_reviews(exchange.services)  # the same claim, once
    assert (line.kind, line.contributor) == (ReviewKind.NAME_DIFFERS, "lender")
    assert show_identity_review(exchange.services, line.review_id, "operator").claimed.names == ("Wang Mei",)
    decide_identity_review(exchange.services, line.review_id, SAME, "operator")
    exchange.later(minutes=1)
    assert "NAME_DIFFERS" not in imported("B-3")
    assert list_identity_reviews(exchange.services) == ()
