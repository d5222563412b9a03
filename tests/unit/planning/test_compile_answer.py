"""What is compiled, what is not, and that nothing of a request becomes Python but the keys of its answer."""

import ast
import builtins
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import Undefined

from exchange.errors import BadRequest
from exchange.planning import operation as prepared
from exchange.planning.compile_answer import CompiledAnswer, compile_answer
from exchange.planning.compile_answer_source import FIELDS_MAX, TYPES_IN_COLUMNS
from exchange.planning.operation import Operation, Operations
from exchange.settings import Settings
from schema.contract import build_contract
from schema.vocabulary.money import Money

CONTRACT = build_contract()
HEAD = 'creditReport(subject: {idType: SSN, country: "US", idNumber: "123-45-6789"}, purpose: LOAN_APPROVAL)'
EXAMPLE = "query ($id: ID!) { member(id: $id) { name status dataQuality { measuredOn index } } }"
PAGE = Path("docs/compiled-plans.md")


def operation(text: str, settings: Settings = Settings(introspection=True)) -> Operation:  # noqa: B008 (frozen)
    return Operations(CONTRACT, settings).prepare(text, None)


def compiled_or_none(text: str, **flags: bool) -> CompiledAnswer | None:
    asked = operation(text)
    return compile_answer(CONTRACT, asked.definition, asked.fragments, flags)


def compiled(text: str, **flags: bool) -> CompiledAnswer:
    answer = compiled_or_none(text, **flags)
    assert answer
    return answer


def rendered(answer: CompiledAnswer, *outcomes: Any, **variables: Any) -> Any:
    """The data, where the root fields give these values in turn; None: unusual."""
    given = iter(outcomes)
    data = answer.render(lambda _: next(given), variables)
    return None if data is None else orjson.loads(data)


def report(selection: str) -> CompiledAnswer:
    return compiled(f"{{ {HEAD} {{ {selection} }} }}")


def test_the_page_that_explains_it_shows_what_is_made() -> None:
    page = PAGE.read_text()
    assert EXAMPLE in page
    shown = page.split("```python\n")[1].split("```")[0]
    assert shown.strip() == compiled(EXAMPLE).source.strip()


def test_objects_are_read_as_dictionaries_or_by_their_attributes() -> None:
    answer = report("subject { names } accounts(first: 1) { nodes { balance { minor currency } } }")
    nodes = [{"balance": Money(5, "CNY")}, {"balance": {"minor": 6, "currency": "USD"}}, {"balance": None}]
    asked: list[dict[str, Any]] = []

    def accounts(**page: Any) -> dict[str, Any]:
        asked.append(page)
        return {"nodes": nodes}

    assert rendered(answer, {"subject": lambda: {"names": ("A", "\u738b")}, "accounts": accounts}) == {
        "creditReport": {
            "subject": {"names": ["A", "\u738b"]},
            "accounts": {
                "nodes": [
                    {"balance": {"minor": 5, "currency": "CNY"}},
                    {"balance": {"minor": 6, "currency": "USD"}},
                    {"balance": None},
                ]
            },
        }
    }
    assert asked == [{"first": 1}]


class Columns:
    """Months that are only to be had in columns, their amounts in yuan."""

    currency = "CNY"

    def __init__(self, **columns: Sequence[Any]) -> None:
        self._columns = columns

    def column(self, name: str) -> Sequence[Any]:
        return self._columns[name]

    def minor(self, name: str) -> Sequence[int | None]:
        return self._columns[name]


def test_a_history_is_read_in_the_columns_that_are_selected_and_no_other() -> None:
    answer = report("accounts(first: 1) { nodes { history { month status pastDue { minor } } } }")
    kept = Columns(month=(date(2026, 5, 1), date(2026, 4, 1)), status="N1", past_due=[None, 7])
    value = {"accounts": lambda first: {"nodes": [{"history": lambda months: kept}]}}
    assert rendered(answer, value)["creditReport"]["accounts"]["nodes"][0]["history"] == [
        {"month": "2026-05-01", "status": "ON_TIME", "pastDue": None},
        {"month": "2026-04-01", "status": "OVERDUE_1_30", "pastDue": {"minor": 7}},
    ]
    kept = Columns(month=(date(2026, 5, 1),), status="N1", past_due=[None])
    assert rendered(answer, value) is None  # columns of different lengths


