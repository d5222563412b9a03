"""What a new contract may take away from an old one: nothing that did not end as it was announced."""

from datetime import date

import pytest
from graphql import BreakingChangeType, DangerousChangeType, GraphQLSchema, build_schema

from schema.compatibility import _MEANS, breaking_changes, dangerous_changes

DAY = date(2027, 3, 1)
BASE = """
    type Query { loan(number: Int, kind: Kind = CAR, wanted: Wanted): Loan, other: String }
    type Loan implements Thing { id: ID!, owed: Int, lender: Lender }
    type Lender { name: String, sort: Sort }
    interface Thing { id: ID! }
    input Wanted { text: String, most: Int! = 5 }
    enum Kind { CAR HOUSE }
    enum Sort { BANK }
    directive @hint(word: String) on FIELD
"""


def changed(*changes: tuple[str, str], base: str = BASE) -> GraphQLSchema:
    for old, new in changes:
        assert base.count(old) == 1, old
        base = base.replace(old, new)
    return build_schema(base)


def ends(day: str) -> str:
    return f'@deprecated(reason: "Too vague. Use `other`. Ends {day}.")'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("owed: Int, ", "", "Loan.owed was removed."),
        ("owed: Int", "owed: String", "Loan.owed changed type from Int to String."),
        ("id: ID!, owed", "id: ID, owed", "Loan.id changed type from ID! to ID."),
        ("number: Int, ", "", "Query.loan arg number was removed."),
        ("number: Int", "number: Int!", "Query.loan arg number has changed type from Int to Int!."),
        ("number: Int", "number: Int, day: Int!", "A required arg day on Query.loan was added."),
        ("text: String", "word: String", "Wanted.text was removed."),
        ("text: String", "text: String, day: Int!", "A required field day on input type Wanted was added."),
        ("most: Int! = 5", "most: Int!", "Wanted.most lost its default value."),
        ("CAR HOUSE", "CAR", "HOUSE was removed from enum type Kind."),
        ("type Loan implements Thing", "type Loan", "Loan no longer implements interface Thing."),
        ("directive @hint(word: String) on FIELD", "", "hint was removed."),
        ("(word: String) on FIELD", " on FIELD", "word was removed from hint."),
    ],
)
def test_what_documents_rely_on_may_not_go(old: str, new: str, told: str) -> None:
    (said,) = breaking_changes(changed(), changed((old, new)), DAY)
    assert said.startswith(told)
    assert len(said) > len(told) + 10


def test_an_argument_that_loses_its_default_must_be_given_from_then_on() -> None:
    old = changed(("kind: Kind = CAR", "kind: Kind! = CAR"))
    new = changed(("kind: Kind = CAR", "kind: Kind!"))
    assert breaking_changes(old, new, DAY) == [
        "Query.loan(kind:) lost its default value. Documents that do not give it are refused."
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("other: String", "other: String, more: Int"),
        ("other: String", "other: String!"),
        ("number: Int", "number: Int, day: Int"),
        ("number: Int", "number: Int, day: Int! = 1"),
        ("most: Int! = 5", "most: Int"),
        ("CAR HOUSE", "CAR HOUSE SHIP"),
        ("type Lender {", "type Lender implements Thing { id: ID!, "),
        ("enum Sort { BANK }", "enum Sort { BANK } type Unused { a: Int }"),
        ("other: String", f"other: String {ends('2027-06-01')}"),
    ],
)
def test_what_is_added_or_announced_breaks_nothing(old: str, new: str) -> None:
    assert breaking_changes(changed(), changed((old, new)), DAY) == []


@pytest.mark.parametrize(
    ("kept", "gone"),
    [
        ("owed: Int", ""),
        ("number: Int", ""),
        ("text: String", ""),
        ("HOUSE", ""),
    ],
)
def test_what_ended_as_announced_may_go_and_not_a_day_before(kept: str, gone: str) -> None:
    new = changed((kept, gone))
    for day, broken in (("2027-02-28", 0), ("2027-03-01", 0), ("2027-03-02", 1)):
        old = changed((kept, f"{kept} {ends(day)}"))
        assert len(breaking_changes(old, new, DAY)) == broken, day


def test_types_go_with_the_field_that_alone_led_to_them() -> None:
    old = changed(("lender: Lender", f"lender: Lender {ends('2027-03-01')}"))
    gone = (("lender: Lender", ""), ("type Lender { name: String, sort: Sort }", ""), ("enum Sort { BANK }", ""))
    assert breaking_changes(old, changed(*gone), DAY) == []
    assert len(breaking_changes(changed(), changed(*gone), DAY)) == 3


def test_a_type_that_something_else_leads_to_stays() -> None:
    old = changed(("lender: Lender", f"lender: Lender {ends('2027-03-01')}"), ("other: String", "other: Sort"))
    new = build_schema(
        """type Query { loan(number: Int, kind: Kind = CAR, wanted: Wanted): Loan, other: String }
        type Loan implements Thing { id: ID!, owed: Int } interface Thing { id: ID! }
        input Wanted { text: String, most: Int! = 5 } enum Kind { CAR HOUSE } directive @hint(word: String) on FIELD"""
    )
    told = breaking_changes(old, new, DAY)
    assert [each.split(" was")[0].split(" changed")[0] for each in told] == ["Sort", "Query.other"]


@pytest.mark.parametrize("reason", ["Use `other`.", "Ends 2027-01-01.", "Not wanted any more."])
def test_a_deprecation_without_a_day_ends_nothing(reason: str) -> None:
    old = changed(("owed: Int", f'owed: Int @deprecated(reason: "{reason}")'))
    assert len(breaking_changes(old, changed(("owed: Int", "")), DAY)) == 1


def test_a_deprecated_field_still_may_not_turn_into_another_kind() -> None:
    old = changed(("owed: Int", f"owed: Int {ends('2027-01-01')}"))
    assert len(breaking_changes(old, changed(("owed: Int", "owed: String")), DAY)) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CAR HOUSE", "CAR HOUSE SHIP", "SHIP was added to enum type Kind."),
        ("number: Int", "number: Int, day: Int", "An optional arg day on Query.loan was added."),
        ("kind: Kind = CAR", "kind: Kind = HOUSE", "Query.loan arg kind has changed defaultValue from CAR to HOUSE."),
        (
            "type Lender {",
            "type Lender implements Thing { id: ID!, ",
            "Thing added to interfaces implemented by Lender.",
        ),
    ],
)
def test_what_may_surprise_is_told(old: str, new: str, told: str) -> None:
    (said,) = dangerous_changes(changed(), changed((old, new)))
    assert said.startswith(told)


def test_every_kind_of_change_is_explained() -> None:
    assert set(_MEANS) == {*BreakingChangeType, *DangerousChangeType}
