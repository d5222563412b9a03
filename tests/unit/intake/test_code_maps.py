"""The code lists of Metro 2 and of the People's Bank's registry beside ours: there and back, and what is lost.

A list below that changes is a promise to furnishers that changes: what they report would come back otherwise.
"""

from collections.abc import Hashable, Mapping
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.code_maps import cn, metro2
from exchange.intake.code_maps.code_map import CodeMap, CodeUnknown, translate
from exchange.intake.metro2 import codes
from schema.vocabulary.account import (
    AccountState,
    Collateral,
    ComplianceFlag,
    FiveClass,
    OwnerRole,
    Portfolio,
    Product,
    RateType,
    RepaymentMethod,
    TermFrequency,
)
from schema.vocabulary.correction import Withdrawal
from schema.vocabulary.identifiers import IdType
from schema.vocabulary.payment_status import PaymentStatus

MAPS: Mapping[str, tuple[CodeMap[Any], type[StrEnum]]] = {
    "cn.payment_status": (cn.PAYMENT_STATUS, PaymentStatus),
    **{f"cn.account_state.{kind}": (cn.ACCOUNT_STATE[kind], AccountState) for kind in cn.ACCOUNT_STATE},
    "cn.account_type": (cn.ACCOUNT_TYPE, Portfolio),
    "cn.five_class": (cn.FIVE_CLASS, FiveClass),
    "cn.id_type": (cn.ID_TYPE, IdType),
    "cn.business": (cn.BUSINESS, Product),
    "cn.repayment_method": (cn.REPAYMENT_METHOD, RepaymentMethod),
    "cn.term_frequency": (cn.TERM_FREQUENCY, TermFrequency),
    "cn.collateral": (cn.COLLATERAL, Collateral),
    "cn.owner": (cn.OWNER, OwnerRole),
    "cn.related_payer": (cn.RELATED_PAYER, OwnerRole),
    "metro2.product": (metro2.PRODUCT, Product),
    "metro2.portfolio": (metro2.PORTFOLIO, Portfolio),
    "metro2.withdrawal": (metro2.WITHDRAWAL, Withdrawal),
    "metro2.payment_status": (metro2.PAYMENT_STATUS, PaymentStatus),
    "metro2.compliance": (metro2.COMPLIANCE, ComplianceFlag),
    "metro2.owner": (metro2.OWNER, OwnerRole),
    "metro2.co_owner": (metro2.CO_OWNER, OwnerRole),
    "metro2.rate_type": (metro2.RATE_TYPE, RateType),
    "metro2.term_frequency": (metro2.TERM_FREQUENCY, TermFrequency),
}

ALIASES = {
    "cn.account_state.D1": "41>4 6>1",
    "cn.account_state.R1": "41>4 6>1",
    "cn.account_state.R4": "41>4 6>1",
    "cn.account_state.R2": "31>2 3>2 6>1",
    "cn.account_state.R3": "31>2 3>2 6>1",
    "cn.account_type": "R3>R2 R4>D1",
    "cn.id_type": "1>X 9>X A>X B>X C>X",
    "cn.business": "12>11 13>11 32>31 33>31 42>41 51>99 52>41 53>91 61>99 62>99 63>99 64>99 82>81 92>99 A1>99 B1>99",
    "cn.repayment_method": "14>19 15>19 22>21 23>19 29>19 31>13 32>19 33>19 39>19",
    "cn.term_frequency": "01>99 08>99 12>99",
    "cn.collateral": "6>5 7>3",
    "cn.owner": "1>0",
    "cn.related_payer": "3>9 4>9 5>9",
    "metro2.payment_status": "G>L H>K J>K",
    "metro2.compliance": "XD>XB XE>XC XF>XB XG>XC XJ>XB XR>",
    "metro2.owner": "2>1 7>1 T>1 W>1 X>1 Z>1",
    "metro2.co_owner": "1>2 7>2 T>2 X>2 Z>2",
}
"""Codes that come back as another one. Metro 2's account types are listed in their own test."""

