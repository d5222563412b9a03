"""The cost of an answer is the number of fields in its data, whichever way it was made."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exchange.planning.compile_answer_leaves import Unusual, text
from exchange.web.graphql.run import fields_in, fields_in_text

NAMES = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,8}", fullmatch=True)
LETTERS = st.sampled_from('":\\,{}[]a\u738b\n') | st.characters(exclude_categories=["Cs"])
TEXTS = st.text(LETTERS).filter(lambda text: not text.startswith(":"))
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=4),
).map(lambda value: {"data": value})


@given(DATA)
@example({"said": 'He said: "yes": \\":', "list": ['"', {"a": '\\\\":'}], "nothing": {}})
def test_the_fields_of_a_text_are_those_of_its_value(value: Any) -> None:
    assert fields_in_text(orjson.dumps(value)) == fields_in(value)


@pytest.mark.parametrize("said", [":", ":-)"])
def test_a_text_that_begins_with_a_colon_is_not_written(said: str) -> None:
    with pytest.raises(Unusual):
        text(said)
    assert orjson.loads(text(f" {said}")) == f" {said}"
