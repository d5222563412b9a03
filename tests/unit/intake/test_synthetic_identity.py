"""Stand-in borrowers."""

from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.contribution import SubjectRecord
from exchange.intake.synthetic_identity import synthetic_identity
from schema.vocabulary.identifiers import IdType, normalise_id_number


def chinese(reference: str, seed: str = "s") -> SubjectRecord:
    return synthetic_identity(seed, reference, "CN", "Asia/Shanghai", "zh-Hans")


def american(reference: str) -> SubjectRecord:
    return synthetic_identity("s", reference, "US", "America/New_York", "en")


def test_the_same_seed_and_account_give_the_same_borrower() -> None:
    assert chinese("5001711") == chinese("5001711")
    assert chinese("5001711") != chinese("5001711", seed="t")
    assert chinese("5001711").id_number != chinese("5001712").id_number


@given(st.text(max_size=30))
def test_a_chinese_stand_in_has_a_sound_resident_id_of_a_region_never_assigned(reference: str) -> None:
    subject = chinese(reference)
    assert subject.synthetic and subject.id_type is IdType.RESIDENT_ID
    assert normalise_id_number(subject.id_type, subject.id_number) == subject.id_number
    assert subject.id_number.startswith("19")
    assert subject.birth_date is not None and subject.id_number[6:14] == f"{subject.birth_date:%Y%m%d}"
    assert 2 <= len(subject.names[0]) <= 3


@given(st.text(max_size=30))
def test_an_american_stand_in_has_no_social_security_number(reference: str) -> None:
    subject = american(reference)
    assert subject.synthetic and subject.id_type is IdType.OTHER
    assert normalise_id_number(subject.id_type, subject.id_number) == subject.id_number
    assert len(subject.names[0].split()) == 2 and not subject.phones


def test_many_accounts_have_different_stand_ins() -> None:
    assert len({chinese(str(number)).id_number for number in range(5_000_000, 5_020_000)}) == 20_000
