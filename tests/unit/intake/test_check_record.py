"""The rules of a whole record."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from exchange.intake.check_record import Rules, check_record
from exchange.intake.contribution import Checks, Contribution
from exchange.intake.fault_codes import ALWAYS_NOTES, NOTED_WHEN_TRANSLATED, SENTENCES, fault
from schema.vocabulary.account import AccountState
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.identifiers import IdType
from tests.unit.intake.intake_cases import TODAY, account, contribution, delinquency, subject

RULES = Rules(TODAY)


def codes(record: Contribution, rules: Rules = RULES) -> set[str]:
    return {fault.code for fault in check_record(record, rules).faults}


def noted(record: Contribution, rules: Rules = RULES) -> set[str]:
    return {note.code for note in check_record(record, rules).notes}


def of_account(**changes: Any) -> Contribution:
    return contribution(account=account(**changes))


def test_a_sound_record_has_no_fault_and_gives_the_one_spelling_of_its_id_number() -> None:
    checked = check_record(contribution(subject=subject(id_number=" e1234-5678 ")), RULES)
    assert checked.faults == () and checked.notes == () and checked.id_number == "E12345678"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reference": ""}, "FIELD_MISSING"),
        ({"reference": "x" * 65}, "TEXT_TOO_LONG"),
        ({"currency": "XXX"}, "CURRENCY_UNKNOWN"),
        ({"opened_on": date(2026, 6, 1), "codes": None}, "OPENED_IN_FUTURE"),
        ({"reported_on": date(2026, 6, 2)}, "REPORTED_IN_FUTURE"),
        ({"closed_on": date(2014, 12, 31), "state": AccountState.SETTLED}, "CLOSED_BEFORE_OPENING"),
        ({"last_payment_on": date(2026, 6, 1)}, "LAST_PAYMENT_OUT_OF_RANGE"),
        ({"last_payment_on": date(2014, 1, 1)}, "LAST_PAYMENT_OUT_OF_RANGE"),
        ({"scheduled_payment_minor": -1}, "AMOUNT_NEGATIVE"),
        ({"credit_limit_minor": 10**15 + 1}, "NUMBER_TOO_LARGE"),
        ({"balance_minor": -(10**15) - 1}, "NUMBER_TOO_LARGE"),
        ({"term_count": 40_000}, "NUMBER_TOO_LARGE"),
        ({"state": AccountState.SETTLED, "balance_minor": 1}, "SETTLED_WITH_BALANCE"),
        ({"state": AccountState.SETTLED, "past_due_minor": 1, "codes": None}, "SETTLED_WITH_BALANCE"),
        ({"days_past_due": 5}, "DAYS_DO_NOT_FIT_CODE"),
        ({"past_due_minor": 5}, "PAST_DUE_DOES_NOT_FIT_CODE"),
        ({"codes": "1" + "N" * 5, "past_due_minor": 0, "state": AccountState.OVERDUE}, "PAST_DUE_DOES_NOT_FIT_CODE"),
    ],
)
def test_each_rule_of_an_account_is_kept(changes: dict[str, Any], code: str) -> None:
    assert codes(of_account(**changes)) == {code}


def test_a_balance_in_the_borrowers_favour_is_no_fault() -> None:
    assert codes(of_account(balance_minor=-500)) == set()


@pytest.mark.parametrize("missing", [{"id_number": ""}, {"names": ()}, {"names": ("  ",)}])
def test_a_record_without_a_borrower_is_refused(missing: dict[str, Any]) -> None:
    assert codes(contribution(subject=subject(**missing))) == {"IDENTITY_MISSING"}


def test_a_wrong_check_character_is_refused_and_the_number_is_not_repeated() -> None:
    record = contribution(subject=subject(id_type=IdType.RESIDENT_ID, id_number="110101199001010010"))
    (only,) = check_record(record, RULES).faults
    assert only.code == "ID_NUMBER_NOT_VALID" and "1101" not in only.sentence


def test_faults_of_borrower_account_and_history_come_together() -> None:
    record = contribution(
        subject=subject(birth_date=date(1860, 1, 1)),
        account=account("3N", currency="XXX", term_count=-1, state=AccountState.OVERDUE),
        delinquencies=(delinquency(first_delinquent_on=date(2026, 6, 1)),),
    )
    assert codes(record) == {
        "BIRTH_DATE_NOT_VALID",
        "CURRENCY_UNKNOWN",
        "AMOUNT_NEGATIVE",
        "HISTORY_JUMP",
        "FIRST_DELINQUENCY_IN_FUTURE",
        "FIRST_DELINQUENCY_TOO_LATE",
    }


def test_a_first_delinquency_after_the_first_late_month_is_re_aging() -> None:
    late = contribution(delinquencies=(delinquency(first_delinquent_on=date(2026, 4, 1)),))
    assert codes(late) == {"FIRST_DELINQUENCY_TOO_LATE"}
    assert noted(late, replace(RULES, checks=Checks.TRANSLATED)) == {"FIRST_DELINQUENCY_TOO_LATE"}
    assert codes(contribution(delinquencies=(delinquency(first_delinquent_on=date(2026, 3, 31)),))) == set()


def test_a_first_delinquency_before_the_opening_is_noted() -> None:
    record = contribution(delinquencies=(delinquency(first_delinquent_on=date(2014, 1, 1)),))
    assert codes(record) == set() and noted(record) == {"FIRST_DELINQUENCY_BEFORE_OPENING"}


def test_negative_information_needs_an_earlier_notice_where_the_law_says_so() -> None:
    rules = replace(RULES, prior_notice="cn.cir.15")

    def with_notice(sent_at: datetime | None) -> Contribution:
        return contribution(delinquencies=(delinquency(prior_notice_sent_at=sent_at),))

    assert codes(with_notice(None), rules) == {"PRIOR_NOTICE_MISSING"}
    assert codes(with_notice(datetime(2026, 6, 1, tzinfo=UTC)), rules) == {"PRIOR_NOTICE_TOO_LATE"}
    assert codes(with_notice(datetime(2026, 4, 1, tzinfo=UTC)), rules) == set()
    assert codes(contribution(), rules) == set()
    assert codes(with_notice(None)) == set()


def test_a_third_party_collector_may_report_only_what_is_open_to_it() -> None:
    rules = replace(RULES, third_party_collector=True)
    assert codes(of_account(), rules) == {"COLLECTOR_STATE"}
    assert codes(of_account(state=AccountState.IN_RECOVERY), rules) == set()
    assert codes(of_account(withdrawal=Withdrawal.DELETED), rules) == set()
    settled = contribution(account=account(state=AccountState.SETTLED), open_to_collectors=False)
    assert codes(settled, rules) == {"COLLECTOR_STATE"}
    assert codes(of_account()) == set()


def test_the_readers_notes_are_kept() -> None:
    note = fault(2, "trailer", "TRAILER_DIFFERS")
    assert check_record(contribution(notes=(note,)), RULES).notes == (note,)


def test_every_code_that_is_weighed_has_a_sentence() -> None:
    assert SENTENCES.keys() >= ALWAYS_NOTES | NOTED_WHEN_TRANSLATED
    assert not ALWAYS_NOTES & NOTED_WHEN_TRANSLATED
