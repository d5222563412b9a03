"""A guardian or delegate acts in another borrower's consents, through the pages."""

import re
from datetime import timedelta

from factories import ALICE, BOB, Exchange
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from exchange.journeys.representatives import add_representative, end_representative
from schema.vocabulary.representative import RepresentativeKind


def post(client: FlaskClient, path: str, page: str, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields})


def test_a_guardian_sees_and_withdraws_the_consents_of_another_and_a_stranger_does_not(exchange: Exchange) -> None:
    bank = exchange.bank()
    alice, bob = exchange.borrower(ALICE, "王芳"), exchange.borrower(BOB, "李伟")
    consent_id = exchange.consent(bank.member_id)
    client = exchange.borrower_signed_in(bob).client
    assert client.get(f"/consents/{consent_id}").status_code == 404
    assert post(client, "/acting", "/freeze", person=str(alice)).status_code == 400

    ends_at = exchange.clock.now() + timedelta(days=30)
    add_representative(exchange.services, ALICE, BOB, RepresentativeKind.GUARDIAN, b"d" * 32, ends_at, "operator")
    assert "王芳" in client.get("/acting").text
    assert post(client, "/acting", "/acting", person=str(alice)).status_code == 303
    assert "these are that person" in client.get("/consents?lang=en").text

    assert post(client, f"/consents/{consent_id}/withdraw", f"/consents/{consent_id}/withdraw").status_code == 303
    assert bank.ask(consent_id=consent_id).get_json()["errors"][0]["extensions"]["code"] == "CONSENT_REVOKED"

    end_representative(exchange.services, ALICE, BOB, "operator")
    assert client.get("/consents").status_code >= 400
    assert post(client, "/acting", "/acting", person="").status_code == 303
    assert client.get("/consents").status_code == 200
