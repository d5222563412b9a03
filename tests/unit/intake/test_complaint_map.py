"""Complaints of another register in our categories: every one counted, and whatever has no line told."""

import gzip
import io
from collections.abc import Sequence

import pytest
from sample_data import CFPB, sample

from exchange.errors import FileNotReadable
from exchange.intake.complaint_map import (
    ComplaintsNotMapped,
    Topic,
    load_complaint_map,
    map_complaints,
    read_complaint_map,
)
from schema.vocabulary.complaint import ComplaintCategory

TABLE = """
title = "Made up"
[columns]
product = "P"
issue = "I"
sub_issue = "S"
response = "R"
[lines."Loan"."Calls"]
"At night" = "HOURS"
"" = "FREQUENCY"
[lines."Loan"."Other"]
"" = "OTHER"
"""
HEADER = "Date,P,I,S,R"


def file(rows: Sequence[str], header: str = HEADER) -> io.BytesIO:
    return io.BytesIO("\n".join([header, *rows]).encode())


def test_each_complaint_has_the_category_of_its_line() -> None:
    rows = ["1,Loan,Calls,At night,Closed", "2,Loan,Calls,,Closed", '3,Loan,"Calls","",Open', "4, Loan ,Other,,"]
    mapped = map_complaints(file(rows), read_complaint_map(TABLE))
    counted = {category: number for category, number in mapped.by_category.items() if number}
    assert counted == {ComplaintCategory.HOURS: 1, ComplaintCategory.FREQUENCY: 2, ComplaintCategory.OTHER: 1}
    assert (mapped.complaints, mapped.by_response) == (4, {"Closed": 2, "Open": 1, "": 1})
    assert mapped.by_both[ComplaintCategory.FREQUENCY, "Open"] == 1
    assert set(mapped.by_category) == set(ComplaintCategory)


def test_every_topic_without_a_line_and_every_broken_row_is_told_at_once() -> None:
    rows = ["1,Loan,Calls,By day,x", "2,Card,Calls,,x", "3,Card,Calls,,x", "4,Loan,Calls", "5,Loan,Other,,x"]
    with pytest.raises(ComplaintsNotMapped) as raised:
        map_complaints(file(rows), read_complaint_map(TABLE))
    assert raised.value.faults == (
        "Line 5 has 3 columns in place of 5.",
        "No line for Card / Calls: 2 complaints.",
        "No line for Loan / Calls / By day: 1 complaints.",
    )


def test_rows_beyond_twenty_that_are_broken_alike_are_counted() -> None:
    with pytest.raises(ComplaintsNotMapped) as raised:
        map_complaints(file(["only one"] * 25), read_complaint_map(TABLE))
    assert len(raised.value.faults) == 21 and raised.value.faults[-1].startswith("5 more lines")


def test_a_file_without_its_columns_is_refused_by_their_names() -> None:
    with pytest.raises(FileNotReadable, match="no column: I, R"):
        map_complaints(file(["x"], "P,S,Date"), read_complaint_map(TABLE))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lines = [", "not TOML"),
        ("[columns]\nproduct = 'P'", "names no column for issue"),
        (TABLE.replace('"HOURS"', '"NIGHT"'), "'NIGHT' is none of our categories"),
        (TABLE[: TABLE.index("[lines")], "has no lines"),
    ],
)
def test_a_table_that_is_not_sound_is_refused(text: str, told: str) -> None:
    with pytest.raises(FileNotReadable, match=told):
        read_complaint_map(text)


def test_there_is_no_table_of_another_name() -> None:
    with pytest.raises(FileNotReadable, match="cfpb"):
        load_complaint_map("../code_maps")


def test_the_table_of_the_cfpb_has_no_line_twice_and_names_other_only_line_by_line() -> None:
    table = load_complaint_map("cfpb")
    assert len(table.lines) == 123
    assert table.lines[Topic("Debt collection", "Communication tactics", "Called outside of 8am-9pm")] == "HOURS"
    assert all(topic.product and topic.issue for topic in table.lines)


def test_the_real_complaints_are_all_mapped_and_counted() -> None:
    with sample(CFPB).open("rb") as opened:
        mapped = map_complaints(opened, load_complaint_map("cfpb"))
    with gzip.open(sample(CFPB), "rt", encoding="utf-8") as lines:
        assert mapped.complaints == sum(1 for _ in lines) - 1 == 3_186
    assert {category.value: number for category, number in mapped.by_category.items()} == {
        "HOURS": 5, "FREQUENCY": 86, "THIRD_PARTY": 20, "THREAT": 63, "IMPERSONATION": 16, "PRIVACY": 32, "FEES": 152,
        "PLAN_REFUSED": 453, "CONSENT": 14, "OTHER": 2_345,
    }  # fmt: skip
    assert mapped.by_response["Closed with explanation"] == 2_489
    assert sum(mapped.by_both.values()) == sum(mapped.by_response.values()) == 3_186
