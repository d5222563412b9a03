"""Addresses that browsers may be sent back to: registered with care, never taken from anywhere else."""

import pytest

from exchange.errors import BadRequest
from exchange.identity.redirect_uri import check_redirect_uris, with_parameters

GOOD = ["https://bank.example/back", "https://bank.example:8443/a?b=c", "http://127.0.0.1:3000/cb", "http://[::1]/cb"]
BAD = [
    "",
    "/back",
    "bank.example/back",
    "http://bank.example/back",
    "http://127.0.0.1.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "com.bank.app:/back",
    "https://",
    "https://bank.example/back#part",
    "https://bank.example/back#",
    "https://bank.example@evil.example/",
    "https://*.bank.example/",
    "https://bank.example\\evil.example/",
    "https://bank.example/ back",
    "https://bank.example/\r\nSet-Cookie: a=b",
    "https://bänk.example/",
    "https://bank.example:99999/",
    "https://[bank/",
    "https://bank.example/" + "x" * 1000,
]


def test_good_addresses_are_taken_as_they_are() -> None:
    assert check_redirect_uris(GOOD) == tuple(GOOD)
    assert check_redirect_uris([]) == ()


@pytest.mark.parametrize("uri", BAD)
def test_a_bad_address_is_refused(uri: str) -> None:
    with pytest.raises(BadRequest) as caught:
        check_redirect_uris([GOOD[0], uri])
    assert caught.value.stable_code == "REDIRECT_URIS_NOT_VALID"
    assert "address 2" in caught.value.sentence
    assert "address 1" not in caught.value.sentence


def test_addresses_are_few_and_each_given_once() -> None:
    for uris in ([GOOD[0], GOOD[0]], [f"https://bank.example/{number}" for number in range(11)]):
        with pytest.raises(BadRequest):
            check_redirect_uris(uris)


def test_parameters_are_added_and_written_so_that_they_cannot_break_out() -> None:
    assert with_parameters("https://a.example/b", {"code": "x", "state": None}) == "https://a.example/b?code=x"
    told = with_parameters("https://a.example/b?c=d", {"state": "x&code=evil\r\n#"})
    assert told == "https://a.example/b?c=d&state=x%26code%3Devil%0D%0A%23"
