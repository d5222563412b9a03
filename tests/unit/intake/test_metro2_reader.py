"""Reading Metro 2: single lines, by hand."""

from collections.abc import Iterable
from datetime import date

import pytest

from exchange.errors import FileNotReadable
from exchange.intake.contribution import Contribution, FaultyRecord, FileNote
from exchange.intake.metro2.reader import read_line, read_metro2
from exchange.intake.reading import Reading
from schema.vocabulary.account import AccountState, ComplianceFlag, OwnerRole, Portfolio, Product, RateType
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.submission import FileFormat
from tests.unit.intake.metro2_lines import base, header, segment, trailer, with_length

READING = Reading(FileFormat.METRO2)
SYNTHETIC = Reading(FileFormat.METRO2, synthesise_identities=True)


def read(line: str, reading: Reading = READING) -> Contribution:
    record, *_ = read_line(2, line, reading)
    assert isinstance(record, Contribution), record
    return record


def faults(line: str, reading: Reading = READING) -> set[tuple[str, str]]:
    (record,) = read_line(2, line, reading)
    assert isinstance(record, FaultyRecord), record
    return {(fault.field, fault.code) for fault in record.faults}


def notes(line: str) -> list[tuple[str, str]]:
    return [(note.field, note.code) for note in read(line).notes]


def test_a_sound_record_gives_borrower_and_account() -> None:
    record = read(base())
    assert record.notes == () and record.delinquencies == ()
    subject, account = record.subject, record.account
    assert (subject.id_type, subject.country, subject.id_number) == (IdType.SSN, "US", "123456789")
    assert subject.names == ("PAT SAMPLE",) and subject.birth_date == date(1980, 5, 6)
    assert subject.phones == ("6025550100",) and subject.addresses == ("1 MAIN ST, PHOENIX, AZ, 85001, US",)
    assert subject.time_zone == "America/Phoenix" and not subject.synthetic
    assert account.reference == "A-1"
    assert (account.portfolio, account.product) == (Portfolio.INSTALMENT, Product.AUTO)
    assert (account.opened_on, account.reported_on) == (date(2015, 3, 15), date(2019, 1, 31))
    assert account.original_amount_minor == 2_000_000 and account.credit_limit_minor is None
    assert account.balance_minor == 900_000 and account.scheduled_payment_minor == 40_000
    assert account.state is AccountState.NORMAL and account.days_past_due == 0
    assert account.term_count == 72 and account.term_frequency == "M"


def test_the_profile_begins_with_the_month_before_the_report() -> None:
    history = read(base(account_status="71", payment_profile="10" + "0" * 22, first_delinquency_on="12052018",
                        amount_past_due="000000400")).account.history  # fmt: skip
    assert history is not None
    assert history.month == date(2019, 1, 1)
    assert history.codes == "22" + "N" * 23


def test_months_without_history_before_the_opening_were_not_opened_and_later_ones_are_unknown() -> None:
    history = read(base(opened_on="10012018", payment_profile="0B" + "B" * 22)).account.history
    assert history is not None
    # January (reported), December 0, November and October open but unknown, September and before not opened
    assert history.codes == "NN##" + "/" * 21


def test_the_stated_first_delinquency_wins_for_the_last_run() -> None:
    record = read(base(account_status="97", payment_profile="L" * 24, first_delinquency_on="09042012",
                       charge_off_amount="000012000"))  # fmt: skip
    (delinquency,) = record.delinquencies
    assert delinquency.stated and delinquency.first_delinquent_on == date(2012, 9, 4)
    assert delinquency.charge_off_minor == 1_200_000 and delinquency.cured_on is None
    assert record.account.state is AccountState.WRITTEN_OFF


def test_a_current_account_with_an_amount_past_due_is_less_than_thirty_days_late() -> None:
    account = read(base(amount_past_due="000000030")).account
    assert account.state is AccountState.OVERDUE and account.history is not None
    assert account.history.codes[0] == "1" and account.days_past_due is None


def test_every_fault_of_a_record_is_reported_at_once() -> None:
    found = faults(base(account_number="", portfolio="Q", account_status="99", payment_profile="0" * 23 + "?",
                        opened_on="02302015", current_balance="12,000", compliance_condition="ZZ", ssn="000000000",
                        ecoa="9", terms_duration="X72"))  # fmt: skip
    assert found == {
        ("account_number", "FIELD_MISSING"),
        ("portfolio", "CODE_UNKNOWN"),
        ("account_status", "CODE_UNKNOWN"),
        ("payment_profile", "CODE_UNKNOWN"),
        ("opened_on", "DATE_NOT_VALID"),
        ("current_balance", "NUMBER_NOT_VALID"),
        ("compliance_condition", "CODE_UNKNOWN"),
        ("subject", "IDENTITY_MISSING"),
        ("ecoa", "CODE_UNKNOWN"),
        ("terms_duration", "NUMBER_NOT_VALID"),
    }


