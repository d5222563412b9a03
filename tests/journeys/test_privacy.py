"""Personal data stays out of logs, whatever happens."""

import logging

import pytest
from factories import ALICE, NOBODY_WE_KNOW, STAFF, Exchange
from sqlalchemy import update

from exchange.store.tables.subject import subject

PERSONAL = (ALICE.id_number, NOBODY_WE_KNOW.id_number, "王芳", STAFF["name"], "1990-01-01", "REF-OF-ALICE")


def test_nothing_personal_is_logged_by_reports_refusals_and_faults(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bank, alice = exchange.bank(), exchange.borrower()
    exchange.account(alice, bank.member_id, "REF-OF-ALICE")
    consent_id = exchange.consent(bank.member_id)

    granted = bank.ask(consent_id=consent_id)
    refused = bank.ask(consent_id=None)
    unknown = bank.ask(NOBODY_WE_KNOW, consent_id)
    with exchange.engine.begin() as connection:
        connection.execute(update(subject).values(names=b"broken"))
    broken = bank.ask(consent_id=consent_id)

    assert ALICE.id_number in granted.get_data(as_text=True)
    assert [answer.status_code for answer in (granted, refused, unknown, broken)] == [200, 200, 200, 500]
    for personal in PERSONAL:
        assert personal not in caplog.text
    for answer in (refused, unknown, broken):
        for personal in PERSONAL:
            assert personal not in answer.get_data(as_text=True)
    assert not exchange.engine.echo
