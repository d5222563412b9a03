"""What must never be collected: by the names of fields, and by words of free text."""

import pytest

from exchange.intake.denylist import check_field_names, check_free_text, consent_field, denied_field, denied_words


@pytest.mark.parametrize(
    "name",
    [
        "religion", "Religion", "RELIGIOUS_BELIEF", "customerReligion", "blood type", "bloodType", "BLOOD-GROUP",
        "dna_profile", "fingerprint", "disease_code", "medicalHistory", "宗教信仰", "指纹", "指紋特徵", "血型",
        "疾病史", "病歷", "ｂｌｏｏｄ＿ｔｙｐｅ",
    ],
)  # fmt: skip
def test_a_field_for_what_article_14_forbids_is_named_with_its_rule(name: str) -> None:
    assert denied_field(name) == "cn.cir.14"


@pytest.mark.parametrize(
    "name", ["general_ledger", "regeneration", "bloodhound_id", "temple_street", "balance", "余额"]
)
def test_a_part_of_another_word_denies_nothing(name: str) -> None:
    assert denied_field(name) is None and consent_field(name) is None


@pytest.mark.parametrize("name", ["income", "annualIncome", "TAX_PAID", "real-estate", "存款", "納稅額", "商业保险"])
def test_income_and_property_need_a_consent_of_their_own(name: str) -> None:
    assert consent_field(name) == "cn.cir.14.2" and denied_field(name) is None


def test_a_consent_opens_income_and_never_religion() -> None:
    assert [found.code for found in check_field_names(3, ["income", "religion", "balance"])] == [
        "FIELD_NEEDS_CONSENT",
        "FIELD_DENIED",
    ]
    (only,) = check_field_names(3, ["income", "religion", "balance"], consented=True)
    assert (only.record_no, only.field, only.code, only.rule) == (3, "religion", "FIELD_DENIED", "cn.cir.14")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Stopped paying after a Cancer diagnosis.", ("Cancer", "diagnosis")),
        ("借款人因患病住院", ("患病", "住院")),
        ("借款人信仰佛教，因腫瘤手術", ("信仰", "佛教", "腫瘤", "手術")),
        ("ＨＩＶ positive", ("HIV",)),
        ("The general said the bill is still unpaid", ()),
        ("公司欠薪，借款人失业", ()),
    ],
)
def test_words_in_free_text_are_found_in_three_scripts_on_word_boundaries(text: str, found: tuple[str, ...]) -> None:
    assert denied_words(text) == found


def test_a_note_about_free_text_names_the_rule_and_never_the_words() -> None:
    (note,) = check_free_text(5, "subject.employment[0]", "Verger of St Mary's church")
    assert (note.code, note.rule) == ("FREE_TEXT_SENSITIVE", "cn.cir.14")
    assert "church" not in note.sentence and note.detail == ""
    assert check_free_text(5, "subject.employment[0]", "Teacher") == [] and check_free_text(5, "sold_to", None) == []