@pytest.mark.parametrize("status", ["13", "65", "88", "89", "94", "95"])
def test_a_status_that_needs_a_rating_is_refused_without_one(status: str) -> None:
    line = base(account_status=status, closed_on="01312019", first_delinquency_on="01012018")
    assert ("payment_rating", "RATING_MISSING") in faults(line)


def test_a_rating_where_none_belongs_is_only_noted() -> None:
    assert notes(base(payment_rating="0")) == [("payment_rating", "RATING_NOT_EXPECTED")]


@pytest.mark.parametrize("status", ["61", "62", "63", "64", "65", "71", "78", "80", "82", "83", "84", "93", "97"])
def test_a_negative_status_needs_the_date_of_first_delinquency(status: str) -> None:
    line = base(account_status=status, closed_on="01312019", payment_rating="0" if status == "65" else "")
    assert faults(line) == {("first_delinquency_on", "FIRST_DELINQUENCY_MISSING")}


def test_a_first_delinquency_without_any_late_month_is_noted_and_makes_no_delinquency() -> None:
    record = read(base(first_delinquency_on="01012018"))
    assert record.delinquencies == ()
    assert [note.code for note in record.notes] == ["FIRST_DELINQUENCY_WITHOUT_ARREARS"]


def test_a_first_delinquency_after_the_last_run_does_not_belong_to_it() -> None:
    record = read(base(payment_profile="0001" + "0" * 20, first_delinquency_on="01152019"))
    (delinquency,) = record.delinquencies
    assert not delinquency.stated and delinquency.first_delinquent_on == date(2018, 9, 1)
    assert [note.code for note in record.notes] == ["FIRST_DELINQUENCY_WITHOUT_ARREARS"]


@pytest.mark.parametrize(
    ("code", "flag"),
    [("XB", ComplianceFlag.DISPUTED), ("XC", ComplianceFlag.RESOLVED_DISAGREED), ("XR", ComplianceFlag.NONE)],
)
def test_compliance_conditions_become_flags(code: str, flag: ComplianceFlag) -> None:
    assert read(base(compliance_condition=code)).account.compliance_flag is flag


def test_a_negative_amount_is_read_as_zero_and_noted() -> None:
    record = read(base(amount_past_due="-00000015"))
    assert record.account.past_due_minor == 0
    assert [note.code for note in record.notes] == ["NUMBER_NEGATIVE"]


def test_deleted_accounts_and_borrowers_are_withdrawn() -> None:
    assert read(base(account_status="DA")).account.withdrawn
    assert read(base(account_status="DF")).account.withdrawn
    assert read(base(ecoa="Z")).account.withdrawn
    assert not read(base()).account.withdrawn


def test_owners_and_leases_are_told_apart() -> None:
    assert read(base(ecoa="5")).account.owner_role is OwnerRole.GUARANTOR
    assert read(base(account_type="3A")).account.portfolio is Portfolio.LEASE


@pytest.mark.parametrize(
    ("status", "open_to"), [("62", True), ("93", True), ("DA", True), ("11", False), ("97", False)]
)
def test_only_four_statuses_are_open_to_third_party_collectors(status: str, open_to: bool) -> None:
    line = base(account_status=status, first_delinquency_on="12012018", payment_profile="1" + "0" * 23,
                closed_on="01312019" if status == "62" else "00000000")  # fmt: skip
    assert read(line).open_to_collectors is open_to


def test_what_the_appended_segments_say_is_applied_and_the_rest_is_noted() -> None:
    line = with_length(
        base()
        + segment("K1", original_creditor="OLD BANK", creditor_class="02")
        + segment("K2", purchased_or_sold="1", counterparty="SELLER")
        + segment("K3", agency="01")
        + segment("K4", special_payment="01", deferred_until="01012020", balloon_amount="000000100")
        + segment("L1", change="1", new_account_number="A-2")
        + segment("N1", employer="WORKS", occupation="COOK", city="TEMPE", state="AZ").rstrip()
    )
    record = read(line)
    account = record.account
    assert (account.original_creditor, account.purchased_from, account.sold_to) == ("OLD BANK", "SELLER", None)
    assert (account.reference, account.previous_reference) == ("A-2", "A-1")
    assert record.subject.employment == ("WORKS; COOK; TEMPE, AZ",)
    assert notes(line) == [("K3.segment", "SEGMENT_NOT_APPLIED"), ("K4.segment", "SEGMENT_NOT_APPLIED")]


