"""Several borrowers of one account: J1 and J2 segments."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.contribution import Contribution, FaultyRecord
from exchange.intake.joint_account import furnished_reference, is_joint, joint_reference
from exchange.intake.metro2.reader import read_line
from exchange.intake.reading import Reading
from schema.vocabulary.account import AccountState, OwnerRole
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.submission import FileFormat
from tests.unit.intake.metro2_lines import base, segment, with_length

READING = Reading(FileFormat.METRO2)
SYNTHETIC = Reading(FileFormat.METRO2, synthesise_identities=True)
SECOND = {"surname": "SECOND", "first_name": "SAM", "ssn": "223456789", "born_on": "07081981", "ecoa": "2"}
THIRD = {"surname": "THIRD", "ssn": "323456789", "ecoa": "5", "city": "RENO", "state": "NV", "zip": "89501"}


def read(line: str, reading: Reading = READING) -> list[Contribution]:
    records = read_line(2, with_length(line), reading)
    assert all(isinstance(record, Contribution) for record in records), records
    return [record for record in records if isinstance(record, Contribution)]


def joint(**changes: str) -> list[Contribution]:
    return read(base(ecoa="2", **changes) + segment("J1", **SECOND) + segment("J2", **THIRD))


def test_each_borrower_has_a_record_with_the_same_account() -> None:
    first, second, third = joint(account_status="71", payment_profile="1" + "0" * 23, first_delinquency_on="12052018",
                                 amount_past_due="000000400")  # fmt: skip
    assert [record.subject.id_number for record in (first, second, third)] == ["123456789", "223456789", "323456789"]
    assert second.subject.names == ("SAM SECOND",) and second.subject.birth_date == date(1981, 7, 8)
    assert [record.record_no for record in (first, second, third)] == [2, 2, 2]
    for other in (second, third):
        assert other.account.balance_minor == first.account.balance_minor
        assert other.account.history == first.account.history and other.account.state is AccountState.OVERDUE
        assert other.delinquencies == first.delinquencies and len(other.delinquencies) == 1


@pytest.mark.parametrize(
    ("ecoa", "role"),
    [("2", OwnerRole.CO_BORROWER), ("3", OwnerRole.AUTHORISED_USER), ("5", OwnerRole.GUARANTOR),
     ("T", OwnerRole.CO_BORROWER), ("1", OwnerRole.CO_BORROWER)],
)  # fmt: skip
def test_the_role_of_each_is_what_the_code_says(ecoa: str, role: OwnerRole) -> None:
    first, other = read(base(ecoa="2") + segment("J1", **SECOND | {"ecoa": ecoa}))
    assert (first.account.owner_role, other.account.owner_role) == (OwnerRole.BORROWER, role)


def test_references_differ_and_keep_the_furnishers_own() -> None:
    references = [record.account.reference for record in joint()]
    assert references[0] == "A-1" and len(set(references)) == 3
    assert [is_joint(reference) for reference in references] == [False, True, True]
    assert {furnished_reference(reference) for reference in references} == {"A-1"}
    assert not any("223456789" in reference for reference in references)


@pytest.mark.parametrize("reference", ["A-1", "A\x1f1", "\x1f" + "0" * 16, "A\x1f" + "0" * 15, "A\x1f" + "G" * 16, ""])
def test_only_what_is_made_here_is_a_joint_reference(reference: str) -> None:
    assert not is_joint(reference) and furnished_reference(reference) == reference


def test_references_do_not_depend_on_the_order_of_the_segments() -> None:
    turned = read(base(ecoa="2") + segment("J2", **THIRD) + segment("J1", **SECOND))
    assert {record.account.reference for record in turned} == {record.account.reference for record in joint()}


def test_the_same_person_under_another_number_has_another_reference() -> None:
    (first, *_) = joint()
    assert joint_reference("A-1", first.subject) != joint_reference("A-2", first.subject)


def test_a_j1_lives_with_the_first_borrower_and_a_j2_elsewhere() -> None:
    first, second, third = joint()
    assert second.subject.addresses == first.subject.addresses
    assert second.subject.time_zone == "America/Phoenix"
    assert third.subject.addresses == ("RENO, NV, 89501",) and third.subject.time_zone == "America/Los_Angeles"


def test_a_changed_number_changes_for_all() -> None:
    line = base(ecoa="2") + segment("J1", **SECOND) + segment("L1", change="1", new_account_number="A-9")
    first, second = read(line)
    before, now = second.account.previous_reference, second.account.reference
    assert (first.account.previous_reference, first.account.reference) == ("A-1", "A-9")
    assert before == joint_reference("A-1", second.subject) and now == joint_reference("A-9", second.subject)
    assert before == read(base(ecoa="2") + segment("J1", **SECOND))[1].account.reference


def test_one_borrower_is_taken_back_without_the_others() -> None:
    first, second = read(base(ecoa="2") + segment("J1", **SECOND | {"ecoa": "Z"}))
    assert first.account.withdrawal is None and second.account.withdrawal is Withdrawal.DELETED
    late = {"account_status": "71", "first_delinquency_on": "12052018", "payment_profile": "1" + "0" * 23}
    first, second = read(base(ecoa="Z", **late) + segment("J1", **SECOND))
    assert first.account.withdrawal is Withdrawal.DELETED and second.account.withdrawal is None
    assert first.delinquencies == () and len(second.delinquencies) == 1


@pytest.mark.parametrize(("status", "withdrawal"), [("DA", Withdrawal.DELETED), ("DF", Withdrawal.FRAUD)])
def test_a_whole_account_is_taken_back_from_everybody(status: str, withdrawal: Withdrawal) -> None:
    assert [record.account.withdrawal for record in joint(account_status=status)] == [withdrawal] * 3


def test_a_segment_that_names_nobody_is_noted_and_the_others_are_read() -> None:
    nobody = segment("J1", surname="0" * 25, ssn="0" * 9, ecoa="2")
    first, third = read(base(ecoa="2") + nobody + segment("J2", **THIRD))
    assert [(note.field, note.code) for note in first.notes] == [("J1.subject", "CO_BORROWER_UNNAMED")]
    assert third.subject.names == ("THIRD",) and third.notes == ()


def test_with_stand_ins_everybody_unnamed_is_somebody_else() -> None:
    nobody = {"surname": "0" * 25, "ssn": "0" * 9}
    line = base(ecoa="2", **nobody) + segment("J1", ecoa="2", **nobody) + segment("J1", ecoa="2", **nobody)
    records = read(line, SYNTHETIC)
    assert len({record.subject.id_number for record in records}) == 3
    assert len({record.account.reference for record in records}) == 3
    assert all(record.subject.synthetic for record in records) and records == read(line, SYNTHETIC)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ecoa": "9"}, ("J1.ecoa", "CODE_UNKNOWN")),
        ({"born_on": "13012000"}, ("J1.born_on", "DATE_NOT_VALID")),
        ({"consumer_information": "??"}, ("J1.consumer_information", "CODE_UNKNOWN")),
    ],
)
def test_a_fault_in_a_segment_refuses_the_line_with_all_its_borrowers(
    changes: dict[str, str], fault: tuple[str, str]
) -> None:
    line = base(ecoa="2") + segment("J1", **SECOND | changes) + segment("J2", **THIRD)
    (faulty,) = read_line(2, with_length(line), READING)
    assert isinstance(faulty, FaultyRecord)
    assert [(found.field, found.code) for found in faulty.faults] == [fault]


@pytest.mark.parametrize("cut_at", [427, 430, 500, 525])
def test_a_segment_that_is_cut_short_never_gives_half_a_person(cut_at: int) -> None:
    line = with_length(base(ecoa="2") + segment("J1", **SECOND))[:cut_at]
    records = read_line(2, line, READING)
    whole = read(base(ecoa="2") + segment("J1", **SECOND))[1].subject
    named = [record.subject for record in records[1:] if isinstance(record, Contribution)]
    assert all(subject == whole for subject in named)
    assert cut_at >= 523 or named == []


WHOLE = with_length(
    base(ecoa="2")
    + segment("J1", **SECOND)
    + segment("J2", **THIRD)
    + segment("K1", original_creditor="OLD BANK")
    + segment("K2", purchased_or_sold="2", counterparty="BUYER")
    + segment("K4", special_payment="01", balloon_amount="000000100")
    + segment("L1", change="1", new_account_number="A-9")
    + segment("N1", employer="WORKS")
)


@given(at=st.integers(0, len(WHOLE)), damage=st.text(max_size=12), kept=st.integers(0, 40))
def test_no_damage_to_a_line_is_more_than_a_fault(at: int, damage: str, kept: int) -> None:
    line = WHOLE[:at] + damage + WHOLE[at + kept :]
    records = read_line(2, line, READING)
    assert records
    assert all(isinstance(record, Contribution | FaultyRecord) for record in records)
    if any(isinstance(record, FaultyRecord) for record in records):
        assert len(records) == 1  # nobody of a faulty line is applied
    for record in records:
        faults = record.faults if isinstance(record, FaultyRecord) else record.notes
        assert not any(name in fault.sentence for name in ("SAMPLE", "SECOND", "THIRD") for fault in faults)