def test_amounts_of_a_column_may_be_minor_units_of_one_currency() -> None:
    answer = report("accounts(first: 1) { nodes { history { pastDue { currency minor } month paid { minor } } } }")
    months = Columns(month=(date(2026, 5, 1), date(2026, 4, 1)), past_due=[None, 7], paid=[0, None])
    months.currency = "JPY"
    value = {"accounts": lambda first: {"nodes": [{"history": lambda **_: months}]}}
    assert rendered(answer, value)["creditReport"]["accounts"]["nodes"][0]["history"] == [
        {"pastDue": None, "month": "2026-05-01", "paid": {"minor": 0}},
        {"pastDue": {"currency": "JPY", "minor": 7}, "month": "2026-04-01", "paid": None},
    ]


def test_the_number_of_an_amount_is_not_mistaken_for_a_key() -> None:
    number = 2**53 - 1
    answer = report(f"accounts(first: 1) {{ nodes {{ history {{ pastDue {{ m{number}: minor again: minor }} }} }} }}")
    value = {"accounts": lambda first: {"nodes": [{"history": lambda **_: Columns(past_due=[7, -number, None])}]}}
    assert rendered(answer, value)["creditReport"]["accounts"]["nodes"][0]["history"] == [
        {"pastDue": {f"m{number}": 7, "again": 7}},
        {"pastDue": {f"m{number}": -number, "again": -number}},
        {"pastDue": None},
    ]


@pytest.mark.parametrize("strange", [True, "7", 7.0, 2**53, -(2**53)])
def test_what_is_no_number_of_an_amount_is_unusual(strange: Any) -> None:
    answer = report("accounts(first: 1) { nodes { history { pastDue { minor } } } }")
    value = {"accounts": lambda first: {"nodes": [{"history": lambda **_: Columns(past_due=[7, strange])}]}}
    assert rendered(answer, value) is None


def test_types_in_columns_are_of_the_contract() -> None:
    assert CONTRACT.type_map.keys() >= TYPES_IN_COLUMNS


@pytest.mark.parametrize(
    "strange",
    [
        BadRequest("refused"), ValueError(), Undefined, None, 5, "text", [], [{}], (), len, object, lambda: {}, b"",
        set(),
    ],
    ids=lambda strange: type(strange).__name__,
)  # fmt: skip
def test_what_is_no_value_of_an_object_is_unusual(strange: Any) -> None:
    answer = compiled('{ submission(id: "x") { faults(first: 1) { nodes { recordNo } } } }')
    assert rendered(answer, {"faults": lambda first: {"nodes": [{"record_no": 1}]}}) is not None
    assert rendered(answer, {"faults": lambda first: {"nodes": [strange]}}) is None


def test_a_function_that_raises_is_unusual() -> None:
    def accounts(**_: Any) -> Any:
        raise BadRequest("This cursor does not belong to this list.")

    assert rendered(report("accounts(first: 1) { totalCount }"), {"accounts": accounts}) is None


def test_no_root_field_runs_after_one_that_was_unusual() -> None:
    answer = compiled("{ a: notices(first: 1) { totalCount } b: notices(first: 1) { totalCount } }")
    run: list[str] = []

    def outcome_of(key: str) -> Any:
        run.append(key)
        return BadRequest("refused")

    assert answer.render(outcome_of, {}) is None
    assert run == ["a"]


def test_arguments_without_variables_are_coerced_once_and_others_for_each_request() -> None:
    answer = compiled(
        f"query ($n: Int, $after: String) {{ {HEAD} {{ "
        "a: accounts(first: $n, after: $after) { totalCount } b: accounts(first: 2) { totalCount } } }"
    )
    asked: list[dict[str, Any]] = []

    def accounts(**page: Any) -> dict[str, int]:
        asked.append(page)
        return {"total_count": 0}

    rendered(answer, {"accounts": accounts}, n=7, after=None)
    rendered(answer, {"accounts": accounts}, n=8)
    assert asked == [{"first": 7, "after": None}, {"first": 2}, {"first": 8}, {"first": 2}]
    assert [argued.constant for argued in answer.argued] == [None, {"first": 2}]


