"""A member as every other member may see it."""

from base64 import urlsafe_b64decode
from datetime import date
from typing import Any

import orjson
from factories import Bank, Exchange
from reporting import error_code, lender
from sqlalchemy import insert

from exchange.store.tables.member import member_quality, revoked_token

MEMBER = """query ($id: ID!) { member(id: $id) { id name memberClass licence status contributionLevel
  dataQuality { measuredOn index completeness timeliness consistency disputeRate } } }"""


def asked(bank: Bank, member_id: str) -> Any:
    return bank.post({"query": MEMBER, "variables": {"id": member_id}})


def view(bank: Bank, member_id: str) -> Any:
    body = asked(bank, member_id).get_json()
    assert "errors" not in body, body
    return body["data"]["member"]


def test_any_member_sees_what_another_one_is(exchange: Exchange) -> None:
    bank = lender(exchange)
    lender(exchange, "other-bank")
    assert view(bank, "other-bank") == {
        "id": "other-bank", "name": "Other-Bank", "memberClass": "BANK", "licence": "L-other-bank",
        "status": "ACTIVE", "contributionLevel": "FULL", "dataQuality": None,
    }  # fmt: skip
    assert view(bank, "nobody") is None


def test_the_newest_measure_of_its_data_is_shown(exchange: Exchange) -> None:
    bank = lender(exchange)
    measured = [
        {"member_id": bank.member_id, "measured_on": date(2026, 5, day), "quality_index": 80.0 + day, "accounts": 7}
        for day in (1, 2)
    ]
    with exchange.engine.begin() as connection:
        connection.execute(insert(member_quality), measured)
    assert view(bank, bank.member_id)["dataQuality"] == {
        "measuredOn": "2026-05-02", "index": 82.0, "completeness": None, "timeliness": None,
        "consistency": None, "disputeRate": None,
    }  # fmt: skip


def test_a_revoked_token_sees_nothing(exchange: Exchange) -> None:
    bank = lender(exchange)
    token_id = _token_id(bank)
    now = exchange.clock.now()
    with exchange.engine.begin() as connection:
        connection.execute(insert(revoked_token).values(token_id=token_id, expires_at=now, revoked_at=now))
    assert error_code(asked(bank, bank.member_id)) == "TOKEN_REVOKED"


def _token_id(bank: Bank) -> str:
    payload = bank.token.split(".")[1]
    return str(orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"])
