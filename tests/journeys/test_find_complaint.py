"""An authority lists complaints, sees one with proofs, finds, and is shown conduct and near-identical complaints."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from complaining import NIGHT, WORDS, Scene, make_scene
from factories import BOB, Exchange, OfficerSignedIn
from sqlalchemy import select, update
from test_answer_complaint import SORRY, answer
from traces import entries

from exchange.errors import BadRequest, IntegrityError, ParametersNotValid, Refused
from exchange.journeys.complaint_conduct import AlikeGroups, ComplaintConduct, complaint_conduct, complaints_alike
from exchange.journeys.find_complaint import (
    ComplaintDetail,
    ProvenEvidence,
    decide_complaint,
    list_complaints,
    view_complaint,
)
from exchange.journeys.openable import Auditor, auditor_of
from exchange.journeys.own_complaints import file_complaint, own_complaint
from exchange.store.complaints import ComplaintFilter
from exchange.store.tables.complaint import complaint
from exchange.store.tables.notice import notice
from exchange.store.tables.running_clock import running_clock
from schema.vocabulary.complaint import ComplaintCategory, ComplaintState, EvidenceKind, Finding
from schema.vocabulary.scope import Scope
from tests.complaining import draft

REASONS = "The call was made at half past ten at night, which the rule forbids."


@pytest.fixture
def scene(exchange: Exchange) -> Scene:
    return make_scene(exchange)


@pytest.fixture
def officer(exchange: Exchange, scene: Scene) -> OfficerSignedIn:
    return exchange.officer()


def listed(exchange: Exchange, officer: OfficerSignedIn, **wanted: object) -> list[UUID]:
    page = list_complaints(exchange.services, auditor_of(officer.officer), ComplaintFilter(**wanted), 10)  # type: ignore[arg-type]  # passed on
    return [each.complaint.complaint_id for each in page.complaints]


def in_month(exchange: Exchange, find: Callable[..., object], officer: OfficerSignedIn) -> object:
    now = exchange.clock.now()
    return find(exchange.services, auditor_of(officer.officer), now - timedelta(days=30), now + timedelta(days=1))


def conduct_of(exchange: Exchange, officer: OfficerSignedIn, member_id: str) -> ComplaintConduct:
    found = in_month(exchange, complaint_conduct, officer)
    assert isinstance(found, tuple)
    return next(each for each in found if each.member_id == member_id)


def alike(exchange: Exchange, officer: OfficerSignedIn) -> AlikeGroups:
    found = in_month(exchange, complaints_alike, officer)
    assert isinstance(found, AlikeGroups)
    return found


def reported_contact(detail: ComplaintDetail) -> ProvenEvidence:
    """The one contact that has an entry in the log."""
    logged = [each for each in detail.evidence if each.evidence.leaf_hash]
    (contact,) = [each for each in logged if each.evidence.kind is EvidenceKind.ACTION]
    return contact


def test_complaints_are_listed_newest_first_by_what_is_asked_for(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    hours = scene.complain()
    exchange.later(days=16)
    threat = scene.complain(category=ComplaintCategory.THREAT, member_id="harbour-bank", lender=None)
    assert listed(exchange, officer) == [threat, hours]
    assert listed(exchange, officer, member_id="agency-a") == [hours]
    assert listed(exchange, officer, category=ComplaintCategory.THREAT) == [threat]
    assert listed(exchange, officer, state=ComplaintState.FOUND) == []
    assert listed(exchange, officer, overdue=True) == [hours]
    auditor = auditor_of(officer.officer)
    page = list_complaints(exchange.services, auditor, ComplaintFilter(), 1)
    assert page.before == threat
    rest = list_complaints(exchange.services, auditor, ComplaintFilter(), 1, page.before)
    assert ([each.complaint.complaint_id for each in rest.complaints], rest.before) == ([hours], None)
    assert entries(exchange)[-1].fields["act"] == "complaints_listed"


def test_an_officer_reads_the_words_and_the_borrower_sees_who_did(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    complaint_id = scene.complain()
    detail = view_complaint(exchange.services, auditor_of(officer.officer), complaint_id)
    assert (detail.words, detail.answer, detail.time_zone) == (WORDS, None, "Asia/Shanghai")
    entry = entries(exchange)[-1]
    assert (entry.fields["act"], entry.subject_key) == ("complaint_read", scene.key)
    (reading,) = own_complaint(exchange.services, scene.alice.borrower, complaint_id).readings
    assert (reading.member_id, reading.officer) == ("audit-office", True)


def test_who_may_only_search_the_log_sees_no_words_and_decides_nothing(exchange: Exchange, scene: Scene) -> None:
    reader = exchange.officer("Zhou Min", frozenset({Scope.AUDIT_READ}))
    complaint_id = scene.complain()
    answer(scene.agency, complaint_id)
    detail = view_complaint(exchange.services, auditor_of(reader.officer), complaint_id)
    assert (detail.words, detail.answer, detail.finding_words) == (None, None, None)
    assert entries(exchange)[-1].fields["act"] == "complaint_viewed"
    with pytest.raises(Refused):
        decide_complaint(exchange.services, reader.officer, complaint_id, Finding.UPHELD, REASONS)
    nobody = Auditor("audit-office", None, frozenset())
    with pytest.raises(Refused):
        view_complaint(exchange.services, nobody, complaint_id)
    assert own_complaint(exchange.services, scene.alice.borrower, complaint_id).readings == ()


def test_evidence_is_shown_at_the_debtors_place_with_its_proof(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    scene.contact(NIGHT)
    scene.reported_contact()
    complaint_id = scene.complain(member_id="harbour-bank", lender=None)
    detail = view_complaint(exchange.services, auditor_of(officer.officer), complaint_id)
    reported = reported_contact(detail)
    assert (reported.event_id, reported.proven) == (None, False)  # its leaf has no place yet
    exchange.later(seconds=5)
    detail = view_complaint(exchange.services, auditor_of(officer.officer), complaint_id)
    reported = reported_contact(detail)
    assert reported.proven and reported.event_id
    by_night = next(each for each in detail.evidence if each.evidence.at == NIGHT)
    assert (by_night.local.hour, by_night.local.minute, by_night.event_id) == (22, 30, None)
    assert "cn.gbt45251.hours" in by_night.evidence.rules


def test_a_finding_stops_the_clocks_and_tells_both_sides(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    complaint_id = scene.complain()
    answer(scene.agency, complaint_id)
    exchange.later(days=4)
    decide_complaint(exchange.services, officer.officer, complaint_id, Finding.PARTLY, REASONS)
    own = own_complaint(exchange.services, scene.alice.borrower, complaint_id)
    assert (own.complaint.state, own.complaint.finding, own.finding_words) == (
        ComplaintState.FOUND, Finding.PARTLY, REASONS,
    )  # fmt: skip
    with exchange.engine.connect() as connection:
        about = running_clock.c.about == complaint_id
        assert (
            connection.scalars(select(running_clock.c.met_at).where(about, running_clock.c.met_at.is_(None))).all()
            == []
        )
        told = set(connection.scalars(select(notice.c.recipient).where(notice.c.kind == "COMPLAINT_FOUND")))
    assert told == {None, "agency-a"}
    entry = entries(exchange)[-1]
    said = (entry.fields["act"], entry.fields["finding"], entry.fields["officer"])
    assert said == ("complaint_found", "PARTLY", str(officer.officer.officer_id))
    with pytest.raises(BadRequest) as raised:
        decide_complaint(exchange.services, officer.officer, complaint_id, Finding.UPHELD, REASONS)
    assert raised.value.stable_code == "COMPLAINT_CLOSED"


def test_a_finding_without_a_choice_or_reasons_changes_nothing(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    complaint_id = scene.complain()
    with pytest.raises(ParametersNotValid) as raised:
        decide_complaint(exchange.services, officer.officer, complaint_id, None, " ")
    assert [(name, code) for name, code, _ in raised.value.faults] == [
        ("finding", "FINDING_MISSING"), ("words", "WORDS_EMPTY"),
    ]  # fmt: skip
    with pytest.raises(BadRequest):
        decide_complaint(exchange.services, officer.officer, uuid4(), Finding.UPHELD, REASONS)
    assert own_complaint(exchange.services, scene.alice.borrower, complaint_id).complaint.finding is None


def test_conduct_counts_rates_shares_and_days_by_member(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    first, second = scene.complain(), scene.complain(category=ComplaintCategory.THREAT)
    exchange.later(days=2)
    answer(scene.agency, first, SORRY)
    decide_complaint(exchange.services, officer.officer, first, Finding.UPHELD, REASONS)
    decide_complaint(exchange.services, officer.officer, second, Finding.NOT_UPHELD, REASONS)
    exchange.later(days=1)
    scene.complain()
    exchange.later(days=16)
    of_agency = conduct_of(exchange, officer, "agency-a")
    assert of_agency.by_category == {ComplaintCategory.HOURS: 2, ComplaintCategory.THREAT: 1}
    assert (of_agency.complaints, of_agency.contacted, of_agency.per_thousand) == (3, 1, 3_000)
    assert (of_agency.found, of_agency.upheld_share, of_agency.median_days, of_agency.overdue) == (2, 0.5, 2, 1)
    of_bank = conduct_of(exchange, officer, "harbour-bank")
    assert (of_bank.complaints, of_bank.upheld_share, of_bank.median_days, of_bank.overdue) == (0, None, None, 0)
    exchange.bank("idle-bank")
    assert conduct_of(exchange, officer, "idle-bank").per_thousand is None


def test_near_identical_complaints_are_grouped_from_three_on_and_no_words_are_read(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    bob = exchange.borrower_signed_in(exchange.borrower(BOB)).borrower
    exchange.account(bob.subject_key, "harbour-bank")
    for number in range(2):
        scene.complain(words=f"{WORDS} It was call number {number}.")
        exchange.later(seconds=1)
    scene.complain(words="Their letter asked for interest that I never agreed to pay.")
    assert alike(exchange, officer).groups == ()
    of_bob = replace(draft(member_id="harbour-bank", lender=None), words=f"{WORDS} It was call number 9!")
    newest = file_complaint(exchange.services, bob, of_bob)
    found = alike(exchange, officer)
    (group,) = found.groups
    assert (group.size, dict(group.members), group.example) == (3, {"agency-a": 2, "harbour-bank": 1}, newest)
    assert (found.compared, found.whole, dict(group.categories)) == (4, True, {ComplaintCategory.HOURS: 3})
    assert entries(exchange)[-1].fields["act"] == "complaints_compared"
    assert "complaint_read" not in {entry.fields["act"] for entry in entries(exchange)}


def test_evidence_that_was_changed_in_the_database_is_not_shown(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    scene.contact(NIGHT)
    complaint_id = scene.complain()
    with exchange.engine.begin() as connection:
        (held,) = connection.scalars(select(complaint.c.evidence))
        connection.execute(update(complaint).values(evidence=held[:-1]))
    for look in (
        lambda: view_complaint(exchange.services, auditor_of(officer.officer), complaint_id),
        lambda: own_complaint(exchange.services, scene.alice.borrower, complaint_id),
    ):
        with pytest.raises(IntegrityError):
            look()
    assert entries(exchange)[-1].fields["act"] == "complaint_filed"


def test_of_two_findings_at_the_same_time_one_stands(
    exchange: Exchange, scene: Scene, officer: OfficerSignedIn
) -> None:
    complaint_id = scene.complain()

    def decide(finding: Finding) -> str:
        try:
            decide_complaint(exchange.services, officer.officer, complaint_id, finding, REASONS)
        except BadRequest as fault:
            return fault.stable_code
        return finding.value

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(decide, (Finding.UPHELD, Finding.NOT_UPHELD)))
    assert told[0] == "COMPLAINT_CLOSED"
    assert own_complaint(exchange.services, scene.alice.borrower, complaint_id).complaint.finding == told[1]
    assert [entry.fields["act"] for entry in entries(exchange)].count("complaint_found") == 1
