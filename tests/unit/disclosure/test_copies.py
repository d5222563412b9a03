"""The copies that borrowers take along: JSON for machines, PDF to print."""

import json
import re
import zlib
from base64 import a85decode
from datetime import date, datetime
from enum import StrEnum

import pytest
from own_reports import account, report

from exchange.disclosure.copy_json import report_as_json
from exchange.disclosure.copy_pdf import report_as_pdf
from exchange.disclosure.own_file import OwnReport
from exchange.disclosure.speech import Speech
from schema.vocabulary.money import Money

ISSUER = "https://credit.example"
CHINESE = {"Your credit report": "您的信用報告", "Name": "姓名"}


def speech(language: str = "en", **words: str) -> Speech:
    def word(value: StrEnum) -> str:
        return value.value.lower().replace("_", " ")

    def instant(at: datetime) -> str:
        return at.strftime("%d %B %Y %H:%M")

    def translate(message: str) -> str:
        return CHINESE.get(message, message) if language != "en" else message

    return Speech(language, translate, word, date.isoformat, date.isoformat, instant, lambda m, c: str(Money(m, c)))


def streams(pdf: bytes) -> bytes:
    found = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompress(a85decode(stream.strip(), adobe=False)) for stream in map(_body, found))


def _body(stream: bytes) -> bytes:
    return stream.strip().removesuffix(b"~>")


def latin_text(pdf: bytes) -> str:
    """What is set in Latin fonts, in the order of the page."""
    pieces = re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", streams(pdf))
    return " ".join(re.sub(rb"\\([()\\])", rb"\1", piece).decode("cp1252") for piece in pieces)


def without_spaces(text: str) -> str:
    return "".join(text.split())


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_the_pdf_says_in_text_what_is_held() -> None:
    text = latin_text(report_as_pdf(report(), speech(), ISSUER))
    for said in ("Your credit report", "Wang Fang", "19010119900101001X", "Harbour Bank", "consumer loan", "HA-001",
                 "12500.50 CNY", "I lost my job & paid <everything> since.", "Who looked at your file", "Refused",
                 "judgment", "Court of Hedong (2026) 7", "voice human", "no answer", "deferral", "2026-12-01",
                 "Two loans were late.",
                 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", ISSUER, "01 June 2026"):  # fmt: skip
        assert without_spaces(said) in without_spaces(text), said


def test_chinese_is_set_in_fonts_that_the_pdf_names() -> None:
    simplified = report_as_pdf(report(), speech("zh-Hans"), ISSUER)
    traditional = report_as_pdf(report(), speech("zh-Hant"), ISSUER)
    assert b"/BaseFont /STSong-Light" in simplified and b"UniGB-UCS2-H" in simplified
    assert b"/BaseFont /MSung-Light" in traditional and b"UniCNS-UCS2-H" in traditional
    assert "您的信用報告".encode("utf-16-be") in _unescaped(streams(traditional))
    assert "Your credit report" not in latin_text(traditional)


def test_a_chinese_name_can_be_read_in_an_english_copy() -> None:
    pdf = report_as_pdf(report(), speech(), ISSUER)
    assert "王芳".encode("utf-16-be") in _unescaped(streams(pdf))
    assert b"/BaseFont /STSong-Light" in pdf


def test_simplified_characters_in_a_traditional_copy_are_not_lost() -> None:
    pdf = report_as_pdf(report(accounts=(account(furnisher="三叶草银行"),)), speech("zh-Hant"), ISSUER)
    assert "叶".encode("utf-16-be") in _unescaped(streams(pdf))
    assert b"/BaseFont /STSong-Light" in pdf


@pytest.mark.parametrize("accounts", [0, 1, 40])
def test_a_file_of_any_length_makes_pages(accounts: int) -> None:
    many = tuple(account("N" * 60, account_ref=f"R-{number}") for number in range(accounts))
    pdf = report_as_pdf(report(accounts=many, delinquencies=(), looks=()), speech(), ISSUER)
    text = latin_text(pdf)
    assert pages(pdf) >= max(1, accounts // 3)
    assert all(f"R-{number}" in text for number in range(accounts))


def test_the_same_report_makes_the_same_pdf() -> None:
    assert report_as_pdf(report(), speech(), ISSUER) == report_as_pdf(report(), speech(), ISSUER)


def test_the_json_holds_every_field_in_plain_values() -> None:
    said = json.loads(report_as_json(report(), ISSUER))
    assert said.keys() == {"format", "version", "issuer", "beside", *OwnReport.__dataclass_fields__}
    assert said["subject"]["names"] == ["王芳", "Wang Fang"]
    assert said["accounts"][0]["months"][2]["status"] == "1"
    assert said["accounts"][0]["statement"]["words"].startswith("I lost my job")
    assert said["repayment_plans"][0]["options"][0]["total"] == {"minor": 5, "currency": "CNY"}
    assert said["assessments"][0]["inputs"] == {"instalments": 3}
    assert said["collection_actions"][0]["target"] == "DEBTOR"
    assert said["public_records"][0]["kind"] == "JUDGMENT"
    assert said["looks"][1]["member_id"] == "self"
    assert said["free"] == {"used": 1, "limit": 2, "this_one_free": True, "rule": "cn.cir.17"}


def _unescaped(content: bytes) -> bytes:
    """PDF strings with their octal and other escapes resolved."""
    octal = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), content)
    return re.sub(rb"\\([()\\])", rb"\1", octal)
