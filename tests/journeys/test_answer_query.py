"""The central act through the door."""

from factories import Exchange


def test_a_lender_with_consent_gets_the_accounts_that_others_contributed(exchange: Exchange) -> None:
    asking, other = exchange.bank("harbour-bank"), exchange.bank("clover-finance")
    alice = exchange.borrower()
    exchange.account(alice, other.member_id)
    consent_id = exchange.consent(asking.member_id)

    answer = asking.ask(consent_id=consent_id)

    assert answer.status_code == 200, answer.get_data(as_text=True)
    print(answer.get_data(as_text=True))
    assert "errors" not in answer.get_json()