def test_an_account_without_appended_segments_has_none_of_what_they_say() -> None:
    record = read(base())
    account = record.account
    said = (account.original_creditor, account.purchased_from, account.sold_to, account.previous_reference)
    assert said == (None,) * 4 and record.subject.employment == ()


@pytest.mark.parametrize(("indicator", "sold_to"), [("2", "BUYER"), ("9", None)])
def test_a_sale_is_told_from_a_purchase_and_from_one_taken_back(indicator: str, sold_to: str | None) -> None:
    account = read(base() + segment("K2", purchased_or_sold=indicator, counterparty="BUYER")).account
    assert account.sold_to == sold_to and account.purchased_from is None


def test_a_change_of_another_number_leaves_the_reference_and_one_without_a_number_is_a_fault() -> None:
    other = segment("L1", change="2", new_identification_number="LENDER02")
    account = read(base() + other).account
    assert (account.reference, account.previous_reference) == ("A-1", None)
    assert ("L1.new_account_number", "FIELD_MISSING") in faults(base() + segment("L1", change="3"))


@pytest.mark.parametrize(("theirs", "ours"), [("F", RateType.FIXED), ("V", RateType.FLOATING), ("", None), ("0", None)])
def test_the_kind_of_interest_is_read(theirs: str, ours: RateType | None) -> None:
    assert read(base(interest_type=theirs)).account.rate_type is ours


def test_bankruptcies_deaths_and_special_comments_are_noted_and_unknown_indicators_are_faults() -> None:
    line = base(consumer_information="1A", ecoa="X", special_comment="AH")
    assert {code for _, code in notes(line)} == {"VALUE_NOT_STORED"}
    assert {field for field, _ in notes(line)} == {"consumer_information", "ecoa", "special_comment"}
    assert faults(base(consumer_information="4A")) == {("consumer_information", "CODE_UNKNOWN")}


def test_faults_of_appended_segments_name_the_segment() -> None:
    line = with_length(
        base()
        + segment("J1", ecoa="9", born_on="13012000")
        + segment("K2", purchased_or_sold="5")
        + segment("K4", special_payment="07", deferred_until="99999999", balloon_amount="many").rstrip()
    )
    assert faults(line) >= {
        ("J1.ecoa", "CODE_UNKNOWN"),
        ("J1.born_on", "DATE_NOT_VALID"),
        ("K2.purchased_or_sold", "CODE_UNKNOWN"),
        ("K4.special_payment", "CODE_UNKNOWN"),
        ("K4.deferred_until", "DATE_NOT_VALID"),
        ("K4.balloon_amount", "NUMBER_NOT_VALID"),
    }


@pytest.mark.parametrize("line", ["UNPARSEABLE" + base(), base()[:400], base() + "Q9 something", "0", "ABCD"])
def test_a_line_that_is_no_record_is_one_fault_that_does_not_repeat_it(line: str) -> None:
    (record,) = read_line(7, line, SYNTHETIC)
    assert isinstance(record, FaultyRecord)
    (only,) = record.faults
    code = "SEGMENT_UNKNOWN" if "Q9" in line else "RECORD_NOT_READABLE"
    assert (only.record_no, only.code) == (7, code)
    assert "SAMPLE" not in only.sentence


def test_a_wrong_record_length_is_only_noted() -> None:
    assert notes(base(record_length="0626")) == [("record_length", "RECORD_LENGTH_DIFFERS")]


def test_blank_identities_are_a_fault_unless_stand_ins_are_asked_for() -> None:
    line = base(ssn="000000000", surname="0" * 25, first_name="0" * 20)
    assert faults(line) == {("subject", "IDENTITY_MISSING")}
    subject = read(line, SYNTHETIC).subject
    assert subject.synthetic and subject.id_type is IdType.OTHER and subject.id_number.startswith("SYN")


def test_a_borrower_who_is_named_is_never_replaced_by_a_stand_in() -> None:
    subject = read(base(), SYNTHETIC).subject
    assert not subject.synthetic and subject.id_number == "123456789"


def read_all(lines: Iterable[str]) -> list[str]:
    return [type(record).__name__ for record in read_metro2(iter(lines), READING)]


def test_the_trailer_is_no_record_and_its_count_is_compared() -> None:
    assert read_all([header(), base(), base(account_number="A-2"), trailer(2), ""]) == ["Contribution", "Contribution"]
    (_, note) = read_metro2(iter([header(), base(), trailer(9)]), READING)
    assert isinstance(note, FileNote) and note.note.code == "TRAILER_DIFFERS"


@pytest.mark.parametrize("first", ["", "ID,MONTHS_BALANCE,STATUS", base(), "9999HEADER".ljust(426), "0426HEADER" * 60])
def test_a_file_that_does_not_begin_with_a_header_is_refused(first: str) -> None:
    with pytest.raises(FileNotReadable):
        read_all([first, base()])