NEAREST = {
    "cn.account_state.D1": "FROZEN>1",
    "cn.account_state.R1": "ENDED>3 TRANSFERRED>3",
    "cn.account_state.R4": "ENDED>3 FROZEN>1 TRANSFERRED>3",
    "cn.account_state.R2": "ENDED>4 OVERDUE>1 TRANSFERRED>4 WRITTEN_OFF>5",
    "cn.account_state.R3": "ENDED>4 OVERDUE>1 TRANSFERRED>4 WRITTEN_OFF>5",
    "cn.account_state.C1": "BAD_DEBT>1 FROZEN> NORMAL> OVERDUE>1 SETTLED>2 TRANSFERRED>2 WRITTEN_OFF>1",
    "cn.account_type": "LEASE>D1 MORTGAGE>D1",
    "cn.id_type": "SSN>X",
    "cn.business": "BNPL>91 MICRO>91",
    "cn.repayment_method": "MINIMUM_PAYMENT>39",
    "cn.term_frequency": "D>99 E>99 T>99",
    "cn.owner": "AUTHORISED_USER> GUARANTOR>",
    "cn.related_payer": "AUTHORISED_USER> BORROWER>",
    "metro2.product": "MICRO>01",
    "metro2.portfolio": "LEASE>I",
    "metro2.payment_status": "1>0 A>D C>0 D>0 G>D M>0",
    "metro2.compliance": "UNVERIFIABLE>XH",
    "metro2.owner": "CO_BORROWER>2",
    "metro2.co_owner": "BORROWER>2",
    "metro2.rate_type": "NONE>",
}
"""Ours that a format cannot say exactly: the nearest code, or nothing."""


def listed(pairs: Mapping[Any, Any]) -> str:
    return " ".join(sorted(f"{one}>{other if other is not None else ''}" for one, other in pairs.items()))


@pytest.mark.parametrize("name", sorted(MAPS))
def test_every_canonical_code_comes_back(name: str) -> None:
    code_map, _ = MAPS[name]
    canonical = set(code_map.canonical.values())
    assert canonical and canonical | code_map.aliases.keys() == code_map.meanings.keys()
    for code in canonical:
        assert code_map.from_ours(code_map.to_ours(code)) == code


@pytest.mark.parametrize("name", sorted(MAPS))
def test_everything_of_ours_that_a_format_says_comes_back(name: str) -> None:
    code_map, kind = MAPS[name]
    assert code_map.canonical.keys() <= {*kind, None}
    for value in kind:
        if code_map.says(value):
            back = code_map.from_ours(value)
            assert back is not None and code_map.to_ours(back) == value


@pytest.mark.parametrize("name", sorted(set(MAPS) - {"metro2.product"}))
def test_the_codes_that_come_back_as_another_are_these(name: str) -> None:
    code_map, _ = MAPS[name]
    assert listed(code_map.aliases) == ALIASES.get(name, "")
    for alias, canonical in code_map.aliases.items():
        assert code_map.to_ours(alias) == code_map.to_ours(canonical)


@pytest.mark.parametrize("name", sorted(MAPS))
def test_what_of_ours_cannot_be_said_is_this(name: str) -> None:
    code_map, kind = MAPS[name]
    unsaid = {value: code_map.from_ours(value) for value in kind if not code_map.says(value)}
    assert listed(unsaid) == NEAREST.get(name, "")
    assert code_map.nearest.keys() <= unsaid.keys()
    assert set(code_map.nearest.values()) <= code_map.meanings.keys()


def test_the_account_types_that_come_back_unchanged_are_these() -> None:
    assert " ".join(sorted(metro2.PRODUCT.canonical.values())) == "00 01 06 10 12 15 18 26 48"
    assert metro2.PRODUCT.meanings == codes.PRODUCTS


def test_account_statuses_come_back_but_for_the_ones_paid_in_full_and_taken_in_kind() -> None:
    code_map = metro2.ACCOUNT_STATUS
    assert code_map.meanings == codes.STATUSES
    assert listed(code_map.aliases) == "61>13 62>13 63>13 64>13 65>13 89>96 94>96 95>96"
    said = {ours for ours in product(AccountState, codes.FROM_PROFILE) if code_map.says(ours)}
    assert said == set(codes.STATUSES.values())
    assert code_map.from_ours((AccountState.OVERDUE, "1")) == "11"


def test_maps_say_what_the_reader_and_the_writer_do() -> None:
    assert {ours.value: metro2.PAYMENT_STATUS.from_ours(ours) for ours in PaymentStatus} == codes.FROM_PROFILE
    assert {ours: metro2.COMPLIANCE.from_ours(ours) for ours in ComplianceFlag} == codes.FROM_COMPLIANCE
    assert {ours: metro2.PRODUCT.from_ours(ours) for ours in Product} == codes.FROM_PRODUCT
    assert {ours: metro2.PORTFOLIO.from_ours(ours) for ours in Portfolio} == codes.FROM_PORTFOLIO


