"""The door of members, sent whatever comes to mind: it may refuse, and it never breaks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import REPORT, Bank, make_exchange, variables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from exchange.clock import FixedClock
from exchange.settings import Settings

WORDS = (
    "query", "mutation", "fragment", "on", "{", "}", "(", ")", "[", "]", ":", "=", "!", "$", "@", "...", "|", "&",
    "creditReport", "accounts", "nodes", "history", "first: 1", "months: 3", "subject", "purpose", "LOAN_APPROVAL",
    "$subject", "$purpose", "$staff", "SubjectInput!", "Int", "null", "true", "1", "-1", "1e999", '"x"', '"""', "\\u",
    "__typename", "__schema", "__type", "rateLimit", "@skip(if: true)", "@include(if: $a)", "...F", "F", "CreditReport",
    "#", "\n", "\0", "\ufeff", "\U0001f600",
)  # fmt: skip

plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
anything = st.recursive(plain, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=10)
document = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
cut = st.tuples(st.integers(0, len(REPORT)), st.integers(0, len(REPORT)), st.sampled_from(WORDS)).map(
    lambda place: REPORT[: min(place[:2])] + place[2] + REPORT[max(place[:2]) :]
)
changed = st.dictionaries(st.sampled_from(list(variables())), anything, min_size=1).map(lambda new: variables() | new)
request = st.fixed_dictionaries(
    {"query": st.one_of(document, cut, st.just(REPORT), anything)},
    optional={
        "variables": st.one_of(changed, st.just(variables()), anything),
        "operationName": anything,
        "extensions": anything,
        "documentId": anything,
    },
)
body = st.one_of(st.binary(), st.one_of(anything, request).map(lambda value: json.dumps(value).encode()))
header = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
headers = st.fixed_dictionaries({}, optional={"Accept": header, "Idempotency-Key": header, "Accept-Encoding": header})


@pytest.fixture(scope="module")
def bank(shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    home = tmp_path_factory.mktemp("fuzz") / "home"
    exchange = make_exchange(Settings(home=home), shared_engine, FixedClock(datetime(2026, 6, 1, 8, tzinfo=UTC)))
    exchange.borrower()
    yield exchange.bank()
    exchange.close()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body, headers)
def test_whatever_is_sent_is_answered_with_json_and_never_with_a_fault_of_ours(
    bank: Bank, body: bytes, headers: dict[str, str]
) -> None:
    answer = bank.post(body, **headers)
    assert answer.status_code < 500, answer.get_data()
    said: Any = answer.get_json()
    assert "data" in said or said["errors"]
    assert "INTERNAL" not in {error["extensions"]["code"] for error in said.get("errors", ())}
    assert (said.get("data") or {}).get("creditReport") is None  # No consent: whatever was asked, nothing is shown.
