"""A user error names a place that is there, in the caller's own names."""

import pytest

from exchange.intake.contribution import Fault
from exchange.web.graphql.record_inputs import Inputs, user_errors
from schema.types.contribution.account_input import AccountInput, DelinquencyInput
from schema.types.contribution.collection_input import CollectionActionInput

ACCOUNT: Inputs = {"account": AccountInput._meta.fields, "delinquencies": DelinquencyInput._meta.fields}
ACTION: Inputs = {"action": CollectionActionInput._meta.fields}


@pytest.mark.parametrize(
    ("inputs", "field", "path"),
    [
        (ACCOUNT, "subject.birth_date", ["subject", "birthDate"]),
        (ACCOUNT, "subject.phones[3]", ["subject", "phones", "3"]),
        (ACCOUNT, "basis", ["basis"]),
        (ACCOUNT, "opened_on", ["account", "openedOn"]),
        (ACCOUNT, "past_due", ["account", "pastDueMinor"]),
        (ACCOUNT, "history", ["account", "months"]),
        (ACCOUNT, "first_delinquent_on", ["delinquencies", "firstDelinquentOn"]),
        (ACCOUNT, "charge_off", ["delinquencies", "chargeOffMinor"]),
        (ACCOUNT, "prior_notice", ["delinquencies", "priorNoticeSentAt"]),
        (ACCOUNT, "delinquencies", ["delinquencies"]),
        (ACCOUNT, "peak_days_past_due", ["delinquencies"]),
        (ACTION, "recording_digest", ["action", "recordingSha256"]),
        (ACTION, "promised", ["action", "promisedMinor"]),
        ({}, "reference", ["reference"]),
        ({}, "withdrawal", ["withdrawal"]),
    ],
)
def test_a_fault_lies_where_the_caller_wrote_the_value(inputs: Inputs, field: str, path: list[str]) -> None:
    (error,) = user_errors([Fault(1, field, "FIELD_MISSING", "Missing.")], inputs)
    assert error["path"] == path


def test_the_rule_behind_a_fault_is_named_and_no_other() -> None:
    faults = [
        Fault(1, "inputs", "FIELD_DENIED", "Denied.", "cn.cir.14"),
        Fault(1, "score", "NUMBER_OUT_OF_RANGE", "No."),
    ]
    assert [error["rule"] for error in user_errors(faults, {})] == ["cn.cir.14", None]