@pytest.mark.parametrize("name", sorted(MAPS))
def test_a_code_that_the_format_has_not_is_refused(name: str) -> None:
    with pytest.raises(CodeUnknown):
        MAPS[name][0].to_ours("no such code")


def test_the_first_code_of_a_meaning_is_the_canonical_one() -> None:
    code_map = CodeMap({"a": 1, "b": 2, "c": 1}, {3: "b"})
    assert (code_map.from_ours(1), code_map.from_ours(2), code_map.from_ours(3), code_map.from_ours(4)) == (
        "a",
        "b",
        "b",
        None,
    )
    assert code_map.aliases == {"c": "a"} and not code_map.says(3)


@given(st.dictionaries(st.text(max_size=2), st.integers(0, 5), max_size=12))
def test_any_map_comes_back_on_its_canonical_codes(meanings: dict[str, int]) -> None:
    code_map = CodeMap(meanings, {})
    assert set(code_map.canonical) == set(meanings.values())
    assert all(code_map.to_ours(code) == value for value, code in code_map.canonical.items())
    assert set(code_map.aliases) | set(code_map.canonical.values()) == set(meanings)


# From the one format to the other, through ours

PAIRS: Mapping[str, tuple[CodeMap[Any], CodeMap[Any]]] = {
    "payment_status": (cn.PAYMENT_STATUS, metro2.PAYMENT_STATUS),
    "product": (cn.BUSINESS, metro2.PRODUCT),
    "portfolio": (cn.ACCOUNT_TYPE, metro2.PORTFOLIO),
    "term_frequency": (cn.TERM_FREQUENCY, metro2.TERM_FREQUENCY),
    "co_owner": (cn.RELATED_PAYER, metro2.CO_OWNER),
}

CHANGED_BY_METRO2 = {
    "payment_status": "1>N A># C>N D>N G># M>N",
    "product": "",
    "portfolio": "",
    "term_frequency": "",
    "co_owner": "",
}
"""Canonical codes of the registry that come back from Metro 2 as another one."""

CHANGED_BY_CN = {
    "payment_status": "",
    "product": "06>01",
    "portfolio": "M>I",
    "term_frequency": "",
    "co_owner": "",
}
"""And the other way round."""


def through(source: CodeMap[Any], target: CodeMap[Any]) -> dict[str, str]:
    """What the canonical codes of `source` come back as, where they come back as another one."""
    changed = {}
    for code in source.canonical.values():
        there = translate(code, source, target)
        back = translate(there, target, source) if there is not None else None
        if back is not None and back != code:
            changed[code] = back
    return changed


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_codes_that_go_through_the_other_format_and_change_are_these(name: str) -> None:
    registry, metro = PAIRS[name]
    assert listed(through(registry, metro)) == CHANGED_BY_METRO2[name]
    assert listed(through(metro, registry)) == CHANGED_BY_CN[name]


UNTRANSLATED: Mapping[str, tuple[str, str]] = {
    "payment_status": ("", ""),
    "product": ("", ""),
    "portfolio": ("", ""),
    "term_frequency": ("99", ""),
    "co_owner": ("9", "3"),
}
"""Canonical codes that the other format says nothing of: the registry's, Metro 2's."""


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_codes_that_the_other_format_says_nothing_of_are_these(name: str) -> None:
    registry, metro = PAIRS[name]

    def silent(source: CodeMap[Any], target: CodeMap[Any]) -> str:
        return " ".join(sorted(c for c in source.canonical.values() if translate(c, source, target) is None))

    assert (silent(registry, metro), silent(metro, registry)) == UNTRANSLATED[name]


LOANS_AND_CARDS = {
    "D1": "",
    "R2": "71>11 78>11 80>11 82>11 83>11 84>11 97>88",
}
"""Metro 2 statuses that come back as another one when the state alone is kept in the registry's words."""


@pytest.mark.parametrize("kind", sorted(LOANS_AND_CARDS))
def test_account_statuses_through_the_registrys_states(kind: str) -> None:
    states = cn.ACCOUNT_STATE[kind]
    changed = {}
    for status in metro2.ACCOUNT_STATUS.canonical.values():
        state, month = metro2.ACCOUNT_STATUS.to_ours(status)
        code = states.from_ours(state)
        assert code is not None
        kept: Hashable = states.to_ours(code)
        month = "N" if kept is AccountState.NORMAL else month
        assert isinstance(kept, AccountState)
        back = codes.status_of(kept, month)
        if back != status:
            changed[status] = back
    assert listed(changed) == LOANS_AND_CARDS[kind]