@pytest.mark.parametrize(
    "text",
    [
        'mutation { endMandate(reference: "x") { changed } }',
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Query") { name } __typename }',
        "{ " + " ".join(f'm{n}: member(id: "x") {{ id name licence }}' for n in range(40)) + " }",
    ],
)
def test_what_is_no_ordinary_query_is_graphql_cores(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.planning.compile_answer_source.FIELDS_MAX", 100)
    assert compiled_or_none(text) is None
    assert FIELDS_MAX > 100


def test_what_is_skipped_is_not_in_the_source() -> None:
    text = f"query ($brief: Boolean!) {{ {HEAD} {{ asOf subject @skip(if: $brief) {{ idNumber }} }} }}"
    assert "id_number" in compiled(text, brief=False).source
    assert "id_number" not in compiled(text, brief=True).source
    assert compiled_or_none(text) is None  # the variable is missing


HOSTILE = """
query Hostile($__import__: String, $None: Int = 5) {
  __import__: %(head)s {
    exec: accounts(first: $None, after: $__import__) { class: totalCount given: __typename }
    value: accounts(first: 1, after: "'''}} {__import__('os').system('x')} \\" \\\\ \\u2028") { None: totalCount }
    readable: disclosure { null: leafHash lambda: basis outcome_of: rules }
  }
}
"""


def test_no_text_of_a_request_reaches_the_source_but_the_keys_of_the_answer() -> None:
    answer = compiled(HOSTILE % {"head": HEAD})
    tree = ast.parse(answer.source)
    for planted in ("system", "'''", "SSN", "123-45-6789", "\u2028"):
        assert planted not in answer.source
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known = set(answer.write.__globals__) | parameters | assigned  # type: ignore[attr-defined]
    assert named <= known | {"dict", "isinstance", "callable", "type"}
    assert named & set(dir(builtins)) <= {"dict", "isinstance", "callable", "type"}
    assert not assigned & {"null", "readable", "items_of", "rows_of", "text", "value_of"}
    told = {"accounts": lambda **_: {"total_count": 3}, "disclosure": {"leaf_hash": "h", "basis": "b", "rules": []}}
    assert rendered(answer, told, **{"None": 5}) == {
        "__import__": {
            "exec": {"class": 3, "given": "AccountConnection"},
            "value": {"None": 3},
            "readable": {"null": "h", "lambda": "b", "outcome_of": []},
        }
    }


def selection_of(answer: CompiledAnswer) -> Callable[..., Any]:
    (root,) = answer.roots.values()
    return lambda **variables: root.selection(variables)


def test_a_selection_is_kept_by_what_its_sizes_depend_on() -> None:
    accounts = "accounts(first: $n, after: $after) { nodes { history { month } } }"
    selected = selection_of(compiled(f"query ($n: Int, $after: String) {{ {HEAD} {{ {accounts} }} }}"))
    assert selected(n=5).history_months == 24
    assert selected(n=5) is selected(n=5, after="another place")
    assert selected(n=5) is not selected(n=6)
    for wrong in ({}, {"n": None}, {"n": 0}, {"n": 101}):
        with pytest.raises(BadRequest):
            selected(**wrong)


def test_an_operation_is_compiled_when_it_is_asked_again() -> None:
    asked = operation(EXAMPLE)
    assert asked.compiled({"id": "x"}) is None
    assert asked.compiled({"id": "x"}) is asked.compiled({"id": "y"}) is not None


def test_an_operation_is_compiled_for_what_its_directives_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "RUNS_BEFORE_COMPILED", 0)
    asked = operation('query ($a: Boolean!) { member(id: "x") { id @skip(if: $a) name @include(if: $a) } }')
    forms = [asked.compiled({"a": shown}) for shown in (True, False, True)]
    assert forms[0] is forms[2]
    assert forms[0] is not forms[1]
    assert asked.compiled({}) is asked.compiled({"a": None}) is None


def test_limits_are_measured_once_for_the_same_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Any] = []
    check = prepared.check_limits
    monkeypatch.setattr(prepared, "check_limits", lambda *asked: measured.append(asked) or check(*asked))
    asked = operation(f"query ($n: Int = 3, $m: Int) {{ {HEAD} {{ accounts(first: $n, last: $m) {{ totalCount }} }} }}")
    alike: tuple[dict[str, Any], ...] = ({}, {"n": 3}, {"n": 3, "m": "text"}, {"n": 3.0, "m": [1]}, {"m": 1})
    sizes = [asked.check_limits(given) for given in alike]
    assert len(measured) == 1
    assert all(size is sizes[0] for size in sizes)
    assert asked.check_limits({"n": 30}).cost > sizes[0].cost
    for _ in range(2):
        with pytest.raises(BadRequest):
            asked.check_limits({"n": 10**6})
    assert len(measured) == 4
